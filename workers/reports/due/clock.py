"""What a worker did whose clock ran ahead is undone, unless treatment, which has its own, has taken any of it."""

from datetime import datetime

from sqlalchemy import Connection, text

from workers.reports.moments import APART

# What its rules were when it ended, and what was recorded by its moment, nobody can know before.
AHEAD = """
    SELECT id FROM due_periods AS due
    WHERE state <> 'closed' AND scheduling_head IS NOT NULL AND as_of_at > :now
      AND NOT EXISTS (SELECT FROM report_drafts WHERE period_id = due.id AND published)
"""
UNDO = (
    text(f"DELETE FROM told_quarters WHERE period_id IN ({AHEAD})"),  # noqa: S608 - a condition of ours
    text(f"DELETE FROM report_drafts WHERE period_id IN ({AHEAD})"),  # noqa: S608 - as above
    text(f"""
        UPDATE due_periods SET state = 'waiting', scheduling_head = NULL, treatment_head = NULL, scheduling = NULL,
          treatment = NULL, reports = NULL, made = 0, definitions = NULL, decided = false, told = false, attempts = 0,
          lease_token = NULL, next_at = as_of_at
        WHERE id IN ({AHEAD})
    """),  # noqa: S608 - as above
    text("DELETE FROM due_periods WHERE state = 'waiting' AND ends_at > :later"),
)


def put_right(connection: Connection, now: datetime) -> None:
    """No period waits that has not ended, and none is made whose moment has not come."""
    for statement in UNDO:
        connection.execute(statement, {"now": now, "later": now + APART})

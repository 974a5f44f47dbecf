"""The messages of check-ins kept as their events want them: planned once for each, and withdrawn with their question.

What is known of a question stays here until it is answered or cancelled, so that its messages follow the clock of a
client who moves, and the quiet hours of a chain that sets others.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from workers.messages.due import WANT, as_json
from workers.messages.plan import Audience
from workers.messages.questions import Question, invitations
from workers.messages.quiet import USUAL_QUIET_HOURS, QuietHours

BATCH = 500
FIRST = UUID(int=0)

KNOW = text("""
    INSERT INTO check_ins (check_in_id, chain_id, client_id, due_on, due_time, time_zone, nudge_hours)
    VALUES (:check_in_id, :chain_id, :client_id, :due_on, :due_time, :time_zone, :nudge_hours)
    ON CONFLICT (check_in_id) DO NOTHING
""")
FORGET = text("DELETE FROM check_ins WHERE check_in_id = :check_in_id")

# Only in the read models in use: what is being rebuilt was planned when it happened.
QUESTIONS = (
    "SELECT asked.*, coalesce(client.time_zone, asked.time_zone) AS client_zone, chain.quiet_from, chain.quiet_to"
    " FROM check_ins asked LEFT JOIN clients client ON client.client_id = person_of(asked.client_id)"
    " LEFT JOIN chains chain ON chain.chain_id = asked.chain_id"
    " WHERE current_schema() = (SELECT schema FROM public.active_views)"
)
NEXT = " AND check_in_id > :last ORDER BY check_in_id LIMIT :batch"
ONE = text(f"{QUESTIONS} AND check_in_id = :of")
OF_CLIENT = text(f"{QUESTIONS} AND person_of(asked.client_id) = person_of(:of){NEXT}")
OF_CHAIN = text(f"{QUESTIONS} AND asked.chain_id = :of{NEXT}")
ALL = text(QUESTIONS + NEXT)

WITHDRAW = text("""
UPDATE due_messages SET
  state = CASE state WHEN 'sending' THEN state ELSE 'withdrawn' END,
  reason = CASE state WHEN 'sending' THEN reason ELSE :reason END,
  unwanted = CASE state WHEN 'sending' THEN :reason END,
  lease_token = CASE state WHEN 'sending' THEN lease_token END
WHERE about = :about AND kind = 'check_in' AND state IN ('pending', 'leased', 'sending')
  AND current_schema() = (SELECT schema FROM public.active_views)
""")

# What was taken by a provider and did not arrive is told to treatment once more.
BOUNCED = text("""
UPDATE due_messages SET reason = :reason, handed_at = NULL
WHERE key = :key AND kind = 'check_in' AND state = 'sent' AND reason IS NULL
  AND current_schema() = (SELECT schema FROM public.active_views)
""")


def want(connection: Connection, values: dict[str, Any], as_of: datetime) -> None:
    """Want the messages of a question; `values` are the columns of `check_ins`."""
    connection.execute(KNOW, values)
    plan(connection, connection.execute(ONE, {"of": values["check_in_id"]}).all(), as_of)


def withdraw(connection: Connection, check_in_id: UUID, reason: str) -> None:
    """Send no message of it any more."""
    connection.execute(FORGET, {"check_in_id": check_in_id})
    connection.execute(WITHDRAW, {"about": check_in_id, "reason": reason})


def bounced(connection: Connection, key: str, code: str) -> None:
    """A message that was sent has not arrived."""
    connection.execute(BOUNCED, {"key": key, "reason": f"bounced_{code}"})


def plan_client(connection: Connection, client_id: UUID, as_of: datetime) -> None:
    """Bring the messages of a person's questions to what their clock says now."""
    plan_batches(connection, OF_CLIENT, client_id, as_of)


def plan_chain(connection: Connection, chain_id: UUID, as_of: datetime) -> None:
    """The same of all questions of a chain."""
    plan_batches(connection, OF_CHAIN, chain_id, as_of)


def plan_batches(connection: Connection, query: Any, of: UUID, as_of: datetime) -> None:
    last = FIRST
    while rows := connection.execute(query, {"of": of, "last": last, "batch": BATCH}).all():
        plan(connection, rows, as_of)
        last = rows[-1].check_in_id


def plan_again(connection: Connection, as_of: datetime, last: UUID) -> UUID | None:
    """Add what the next batch of all questions lacks and is still ahead; gives its last id, None at the end."""
    rows = connection.execute(ALL, {"last": last, "batch": BATCH}).all()
    plan(connection, rows, as_of, only_ahead=True)
    return rows[-1].check_in_id if rows else None


def plan(connection: Connection, rows: Sequence[Row[Any]], as_of: datetime, *, only_ahead: bool = False) -> None:
    wanted = [message for each in rows for message in messages(each)]
    if only_ahead:
        wanted = [message for message in wanted if message["due_at"] > as_of]
    if wanted:
        connection.execute(WANT, {"wanted": as_json(wanted), "as_of": as_of})


def messages(row: Row[Any]) -> list[dict[str, Any]]:
    """The columns of a question's messages."""
    hours = USUAL_QUIET_HOURS if row.quiet_from is None else QuietHours(row.quiet_from, row.quiet_to)
    question = Question(
        check_in_id=row.check_in_id,
        chain_id=row.chain_id,
        client_id=row.client_id,
        due_on=row.due_on,
        due_time=row.due_time,
        nudge_hours=tuple(row.nudge_hours),
    )
    return [
        {
            "key": message.key,
            "kind": message.kind,
            "announcement": None,
            "chain_id": question.chain_id,
            "clinic_id": None,
            "client_id": question.client_id,
            "about": question.check_in_id,
            "version": message.version,
            "visit_starts_at": None,
            "due_at": message.due_at,
            "not_after": message.not_after,
            "quiet_from": hours.from_minute,
            "quiet_to": hours.to_minute,
            "via": message.via,
        }
        for message in invitations(question, Audience(time_zone=row.client_zone, quiet_hours=hours))
    ]

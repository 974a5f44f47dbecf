"""Chains as they are known by now, with the rules by which their periods close; the clock of one period."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from workers.reports.due.planning import Known, Rules
from workers.reports.known.calendar import time_zone_of_chain

CHAINS = text("""
    SELECT first.chain_id, first.recorded_at AS since, coalesce(terms.clock, 'UTC') AS clock
    FROM (
      SELECT DISTINCT ON (chain_id) chain_id, key, recorded_at FROM report_calendar
      WHERE kind = 'clinic' ORDER BY chain_id, position
    ) AS first
    LEFT JOIN LATERAL (
      SELECT content ->> 'time_zone' AS clock FROM report_calendar
      WHERE chain_id = first.chain_id AND kind = 'terms' AND content ->> 'clinic_id' = first.key
      ORDER BY position LIMIT 1
    ) AS terms ON true
    ORDER BY first.chain_id
""")
RULES = text("SELECT * FROM report_rules ORDER BY chain_id, position")
CLOCK = text("""
    SELECT coalesce(
      (SELECT time_zone FROM due_periods WHERE chain_id = :chain_id AND period = :period),
      (SELECT time_zone FROM report_rules WHERE chain_id = :chain_id AND recorded_at <= :at
       ORDER BY position DESC LIMIT 1)
    )
""")


def chains(connection: Connection) -> list[Known]:
    """All that have a clinic."""
    rules: dict[UUID, list[Rules]] = defaultdict(list)
    for row in connection.execute(RULES):
        names = ("time_zone", "closing_day", "weekly", "monthly")
        rules[row.chain_id].append(Rules(set_at=row.recorded_at, **{name: getattr(row, name) for name in names}))
    return [
        Known(chain_id=row.chain_id, since=row.since, clock=row.clock, rules=rules[row.chain_id])
        for row in connection.execute(CHAINS)
    ]


def clock_of_period(connection: Connection, chain_id: UUID, period: str, at: datetime) -> str:
    """Where a period begins and ends: as it was closed or will be, or else by the rules known at a moment."""
    said = connection.execute(CLOCK, {"chain_id": chain_id, "period": period, "at": at}).scalar()
    return said or time_zone_of_chain(connection, chain_id)

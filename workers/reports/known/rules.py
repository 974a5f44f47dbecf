"""Chains as they are known by now, with the rules by which their periods close; where one period begins and ends."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from shared.reports.document import Period
from shared.reports.ids import period_id_of
from workers.reports.due.planning import Known, Rules, before, touching
from workers.reports.due.rows import period_in
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
RULES = text("""
    SELECT * FROM report_rules WHERE CAST(:chain_id AS uuid) IS NULL OR chain_id = :chain_id ORDER BY chain_id, position
""")
THERE = text("SELECT * FROM due_periods WHERE id = ANY(:ids)")


def chains(connection: Connection) -> list[Known]:
    """All that have a clinic."""
    rules = rules_of(connection)
    return [
        Known(chain_id=row.chain_id, since=row.since, clock=row.clock, rules=rules.get(row.chain_id, ()))
        for row in connection.execute(CHAINS)
    ]


def rules_of(connection: Connection, chain_id: UUID | None = None) -> Mapping[UUID, Sequence[Rules]]:
    """What each chain has said, or the one that is named, in the order in which it did."""
    rules: dict[UUID, list[Rules]] = defaultdict(list)
    for row in connection.execute(RULES, {"chain_id": chain_id}):
        names = ("time_zone", "closing_day", "weekly", "monthly")
        rules[row.chain_id].append(Rules(set_at=row.recorded_at, **{name: getattr(row, name) for name in names}))
    return rules


def period_known(connection: Connection, chain_id: UUID, name: str, at: datetime) -> Period:
    """A period as it was closed or will be, or else by the rules known at a moment. Raises NoPeriod."""
    ids = [period_id_of(chain_id, each) for each in (name, before(name))]
    there = [period_in(row) for row in connection.execute(THERE, {"ids": ids})]
    rules = [each for each in rules_of(connection, chain_id).get(chain_id, ()) if each.set_at <= at]
    known = Known(chain_id=chain_id, since=at, clock=time_zone_of_chain(connection, chain_id), rules=rules)
    return touching(known, name, there)

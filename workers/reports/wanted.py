"""Reports that were asked for: each waits until its moment is known and then until treatment has it.

One worker at a time makes it. A worker that dies loses its lease after LEASE; another makes the report then. What is
made twice is published once, as treatment keeps the first.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, text

from shared.events.treatment_reports import CaseloadReportAsked
from shared.partitions import partition_of
from shared.reports.document import Scope
from workers.reports.holding import LEASE
from workers.reports.moments import is_read

PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
BATCH = 200

# Only in the read models in use: what is being rebuilt was asked for when it happened.
WANT = text("""
INSERT INTO wanted_reports (report_id, chain_id, scope_kind, scope_id, period, as_of_at, asked_at, next_at, partition)
SELECT :report_id, :chain_id, :scope_kind, :scope_id, :period, :as_of_at, :at, :at, :partition
WHERE current_schema() = (SELECT schema FROM public.active_views)
ON CONFLICT (report_id) DO NOTHING
""")

# Reports of one chain, period and moment together: they are made from one reading.
CLAIM = text(f"""
UPDATE wanted_reports AS w SET attempts = w.attempts + 1, lease_token = :token, next_at = :until
FROM (
  SELECT report_id FROM wanted_reports
  JOIN (
    SELECT chain_id, period, as_of_at FROM wanted_reports WHERE next_at <= :now AND {is_read("wanted_reports")}
    ORDER BY next_at, report_id LIMIT 1 FOR UPDATE SKIP LOCKED
  ) AS first USING (chain_id, period, as_of_at)
  WHERE next_at <= :now AND {is_read("wanted_reports")}
  ORDER BY report_id LIMIT :batch FOR UPDATE OF wanted_reports SKIP LOCKED
) AS free
WHERE w.report_id = free.report_id
RETURNING w.*
""")  # noqa: S608 - a condition of ours
TOLD = text("DELETE FROM wanted_reports WHERE report_id = :report_id AND lease_token = :token")
POSTPONE = text("""
UPDATE wanted_reports SET lease_token = NULL, next_at = :next_at WHERE report_id = ANY(:ids) AND lease_token = :token
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A report to be made; `attempts` counts this one."""

    report_id: UUID
    chain_id: UUID
    scope: Scope
    period: str
    as_of_at: datetime
    attempts: int


def want(connection: Connection, event: CaseloadReportAsked, chain_id: UUID, at: datetime) -> None:
    """Have a report made, once however often it is asked for."""
    names = ("report_id", "scope_kind", "scope_id", "period", "as_of_at")
    values = {name: getattr(event, name) for name in names}
    connection.execute(WANT, values | {"chain_id": chain_id, "at": at, "partition": partition_of(chain_id)})


def claim(connection: Connection, consumer: str, token: UUID, now: datetime) -> list[Wanted]:
    """Lease those of one chain, period and moment whose turn it is, at most BATCH; the connection has entered.

    A moment is known when `consumer` has read both logs past it.
    """
    values = {"consumer": consumer, "token": token, "now": now, "until": now + LEASE, "batch": BATCH}
    return [
        Wanted(
            report_id=row.report_id,
            chain_id=row.chain_id,
            scope=Scope(kind=row.scope_kind, id=row.scope_id),
            period=row.period,
            as_of_at=row.as_of_at,
            attempts=row.attempts,
        )
        for row in connection.execute(CLAIM, values)
    ]


def told(connection: Connection, report_id: UUID, token: UUID) -> None:
    """Treatment has it; nothing where another has the lease by now."""
    connection.execute(TOLD, {"report_id": report_id, "token": token})


def postpone(connection: Connection, rows: Sequence[Wanted], token: UUID, now: datetime) -> None:
    """Try these again later, and later each time."""
    tried = max(row.attempts for row in rows)
    pause = min(LONGEST_PAUSE, PAUSE * 2 ** min(tried - 1, 10))
    ids: Collection[UUID] = [row.report_id for row in rows]
    connection.execute(POSTPONE, {"ids": ids, "token": token, "next_at": now + pause})

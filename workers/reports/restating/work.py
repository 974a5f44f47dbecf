"""Restatements that are to be made: those that were asked for, and every day those of each period closed of late.

They are no read models: a rebuild of the facts leaves them as they are. A worker that dies loses its lease after LEASE.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from shared.events.treatment_reports import CaseloadRestatementAsked
from shared.reports.document import AsOf, Period, Scope
from shared.reports.periods import dates_of
from workers.reports.holding import LEASE
from workers.reports.restating.walked import forget_old
from workers.reports.wanted import LONGEST_PAUSE, PAUSE
from workers.reports.window import Window

EVERY = timedelta(days=1)
FOR = timedelta(days=400)
"""So long after its end a period is looked at again: thirteen months."""

# Only in the read models in use: what is being rebuilt was asked for when it happened.
WANT = text("""
    INSERT INTO wanted_restatements (
      report_id, chain_id, scope_kind, scope_id, period, starts_at, ends_at, time_zone, known_at, scheduling, treatment,
      definitions, next_at
    )
    SELECT :report_id, :chain_id, :scope_kind, :scope_id, :period, :starts_at, :ends_at, :time_zone, :known_at,
      :scheduling, :treatment, :definitions, :at
    WHERE current_schema() = (SELECT schema FROM public.active_views)
    ON CONFLICT (report_id) DO UPDATE SET next_at = excluded.next_at, attempts = 0
""")
CLAIM = text("""
    UPDATE wanted_restatements AS w SET attempts = w.attempts + 1, lease_token = :token, next_at = :until
    FROM (
      SELECT report_id FROM wanted_restatements JOIN (
        SELECT chain_id, period, starts_at, ends_at, known_at, definitions FROM wanted_restatements
        WHERE next_at <= :now ORDER BY next_at, report_id LIMIT 1 FOR UPDATE SKIP LOCKED
      ) AS first USING (chain_id, period, starts_at, ends_at, known_at, definitions)
      WHERE next_at <= :now ORDER BY report_id LIMIT 200 FOR UPDATE OF wanted_restatements SKIP LOCKED
    ) AS free
    WHERE w.report_id = free.report_id RETURNING w.*
""")
DONE = text("DELETE FROM wanted_restatements WHERE report_id = :report_id AND lease_token = :token")
POSTPONE = text("""
    UPDATE wanted_restatements SET lease_token = NULL, next_at = :next_at
    WHERE report_id = ANY(:ids) AND lease_token = :token
""")

FOLLOW = text("""
    INSERT INTO restated_periods (id, scheduling, treatment, next_at)
    SELECT id, scheduling, treatment, as_of_at + :every FROM due_periods
    WHERE state = 'closed' AND ends_at > :since ON CONFLICT (id) DO NOTHING
""")
CLAIM_PERIOD = text("""
    UPDATE restated_periods AS restated
    SET attempts = restated.attempts + 1, lease_token = :token, next_at = :until
    FROM due_periods AS due, (
      SELECT id FROM restated_periods JOIN due_periods USING (id) WHERE restated_periods.next_at <= :now
        AND ends_at > :since
      ORDER BY restated_periods.next_at, id LIMIT 1 FOR UPDATE OF restated_periods SKIP LOCKED
    ) AS free
    WHERE restated.id = free.id AND due.id = free.id
    RETURNING restated.id, due.chain_id, due.period, due.starts_at, due.ends_at, due.time_zone, due.as_of_at,
      due.scheduling, due.treatment, due.reports, restated.scheduling AS seen_scheduling,
      restated.treatment AS seen_treatment, restated.attempts
""")
SEEN = text("""
    UPDATE restated_periods SET scheduling = :scheduling, treatment = :treatment, next_at = :next_at, attempts = 0,
      lease_token = NULL
    WHERE id = :id AND lease_token = :token
""")
POSTPONE_PERIOD = text("""
    UPDATE restated_periods SET next_at = :next_at, lease_token = NULL WHERE id = :id AND lease_token = :token
""")
TOLD_OF = text("SELECT report_id, lines_hash FROM restated_reports WHERE report_id = ANY(:ids)")
TOLD = text("""
    INSERT INTO restated_reports (report_id, lines_hash) VALUES (:report_id, :lines_hash)
    ON CONFLICT (report_id) DO UPDATE SET lines_hash = excluded.lines_hash
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Of a report that somebody has asked about; `attempts` counts this one."""

    report_id: UUID
    scope: Scope
    window: Window
    definitions: int
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A closed period of so many reports, and the positions up to which it was looked at."""

    id: UUID
    window: Window
    reports: int | None
    seen: tuple[int, int]
    attempts: int


def want(connection: Connection, event: CaseloadRestatementAsked, chain_id: UUID, at: datetime) -> None:
    """Have it found out, once however often it is asked before it is."""
    names = ("report_id", "scope_kind", "scope_id", "period", "starts_at", "ends_at", "time_zone", "known_at")
    numbers = ("scheduling", "treatment", "definitions")
    values = {name: getattr(event, name) for name in (*names, *numbers)}
    connection.execute(WANT, values | {"chain_id": chain_id, "at": at})


def claim(connection: Connection, token: UUID, now: datetime) -> list[Wanted]:
    """Lease those of one chain, period and moment whose turn it is."""
    values = {"token": token, "now": now, "until": now + LEASE}
    return [
        Wanted(
            report_id=row.report_id,
            scope=Scope(kind=row.scope_kind, id=row.scope_id),
            window=window_of(row, row.known_at),
            definitions=row.definitions,
            attempts=row.attempts,
        )
        for row in connection.execute(CLAIM, values)
    ]


def window_of(row: Row[Any], at: datetime) -> Window:
    known = AsOf(scheduling=row.scheduling, treatment=row.treatment, at=at)
    kind, _, _ = dates_of(row.period)
    period = Period(kind=kind, name=row.period, starts_at=row.starts_at, ends_at=row.ends_at, time_zone=row.time_zone)
    return Window(row.chain_id, period, known)


def done(connection: Connection, report_id: UUID, token: UUID) -> None:
    connection.execute(DONE, {"report_id": report_id, "token": token})


def postpone(connection: Connection, rows: Sequence[Wanted], token: UUID, now: datetime) -> None:
    """Try these again later, and later each time."""
    next_at = now + pause(max(row.attempts for row in rows))
    ids = [row.report_id for row in rows]
    connection.execute(POSTPONE, {"ids": ids, "token": token, "next_at": next_at})


def pause(attempts: int) -> timedelta:
    return min(LONGEST_PAUSE, PAUSE * int(2 ** min(attempts - 1, 10)))


def follow(connection: Connection, token: UUID, now: datetime) -> Followed | None:
    """Lease one closed period that nobody has looked at for a day."""
    since = now - FOR
    forget_old(connection, since)
    connection.execute(FOLLOW, {"every": EVERY, "since": since})
    row = connection.execute(CLAIM_PERIOD, {"token": token, "now": now, "until": now + LEASE, "since": since}).first()
    if row is None:
        return None
    seen = (row.seen_scheduling, row.seen_treatment)
    window = window_of(row, row.as_of_at)
    return Followed(id=row.id, window=window, reports=row.reports, seen=seen, attempts=row.attempts)


def looked(connection: Connection, period: Followed, known: AsOf, token: UUID, now: datetime) -> None:
    """What was known by these positions is told; look again tomorrow."""
    positions = {"scheduling": known.scheduling, "treatment": known.treatment}
    connection.execute(SEEN, positions | {"id": period.id, "token": token, "next_at": now + EVERY})


def postpone_period(connection: Connection, period: Followed, token: UUID, next_at: datetime) -> None:
    """Not all of it is told."""
    connection.execute(POSTPONE_PERIOD, {"id": period.id, "token": token, "next_at": next_at})


def told_of(connection: Connection, reports: Sequence[UUID]) -> dict[UUID, str]:
    """What treatment has been told last, by report; as hash of the lines."""
    rows = connection.execute(TOLD_OF, {"ids": list(reports)})
    return {row.report_id: row.lines_hash for row in rows}


def told(connection: Connection, report_id: UUID, lines_hash: str) -> None:
    connection.execute(TOLD, {"report_id": report_id, "lines_hash": lines_hash})

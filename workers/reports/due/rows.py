"""Rows of periods that are to be closed: each is planned once, is read from positions that are fixed once, and is
worked on by one worker at a time.

They are no read models: a rebuild of the facts leaves them as they are. A worker that dies loses its lease after LEASE.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from shared.partitions import partition_of
from shared.reports.document import AsOf, Period
from shared.reports.ids import period_id_of
from workers.consume import CONSUMER
from workers.reports.due.planning import Every, Planned
from workers.reports.holding import LEASE
from workers.reports.knowledge import as_of
from workers.reports.moments import is_read, is_set_aside
from workers.reports.window import Window

PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)

PLAN = text("""
    INSERT INTO due_periods (id, chain_id, partition, kind, period, starts_at, ends_at, time_zone, as_of_at, next_at)
    VALUES (:id, :chain_id, :partition, :kind, :period, :starts_at, :ends_at, :time_zone, :as_of_at, :as_of_at)
    ON CONFLICT (id) DO NOTHING
""")
LAST = text("SELECT DISTINCT ON (chain_id, kind) * FROM due_periods ORDER BY chain_id, kind, ends_at DESC")
READ = text(f"""
    SELECT id, chain_id, as_of_at FROM due_periods AS due
    WHERE state = 'waiting' AND {is_read("due")} AND NOT {is_set_aside("due")}
    FOR NO KEY UPDATE SKIP LOCKED
""")  # noqa: S608 - conditions of ours
FIX = text("""
    UPDATE due_periods SET state = 'making', scheduling = :scheduling, treatment = :treatment, next_at = :now
    WHERE id = :id AND state = 'waiting'
""")
CLAIM = text("""
    UPDATE due_periods AS due SET attempts = attempts + 1, lease_token = :token, next_at = :until
    FROM (
      SELECT id FROM due_periods AS ready WHERE state = 'making' AND next_at <= :now AND NOT EXISTS (
        SELECT FROM due_periods AS earlier
        WHERE earlier.chain_id = ready.chain_id AND earlier.kind = 'month' AND ready.kind = 'month'
          AND earlier.ends_at < ready.ends_at AND earlier.state <> 'closed'
      )
      ORDER BY next_at, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
    ) AS free
    WHERE due.id = free.id RETURNING due.*
""")
CHANGE = "UPDATE due_periods SET told = false, next_at = :until, {} WHERE id = :id AND lease_token = :token"
MADE = "made = (SELECT count(*) FROM report_drafts WHERE period_id = :id)"
COUNTED = text(CHANGE.format(f"reports = :reports, definitions = :definitions, {MADE}"))
KEPT = text(CHANGE.format(MADE))
DECIDED = text(CHANGE.format("decided = true"))
HOLD = text("UPDATE due_periods SET next_at = :until WHERE id = :id AND lease_token = :token")
FORGET = text("DELETE FROM report_drafts WHERE period_id = :id")
CLOSE = text("UPDATE due_periods SET state = 'closed', told = true, lease_token = NULL WHERE id = :id")
POSTPONE = text("""
    UPDATE due_periods SET lease_token = NULL, next_at = :next_at, attempts = :attempts
    WHERE id = :id AND lease_token = :token
""")
UNTOLD = text("""
    SELECT * FROM due_periods WHERE NOT told AND NOT refused AND state <> 'closed' ORDER BY ends_at, id LIMIT 100
""")
REFUSED = text("UPDATE due_periods SET refused = true WHERE id = :id")
TOLD = text("""
    UPDATE due_periods SET told = true WHERE id = :id AND reports IS NOT DISTINCT FROM :reports AND made = :made
""")
OPEN = text("SELECT * FROM due_periods WHERE state <> 'closed' ORDER BY as_of_at, id")


class LeaseLost(Exception):
    """Another worker has this period by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A period that is to be closed; of `reports`, once they are counted, so many are `made` by these `definitions`.

    `decided`: what of them may leave, so they are made and decided no more.
    """

    id: UUID
    chain_id: UUID
    period: Period
    as_of_at: datetime
    state: str
    scheduling: int | None
    treatment: int | None
    reports: int | None
    made: int
    definitions: int | None
    decided: bool
    attempts: int
    next_at: datetime

    @property
    def window(self) -> Window:
        """Raises ValueError before the positions are fixed."""
        if self.scheduling is None or self.treatment is None:
            raise ValueError(f"nobody knows yet what is known at {self.as_of_at}")
        return Window(
            self.chain_id, self.period, AsOf(scheduling=self.scheduling, treatment=self.treatment, at=self.as_of_at)
        )


def plan(connection: Connection, chain_id: UUID, each: Planned) -> None:
    """Have a period closed, once however often it is planned."""
    period = each.period
    values = {
        "id": period_id_of(chain_id, period.name),
        "chain_id": chain_id,
        "partition": partition_of(chain_id),
        "kind": period.kind,
        "period": period.name,
        "starts_at": period.starts_at,
        "ends_at": period.ends_at,
        "time_zone": period.time_zone,
        "as_of_at": each.as_of_at,
    }
    connection.execute(PLAN, values)


def last_planned(connection: Connection) -> Mapping[UUID, Mapping[Every, Period]]:
    """Of each chain and kind the last period that was planned."""
    found: dict[UUID, dict[Every, Period]] = {}
    for row in connection.execute(LAST):
        found.setdefault(row.chain_id, {})[row.kind] = period_in(row)
    return found


def fix(connection: Connection, now: datetime) -> None:
    """Those whose moment is known by now are made from the positions of that moment; the connection has entered.

    While an event by then is set aside it is not: handled later, it would change what the closed report was made of.
    """
    for row in connection.execute(READ, {"consumer": CONSUMER}).all():
        known = as_of(connection, row.chain_id, row.as_of_at)
        values = {"id": row.id, "scheduling": known.scheduling, "treatment": known.treatment, "now": now}
        connection.execute(FIX, values)


def claim(connection: Connection, token: UUID, now: datetime) -> Due | None:
    """Lease the period whose turn it is: no month before the earlier ones of its chain, for what these told counts."""
    row = connection.execute(CLAIM, {"token": token, "now": now, "until": now + LEASE}).first()
    return None if row is None else due_of(row)


def counted(connection: Connection, due: Due, token: UUID, now: datetime, *, reports: int, definitions: int) -> None:
    """It has so many reports by these definitions; there are none by others any more. Raises LeaseLost."""
    if due.definitions != definitions:
        connection.execute(FORGET, {"id": due.id})
    counts = {"reports": reports, "definitions": definitions}
    held(connection.execute(COUNTED, counts | lease(due, token, now)).rowcount)


def kept(connection: Connection, due: Due, token: UUID, now: datetime) -> None:
    """Count what is made, in the transaction that keeps it. Raises LeaseLost."""
    held(connection.execute(KEPT, lease(due, token, now)).rowcount)


def decided(connection: Connection, due: Due, token: UUID, now: datetime) -> None:
    """It is decided what may leave, in the transaction that keeps it. Raises LeaseLost."""
    held(connection.execute(DECIDED, lease(due, token, now)).rowcount)


def keep_lease(connection: Connection, due: Due, token: UUID, now: datetime) -> None:
    """Raises LeaseLost."""
    held(connection.execute(HOLD, lease(due, token, now)).rowcount)


def lease(due: Due, token: UUID, now: datetime) -> dict[str, Any]:
    return {"id": due.id, "token": token, "until": now + LEASE}


def held(rows: int) -> None:
    if rows != 1:
        raise LeaseLost


def close(connection: Connection, due: Due) -> None:
    """Treatment has closed it, so nothing of it is needed any more."""
    connection.execute(FORGET, {"id": due.id})
    connection.execute(CLOSE, {"id": due.id})


def give_back(connection: Connection, due: Due, token: UUID, now: datetime) -> None:
    """Its turn is over; others go on at once."""
    connection.execute(POSTPONE, {"id": due.id, "token": token, "next_at": now, "attempts": 0})


def postpone(connection: Connection, due: Due, token: UUID, now: datetime) -> None:
    """Try again later, and later each time."""
    pause = min(LONGEST_PAUSE, PAUSE * 2 ** min(due.attempts - 1, 10))
    values = {"id": due.id, "token": token, "next_at": now + pause, "attempts": due.attempts}
    connection.execute(POSTPONE, values)


def untold(connection: Connection) -> list[Due]:
    """Those of which treatment does not know how they are coming along."""
    return [due_of(row) for row in connection.execute(UNTOLD)]


def told(connection: Connection, due: Due) -> None:
    """Treatment knows this; nothing where it has gone on meanwhile."""
    connection.execute(TOLD, {"id": due.id, "reports": due.reports, "made": due.made})


def refused(connection: Connection, due: Due) -> None:
    """Treatment does not want to hear of this, so it is not told again how it is coming along."""
    connection.execute(REFUSED, {"id": due.id})


def open_ones(connection: Connection) -> list[Due]:
    """All that are not closed yet, the oldest first."""
    return [due_of(row) for row in connection.execute(OPEN)]


def due_of(row: Row[Any]) -> Due:
    own = {field.name: getattr(row, field.name) for field in fields(Due) if field.name != "period"}
    return Due(period=period_in(row), **own)


def period_in(row: Row[Any]) -> Period:
    return Period(kind=row.kind, name=row.period, starts_at=row.starts_at, ends_at=row.ends_at, time_zone=row.time_zone)

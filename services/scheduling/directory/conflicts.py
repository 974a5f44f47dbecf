"""What would leave booked visits outside the rules lists them first, and is made only when they are accepted."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from shared.decider import Refused

IN_THE_WAY = text("""
    SELECT * FROM appointments
    WHERE status IN ('booked', 'arrived') AND starts_at < :ends_at AND ends_at > :starts_at
      AND starts_at > :starts_at - interval '12 hours'
      AND (CAST(:clinic_id AS uuid) IS NULL OR clinic_id = :clinic_id)
      AND (CAST(:therapist_id AS uuid) IS NULL OR therapist_id = :therapist_id)
    ORDER BY starts_at, id
""")
STILL_TO_COME = text("""
    SELECT * FROM appointments
    WHERE status IN ('booked', 'arrived') AND ends_at > :now
      AND (CAST(:clinic_id AS uuid) IS NULL OR clinic_id = :clinic_id)
      AND (CAST(:therapist_id AS uuid) IS NULL OR therapist_id = :therapist_id)
    ORDER BY starts_at, id
""")


class HitsVisits(Refused):
    """Booked visits stand in the way; send accept_conflicts to go on all the same."""

    code = "conflicts"


def visits_during(
    connection: Connection,
    starts_at: datetime,
    ends_at: datetime,
    *,
    clinic_id: UUID | None = None,
    therapist_id: UUID | None = None,
) -> Sequence[Row[Any]]:
    """The booked visits of a clinic or therapist that overlap a span."""
    values = {"starts_at": starts_at, "ends_at": ends_at, "clinic_id": clinic_id, "therapist_id": therapist_id}
    return connection.execute(IN_THE_WAY, values).all()


def visits_to_come(
    connection: Connection, now: datetime, *, clinic_id: UUID | None = None, therapist_id: UUID | None = None
) -> Sequence[Row[Any]]:
    """The booked visits of a clinic or therapist that have not ended."""
    values = {"now": now, "clinic_id": clinic_id, "therapist_id": therapist_id}
    return connection.execute(STILL_TO_COME, values).all()


def accept_or_refuse(
    visits: Iterable[Row[Any]], *, accepted: bool, known: Collection[UUID] = ()
) -> list[dict[str, Any]]:
    """The visits as the caller sees them; raises HitsVisits when some were neither accepted now nor `known` before."""
    conflicts = [shown(visit) for visit in visits]
    if not accepted and any(visit["id"] not in known for visit in conflicts):
        raise HitsVisits(conflicts=conflicts)
    return conflicts


def shown(visit: Row[Any]) -> dict[str, Any]:
    """A visit with its times on its clinic's clock."""
    row = {name: getattr(visit, name) for name in ("id", "clinic_id", "therapist_id", "client_id")}
    zone = ZoneInfo(visit.time_zone)
    return row | {"starts_at": visit.starts_at.astimezone(zone), "ends_at": visit.ends_at.astimezone(zone)}

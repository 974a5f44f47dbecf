"""The day at a clinic: who is seen when, in which room and by whom, without saying who it is that comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from shared.auth import Caller
from shared.decider import NotThere

MOST_VISITS = 500

CLINICS = text("""
    SELECT clinics.id, name, terms.time_zone FROM clinics, LATERAL (
      SELECT time_zone FROM clinic_terms WHERE clinic_id = clinics.id
      ORDER BY valid_from <= :today DESC, abs(valid_from - :today) LIMIT 1
    ) AS terms
    ORDER BY name, clinics.id
""")
VISITS = text("""
    SELECT visit.id, visit.starts_at, visit.ends_at, visit.status, visit.confirmed, visit.disrupted,
      therapist.name AS therapist_name, room.name AS room_name
    FROM appointments visit
    JOIN therapists therapist ON therapist.id = visit.therapist_id
    LEFT JOIN rooms room ON room.id = visit.room_id
    WHERE visit.clinic_id = :clinic_id AND visit.starts_at >= :begins AND visit.starts_at < :ends
    ORDER BY visit.starts_at, visit.id LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit on the clinic's clock; `state` is its status, where that is `booked` also `confirmed` or `disrupted`."""

    id: UUID
    starts: datetime
    ends: datetime
    state: str
    therapist_name: str
    room_name: str | None


@dataclass(frozen=True, slots=True)
class Day:
    """Today at one clinic, and the caller's clinics to choose from."""

    clinic: Row[Any]
    clinics: Sequence[Row[Any]]
    on: date
    visits: Sequence[Visit]


def clinics_of(connection: Connection, caller: Caller, now: datetime) -> list[Row[Any]]:
    """The clinics at which a role of the caller's holds, by name."""
    rows = connection.execute(CLINICS, {"today": now.date()})
    return [row for row in rows if caller.may_act_at(row.id)]


def day_at(connection: Connection, caller: Caller, clinic_id: UUID | None, now: datetime) -> Day | None:
    """Today at a clinic, by default the caller's first; None when the caller has none, NotThere for one of others."""
    clinics = clinics_of(connection, caller, now)
    if not clinics and clinic_id is None:
        return None
    clinic = next((row for row in clinics if clinic_id in {None, row.id}), None)
    if clinic is None:
        raise NotThere
    zone = ZoneInfo(clinic.time_zone)
    on = now.astimezone(zone).date()
    begins, ends = (datetime.combine(day, time(), zone) for day in (on, on + timedelta(days=1)))
    values = {"clinic_id": clinic.id, "begins": begins, "ends": ends, "most": MOST_VISITS}
    visits = [shown(row, zone) for row in connection.execute(VISITS, values)]
    return Day(clinic, clinics, on, visits)


def shown(row: Row[Any], zone: ZoneInfo) -> Visit:
    state = row.status
    if state == "booked":
        state = "disrupted" if row.disrupted else "confirmed" if row.confirmed else "booked"
    starts, ends = row.starts_at.astimezone(zone), row.ends_at.astimezone(zone)
    return Visit(row.id, starts, ends, state, row.therapist_name, row.room_name)

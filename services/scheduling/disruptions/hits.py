"""Which visits a cause hits, as the directory says in this transaction: visits not over yet, or disrupted already.

And the other way round, what one visit is hit by.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, TextClause, text

from services.scheduling.availability.calendar import opening_intervals, rota_intervals
from services.scheduling.availability.intervals import covers
from services.scheduling.availability.load import load_clinics, load_therapists
from services.scheduling.availability.model import Interval
from shared.events.scheduling_disruptions import Cause, CauseKind

Visits = Sequence[Row[Any]]

OPEN = "a.status IN ('booked', 'arrived') AND (a.ends_at > :now OR a.disrupted)"
IN_ORDER = "ORDER BY a.starts_at, a.id"

# A visit lasts at most 12 hours; the bound below lets the index find those that overlap a span.
DURING = "a.starts_at > span.starts_at - interval '12 hours' AND a.ends_at > span.starts_at"


def found_by(source: str) -> TextClause:
    return text(f"SELECT a.* FROM {source} AND {OPEN} {IN_ORDER}")  # noqa: S608 - our own words


CLOSED = found_by(
    f"closures span JOIN appointments a ON a.clinic_id = span.clinic_id AND a.starts_at < span.ends_at AND {DURING}"
    " WHERE span.id = :id"
)
AWAY = found_by(
    "time_off span JOIN appointments a"
    f" ON a.therapist_id = span.therapist_id AND a.starts_at < span.ends_at AND {DURING} WHERE span.id = :id"
)
OUT_OF_SERVICE = found_by(
    "room_outages span JOIN appointments a ON a.clinic_id = span.clinic_id AND a.room_id = span.room_id"
    f" AND a.starts_at < coalesce(span.ends_at, 'infinity') AND {DURING} WHERE span.id = :id"
)
OTHER_KIND = found_by(
    "rooms room JOIN appointments a ON a.clinic_id = room.clinic_id AND a.room_id = room.id"
    " JOIN offerings offering ON offering.id = a.offering_id AND offering.room_kind <> room.kind WHERE room.id = :id"
)
LEFT = found_by(
    "therapists JOIN appointments a ON a.therapist_id = therapists.id"
    " WHERE therapists.id = :id AND left(a.starts_local, 10) > CAST(therapists.leaves_on AS text)"
)
NOT_QUALIFIED = found_by(
    "therapists JOIN appointments a ON a.therapist_id = therapists.id"
    " JOIN offerings offering ON offering.id = a.offering_id AND offering.qualification IS NOT NULL"
    " WHERE therapists.id = :id AND NOT EXISTS ("
    " SELECT FROM jsonb_array_elements(therapists.qualifications) AS held WHERE held->>'code' = offering.qualification"
    " AND coalesce(held->>'expires_on', '9999') >= left(a.starts_local, 10))"
)
OVER = text("""
    SELECT 'closure' AS kind, id FROM closures
    WHERE clinic_id = :clinic_id AND starts_at < :ends_at AND ends_at > :starts_at
    UNION ALL SELECT 'time_off', id FROM time_off
    WHERE therapist_id = :therapist_id AND starts_at < :ends_at AND ends_at > :starts_at
    UNION ALL SELECT 'room_outage', id FROM room_outages
    WHERE room_id = :room_id AND starts_at < :ends_at AND (ends_at IS NULL OR ends_at > :starts_at)
""")
OF_CLINIC = found_by("appointments a WHERE a.clinic_id = :id")
OF_THERAPIST = found_by("appointments a WHERE a.therapist_id = :id")


def hits(connection: Connection, cause: Cause, now: datetime) -> Visits:
    """The visits that the cause leaves outside the rules, in the order of their starts; none once it is gone."""
    return FIND[cause.kind](connection, cause.id, now)


def spans_over(connection: Connection, visit: Row[Any]) -> frozenset[Cause]:
    """The closures, times off and outages that a visit lies in."""
    return frozenset(Cause(row.kind, row.id) for row in connection.execute(OVER, visit._asdict()))


def causes_over(connection: Connection, visit: Row[Any], now: datetime) -> frozenset[Cause]:
    """Everything that leaves one visit outside the rules; it must not be over."""
    about = [(kind, getattr(visit, owner)) for kind, owner in OF_ITS_RESOURCES if getattr(visit, owner) is not None]
    causes = [Cause(kind, owner_id) for kind, owner_id in about]
    hit = {cause for cause in causes if visit.id in {each.id for each in hits(connection, cause, now)}}
    if closed_for(connection, visit.clinic_id, [visit]):
        hit.add(Cause("hours", visit.clinic_id))
    if off_rota(connection, visit.therapist_id, [visit]):
        hit.add(Cause("rota", visit.therapist_id))
    return spans_over(connection, visit) | hit


def found(statement: TextClause) -> Callable[[Connection, UUID, datetime], Visits]:
    def find(connection: Connection, cause_id: UUID, now: datetime) -> Visits:
        return connection.execute(statement, {"id": cause_id, "now": now}).all()

    return find


def outside_hours(connection: Connection, clinic_id: UUID, now: datetime) -> Visits:
    return closed_for(connection, clinic_id, found(OF_CLINIC)(connection, clinic_id, now))


def closed_for(connection: Connection, clinic_id: UUID, visits: Visits) -> Visits:
    """Those of a clinic's visits, in the order of their starts, for the whole of which it is not open."""
    if not visits:
        return []
    window = Interval(visits[0].starts_at, max(visit.ends_at for visit in visits))
    hours = opening_intervals(load_clinics(connection, [clinic_id])[clinic_id], window)
    return [visit for visit in visits if not covers(hours, visit.starts_at, visit.ends_at)]


def outside_rota(connection: Connection, therapist_id: UUID, now: datetime) -> Visits:
    return off_rota(connection, therapist_id, found(OF_THERAPIST)(connection, therapist_id, now))


def off_rota(connection: Connection, therapist_id: UUID, visits: Visits) -> Visits:
    """Those of a therapist's visits, in the order of their starts, that the rota does not hold.

    What comes after the last day is not the rota's business.
    """
    if not visits:
        return []
    therapist = replace(load_therapists(connection, [therapist_id])[therapist_id], leaves_on=None)
    window = Interval(visits[0].starts_at, max(visit.ends_at for visit in visits))
    clinics = load_clinics(connection, {visit.clinic_id for visit in visits})
    shifts = {clinic.id: rota_intervals(therapist, clinic, window) for clinic in clinics.values()}
    return [visit for visit in visits if not covers(shifts[visit.clinic_id], visit.starts_at, visit.ends_at)]


OF_ITS_RESOURCES: Sequence[tuple[CauseKind, str]] = (
    ("last_day", "therapist_id"),
    ("qualification", "therapist_id"),
    ("room_kind", "room_id"),
)
"""Causes that hit few visits, so that one is found among all of them."""

FIND: Mapping[CauseKind, Callable[[Connection, UUID, datetime], Visits]] = {
    "closure": found(CLOSED),
    "hours": outside_hours,
    "last_day": found(LEFT),
    "qualification": found(NOT_QUALIFIED),
    "room_kind": found(OTHER_KIND),
    "room_outage": found(OUT_OF_SERVICE),
    "rota": outside_rota,
    "time_off": found(AWAY),
}

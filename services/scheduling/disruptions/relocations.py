"""Visits that find their clinic at another address, or on another clock: each is told once, and keeps its instant."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from services.scheduling.appointments.decider import APPOINTMENT
from services.scheduling.appointments.decisions.disrupting import Relocate
from services.scheduling.availability.calendar import in_force
from shared.decider import handle_each
from shared.event_store import Transaction

NEW_PLACE = frozenset({"address", "latitude_e6", "longitude_e6", "time_zone"})
"""The terms of a clinic that say where it is, and on which clock."""

TO_COME = text(
    "SELECT * FROM appointments WHERE clinic_id = :clinic_id AND status = 'booked' AND starts_at > :now"
    " ORDER BY starts_at, id"
)
TERMS = text(
    "SELECT valid_from, time_zone, address, latitude_e6, longitude_e6 FROM clinic_terms WHERE clinic_id = :clinic_id"
    " ORDER BY valid_from"
)

Places = Mapping[UUID, tuple[Any, ...]]


def to_come(connection: Connection, clinic_id: UUID, now: datetime) -> Sequence[Row[Any]]:
    """The clinic's booked visits that have not begun."""
    return connection.execute(TO_COME, {"clinic_id": clinic_id, "now": now}).all()


def places(connection: Connection, clinic_id: UUID, visits: Sequence[Row[Any]]) -> Places:
    """Zone, address and coordinates of the clinic at the instant of each visit, by visit."""
    terms = connection.execute(TERMS, {"clinic_id": clinic_id}).all() if visits else []
    return {visit.id: tuple(in_force(terms, visit.starts_at))[1:] for visit in visits}


def relocate(tx: Transaction, visits: Sequence[Row[Any]], after: Places) -> None:
    """Record the new place of these visits, with the wall-clock time that its clock shows at their instant."""
    handle_each(tx, APPOINTMENT, {f"appointment-{visit.id}": relocation(visit, after[visit.id][0]) for visit in visits})


def relocation(visit: Row[Any], time_zone: str) -> Relocate:
    local = visit.starts_at.astimezone(ZoneInfo(time_zone)).strftime("%Y-%m-%dT%H:%M")
    return Relocate(visit.id, visit.clinic_id, local, time_zone)

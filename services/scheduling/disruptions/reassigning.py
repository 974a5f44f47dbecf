"""Disrupted visits find another therapist: each visit is reassigned or refused as a whole, and nobody decides for two.

Everything that any of the choices reads is locked first, at once. The visits are taken in the order of their starts, so
the same request on the same day has the same outcome. Where a visit may go, the first that is free:

1. its own time, with its own therapist, where only the room was in the way;
2. its own time, with the therapist named, or of all the one with the fewest booked minutes on that day;
3. unless its time is to be kept: the nearest other time at the clinic, from the day of the visit to a week later.

The room stays the same where it is free, the clinic always. Notice, horizon and grid are not asked for a time that was
promised; they are for another.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from services.scheduling.appointments.booking import place_of, shown
from services.scheduling.appointments.decider import APPOINTMENT
from services.scheduling.appointments.decisions.disrupting import Reassign, must_be_disrupted
from services.scheduling.appointments.decisions.placing import Move
from services.scheduling.availability import refusals
from services.scheduling.availability.calendar import local_day
from services.scheduling.availability.load import load_moving, load_offering, load_situation, load_staff
from services.scheduling.availability.model import Interval, Placement, Request, Slot
from services.scheduling.availability.refusals import Refusal
from services.scheduling.availability.rules import free_rooms, judge
from services.scheduling.availability.search import alternatives
from services.scheduling.availability.situation import Situation
from services.scheduling.locks import lock
from shared.decider import Refused, StreamChanged, fold, handle
from shared.event_store import Transaction

A_WEEK = timedelta(days=7)
MOST_ALTERNATIVES = 3
PROMISED = frozenset({refusals.NOTICE_TOO_SHORT.code, refusals.BEYOND_HORIZON.code, refusals.OFF_GRID.code})

VISITS = text("SELECT * FROM appointments WHERE id = ANY(:ids)")

Result = dict[str, Any]
Visit = Row[Any]


class NobodyFree(Refused):
    """Nobody can take the visit; the code says which rule is in the way."""

    def __init__(self, refusal: Refusal, found: list[dict[str, Any]]) -> None:
        super().__init__(refusal.message, alternatives=found)
        self.refusal = refusal

    @property
    def code(self) -> str:  # type: ignore[override]
        """The code of the rule that says no to the one who came nearest."""
        return self.refusal.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Reassignment:
    """Who may take the visits (anybody when None), whether their time is kept, and the reason that is recorded."""

    appointment_ids: Sequence[UUID]
    therapist_id: UUID | None
    keeps_time: bool
    reason_code: str | None
    reason: str | None


def reassign_all(
    tx: Transaction, wish: Reassignment, now: datetime, may_act_at: Callable[[UUID], None]
) -> list[Result]:
    """Reassign what can be, and give one result for each visit, in the order of the wish.

    `may_act_at` raises what a caller is told who may not act at a clinic. Raises StreamChanged when a visit went
    elsewhere during the wait for the locks.
    """
    visits, staff = locked(tx.connection, wish)
    for visit in visits.values():
        may_act_at(visit.clinic_id)
    clinics = {visit.clinic_id for visit in visits.values()}
    tx.metadata = replace(tx.metadata, clinic_id=clinics.pop() if len(clinics) == 1 else None)
    in_order = sorted(visits.values(), key=lambda visit: (visit.starts_at, visit.id))
    results = {visit.id: result_of(tx, visit, partial(reassign, tx, wish, visit, staff, now)) for visit in in_order}
    return [results.get(each) or unknown(each) for each in wish.appointment_ids]


def unknown(appointment_id: UUID) -> Result:
    return {
        "appointment_id": appointment_id,
        "outcome": "refused",
        "code": "not_found",
        "detail": "There is no such visit.",
    }


def locked(connection: Connection, wish: Reassignment) -> tuple[Mapping[UUID, Visit], Mapping[UUID, list[UUID]]]:
    """The visits, and who might take them at each clinic, held until the end of the transaction."""
    ids = {"ids": list(wish.appointment_ids)}
    seen = connection.execute(VISITS, ids).all()
    staff = staff_of(connection, wish, {visit.clinic_id for visit in seen})
    lock(
        connection,
        ("clinic", staff),
        (
            "therapist",
            {each for members in staff.values() for each in members} | {visit.therapist_id for visit in seen},
        ),
        ("client", {visit.client_id for visit in seen}),
    )
    visits = connection.execute(VISITS, ids).all()
    where = {(visit.id, visit.clinic_id, visit.therapist_id, visit.client_id) for visit in seen}
    if {(visit.id, visit.clinic_id, visit.therapist_id, visit.client_id) for visit in visits} != where:
        raise StreamChanged
    if staff_of(connection, wish, staff) != staff:
        raise StreamChanged
    return {visit.id: visit for visit in visits}, staff


def staff_of(connection: Connection, wish: Reassignment, clinic_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    if wish.therapist_id is not None:
        return {clinic_id: [wish.therapist_id] for clinic_id in clinic_ids}
    return {clinic_id: sorted(load_staff(connection, [clinic_id])) for clinic_id in clinic_ids}


def result_of(tx: Transaction, visit: Visit, attempt: Callable[[], None]) -> Result:
    """What became of one visit; a refusal has changed nothing."""
    try:
        attempt()
    except Refused as refused:
        refusal = {"outcome": "refused", "code": refused.code, "detail": str(refused)}
        return {"appointment_id": visit.id} | refusal | refused.details
    row = tx.connection.execute(VISITS, {"ids": [visit.id]}).one()
    zone = ZoneInfo(row.time_zone)
    times = {"starts_at": row.starts_at.astimezone(zone), "ends_at": row.ends_at.astimezone(zone)}
    place = {"therapist_id": row.therapist_id, "room_id": row.room_id, "version": row.version}
    return {"appointment_id": visit.id, "outcome": "reassigned"} | times | place


def reassign(
    tx: Transaction, wish: Reassignment, visit: Visit, staff: Mapping[UUID, list[UUID]], now: datetime
) -> None:
    """Give one visit to another. Raises Refused, NobodyFree among it."""
    stream = f"appointment-{visit.id}"
    state = fold(APPOINTMENT, tx.load(stream))
    must_be_disrupted(state)
    state.must_be("booked")
    request = promised(tx.connection, visit, now)
    situation, placement = choose(tx.connection, request, wish, visit, staff[visit.clinic_id])
    move = Move(
        appointment_id=visit.id,
        place=place_of(situation, request, placement, visit.client_id),
        initiator="clinic",
        now=now,
        reason_code=wish.reason_code,
        reason=wish.reason,
    )
    handle(tx, APPOINTMENT, stream, Reassign(move))


def promised(connection: Connection, visit: Visit, now: datetime) -> Request:
    """The visit once more at its own time and place, with anybody."""
    offering = load_offering(connection, visit.offering_id)
    moving = offering and load_moving(connection, visit.id, offering)
    if moving is None:
        raise LookupError(visit.offering_id)
    return Request(
        offering=moving,
        clinic_id=visit.clinic_id,
        starts_at=visit.starts_at,
        now=now,
        client_id=visit.client_id,
        ignoring=visit.id,
        overrides=PROMISED,
    )


def choose(
    connection: Connection, request: Request, wish: Reassignment, visit: Visit, staff: list[UUID]
) -> tuple[Situation, Placement]:
    """The first place that is free, with the situation in which it is. Raises NobodyFree."""
    load = partial(load_situation, connection, clinic_ids=[visit.clinic_id], client_id=visit.client_id)
    members = {*staff, visit.therapist_id} if wish.therapist_id is None else {wish.therapist_id}
    at_once = load(therapist_ids=members, window=Interval(visit.starts_at, visit.starts_at + timedelta.resolution))
    outcome = first_free(at_once, request, wish, visit)
    if isinstance(outcome, Placement):
        return at_once, outcome
    day = local_day(at_once.clinics[visit.clinic_id], visit.starts_at)
    window = Interval(max(request.now, day.starts_at), max(request.now, visit.starts_at) + A_WEEK)
    week = load(therapist_ids=members, window=window)
    other = replace(request, therapist_id=wish.therapist_id, overrides=frozenset())
    slots = alternatives(week, other, MOST_ALTERNATIVES)
    if wish.keeps_time or not slots:
        raise NobodyFree(outcome, [shown(week, slot) for slot in slots])
    return week, at_slot(week, other, visit, slots[0])


def first_free(situation: Situation, request: Request, wish: Reassignment, visit: Visit) -> Placement | Refusal:
    """At the visit's own time: with its own therapist where anybody may take it, otherwise with whom was wished for."""
    if wish.therapist_id is None:
        own = judge(situation, replace(request, therapist_id=visit.therapist_id))
        if isinstance(own, Placement):
            return in_its_room(situation, request, visit, own)
    outcome = judge(situation, replace(request, therapist_id=wish.therapist_id))
    return in_its_room(situation, request, visit, outcome) if isinstance(outcome, Placement) else outcome


def at_slot(situation: Situation, request: Request, visit: Visit, slot: Slot) -> Placement:
    there = replace(request, starts_at=slot.starts_at, therapist_id=slot.therapist_id)
    outcome = judge(situation, there)
    if isinstance(outcome, Refusal):
        raise NobodyFree(outcome, [])
    return in_its_room(situation, there, visit, outcome)


def in_its_room(situation: Situation, request: Request, visit: Visit, placement: Placement) -> Placement:
    if visit.room_id in free_rooms(situation, request):
        return replace(placement, room_id=visit.room_id)
    return placement

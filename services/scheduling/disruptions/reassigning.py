"""Disrupted visits find another therapist: each visit is reassigned or refused as a whole, and nobody decides for two.

Everything that any of the choices reads is locked first, at once. The visits are taken in the order of their starts, so
the same request on the same day has the same outcome. First each is tried at its own time:

1. with its own therapist, where anybody may take it and only the room was in the way;
2. with the therapist named, or of all the one with the fewest booked minutes on that day.

Unless times are to be kept, those without a place then get the nearest other time at the clinic, from the day of the
visit to a week later. For the rest the nearest times that are free after all this are named.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from services.scheduling.appointments.booking import shown
from services.scheduling.appointments.decider import APPOINTMENT
from services.scheduling.appointments.decisions.disrupting import Reassign, must_be_disrupted
from services.scheduling.appointments.decisions.placing import Move
from services.scheduling.appointments.state import Place
from services.scheduling.availability import refusals
from services.scheduling.availability.load import load_staff
from services.scheduling.availability.search import alternatives
from services.scheduling.disruptions.substitutes import (
    Reassignment,
    Round,
    Visit,
    at_other_time,
    at_own_time,
    whole_week,
)
from shared.decider import Refused, StreamChanged, fold, handle
from shared.event_store import Transaction
from shared.locks import lock

MOST_ALTERNATIVES = 3
RULES = frozenset(refusal.code for refusal in refusals.ORDER)

VISITS = text("SELECT * FROM appointments WHERE id = ANY(:ids)")

Result = dict[str, Any]


def reassign_all(
    tx: Transaction, wish: Reassignment, now: datetime, may_act_at: Callable[[UUID], bool]
) -> list[Result]:
    """Reassign what can be, and give one result for each visit, in the order of the wish.

    `may_act_at` says whether the caller may act at a clinic; visits elsewhere are not there. Raises StreamChanged when
    a visit went elsewhere during the wait for the locks.
    """
    visits, staff = locked(tx.connection, wish, may_act_at)
    clinics = {visit.clinic_id for visit in visits.values()}
    tx.metadata = replace(tx.metadata, clinic_id=clinics.pop() if len(clinics) == 1 else None)
    in_order = sorted(visits.values(), key=lambda visit: (visit.starts_at, visit.id))
    results = decide_all(Round(tx, wish, staff, now), in_order)
    return [results.get(each) or unknown(each) for each in wish.appointment_ids]


def decide_all(this: Round, visits: Sequence[Visit]) -> dict[UUID, Result]:
    results = {visit.id: result_of(this, visit, at_own_time) for visit in visits}
    if not this.wish.keeps_time:
        for visit in without_place(visits, results):
            result = result_of(this, visit, at_other_time)
            if result["outcome"] == "reassigned":
                results[visit.id] = result
    for visit in without_place(visits, results):
        week, request = whole_week(this, visit)
        results[visit.id]["alternatives"] = [
            shown(week, slot) for slot in alternatives(week, request, MOST_ALTERNATIVES)
        ]
    return results


def without_place(visits: Sequence[Visit], results: Mapping[UUID, Result]) -> list[Visit]:
    return [visit for visit in visits if results[visit.id].get("code") in RULES]


def unknown(appointment_id: UUID) -> Result:
    return {
        "appointment_id": appointment_id,
        "outcome": "refused",
        "code": "not_found",
        "detail": "There is no such visit.",
    }


def locked(
    connection: Connection, wish: Reassignment, may_act_at: Callable[[UUID], bool]
) -> tuple[Mapping[UUID, Visit], Mapping[UUID, list[UUID]]]:
    """The visits, and who might take them at each clinic, held until the end of the transaction."""
    named = connection.execute(VISITS, {"ids": list(wish.appointment_ids)})
    seen = [visit for visit in named if may_act_at(visit.clinic_id)]
    ids = {"ids": [visit.id for visit in seen]}
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


def result_of(this: Round, visit: Visit, find_place: Callable[[Round, Visit], Place]) -> Result:
    """What becomes of one visit; a refusal has changed nothing."""
    stream = f"appointment-{visit.id}"
    try:
        state = fold(APPOINTMENT, this.tx.load(stream))
        must_be_disrupted(state)
        state.must_be("booked")
        handle(this.tx, APPOINTMENT, stream, Reassign(move(this, visit, find_place(this, visit))))
    except Refused as refused:
        return {"appointment_id": visit.id, "outcome": "refused", "code": refused.code, "detail": str(refused)}
    row = this.tx.connection.execute(VISITS, {"ids": [visit.id]}).one()
    zone = ZoneInfo(row.time_zone)
    times = {"starts_at": row.starts_at.astimezone(zone), "ends_at": row.ends_at.astimezone(zone)}
    place = {"therapist_id": row.therapist_id, "room_id": row.room_id, "version": row.version}
    return {"appointment_id": visit.id, "outcome": "reassigned"} | times | place


def move(this: Round, visit: Visit, place: Place) -> Move:
    return Move(
        appointment_id=visit.id,
        place=place,
        initiator="clinic",
        now=this.now,
        reason_code=this.wish.reason_code,
        reason=this.wish.reason,
    )

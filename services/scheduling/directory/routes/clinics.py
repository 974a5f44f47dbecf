"""Clinics: where they are, when they are open, how far they are from each other."""

from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from services.scheduling.availability.load import load_clinics, load_staff, load_therapists
from services.scheduling.directory.clinics import CLINIC, ChangeClinic, OpenClinic, SetTravelTimes
from services.scheduling.directory.rotas import refuse_overlaps
from services.scheduling.directory.schemas import (
    ClinicChange,
    ClinicFields,
    ClinicSchema,
    TravelTimeSchema,
    TravelTimesSchema,
)
from services.scheduling.disruptions.consequences import look, settle
from services.scheduling.disruptions.relocations import NEW_PLACE, places, relocate, to_come
from services.scheduling.known import must_exist
from shared.decider import StreamChanged, handle
from shared.events.scheduling import Address, DayHours, Hours, SpecialDay, TravelTime
from shared.events.scheduling_disruptions import Cause
from shared.http.fields import patch_of
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import PageQuery, page_of
from shared.http.problems import BadFields
from shared.ids import new_id
from shared.locks import lock
from shared.reading import find, list_by_id

blueprint = Operations("clinics", __name__, url_prefix="/v1/clinics")

MOST_CLINICS = 1000
TERMS = text("SELECT * FROM clinic_terms WHERE clinic_id = ANY(:ids) ORDER BY clinic_id, valid_from")
DAYS = text("SELECT * FROM clinic_special_days WHERE clinic_id = ANY(:ids) ORDER BY clinic_id, on_date")
TRAVEL = text("SELECT * FROM travel_times WHERE from_clinic_id = :id ORDER BY to_clinic_id")


@blueprint.command("POST", "", ClinicSchema, status=201, body=ClinicFields)
def open_clinic(call: Call, body: dict[str, Any]) -> Answer:
    """Open a clinic."""
    clinic_id = new_id()
    handle(call.tx, CLINIC, f"clinic-{clinic_id}", OpenClinic(clinic_id, values(body)))
    return answer(call, clinic_id)


@blueprint.query("", page_of(ClinicSchema), query=PageQuery)
def list_clinics(call: Call, query: dict[str, Any]) -> Answer:
    """All clinics of the chain."""
    page = list_by_id(call.connection, "clinics", query)
    return Answer(page | {"items": shown(call, page["items"])})


@blueprint.query("/<uuid:clinic_id>", ClinicSchema)
def show_clinic(call: Call, clinic_id: UUID) -> Answer:
    """One clinic."""
    return answer(call, clinic_id)


@blueprint.command("PATCH", "/<uuid:clinic_id>", ClinicSchema, body=patch_of(ClinicChange), if_match=True)
def change_clinic(call: Call, body: dict[str, Any], clinic_id: UUID) -> Answer:
    """Change a clinic; address, zone and hours hold from `valid_from`, today when it is not given.

    Refused with the list of booked visits that new hours leave outside, or that another address or zone sends
    elsewhere, unless these are accepted. The first are then disrupted, the others told once.
    """
    staff = lock_clinic(call, clinic_id, with_staff="time_zone" in body)
    row = find(call.connection, "clinics", clinic_id)
    call.caller.must_act_at(clinic_id)
    accepted = body.pop("accept_conflicts", False)
    zone = body.get("time_zone") or shown(call, [row])[0]["time_zone"]
    valid_from: date = body.pop("valid_from", None) or call.now.astimezone(ZoneInfo(zone)).date()
    command = ChangeClinic(clinic_id, values(body), valid_from)
    causes = [Cause("hours", clinic_id), *(Cause("rota", therapist_id) for therapist_id in staff)]
    before = look(call.connection, causes, call.now)
    visits = to_come(call.connection, clinic_id, call.now) if NEW_PLACE & body.keys() else ()
    places_before = places(call.connection, clinic_id, visits)
    handle(call.tx, CLINIC, f"clinic-{clinic_id}", command, if_match=call.if_match)
    refuse_overlaps_of(call, staff)
    places_after = places(call.connection, clinic_id, visits)
    elsewhere = [visit for visit in visits if places_after[visit.id] != places_before[visit.id]]
    conflicts = settle(call.tx, before, accepted=accepted, clinics=call.caller.clinics, elsewhere=elsewhere)
    relocate(call.tx, elsewhere, places_after)
    return answer(call, clinic_id, **conflicts)


def lock_clinic(call: Call, clinic_id: UUID, *, with_staff: bool) -> list[UUID]:
    """Lock a clinic, and those who work there when its clock becomes another: their rotas are on it."""
    staff = sorted(load_staff(call.connection, [clinic_id])) if with_staff else []
    lock(call.connection, ("clinic", [clinic_id]), ("therapist", staff))
    if with_staff and not set(load_staff(call.connection, [clinic_id])) <= set(staff):
        raise StreamChanged
    return staff


def refuse_overlaps_of(call: Call, therapist_ids: list[UUID]) -> None:
    """Raise RotaOverlaps when the clinic's clock, as it is in this transaction, has somebody at two places at once."""
    therapists = load_therapists(call.connection, therapist_ids) if therapist_ids else {}
    clinics = load_clinics(call.connection, {entry.clinic_id for each in therapists.values() for entry in each.rota})
    for therapist in therapists.values():
        refuse_overlaps(therapist, clinics)


@blueprint.query("/<uuid:clinic_id>/travel-times", TravelTimesSchema)
def show_travel_times(call: Call, clinic_id: UUID) -> Answer:
    """The travel times set from a clinic; for others the distance counts."""
    row = find(call.connection, "clinics", clinic_id)
    return Answer({"items": call.connection.execute(TRAVEL, {"id": clinic_id}).all()}, version=row.version)


@blueprint.command(
    "PUT",
    "/<uuid:clinic_id>/travel-times",
    TravelTimesSchema,
    body=TravelTimeSchema(many=True),
    if_match=True,
)
def set_travel_times(call: Call, body: list[dict[str, Any]], clinic_id: UUID) -> Answer:
    """Say how long a therapist needs from this clinic to others; replaces what was said before."""
    lock(call.connection, ("clinic", [clinic_id]))
    find(call.connection, "clinics", clinic_id)
    call.caller.must_act_at(clinic_id)
    targets = [each["to_clinic_id"] for each in body]
    if len(targets) > MOST_CLINICS or len(set(targets)) < len(targets) or clinic_id in targets:
        raise BadFields(to_clinic_id=["Each other clinic once."])
    must_exist(call.connection, to_clinic_id=("clinics", targets))
    travel = tuple(sorted((TravelTime(**each) for each in body), key=lambda each: each.to_clinic_id))
    handle(call.tx, CLINIC, f"clinic-{clinic_id}", SetTravelTimes(clinic_id, travel), if_match=call.if_match)
    return show_travel_times(call, clinic_id)


def values(body: dict[str, Any]) -> dict[str, Any]:
    """The body with the values that events take."""
    made: dict[str, Any] = dict(body)
    if "address" in body:
        made["address"] = Address(**body["address"])
    if "opening_hours" in body:
        made["opening_hours"] = tuple(Hours(**each) for each in body["opening_hours"])
    if "special_days" in body:
        days = {day["on"]: tuple(DayHours(**each) for each in day["hours"]) for day in body["special_days"]}
        if len(days) < len(body["special_days"]):
            raise BadFields(special_days=["Each date once."])
        made["special_days"] = tuple(SpecialDay(on=on, hours=hours) for on, hours in sorted(days.items()))
    return made


def answer(call: Call, clinic_id: UUID, **also: Any) -> Answer:
    row = find(call.connection, "clinics", clinic_id)
    return Answer(shown(call, [row])[0] | also, version=row.version, location=f"/v1/clinics/{clinic_id}")


def shown(call: Call, rows: list[Any]) -> list[dict[str, Any]]:
    """Clinics with the terms in force now, those to come, and their special days, in two queries for all."""
    ids = {"ids": [row.id for row in rows]}
    terms = call.connection.execute(TERMS, ids).all()
    days = call.connection.execute(DAYS, ids).all()
    return [
        in_force([each._asdict() for each in terms if each.clinic_id == row.id], call)
        | row._asdict()
        | {"special_days": [{"on": day.on_date, "hours": day.hours} for day in days if day.clinic_id == row.id]}
        for row in rows
    ]


def in_force(terms: list[dict[str, Any]], call: Call) -> dict[str, Any]:
    current = [each for each in terms if each["valid_from"] <= call.now.astimezone(ZoneInfo(each["time_zone"])).date()]
    return current[-1] | {"coming_terms": terms[len(current) :]}

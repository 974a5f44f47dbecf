"""The search for free times: what it lists to somebody, booking accepts from them, unless another was faster."""

from dataclasses import replace
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from services.scheduling.availability.calendar import local_time
from services.scheduling.availability.listing import SlotKey, Surroundings, clinics_within, key_of, listed
from services.scheduling.availability.load import load_moving, load_offering
from services.scheduling.availability.model import Clinic, Interval, Slot
from services.scheduling.availability.schemas import AvailabilityQuery, SlotsSchema
from services.scheduling.availability.search import Search
from services.scheduling.known import must_exist
from shared.aliases import person_of
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import page, read_cursor
from shared.http.problems import BadFields
from shared.reading import UNKNOWN

blueprint = Operations("availability", __name__, url_prefix="/v1/availability")

MOVING = text("SELECT client_id, clinic_id, offering_id FROM appointments WHERE id = :id")


@blueprint.query("", SlotsSchema, query=AvailabilityQuery)
def list_availability(call: Call, query: dict[str, Any]) -> Answer:
    """Free times in the order of start, clinic and therapist."""
    near = None if query["within_km"] is None else Surroundings(query["near"], query["within_km"])
    search = search_of(call, query, near)
    found = (each for each in listed(call.connection, search) if near is None or near.hold(*each))
    answer = page(list(islice(found, query["limit"] + 1)), query["limit"], key_of)
    return Answer({"slots": [shown(*each) for each in answer["items"]], "next": answer["next"]})


def search_of(call: Call, query: dict[str, Any], near: Surroundings | None) -> Search:
    """The search that a query asks for; raises BadFields for ids that are not the chain's."""
    offering = load_offering(call.connection, query["offering_id"])
    if offering is None:
        raise BadFields(offering_id=UNKNOWN)
    must_exist(
        call.connection,
        clinic_id=("clinics", query["clinic_id"]),
        therapist_id=("therapists", [query["therapist_id"]]),
        client_id=("clients", [query["client_id"]]),
    )
    search = Search(
        offering=offering,
        clinic_ids=tuple(clinics_of(call.connection, query, near)),
        window=Interval(query["starts_from"], query["starts_before"]),
        now=call.now,
        therapist_id=query["therapist_id"],
        client_id=query["client_id"] and person_of(call.connection, query["client_id"]),
        after=read_cursor(query["cursor"], SlotKey),
    )
    return search if query["moving"] is None else moved(call, search, query)


def clinics_of(connection: Connection, query: dict[str, Any], near: Surroundings | None) -> set[UUID]:
    """The named clinics, or all of the chain; of these, those that are near at some time of the search."""
    named = set(query["clinic_id"])
    if named and near is None:
        return named
    found = clinics_within(connection, Interval(query["starts_from"], query["starts_before"]), near)
    return found & named if named else found


def moved(call: Call, search: Search, query: dict[str, Any]) -> Search:
    """The search for another time of a booked visit, which keeps its own length, buffers and client."""
    visit: Row[Any] | None = call.connection.execute(MOVING, {"id": query["moving"]}).first()
    offering = load_moving(call.connection, query["moving"], search.offering)
    if visit is None or offering is None or not call.caller.may_act_at(visit.clinic_id):
        raise BadFields(moving=UNKNOWN)
    if visit.offering_id != search.offering.id:
        raise BadFields(moving=["This visit is of another offering."])
    if search.client_id not in {None, visit.client_id}:
        raise BadFields(moving=["This visit is another client's."])
    return replace(search, offering=offering, client_id=visit.client_id, ignoring=query["moving"])


def shown(clinic: Clinic, slot: Slot) -> dict[str, Any]:
    times = {"starts_at": local_time(clinic, slot.starts_at), "ends_at": local_time(clinic, slot.ends_at)}
    return {"clinic_id": slot.clinic_id, "therapist_id": slot.therapist_id} | times

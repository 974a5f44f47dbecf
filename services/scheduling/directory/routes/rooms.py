"""The rooms of a clinic."""

from typing import Any
from uuid import UUID

from services.scheduling.directory.records import Add, Change, record_decider
from services.scheduling.directory.schemas import RoomChange, RoomFields, RoomSchema
from services.scheduling.disruptions.consequences import look, settle
from shared.decider import handle
from shared.events.scheduling import RoomAdded, RoomChanged
from shared.events.scheduling_disruptions import Cause
from shared.http.fields import patch_of
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import PageQuery, page_of
from shared.ids import new_id
from shared.locks import lock
from shared.reading import find, list_by_id

blueprint = Operations("rooms", __name__, url_prefix="/v1/clinics/<uuid:clinic_id>/rooms")
decider = record_decider(RoomAdded, RoomChanged)


@blueprint.command("POST", "", RoomSchema, status=201, body=RoomFields)
def add_room(call: Call, body: dict[str, Any], clinic_id: UUID) -> Answer:
    """Add a room to a clinic."""
    find(call.connection, "clinics", clinic_id)
    call.caller.must_act_at(clinic_id)
    room_id = new_id()
    handle(call.tx, decider, f"room-{room_id}", Add({"room_id": room_id, "clinic_id": clinic_id} | body))
    return answer(call, clinic_id, room_id)


@blueprint.query("", page_of(RoomSchema), query=PageQuery)
def list_rooms(call: Call, query: dict[str, Any], clinic_id: UUID) -> Answer:
    """The rooms of a clinic."""
    find(call.connection, "clinics", clinic_id)
    return Answer(list_by_id(call.connection, "rooms", query, clinic_id=clinic_id))


@blueprint.query("/<uuid:room_id>", RoomSchema)
def show_room(call: Call, clinic_id: UUID, room_id: UUID) -> Answer:
    """One room."""
    return answer(call, clinic_id, room_id)


@blueprint.command("PATCH", "/<uuid:room_id>", RoomSchema, body=patch_of(RoomChange), if_match=True)
def change_room(call: Call, body: dict[str, Any], clinic_id: UUID, room_id: UUID) -> Answer:
    """Change a room; booked visits that need one of its former kind must be accepted."""
    lock(call.connection, ("clinic", [clinic_id]))
    find(call.connection, "rooms", room_id, clinic_id=clinic_id)
    call.caller.must_act_at(clinic_id)
    accepted = body.pop("accept_conflicts", False)
    before = look(call.connection, [Cause("room_kind", room_id)], call.now)
    handle(call.tx, decider, f"room-{room_id}", Change(body), if_match=call.if_match)
    conflicts = settle(call.tx, before, accepted=accepted, clinics=call.caller.clinics)
    return answer(call, clinic_id, room_id, **conflicts)


def answer(call: Call, clinic_id: UUID, room_id: UUID, **also: Any) -> Answer:
    row = find(call.connection, "rooms", room_id, clinic_id=clinic_id)
    return Answer(row._asdict() | also, version=row.version, location=f"/v1/clinics/{clinic_id}/rooms/{room_id}")

"""Closures of clinics, time off of therapists and outages of rooms are one thing: a time that is not to be booked.

From the moment it is known nothing is offered in it. Booked visits that it hits are listed, it is refused unless they
are accepted, and then they are disrupted; what a shorter one or its end lets go is restored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from marshmallow import Schema
from sqlalchemy import Row, text

from services.scheduling.availability.calendar import local_time
from services.scheduling.availability.load import load_clinics
from services.scheduling.directory.records import Add, Change, RecordCommand, Withdraw, record_decider
from services.scheduling.directory.schemas import (
    AbsenceFields,
    ClosureSchema,
    OutageFields,
    RoomOutageSchema,
    TimeOffSchema,
)
from services.scheduling.disruptions.consequences import listed, look, seen, settle
from services.scheduling.disruptions.hits import hits
from shared.auth import NotAllowed
from shared.decider import Decider, handle
from shared.events.scheduling import (
    ClosureAdded,
    ClosureChanged,
    ClosureLifted,
    TimeOffAdded,
    TimeOffChanged,
    TimeOffWithdrawn,
)
from shared.events.scheduling_disruptions import (
    Cause,
    CauseKind,
    RoomOutageAdded,
    RoomOutageChanged,
    RoomOutageLifted,
)
from shared.http.fields import patch_of
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import PageQuery, page_of
from shared.http.problems import BadFields
from shared.ids import new_id
from shared.locks import lock
from shared.reading import find, list_by_id

WORKPLACES = text("SELECT DISTINCT clinic_id FROM rota_entries WHERE therapist_id = :therapist_id")


@dataclass(frozen=True)
class Absence:
    """Whose absence it is (`owner`, in table `owners`), where it is kept and reached, and how it disrupts visits."""

    owner: Literal["clinic", "therapist", "room"]
    owners: str
    table: str
    id_field: str
    path: str
    body: type[Schema]
    schema: type[Schema]
    cause: CauseKind
    decider: Decider[Any, RecordCommand]

    @property
    def owner_field(self) -> str:
        return f"{self.owner}_id"


CLOSURE = Absence(
    owner="clinic",
    owners="clinics",
    table="closures",
    id_field="closure_id",
    path="closures",
    body=AbsenceFields,
    schema=ClosureSchema,
    cause="closure",
    decider=record_decider(ClosureAdded, ClosureChanged, ClosureLifted),
)
TIME_OFF = Absence(
    owner="therapist",
    owners="therapists",
    table="time_off",
    id_field="time_off_id",
    path="time-off",
    body=AbsenceFields,
    schema=TimeOffSchema,
    cause="time_off",
    decider=record_decider(TimeOffAdded, TimeOffChanged, TimeOffWithdrawn),
)
ROOM_OUTAGE = Absence(
    owner="room",
    owners="rooms",
    table="room_outages",
    id_field="room_outage_id",
    path="outages",
    body=OutageFields,
    schema=RoomOutageSchema,
    cause="room_outage",
    decider=record_decider(RoomOutageAdded, RoomOutageChanged, RoomOutageLifted),
)


def absence_routes(kind: Absence) -> Operations:
    """The five routes of one kind of absence."""
    blueprint = Operations(kind.path, __name__, url_prefix=f"/v1/{kind.owners}/<uuid:owner_id>/{kind.path}")
    one = "/<uuid:absence_id>"

    @blueprint.command("POST", "", kind.schema, status=201, body=kind.body)
    def add(call: Call, body: dict[str, Any], owner_id: UUID) -> Answer:
        """Nothing can be booked in this time from now on; booked visits that it hits are listed, then disrupted."""
        owner = begin(kind, call, owner_id)
        accepted = body.pop("accept_conflicts")
        absence_id = new_id()
        fields = {kind.id_field: absence_id, "reason": ""} | owner | body
        conflicts = carry_out(kind, call, absence_id, Add(fields), accepted=accepted)
        return answer(kind, call, owner_id, absence_id, conflicts)

    @blueprint.query("", page_of(kind.schema), query=PageQuery)
    def show_all(call: Call, query: dict[str, Any], owner_id: UUID) -> Answer:
        """All of them, past ones too."""
        find(call.connection, kind.owners, owner_id)
        page = list_by_id(call.connection, kind.table, query, **{kind.owner_field: owner_id})
        return Answer(page | {"items": shown(kind, call, page["items"])})

    @blueprint.query(one, kind.schema)
    def show(call: Call, owner_id: UUID, absence_id: UUID) -> Answer:
        """One, with the booked visits that it hits."""
        cause = Cause(kind.cause, absence_id)
        conflicts = seen(listed({cause: hits(call.connection, cause, call.now)}), call.caller.clinics)
        return answer(kind, call, owner_id, absence_id, conflicts)

    @blueprint.command("PATCH", one, kind.schema, body=patch_of(kind.body), if_match=True)
    def change(call: Call, body: dict[str, Any], owner_id: UUID, absence_id: UUID) -> Answer:
        """Change its times or reason; a longer one may hit more visits, a shorter one lets visits go."""
        begin(kind, call, owner_id)
        row = find(call.connection, kind.table, absence_id, **{kind.owner_field: owner_id})
        accepted = body.pop("accept_conflicts", False)
        span = {"starts_at": row.starts_at, "ends_at": row.ends_at} | body
        if span["ends_at"] is not None and span["ends_at"] <= span["starts_at"]:
            raise BadFields(ends_at=["Must be after starts_at."])
        conflicts = carry_out(kind, call, absence_id, Change(body), accepted=accepted)
        return answer(kind, call, owner_id, absence_id, conflicts)

    @blueprint.command("DELETE", one, kind.schema)
    def withdraw(call: Call, owner_id: UUID, absence_id: UUID) -> Answer:
        """Take it back; its time can be booked again, and the visits that it disrupted are restored."""
        begin(kind, call, owner_id)
        row = find(call.connection, kind.table, absence_id, **{kind.owner_field: owner_id})
        carry_out(kind, call, absence_id, Withdraw(), accepted=True)
        return Answer(shown(kind, call, [row])[0])

    return blueprint


def carry_out(kind: Absence, call: Call, absence_id: UUID, command: RecordCommand, *, accepted: bool) -> dict[str, Any]:
    """Make the change with its consequences; gives the visits that it hits."""
    before = look(call.connection, [Cause(kind.cause, absence_id)], call.now)
    handle(call.tx, kind.decider, stream(kind, absence_id), command, if_match=call.if_match)
    return settle(call.tx, before, accepted=accepted, clinics=call.caller.clinics)


def begin(kind: Absence, call: Call, owner_id: UUID) -> dict[str, UUID]:
    """Lock what a booking in this time would look at, and check the caller; gives the ids of whose absence it is."""
    if kind.owner == "room":
        room = find(call.connection, "rooms", owner_id)
        lock(call.connection, ("clinic", [room.clinic_id]))
        call.caller.must_act_at(room.clinic_id)
        return {"room_id": owner_id, "clinic_id": room.clinic_id}
    lock(call.connection, (kind.owner, [owner_id]))
    find(call.connection, kind.owners, owner_id)
    if kind.owner == "clinic":
        call.caller.must_act_at(owner_id)
        return {"clinic_id": owner_id}
    places = list(call.connection.execute(WORKPLACES, {"therapist_id": owner_id}).scalars())
    if places and not any(map(call.caller.may_act_at, places)):
        raise NotAllowed("Your role holds at none of this therapist's clinics.")
    return {"therapist_id": owner_id}


def stream(kind: Absence, absence_id: UUID) -> str:
    return f"{kind.table}-{absence_id}"


def answer(kind: Absence, call: Call, owner_id: UUID, absence_id: UUID, conflicts: dict[str, Any]) -> Answer:
    row = find(call.connection, kind.table, absence_id, **{kind.owner_field: owner_id})
    location = f"/v1/{kind.owners}/{owner_id}/{kind.path}/{absence_id}"
    content = shown(kind, call, [row])[0] | conflicts
    return Answer(content, version=row.version, location=location)


def shown(kind: Absence, call: Call, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """With their times on the clinic's clock; a therapist has none of their own, so theirs stay in UTC."""
    readable = call.opened(rows, reason="")
    if kind.owner == "therapist":
        return readable
    clinics = load_clinics(call.connection, {row.clinic_id for row in rows})

    def local(row: Row[Any], at: datetime | None) -> datetime | None:
        return at and local_time(clinics[row.clinic_id], at)

    return [
        found | {"starts_at": local(row, row.starts_at), "ends_at": local(row, row.ends_at)}
        for row, found in zip(rows, readable, strict=True)
    ]


BLUEPRINTS = (absence_routes(CLOSURE), absence_routes(TIME_OFF), absence_routes(ROOM_OUTAGE))

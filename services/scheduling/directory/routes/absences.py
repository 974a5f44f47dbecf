"""Closures of clinics and time off of therapists are one thing: a stretch of time in which nothing can be booked.

From the moment it is known nothing is offered in it; booked visits that it hits are listed, and it is refused unless
they are accepted.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marshmallow import Schema
from sqlalchemy import Row, text

from services.scheduling.availability.calendar import local_time
from services.scheduling.availability.load import load_clinics
from services.scheduling.directory.conflicts import accept_or_refuse, visits_during
from services.scheduling.directory.records import Add, Change, RecordCommand, Withdraw, record_decider
from services.scheduling.directory.schemas import AbsenceFields, ClosureSchema, TimeOffSchema
from services.scheduling.locks import Kind, lock
from services.scheduling.reading import find, list_by_id
from shared.auth import FRONT_DESK, MANAGER, STAFF, NotAllowed
from shared.decider import Decider, handle
from shared.events.scheduling import (
    ClosureAdded,
    ClosureChanged,
    ClosureLifted,
    TimeOffAdded,
    TimeOffChanged,
    TimeOffWithdrawn,
)
from shared.http.fields import patch_of
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import PageQuery, page_of
from shared.http.problems import BadFields
from shared.ids import new_id

WORKPLACES = text("SELECT DISTINCT clinic_id FROM rota_entries WHERE therapist_id = :therapist_id")


@dataclass(frozen=True)
class Absence:
    """Whose absence it is (`owner`, in table `owners`), and where it is kept and reached."""

    owner: Kind
    owners: str
    table: str
    id_field: str
    path: str
    schema: type[Schema]
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
    schema=ClosureSchema,
    decider=record_decider(ClosureAdded, ClosureChanged, ClosureLifted),
)
TIME_OFF = Absence(
    owner="therapist",
    owners="therapists",
    table="time_off",
    id_field="time_off_id",
    path="time-off",
    schema=TimeOffSchema,
    decider=record_decider(TimeOffAdded, TimeOffChanged, TimeOffWithdrawn),
)


def absence_routes(kind: Absence) -> Operations:
    """The five routes of one kind of absence."""
    blueprint = Operations(kind.path, __name__, url_prefix=f"/v1/{kind.owners}/<uuid:owner_id>/{kind.path}")
    one = "/<uuid:absence_id>"
    allow = (FRONT_DESK, MANAGER)

    @blueprint.command("POST", "", kind.schema, status=201, allow=allow, body=AbsenceFields)
    def add(call: Call, body: dict[str, Any], owner_id: UUID) -> Answer:
        """Nothing can be booked in this time from now on; answers which booked visits that hits."""
        accepted = body.pop("accept_conflicts")
        absence_id = new_id()
        fields = {kind.id_field: absence_id, kind.owner_field: owner_id, "reason": ""} | body
        return carry_out(kind, call, absence_id, Add(fields), hits=fields, accepted=accepted)

    @blueprint.query("", page_of(kind.schema), allow=STAFF, query=PageQuery)
    def show_all(call: Call, query: dict[str, Any], owner_id: UUID) -> Answer:
        """All of them, past ones too."""
        find(call.connection, kind.owners, owner_id)
        page = list_by_id(call.connection, kind.table, query, **{kind.owner_field: owner_id})
        return Answer(page | {"items": shown(kind, call, owner_id, page["items"])})

    @blueprint.query(one, kind.schema, allow=STAFF)
    def show(call: Call, owner_id: UUID, absence_id: UUID) -> Answer:
        """One, with the booked visits that it hits."""
        row = find(call.connection, kind.table, absence_id, **{kind.owner_field: owner_id})
        hits = hit(kind, call, owner_id, row._asdict())
        return answer(kind, call, owner_id, absence_id, accept_or_refuse(hits, accepted=True))

    @blueprint.command("PATCH", one, kind.schema, allow=allow, body=patch_of(AbsenceFields), if_match=True)
    def change(call: Call, body: dict[str, Any], owner_id: UUID, absence_id: UUID) -> Answer:
        """Change its times or reason; a longer one may hit more visits, which then have to be accepted."""
        row = find(call.connection, kind.table, absence_id, **{kind.owner_field: owner_id})
        accepted = body.pop("accept_conflicts", False)
        fields = {kind.owner_field: owner_id, "starts_at": row.starts_at, "ends_at": row.ends_at} | body
        if fields["ends_at"] <= fields["starts_at"]:
            raise BadFields(ends_at=["Must be after starts_at."])
        known = {visit.id for visit in hit(kind, call, owner_id, row._asdict())}
        return carry_out(kind, call, absence_id, Change(body), hits=fields, accepted=accepted, known=known)

    @blueprint.command("DELETE", one, kind.schema, allow=allow)
    def withdraw(call: Call, owner_id: UUID, absence_id: UUID) -> Answer:
        """Take it back; its time can be booked again."""
        begin(kind, call, owner_id)
        row = find(call.connection, kind.table, absence_id, **{kind.owner_field: owner_id})
        handle(call.tx, kind.decider, stream(kind, absence_id), Withdraw(), if_match=call.if_match)
        return Answer(shown(kind, call, owner_id, [row])[0])

    return blueprint


def carry_out(
    kind: Absence,
    call: Call,
    absence_id: UUID,
    command: RecordCommand,
    *,
    hits: dict[str, Any],
    accepted: bool,
    known: Collection[UUID] = (),
) -> Answer:
    owner_id: UUID = hits[kind.owner_field]
    begin(kind, call, owner_id)
    conflicts = accept_or_refuse(hit(kind, call, owner_id, hits), accepted=accepted, known=known)
    handle(call.tx, kind.decider, stream(kind, absence_id), command, if_match=call.if_match)
    return answer(kind, call, owner_id, absence_id, conflicts)


def begin(kind: Absence, call: Call, owner_id: UUID) -> None:
    lock(call.connection, (kind.owner, [owner_id]))
    find(call.connection, kind.owners, owner_id)
    if kind.owner == "clinic":
        call.caller.must_act_at(owner_id)
        return
    places = list(call.connection.execute(WORKPLACES, {"therapist_id": owner_id}).scalars())
    if places and not any(map(call.caller.may_act_at, places)):
        raise NotAllowed("Your role holds at none of this therapist's clinics.")


def hit(kind: Absence, call: Call, owner_id: UUID, fields: dict[str, Any]) -> Sequence[Row[Any]]:
    owner = {kind.owner_field: owner_id}
    return visits_during(call.connection, fields["starts_at"], fields["ends_at"], **owner)


def stream(kind: Absence, absence_id: UUID) -> str:
    return f"{kind.table}-{absence_id}"


def answer(kind: Absence, call: Call, owner_id: UUID, absence_id: UUID, conflicts: list[dict[str, Any]]) -> Answer:
    row = find(call.connection, kind.table, absence_id, **{kind.owner_field: owner_id})
    location = f"/v1/{kind.owners}/{owner_id}/{kind.path}/{absence_id}"
    content = shown(kind, call, owner_id, [row])[0] | {"conflicts": conflicts}
    return Answer(content, version=row.version, location=location)


def shown(kind: Absence, call: Call, owner_id: UUID, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Closures with their times on the clinic's clock; a therapist has none of their own, so theirs stay in UTC."""
    if kind.owner != "clinic":
        return [row._asdict() for row in rows]
    clinic = load_clinics(call.connection, [owner_id])[owner_id]
    return [
        row._asdict() | {name: local_time(clinic, getattr(row, name)) for name in ("starts_at", "ends_at")}
        for row in rows
    ]


BLUEPRINTS = (absence_routes(CLOSURE), absence_routes(TIME_OFF))

"""Therapists, what they are qualified for, and where they work when."""

from dataclasses import fields
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.scheduling.availability.load import load_clinics, load_therapists
from services.scheduling.directory.records import Add, Change
from services.scheduling.directory.rotas import refuse_overlaps
from services.scheduling.directory.schemas import (
    AcceptQuery,
    RotaEntrySchema,
    RotaSchema,
    TherapistChange,
    TherapistFields,
    TherapistSchema,
)
from services.scheduling.directory.therapists import THERAPIST, SetRota
from services.scheduling.disruptions.consequences import look, seen, settle
from services.scheduling.known import must_exist
from shared.decider import handle
from shared.events.scheduling import Qualification, RotaEntry
from shared.events.scheduling_disruptions import Cause
from shared.http.fields import patch_of
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import PageQuery, page_of
from shared.http.problems import BadFields
from shared.ids import new_id
from shared.locks import lock
from shared.reading import find, list_by_id

blueprint = Operations("therapists", __name__, url_prefix="/v1/therapists")

MOST_ENTRIES = 100
DECISIVE = frozenset({"qualifications", "leaves_on"})
ROTA = text("SELECT * FROM rota_entries WHERE therapist_id = :id ORDER BY entry")


@blueprint.command("POST", "", TherapistSchema, status=201, body=TherapistFields)
def add_therapist(call: Call, body: dict[str, Any]) -> Answer:
    """Add a therapist."""
    therapist_id = new_id()
    command = Add({"therapist_id": therapist_id} | values(body))
    handle(call.tx, THERAPIST, f"therapist-{therapist_id}", command)
    return answer(call, therapist_id)


@blueprint.query("", page_of(TherapistSchema), query=PageQuery)
def list_therapists(call: Call, query: dict[str, Any]) -> Answer:
    """All therapists of the chain."""
    return Answer(list_by_id(call.connection, "therapists", query))


@blueprint.query("/<uuid:therapist_id>", TherapistSchema)
def show_therapist(call: Call, therapist_id: UUID) -> Answer:
    """One therapist."""
    return answer(call, therapist_id)


@blueprint.command(
    "PATCH",
    "/<uuid:therapist_id>",
    TherapistSchema,
    body=patch_of(TherapistChange),
    if_match=True,
)
def change_therapist(call: Call, body: dict[str, Any], therapist_id: UUID) -> Answer:
    """Change what is known of a therapist, as a manager of one of the clinics where they work.

    What decides whose visits they take needs a manager of all of these clinics: qualifications and the last day.
    Booked visits after a last day, and those for which a qualification is lost, must be accepted.
    """
    lock(call.connection, ("therapist", [therapist_id]))
    find(call.connection, "therapists", therapist_id)
    accepted = body.pop("accept_conflicts", False)
    must_manage(call, therapist_id, body)
    causes = [Cause("qualification", therapist_id), Cause("last_day", therapist_id)]
    before = look(call.connection, causes, call.now)
    handle(call.tx, THERAPIST, f"therapist-{therapist_id}", Change(values(body)), if_match=call.if_match)
    conflicts = settle(call.tx, before, accepted=accepted, clinics=call.caller.clinics)
    return answer(call, therapist_id, **conflicts)


def must_manage(call: Call, therapist_id: UUID, body: dict[str, Any]) -> None:
    """Refuse with NotAllowed; somebody without a rota yet is any manager's."""
    places = {row.clinic_id for row in call.connection.execute(ROTA, {"id": therapist_id})}
    if DECISIVE & body.keys():
        call.caller.must_act_at(*places)
    call.caller.must_act_at_one_of(places)


@blueprint.query("/<uuid:therapist_id>/rota", RotaSchema)
def show_rota(call: Call, therapist_id: UUID) -> Answer:
    """The rota of a therapist."""
    return rota_answer(call, therapist_id, seen([], None))


@blueprint.command(
    "PUT",
    "/<uuid:therapist_id>/rota",
    RotaSchema,
    body=RotaEntrySchema(many=True),
    query=AcceptQuery,
    if_match=True,
)
def set_rota(call: Call, query: dict[str, Any], body: list[dict[str, Any]], therapist_id: UUID) -> Answer:
    """Replace the rota; entries must not overlap, and booked visits that fall out of it must be accepted."""
    if len(body) > MOST_ENTRIES:
        raise BadFields(entries=[f"At most {MOST_ENTRIES}."])
    entries = tuple(RotaEntry(**each) for each in body)
    places = {entry.clinic_id for entry in entries}
    left = {row.clinic_id for row in call.connection.execute(ROTA, {"id": therapist_id})}
    lock(call.connection, ("clinic", places | left), ("therapist", [therapist_id]))
    find(call.connection, "therapists", therapist_id)
    call.caller.must_act_at(*changed_places(call, therapist_id, entries))
    must_exist(call.connection, clinic_id=("clinics", places))
    before = look(call.connection, [Cause("rota", therapist_id)], call.now)
    handle(call.tx, THERAPIST, f"therapist-{therapist_id}", SetRota(therapist_id, entries), if_match=call.if_match)
    therapist = load_therapists(call.connection, [therapist_id])[therapist_id]
    refuse_overlaps(therapist, load_clinics(call.connection, places))
    conflicts = settle(call.tx, before, accepted=query["accept_conflicts"], clinics=call.caller.clinics)
    return rota_answer(call, therapist_id, conflicts)


def changed_places(call: Call, therapist_id: UUID, entries: tuple[RotaEntry, ...]) -> set[UUID]:
    """The clinics whose part of the rota would become another."""
    rows = call.connection.execute(ROTA, {"id": therapist_id})
    now = {RotaEntry(**{each.name: getattr(row, each.name) for each in fields(RotaEntry)}) for row in rows}
    return {entry.clinic_id for entry in now.symmetric_difference(entries)}


def values(body: dict[str, Any]) -> dict[str, Any]:
    """The body with the values that events take."""
    made = dict(body)
    if "languages" in body:
        made["languages"] = tuple(body["languages"])
    if "qualifications" in body:
        made["qualifications"] = tuple(Qualification(**each) for each in body["qualifications"])
    return made


def answer(call: Call, therapist_id: UUID, **also: Any) -> Answer:
    row = find(call.connection, "therapists", therapist_id)
    return Answer(row._asdict() | also, version=row.version, location=f"/v1/therapists/{therapist_id}")


def rota_answer(call: Call, therapist_id: UUID, conflicts: dict[str, Any]) -> Answer:
    row = find(call.connection, "therapists", therapist_id)
    entries = call.connection.execute(ROTA, {"id": therapist_id}).all()
    content = {"therapist_id": therapist_id, "version": row.version, "items": entries}
    return Answer(content | conflicts, version=row.version)

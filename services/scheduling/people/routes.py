"""The chain's clients."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text

from services.scheduling.contacts.details import hold_addresses, identity, set_details
from services.scheduling.contacts.load import contacts_of
from services.scheduling.directory.records import Add, Change, record_decider
from services.scheduling.directory.routes.chain import chain_row
from services.scheduling.disruptions.consequences import seen
from services.scheduling.known import must_exist
from services.scheduling.people.decider import AlreadyMerged
from services.scheduling.people.duplicates import duplicates_of
from services.scheduling.people.identifiers import identifiers
from services.scheduling.people.merging import merge, unmerge
from services.scheduling.people.reading import list_persons, person
from services.scheduling.people.schemas import ClientFields, ClientQuery, ClientSchema, DuplicatesSchema, MergeFields
from services.scheduling.people.search import search_persons
from services.scheduling.reach import reachability
from services.scheduling.relations.telling import Roles
from shared.client_clinics import clinics_of
from shared.decider import Refused, VersionMismatch, handle
from shared.events.scheduling_people import ClientChanged, ClientRegistered
from shared.http.fields import patch_of
from shared.http.operations import Answer, Call, Operations, parts
from shared.http.paging import page_of
from shared.http.problems import BadFields, Problem
from shared.ids import new_id
from shared.locks import lock

blueprint = Operations("clients", __name__, url_prefix="/v1/clients")
CLINICS_ZONES = text("""
    SELECT DISTINCT time_zone FROM (
      SELECT DISTINCT ON (clinic_id) time_zone FROM clinic_terms
      WHERE CAST(valid_from AS timestamp) AT TIME ZONE time_zone <= :now
        AND (CAST(:clinic_id AS uuid) IS NULL OR clinic_id = :clinic_id)
      ORDER BY clinic_id, valid_from DESC
    ) AS today
""")
decider = record_decider(ClientRegistered, ClientChanged)


@blueprint.command("POST", "", ClientSchema, status=201, body=ClientFields)
def register_client(call: Call, body: dict[str, Any]) -> Answer:
    """Register a client, and say who may be the same person; zone and language default to home clinic and chain.

    Without a home clinic it is the caller's own, when their role holds at one alone.
    Who gives an address may be written to there about visits, and about nothing else.
    """
    must_exist(call.connection, home_clinic=("clinics", [body["home_clinic_id"]]))
    body["home_clinic_id"] = body["home_clinic_id"] or only_clinic(call.caller.clinics)
    client_id = new_id()
    defaults = {"locale": chain_row(call.connection)["default_locale"]}
    zone = {"time_zone": body.get("time_zone") or zone_of(call, body["home_clinic_id"])}
    must_be_born(call, body, zone["time_zone"])
    handle(call.tx, decider, f"client-{client_id}", Add({"client_id": client_id} | defaults | zone | identity(body)))
    set_details(call.tx, client_id, body, call.now)
    registered = answer(call, client_id)
    beyond = may_look_beyond(call)
    likely = {"likely_duplicates": duplicates_of(call.connection, client_id, call.caller.clinics, beyond=beyond)}
    return replace(registered, content=registered.content | likely)


@blueprint.query("", page_of(ClientSchema), query=ClientQuery)
def list_clients(call: Call, query: dict[str, Any]) -> Answer:
    """Clients of the caller's clinics, each person once; with `q`, those who fit it, the best match first.

    Where nobody of these fits, whom `q` names exactly is found in the whole chain: by a full number with the code of
    its country, a full e-mail address, the client's id, an id of another system (with a digit in it), or the whole name
    and the birth date. So often a day may be looked there, and no oftener: 429.
    """
    found = list_persons(call.connection, query, call.caller.clinics) if query["q"] is None else searched(call, query)
    return Answer(found | {"items": shown(call, found["items"])})


@blueprint.query("/<uuid:client_id>", ClientSchema)
def show_client(call: Call, client_id: UUID) -> Answer:
    """One client; the id of a merged one answers with the client who goes on, and says so in `merged_into`."""
    return answer(call, client_id)


@blueprint.query("/<uuid:client_id>/duplicates", DuplicatesSchema)
def list_duplicates(call: Call, client_id: UUID) -> Answer:
    """Clients who may be the same person, the likeliest first, each with the reasons.

    Those of other clinics only where a full address, or name and birth date, are the same; who has roles at some
    clinics may look so often a day, and no oftener: 429.
    """
    look_beyond(call)
    return Answer({"items": duplicates_of(call.connection, client_id, call.caller.clinics)})


@blueprint.command(
    "PATCH",
    "/<uuid:client_id>",
    ClientSchema,
    body=patch_of(ClientFields),
    if_match=True,
)
def change_client(call: Call, body: dict[str, Any], client_id: UUID) -> Answer:
    """Change what is known of a client; another address replaces the one in use. One who was merged cannot change."""
    hold_addresses(call.tx, body)
    lock(call.connection, ("client", [client_id]))
    row = person(call.connection, client_id)
    if row.id != client_id:
        raise AlreadyMerged(merged_into=row.id)
    must_exist(call.connection, home_clinic=("clinics", [body.get("home_clinic_id")]))
    must_be_born(call, body, body.get("time_zone") or row.time_zone)
    if call.if_match not in {None, version_of(row)}:
        raise VersionMismatch
    handle(call.tx, decider, f"client-{client_id}", Change(identity(body)), if_match=row.version)
    set_details(call.tx, client_id, body, call.now, if_match=row.contacts_version)
    return answer(call, client_id)


def with_own_visits(call: Call, error: Refused) -> None:
    """Name no visits that the caller may not see."""
    if "conflicts" in error.details:
        error.details |= seen(error.details["conflicts"], call.caller.clinics)


@blueprint.command("POST", "/<uuid:client_id>/merge", ClientSchema, body=MergeFields, on_refusal=with_own_visits)
def merge_clients(call: Call, body: dict[str, Any], client_id: UUID) -> Answer:
    """Two clients are one person, who goes on as `into`; visits to come that overlap have to be settled first.

    One of the two has to be a client of the caller's clinics.
    """
    call.caller.must_act_at_one_of(clinics_of(call.connection, client_id, body["into"]))
    return answer(call, merge(call.tx, client_id, body["into"], call.now))


@blueprint.command("POST", "/<uuid:client_id>/unmerge", ClientSchema, on_refusal=with_own_visits)
def unmerge_clients(call: Call, client_id: UUID) -> Answer:
    """Take a merge back: the client has their own visits again, and those of nobody else."""
    call.caller.must_act_at_one_of(clinics_of(call.connection, client_id))
    unmerge(call.tx, client_id)
    return answer(call, client_id)


def searched(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Who fits a search, of the caller's clinics first; what is counted depends on these alone, so it tells nothing."""
    found = search_persons(call.connection, query, call.caller.clinics)
    if call.caller.clinics is None or found["items"] or not identifiers(query["q"]).names_somebody:
        return found
    look_beyond(call)
    return search_persons(call.connection, query, named=True)


def look_beyond(call: Call) -> None:
    """Count a look at clients of clinics that are not the caller's; raises Problem for one too many today."""
    if call.caller.clinics is not None:
        parts().limits.admit_exact_search(call.caller)


def may_look_beyond(call: Call) -> bool:
    """Counted as any look; who has had too many goes on without, for clients are registered all the same."""
    try:
        look_beyond(call)
    except Problem:
        return False
    return True


def only_clinic(clinics: frozenset[UUID] | None) -> UUID | None:
    """The clinic of somebody who has but one."""
    return next(iter(clinics)) if clinics is not None and len(clinics) == 1 else None


def must_be_born(call: Call, body: dict[str, Any], time_zone: str) -> None:
    """Raises BadFields for a birth date that is still to come on the client's own clock."""
    born = body.get("birth_date")
    if born is not None and born > call.now.astimezone(ZoneInfo(time_zone)).date():
        raise BadFields(birth_date=["This day has not come yet."])


def zone_of(call: Call, home_clinic_id: UUID | None) -> str:
    """The zone of the home clinic, or the one that all clinics share; raises BadFields when there is none to take."""
    known = {"clinic_id": home_clinic_id, "now": call.now}
    zones = call.connection.execute(CLINICS_ZONES, known).scalars().all()
    if len(zones) != 1:
        raise BadFields(time_zone=["Give a zone or a home clinic: the clinics of the chain do not share one zone."])
    return str(zones[0])


def answer(call: Call, client_id: UUID) -> Answer:
    row = person(call.connection, client_id)
    (client,) = shown(call, [row])
    client |= {"merged_into": None if row.id == client_id else row.id}
    return Answer(client, version=client["version"], location=f"/v1/clients/{row.id}")


def shown(call: Call, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Clients with their contact points in use, and whether messages about visits reach them."""
    known = contacts_of(call.connection, [row.id for row in rows])
    said = reachability(call.connection, [Roles(client_id=row.id) for row in rows], call.now)
    return [
        row._asdict()
        | reached
        | {"version": version_of(row), "contact_points": known[row.id].points if row.id in known else ()}
        for row, reached in zip(rows, said, strict=True)
    ]


def version_of(row: Row[Any]) -> int:
    """A client's version: it grows with each change of who they are and of how they are reached."""
    return int(row.version + row.contacts_version)

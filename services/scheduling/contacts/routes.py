"""The API of contact points, permissions, and what became of the messages sent to them.

The id of a client who was merged into another stands for that person here too.
"""

from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy import text

from services.scheduling.contacts.addresses import block_address, hold, unblock_address
from services.scheduling.contacts.commands import (
    AddPoint,
    BlockPoint,
    Command,
    Permit,
    ReplacePoint,
    UnblockPoint,
    VerifyPoint,
)
from services.scheduling.contacts.details import decided, new_address
from services.scheduling.contacts.load import contacts_of, reachability
from services.scheduling.contacts.permitting import permit, statements
from services.scheduling.contacts.rules import OF_THE_ADDRESS, VIA, in_force
from services.scheduling.contacts.schemas import (
    BlockFields,
    DeliverySchema,
    PermissionFields,
    PermissionsSchema,
    PointFields,
    PointSchema,
    ReplaceFields,
    UnblockFields,
    VerifyFields,
    address_of,
)
from services.scheduling.errands.asking import AskedLately, NoFitAddress, ask_for_check
from services.scheduling.people.reading import person
from shared.decider import NotThere, VersionMismatch
from shared.events.scheduling_contacts import ContactPointAdded, PointKind
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import PageQuery, page, page_of, read_cursor
from shared.http.problems import BadFields
from shared.locks import lock
from shared.reading import find, list_by_id

blueprint = Operations("contacts", __name__, url_prefix="/v1/clients/<uuid:client_id>")

POINT = "/contact-points/<uuid:point_id>"
DELIVERIES = text("""
    SELECT delivery.* FROM deliveries delivery LEFT JOIN appointments visit ON visit.id = delivery.appointment_id
    WHERE delivery.client_id = :client_id AND delivery.message_key > :after
      AND (CAST(:clinics AS uuid[]) IS NULL OR visit.id IS NULL OR visit.clinic_id = ANY(:clinics))
    ORDER BY delivery.message_key LIMIT :most
""")


@blueprint.query("/contact-points", page_of(PointSchema), query=PageQuery)
def list_points(call: Call, query: dict[str, Any], client_id: UUID) -> Answer:
    """Every contact point of a client, those that were replaced among them.

    The ETag is the version of contact points and permissions together.
    """
    client_id = person(call.connection, client_id).id
    call.shows(client_id)
    found = list_by_id(call.connection, "contact_points", query, client_id=client_id)
    items = call.opened(found["items"], evidence=None)
    return Answer(found | {"items": items}, version=version_of(call, client_id))


@blueprint.command("POST", "/contact-points", PointSchema, status=201, body=PointFields, may_be_known=True)
def add_point(call: Call, body: dict[str, Any], client_id: UUID) -> Answer:
    """Add a contact point; one that the client has already is given as it is, with 200."""
    client_id = person(call.connection, client_id).id
    lock(call.connection, ("client", [client_id]))
    kind, address = body["kind"], in_one_spelling(body["kind"], body["address"])
    hold(call.connection, call.chain_id, [(kind, address)])
    new = new_address(call.tx, kind, address, body["source"])
    if new is None:
        raise NotThere
    happened, _ = decided(call.tx, client_id, AddPoint(client_id, kind, new), call.now, if_match=call.if_match)
    added = [event.contact_point_id for event in happened if isinstance(event, ContactPointAdded)]
    if added:
        check(call, body, client_id, added[0])
        return answer(call, client_id, added[0])
    return replace(answer(call, client_id, same_as(call, client_id, kind, address)), is_known=True)


@blueprint.command("POST", f"{POINT}/verify", PointSchema, body=VerifyFields)
def verify_point(call: Call, body: dict[str, Any], client_id: UUID, point_id: UUID) -> Answer:
    """The address is known to be the client's own; another one that was known to be so hears of it."""
    client_id = person(call.connection, client_id).id
    lock(call.connection, ("client", [client_id]))
    return change(call, client_id, point_id, VerifyPoint(client_id, point_id, body["way"], call.now))


@blueprint.command("POST", f"{POINT}/replace", PointSchema, body=ReplaceFields, if_match=True)
def replace_point(call: Call, body: dict[str, Any], client_id: UUID, point_id: UUID) -> Answer:
    """Use another address, or none, instead; links that were sent to this one end, and it hears of that.

    Not if it is closed, was never verified, somebody else has it, or the client does not want it (`tell_former`).
    """
    client_id = person(call.connection, client_id).id
    lock(call.connection, ("client", [client_id]))
    point = find(call.connection, "contact_points", point_id, client_id=client_id)
    address = None if body["address"] is None else in_one_spelling(point.kind, body["address"])
    if address is not None:
        hold(call.connection, call.chain_id, [(point.kind, address)])
    new = new_address(call.tx, point.kind, address, body["source"])
    done = change(
        call, client_id, point_id, ReplacePoint(client_id, point_id, new, body["source"], body["tell_former"])
    )
    if new is not None:
        check(call, body, client_id, new.point_id)
    return done


@blueprint.command("POST", f"{POINT}/block", PointSchema, body=BlockFields)
def block_point(call: Call, body: dict[str, Any], client_id: UUID, point_id: UUID) -> Answer:
    """Send nothing there any more; when somebody else reads it, links that were sent there end."""
    client_id = person(call.connection, client_id).id
    point = find(call.connection, "contact_points", point_id, client_id=client_id)
    cause, evidence = body["cause"], body["evidence"]
    if cause not in OF_THE_ADDRESS:
        return change(call, client_id, point_id, BlockPoint(client_id, point_id, cause, evidence))
    must_match(call, client_id)
    block_address(call.tx, point.kind, point.address, cause, evidence)
    return answer(call, client_id, point_id)


@blueprint.command("POST", f"{POINT}/unblock", PointSchema, body=UnblockFields, if_match=True)
def unblock_point(call: Call, body: dict[str, Any], client_id: UUID, point_id: UUID) -> Answer:
    """The address may be used again, for everybody who has it if it was closed for its own sake.

    What is known about a client goes there again after a week, as to one that was verified just now.
    """
    client_id = person(call.connection, client_id).id
    point = find(call.connection, "contact_points", point_id, client_id=client_id)
    if point.blocked not in OF_THE_ADDRESS:
        return change(call, client_id, point_id, UnblockPoint(client_id, point_id, body["evidence"], call.now))
    must_match(call, client_id)
    unblock_address(call.tx, point.kind, point.address, call.now, body["evidence"])
    return answer(call, client_id, point_id)


@blueprint.query("/permissions", PermissionsSchema)
def show_permissions(call: Call, client_id: UUID) -> Answer:
    """For what a client may be written to, by channel, with source and evidence."""
    client_id = person(call.connection, client_id).id
    return permissions(call, client_id)


@blueprint.command("POST", "/permissions/give", PermissionsSchema, body=PermissionFields, if_match=True)
def give_permission(call: Call, body: dict[str, Any], client_id: UUID) -> Answer:
    """The client may be written to for a purpose."""
    return permission_set(call, body, client_id, given=True)


@blueprint.command("POST", "/permissions/withdraw", PermissionsSchema, body=PermissionFields)
def withdraw_permission(call: Call, body: dict[str, Any], client_id: UUID) -> Answer:
    """The client is not to be written to for a purpose, at no address of theirs."""
    return permission_set(call, body, client_id, given=False)


@blueprint.query("/deliveries", page_of(DeliverySchema), query=PageQuery)
def list_deliveries(call: Call, query: dict[str, Any], client_id: UUID) -> Answer:
    """What providers have said of the messages sent to a client: about visits at the caller's clinics, or none."""
    client_id = person(call.connection, client_id).id
    call.shows(client_id)
    after = read_cursor(query["cursor"], tuple[str])
    clinics = None if call.caller.clinics is None else list(call.caller.clinics)
    values = {"client_id": client_id, "clinics": clinics, "after": after[0] if after else ""}
    values["most"] = query["limit"] + 1
    rows = call.connection.execute(DELIVERIES, values).all()
    return Answer(page(rows, query["limit"], lambda row: (row.message_key,)))


def permission_set(call: Call, body: dict[str, Any], client_id: UUID, *, given: bool) -> Answer:
    client_id = person(call.connection, client_id).id
    channel = body.pop("channel")
    command = Permit(client_id=client_id, channels=(channel,) if channel else tuple(VIA.values()), given=given, **body)
    permit(call.tx, command, if_match=call.if_match)
    return permissions(call, client_id)


def permissions(call: Call, client_id: UUID) -> Answer:
    call.shows(client_id)
    said = in_force(client_id, statements(call.connection, client_id)).values()
    items = call.opened([asdict(each) for each in said], evidence=None)
    known = contacts_of(call.connection, [client_id])
    return Answer({"items": items} | reachability(known.get(client_id)), version=version_of(call, client_id))


def change(call: Call, client_id: UUID, point_id: UUID, command: Command) -> Answer:
    find(call.connection, "contact_points", point_id, client_id=client_id)
    decided(call.tx, client_id, command, call.now, if_match=call.if_match)
    return answer(call, client_id, point_id)


def answer(call: Call, client_id: UUID, point_id: UUID) -> Answer:
    call.shows(client_id)
    row = find(call.connection, "contact_points", point_id, client_id=client_id)
    (point,) = call.opened([row], evidence=None)
    version = version_of(call, client_id)
    return Answer(point, version=version, location=f"/v1/clients/{client_id}/contact-points")


def must_match(call: Call, client_id: UUID) -> None:
    if call.if_match is not None and version_of(call, client_id) != call.if_match:
        raise VersionMismatch


def version_of(call: Call, client_id: UUID) -> int:
    """The version of a person's contact points and permissions."""
    return int(find(call.connection, "clients", client_id).contacts_version)


def check(call: Call, body: dict[str, Any], client_id: UUID, point_id: UUID) -> None:
    """Ask whoever reads at a new address whether it is theirs, where that is wanted and may be."""
    if body["check"]:
        with suppress(NoFitAddress, AskedLately):
            ask_for_check(call.tx, client_id, point_id, call.now)


def same_as(call: Call, client_id: UUID, kind: PointKind, address: str) -> UUID:
    """The client's own point with this address."""
    points = contacts_of(call.connection, [client_id])[client_id].points
    return next(point.id for point in points if point.kind == kind and point.key == address.casefold())


def in_one_spelling(kind: PointKind, address: str) -> str:
    try:
        return address_of(kind, address)
    except ValidationError as error:
        raise BadFields(address=list(map(str, error.messages))) from error

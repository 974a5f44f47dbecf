"""The short form of contacts: an e-mail address, a number and a preference, as a client's own body has them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from services.scheduling.contacts.addresses import closed, hold, stream_of
from services.scheduling.contacts.commands import Address, Command, Prefer, SetAddress
from services.scheduling.contacts.decider import CONTACTS
from services.scheduling.contacts.load import contacts_of
from services.scheduling.errands.asking import tell_of_change
from services.scheduling.links import revoke
from services.scheduling.replies import references, threads
from shared.decider import handle
from shared.event_store import Transaction
from shared.events.scheduling_contacts import ContactPointBlocked, ContactPointReplaced, ContactPointVerified, PointKind
from shared.ids import new_id

ADDRESSES: tuple[PointKind, ...] = ("email", "phone")
CHOICES = ("preferred_channel", "fallback_channel")
DETAILS = (*ADDRESSES, *CHOICES)


def identity(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a client's body says of the person, without how to reach them."""
    return {name: value for name, value in body.items() if name not in DETAILS}


def set_details(
    tx: Transaction, client_id: UUID, body: Mapping[str, Any], now: datetime, *, if_match: int | None = None
) -> None:
    """Bring a client's contacts to what a body says; another address replaces the one that was used.

    Raises VersionMismatch when `if_match` is not the version of the contacts.
    """
    hold_addresses(tx, body)
    for command in commands(tx, client_id, body):
        _, if_match = decided(tx, client_id, command, now, if_match=if_match)


def hold_addresses(tx: Transaction, body: Mapping[str, Any]) -> None:
    """Hold what a body gives; whoever also locks the client does so afterwards, as those do who hear of a bounce."""
    hold(tx.connection, tx.chain_id, [(kind, body[kind]) for kind in ADDRESSES if body.get(kind)])


def commands(tx: Transaction, client_id: UUID, body: Mapping[str, Any]) -> list[Command]:
    source = tx.metadata.role
    wanted: list[Command] = [
        SetAddress(client_id, kind, new_address(tx, kind, body[kind], source), source)
        for kind in ADDRESSES
        if kind in body
    ]
    choices = {name: body[name] for name in CHOICES if name in body}
    return [*wanted, Prefer(client_id, choices)] if choices else wanted


def new_address(tx: Transaction, kind: PointKind, address: str | None, source: str) -> Address | None:
    """An address that the transaction holds, as it may be used."""
    if address is None:
        return None
    blocked = closed(tx.connection, kind, address)
    return Address(point_id=new_id(), address=address, source=source, blocked=blocked)


def decided(
    tx: Transaction, client_id: UUID, command: Command, now: datetime, *, if_match: int | None = None
) -> tuple[list[Any], int]:
    """Decide about a client's contacts, and let no link or answer work on from an address that the client has left.

    An address that was the client's own hears that another took its place, or became theirs beside it.
    Gives what happened, and the version after it; raises what `decide` refuses with, and VersionMismatch.
    """
    before = len(tx.staged)
    _, version = handle(tx, CONTACTS, stream_of(client_id), command, if_match=if_match)
    happened = [entry.event for entry in tx.staged[before:]]
    gone = [event.contact_point_id for event in happened if is_left(event)]
    if gone:
        revoke(tx.connection, gone)
        references.revoke(tx.connection, gone)
        threads.forget(tx.connection, gone)
    told = [point_id for event in happened for point_id in who_hears(tx.connection, event)]
    tell_of_change(tx, client_id, told, now)
    return happened, version


def who_hears(connection: Connection, event: Any) -> list[UUID]:
    """The addresses that may hear of a change, as far as they are fit to."""
    match event:
        case ContactPointReplaced(contact_point_id=point_id, tells_former=True):
            return [point_id]
        case ContactPointVerified(client_id=client_id, contact_point_id=point_id):
            points = contacts_of(connection, [client_id])[client_id].points
            is_mail = any(point.id == point_id and point.kind == "email" for point in points)
            return [point.id for point in points if is_mail and point.id != point_id]
        case _:
            return []


def is_left(event: Any) -> bool:
    """Whether an address turned out to be read by somebody else, or another is used now."""
    match event:
        case ContactPointReplaced() | ContactPointBlocked(cause="wrong_person"):
            return True
        case _:
            return False

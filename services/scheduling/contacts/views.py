"""The read models of contact points and permissions, and what a client's own row says of them."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from services.scheduling.contacts.load import contacts_of
from services.scheduling.contacts.rules import address_key
from shared.event_store import Happened
from shared.events import scheduling_contacts as c
from shared.kept import kept
from shared.writing import change, put


def contacts(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case c.ContactPointAdded() as event:
            add_point(connection, entry, event.contact_point_id, event.address)
        case c.ContactPointReplaced() as event:
            change_point(connection, event, replaced=True, replaced_by=event.replacement_id)
            if event.replacement_id is not None and event.address is not None:
                add_point(connection, entry, event.replacement_id, event.address)
        case c.ContactPointVerified() as event:
            change_point(connection, event, verified=event.way, verified_at=event.verified_at)
        case c.ContactPointBlocked() as event:
            change_point(connection, event, blocked=event.cause, evidence=kept(entry, "evidence"))
        case c.ContactPointUnblocked() as event:
            change_point(
                connection, event, blocked=None, evidence=kept(entry, "evidence"), unblocked_at=event.unblocked_at
            )
        case c.ContactPreferenceSet() as event:
            chosen = {"chosen_channel": event.preferred_channel, "chosen_fallback": event.fallback_channel}
            change(connection, "clients", {"id": event.client_id}, **chosen)
        case c.PermissionGiven() | c.PermissionWithdrawn() as event:
            put(
                connection,
                "permissions",
                ("client_id", "channel", "purpose"),
                client_id=event.client_id,
                chain_id=entry.chain_id,
                channel=event.channel,
                purpose=event.purpose,
                given=isinstance(event, c.PermissionGiven),
                despite=list(event.despite) if isinstance(event, c.PermissionGiven) else [],
                source=event.source,
                evidence=kept(entry, "evidence"),
            )
        case _:
            return
    show_current(connection, entry, entry.event.client_id)


def add_point(connection: Connection, entry: Happened, point_id: UUID, address: str) -> None:
    put(
        connection,
        "contact_points",
        ("id",),
        id=point_id,
        chain_id=entry.chain_id,
        client_id=entry.event.client_id,
        kind=entry.event.kind,
        address=address,
        address_key=address_key(address),
        source=entry.event.source,
        place=entry.version,
    )


def change_point(connection: Connection, event: Any, **values: Any) -> None:
    change(connection, "contact_points", {"id": event.contact_point_id}, **values)


def show_current(connection: Connection, entry: Happened, client_id: UUID) -> None:
    """The client's row says which addresses and channels are used now."""
    for known in contacts_of(connection, [client_id]).values():
        email, phone = known.current("email"), known.current("phone")
        change(
            connection,
            "clients",
            {"id": client_id},
            email=email.address if email else None,
            phone=phone.address if phone else None,
            preferred_channel=known.preferred,
            fallback_channel=known.fallback,
            contacts_version=entry.version,
        )


VIEWS = (contacts,)

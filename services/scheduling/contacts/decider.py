"""The life of a person's contact points and permissions.

What is replaced stays replaced; a block says why and is lifted by a decision of its own; a permission that was never
given is not there, except that who gives an address for a visit may be written to there about visits.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, assert_never
from uuid import UUID

from services.scheduling.contacts.commands import (
    AddPoint,
    Address,
    Block,
    BlockAddress,
    BlockPoint,
    Command,
    Permit,
    Prefer,
    ReplacePoint,
    SetAddress,
    UnblockAddress,
    UnblockPoint,
    Use,
    VerifyPoint,
)
from services.scheduling.contacts.rules import OF_THE_ADDRESS, VIA, Contacts, Point, address_key
from shared.decider import Decider, NotThere, Refused
from shared.events import scheduling_contacts as c
from shared.events.scheduling_contacts import PointKind, Via

MOST_POINTS = 50
"""Of one person, the replaced ones among them."""


class TooManyContactPoints(Refused):
    """The client has had more contact points than anybody needs."""

    code = "too_many_contact_points"


def decide(command: Command, contacts: Contacts) -> list[Any]:
    match command:
        case AddPoint() | ReplacePoint() | SetAddress():
            return list(used(command, contacts))
        case BlockPoint() | UnblockPoint() | BlockAddress() | UnblockAddress():
            return blocks(command, contacts)
        case VerifyPoint(client_id, point_id, way, now):
            if in_use(contacts, point_id).verified:
                return []
            return [c.ContactPointVerified(client_id=client_id, contact_point_id=point_id, way=way, verified_at=now)]
        case Prefer(client_id, changes):
            before = {"preferred_channel": contacts.chosen, "fallback_channel": contacts.chosen_fallback}
            after = {**before, **changes}
            return [] if after == before else [c.ContactPreferenceSet(client_id=client_id, **after)]
        case Permit():
            return permitted(command, contacts)
        case _:
            assert_never(command)


def used(command: Use, contacts: Contacts) -> Iterator[Any]:
    match command:
        case AddPoint(client_id, kind, new):
            return added(client_id, kind, new, contacts)
        case ReplacePoint(client_id, point_id, new, source, tells_former):
            old = in_use(contacts, point_id)
            return replaced(client_id, old, new, source, contacts, tells_former=tells_former)
        case SetAddress():
            return address_set(command, contacts)


def added(client_id: UUID, kind: PointKind, new: Address, contacts: Contacts) -> Iterator[Any]:
    """The point with what comes with it; nothing when the address is in use already."""
    if any(not point.replaced for point in having(contacts, kind, new.address)):
        return
    must_have_room(contacts)
    yield c.ContactPointAdded(
        client_id=client_id, contact_point_id=new.point_id, kind=kind, address=new.address, source=new.source
    )
    yield from what_comes_with(client_id, kind, new, contacts)


def replaced(
    client_id: UUID, old: Point, new: Address | None, source: str, contacts: Contacts, *, tells_former: bool = True
) -> Iterator[Any]:
    if new is not None and new.address == old.address:
        return
    if new is not None:
        must_have_room(contacts)
    yield c.ContactPointReplaced(
        client_id=client_id,
        contact_point_id=old.id,
        kind=old.kind,
        replacement_id=new.point_id if new else None,
        address=new.address if new else None,
        source=source,
        tells_former=tells_former,
    )
    if new is not None:
        yield from what_comes_with(client_id, old.kind, new, contacts)


def address_set(command: SetAddress, contacts: Contacts) -> Iterator[Any]:
    """The address that was used gives way to the one that is said; without one, all of the kind are taken away."""
    new, current = command.new, contacts.current(command.kind)
    if new is None:
        given_up = [point for point in contacts.points if point.kind == command.kind and not point.replaced]
    elif current is None:
        yield from added(command.client_id, command.kind, new, contacts)
        return
    elif current.address == new.address:
        return
    else:
        same = (point for point in having(contacts, command.kind, new.address) if not point.replaced)
        given_up = [point for point in same if point != current]
        yield from replaced(command.client_id, current, new, command.source, contacts)
    for point in given_up:
        yield from replaced(command.client_id, point, None, command.source, contacts)


def what_comes_with(client_id: UUID, kind: PointKind, new: Address, contacts: Contacts) -> Iterator[Any]:
    """A new address is closed where it was closed before, and open for visits unless the client has said otherwise."""
    if new.blocked is not None:
        yield c.ContactPointBlocked(
            client_id=client_id, contact_point_id=new.point_id, cause=new.blocked, evidence=None
        )
    if (VIA[kind], "appointment") not in contacts.permissions:
        yield c.PermissionGiven(
            client_id=client_id, channel=VIA[kind], purpose="appointment", source=new.source, evidence=None
        )


def blocks(command: Block, contacts: Contacts) -> list[Any]:
    match command:
        case BlockPoint() | UnblockPoint():
            points = [in_use(contacts, command.point_id)]
        case BlockAddress() | UnblockAddress():
            points = having(contacts, command.kind, command.address)
    match command:
        case BlockPoint(client_id, _, cause, evidence) | BlockAddress(client_id, _, _, cause, evidence):
            return [
                c.ContactPointBlocked(client_id=client_id, contact_point_id=point.id, cause=cause, evidence=evidence)
                for point in points
                if point.blocked is None
            ]
        case UnblockPoint(client_id, _, evidence, now) | UnblockAddress(client_id, _, _, evidence, now):
            of_one = isinstance(command, UnblockPoint)
            return [
                c.ContactPointUnblocked(
                    client_id=client_id, contact_point_id=point.id, evidence=evidence, unblocked_at=now
                )
                for point in points
                if point.blocked is not None and (of_one or point.blocked in OF_THE_ADDRESS)
            ]


def permitted(command: Permit, contacts: Contacts) -> list[Any]:
    before = {via: contacts.permissions.get((via, command.purpose)) for via in command.channels}
    if command.given:
        again = {via: command.despite.get(via, ()) for via in command.channels}
        return [permission(command, via, despite=again[via]) for via in before if not before[via] or again[via]]
    return [permission(command, via) for via in before if before[via] is not False]


def permission(command: Permit, via: Via, **more: Any) -> c.PermissionGiven | c.PermissionWithdrawn:
    event = c.PermissionGiven if command.given else c.PermissionWithdrawn
    return event(
        client_id=command.client_id,
        channel=via,
        purpose=command.purpose,
        source=command.source,
        evidence=command.evidence,
        **more,
    )


def in_use(contacts: Contacts, point_id: UUID) -> Point:
    if point := contacts.point(point_id):
        return point
    raise NotThere


def having(contacts: Contacts, kind: PointKind, address: str) -> list[Point]:
    return [point for point in contacts.points if point.kind == kind and point.key == address_key(address)]


def must_have_room(contacts: Contacts) -> None:
    if len(contacts.points) >= MOST_POINTS:
        raise TooManyContactPoints


def evolve(contacts: Contacts, event: Any) -> Contacts:
    match event:
        case c.ContactPointAdded(contact_point_id=point_id, kind=kind, address=address):
            return with_point(contacts, Point(id=point_id, kind=kind, address=address))
        case c.ContactPointReplaced(contact_point_id=old, replacement_id=new, kind=kind, address=address):
            without = changed(contacts, old, replaced=True)
            if new is None or address is None:
                return without
            return with_point(without, Point(id=new, kind=kind, address=address))
        case c.ContactPreferenceSet(preferred_channel=channel, fallback_channel=fallback):
            return replace(contacts, chosen=channel, chosen_fallback=fallback)
        case c.PermissionGiven(channel=via, purpose=purpose) | c.PermissionWithdrawn(channel=via, purpose=purpose):
            given = isinstance(event, c.PermissionGiven)
            return replace(contacts, permissions={**contacts.permissions, (via, purpose): given})
        case _:
            return evolve_point(contacts, event)


def evolve_point(contacts: Contacts, event: Any) -> Contacts:
    match event:
        case c.ContactPointVerified(contact_point_id=point_id):
            return changed(contacts, point_id, verified=True)
        case c.ContactPointBlocked(contact_point_id=point_id, cause=cause):
            return changed(contacts, point_id, blocked=cause)
        case c.ContactPointUnblocked(contact_point_id=point_id):
            return changed(contacts, point_id, blocked=None)
        case _:
            return contacts


def with_point(contacts: Contacts, point: Point) -> Contacts:
    return replace(contacts, points=(*contacts.points, point))


def changed(contacts: Contacts, point_id: UUID, **values: Any) -> Contacts:
    points = (replace(point, **values) if point.id == point_id else point for point in contacts.points)
    return replace(contacts, points=tuple(points))


CONTACTS: Decider[Contacts, Command] = Decider(Contacts(), decide, evolve)

"""Whom a message about a visit goes to, and by which way: one answer for who sends and for who looks at the visit.

The first of those who may be told to whom a way is open; nobody else, and nobody by another way. Of clients who were
merged, the addresses and permissions of the person count who they are today.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from services.scheduling.contacts.load import contacts_of
from services.scheduling.contacts.rules import Contacts, Way, Wish, way_to
from services.scheduling.relations.load import load_circle
from services.scheduling.relations.telling import Roles, may_open, people_to_tell
from shared.events.scheduling_contacts import Purpose

PERSONS = text("SELECT id, person_of(id) AS person FROM unnest(CAST(:ids AS uuid[])) AS id")
NOBODY = "nobody_to_tell"
"""The reason when there is no person who may be told."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message about a visit: who has to do with it, what it is for, and the channel wished for."""

    roles: Roles
    purpose: Purpose = "appointment"
    wish: Wish = "any"


@dataclass(frozen=True, slots=True)
class Told:
    person_id: UUID
    way: Way


@dataclass(frozen=True, slots=True)
class NotTold:
    """Why nobody can be told: the reason of the first who might be."""

    reason: str


def reach(connection: Connection, wanted: Sequence[Wanted], now: datetime) -> list[Told | NotTold]:
    """Whom each message goes to, in the order of the messages and in a constant number of statements."""
    circle = load_circle(connection, {person for each in wanted for person in each.roles.people})
    contacts = contacts_of(connection, [each.id for each in circle.people.values()])

    def decide(message: Wanted) -> Told | NotTold:
        people = people_to_tell(message.roles, circle, message.purpose, now)
        ways = [(each, way_to(contacts.get(each, Contacts()), message.purpose, message.wish)) for each in people]
        open_ones = (Told(each, way) for each, way in ways if isinstance(way, Way))
        reasons = (way.reason for _, way in ways if not isinstance(way, Way))
        return next(open_ones, None) or NotTold(next(reasons, NOBODY))

    return [decide(message) for message in wanted]


def reachability(connection: Connection, roles: Sequence[Roles], now: datetime) -> list[dict[str, Any]]:
    """Whether messages about each visit, or about any visit of a client, reach somebody, and why not, for the API."""
    found = reach(connection, [Wanted(each) for each in roles], now)
    reasons = (each.reason if isinstance(each, NotTold) else None for each in found)
    return [{"reachable": reason is None, "unreachable_reason": reason} for reason in reasons]


def roles_in(visit: Any) -> Roles:
    """Who has to do with a visit, from its row of `appointments`."""
    return Roles(
        client_id=visit.client_id,
        booker_id=visit.booker_client_id,
        told_id=visit.told_client_id,
        is_gift=visit.gift,
    )


def still_told(connection: Connection, asked: Sequence[tuple[UUID, Roles]], now: datetime) -> list[bool]:
    """Whether each person, who was written to about a visit, may be told of it today; in two statements for all."""
    circle = load_circle(connection, {person for _, roles in asked for person in roles.people})
    return [may_open(person_id, roles, circle, now) for person_id, roles in asked]

"""Who is told of a visit: only who may be, and nobody when there is no such person.

- Of a gift only the person named with it is told, so that it stays a surprise; of anybody's care nobody is told for it.
- Otherwise the grown-up named with the visit, as long as a relation allows that person the client's messages.
- Otherwise a minor's guardians who may: the one who booked the visit first, then in the order in which they were
  entered.
- Otherwise the client. A minor is never written to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.scheduling.relations.rules import Person, Relation, allows, guardians, is_minor
from shared.events.scheduling_contacts import Purpose
from shared.events.scheduling_relations import Right

RIGHTS: Mapping[Purpose, frozenset[Right]] = {
    "appointment": frozenset({"receive_messages"}),
    "marketing": frozenset({"receive_messages"}),
    "care": frozenset({"receive_messages", "see_care"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Who comes, and what was said at the booking about who is told."""

    client_id: UUID
    booker_id: UUID | None = None
    told_id: UUID | None = None
    is_gift: bool = False

    @property
    def people(self) -> set[UUID]:
        """All who are named."""
        return {each for each in (self.client_id, self.booker_id, self.told_id) if each is not None}


@dataclass(frozen=True, slots=True)
class Circle:
    """The clients who matter to a question, by every id they go by, and the relations that have not been ended."""

    people: Mapping[UUID, Person]
    relations: Sequence[Relation]


def people_to_tell(roles: Roles, circle: Circle, purpose: Purpose, now: datetime) -> tuple[UUID, ...]:
    """Those who may be told, the first who can be reached is; empty when nobody may."""
    client = circle.people[roles.client_id]
    if roles.is_gift and purpose == "appointment":
        return adults([roles.told_id], circle, now)
    of_client = [each for each in circle.relations if each.client_id == client.id]
    named = adults([roles.told_id], circle, now)
    if named and allows(of_client, client, named[0], RIGHTS[purpose], now):
        return named
    if not is_minor(of_client, client, now):
        return (client.id,)
    entitled = [each.related_id for each in guardians(of_client, client, now) if RIGHTS[purpose] <= each.may]
    booker = circle.people.get(roles.booker_id or client.id)
    return adults(sorted(entitled, key=lambda each: booker is None or each != booker.id), circle, now)


def may_open(holder_id: UUID, roles: Roles, circle: Circle, now: datetime) -> bool:
    """Whether a link to the visit is still with somebody who may be told of it: the client, a relation, the giver."""
    client = circle.people[roles.client_id]
    if holder_id == client.id or allows(circle.relations, client, holder_id, RIGHTS["appointment"], now):
        return True
    return roles.is_gift and holder_id in adults([roles.told_id], circle, now)


def adults(ids: Sequence[UUID | None], circle: Circle, now: datetime) -> tuple[UUID, ...]:
    """Those of them who are known and no minors, each once."""
    found = (circle.people[each] for each in ids if each is not None and each in circle.people)
    return tuple(dict.fromkeys(each.id for each in found if not is_minor(circle.relations, each, now)))

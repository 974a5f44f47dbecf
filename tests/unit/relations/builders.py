"""Builders of families; a test names only what it is about."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from services.scheduling.relations.rules import Person, Relation
from services.scheduling.relations.telling import Circle
from shared.events.scheduling_relations import Right
from shared.ids import new_id

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ADULT_BIRTH = date(1990, 5, 1)
CHILD_BIRTH = date(2016, 5, 1)
ALL: frozenset[Right] = frozenset({"book", "receive_messages", "see_care"})


def person(**fields: Any) -> Person:
    return replace(Person(id=new_id(), time_zone="Europe/Berlin", birth_date=ADULT_BIRTH), **fields)


def child(**fields: Any) -> Person:
    return person(**{"birth_date": CHILD_BIRTH} | fields)


def relation(client: Person, related: Person, **fields: Any) -> Relation:
    made = Relation(id=new_id(), kind="guardian", client_id=client.id, related_id=related.id, may=ALL)
    return replace(made, **fields)


def circle(people: Iterable[Person], *relations: Relation) -> Circle:
    return Circle({each.id: each for each in people}, relations)


def ids(*people: Person) -> tuple[UUID, ...]:
    return tuple(each.id for each in people)

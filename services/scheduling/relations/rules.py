"""What a relation allows on a day: nothing once it has ended, is past its last day, or its child has come of age.

A guardian's relation ends by itself on the client's 18th birthday, which begins at midnight on the client's own clock;
who was born on 29 February comes of age on 1 March. A client without a birth date counts as a minor as long as a
guardian is entered.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.events.scheduling_relations import RelationKind, Right

OF_AGE = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What a client's age depends on."""

    id: UUID
    time_zone: str
    birth_date: date | None = None

    def today(self, now: datetime) -> date:
        """The date on this person's clock."""
        return now.astimezone(ZoneInfo(self.time_zone)).date()

    def is_adult(self, now: datetime) -> bool | None:
        """None when nobody knows the birth date."""
        return None if self.birth_date is None else years_between(self.birth_date, self.today(now)) >= OF_AGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """That `related_id` may act for `client_id`; one that was ended is not among those asked about."""

    id: UUID
    kind: RelationKind
    client_id: UUID
    related_id: UUID
    may: frozenset[Right]
    until: date | None = None

    def holds(self, client: Person, now: datetime) -> bool:
        """Whether it still counts for this client."""
        if self.client_id != client.id or self.related_id == client.id:
            return False
        if self.until is not None and client.today(now) > self.until:
            return False
        return self.kind != "guardian" or client.is_adult(now) is not True


def allows(
    relations: Iterable[Relation], client: Person, related_id: UUID, rights: frozenset[Right], now: datetime
) -> bool:
    """Whether one relation gives this person all these rights for the client now."""
    return any(each.related_id == related_id and rights <= each.may and each.holds(client, now) for each in relations)


def guardians(relations: Iterable[Relation], client: Person, now: datetime) -> list[Relation]:
    """The client's guardians now, the one entered first to begin with."""
    found = (each for each in relations if each.kind == "guardian" and each.holds(client, now))
    return sorted(found, key=lambda each: each.id)


def is_minor(relations: Iterable[Relation], client: Person, now: datetime) -> bool:
    """Whether guardians speak for this client."""
    adult = client.is_adult(now)
    return bool(guardians(relations, client, now)) if adult is None else not adult


def years_between(born_on: date, today: date) -> int:
    """Whole years of age."""
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))

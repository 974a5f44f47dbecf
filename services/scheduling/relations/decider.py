"""The life of one relation: nobody acts for themselves, nobody guards who guards them, and an end is for good.

What it allows, and until when, may change; what lapsed and counts again must fit as if it were new.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, assert_never
from uuid import UUID

from shared.decider import Decider, NotThere, Refused
from shared.events.scheduling_relations import RelationAdded, RelationChanged, RelationEnded


class OwnRelation(Refused):
    """Nobody needs a relation to act for themselves."""

    code = "own_relation"


class RelationExists(Refused):
    """There is such a relation already; change that one."""

    code = "relation_exists"


class CircularGuardianship(Refused):
    """The guardian is in this client's own guardianship."""

    code = "circular_guardianship"


class GuardianIsMinor(Refused):
    """A minor cannot be anybody's guardian."""

    code = "guardian_is_minor"


class ClientIsAdult(Refused):
    """The client is of age and has no guardian; enter a carer instead."""

    code = "client_is_adult"


class RelationHasEnded(Refused):
    """The relation has been ended already."""

    code = "relation_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What stands around a relation: whom the related person is guarded by, directly and indirectly, and so on."""

    guards_of_related: Collection[UUID] = ()
    related_is_minor: bool = False
    client_is_adult: bool = False
    exists: bool = False


@dataclass(frozen=True, slots=True)
class AddRelation:
    added: RelationAdded
    family: Family


@dataclass(frozen=True, slots=True)
class ChangeRelation:
    """`changes` holds those of CHANGEABLE that become others."""

    changes: Mapping[str, Any]
    family: Family


@dataclass(frozen=True, slots=True)
class EndRelation:
    reason: str | None


CHANGEABLE = ("may", "until", "source", "evidence")

RelationCommand: TypeAlias = AddRelation | ChangeRelation | EndRelation


@dataclass(frozen=True, slots=True)
class Standing:
    added: RelationAdded | None = None
    ended: bool = False


def decide(command: RelationCommand, standing: Standing) -> list[Any]:
    match command:
        case AddRelation(added, family):
            must_fit(added, family)
            return [added]
        case ChangeRelation(changes, family):
            known = replace(going_on(standing), **changes)
            if known == standing.added:
                return []
            must_fit(known, family)
            return [changed(known)]
        case EndRelation(reason):
            added = going_on(standing)
            return [
                RelationEnded(
                    relation_id=added.relation_id,
                    client_id=added.client_id,
                    related_client_id=added.related_client_id,
                    reason=reason,
                )
            ]
        case _:
            assert_never(command)


def going_on(standing: Standing) -> RelationAdded:
    if standing.added is None:
        raise NotThere
    if standing.ended:
        raise RelationHasEnded
    return standing.added


def changed(known: RelationAdded) -> RelationChanged:
    ids = ("relation_id", "client_id", "related_client_id")
    return RelationChanged(**{name: getattr(known, name) for name in (*ids, *CHANGEABLE)})


def must_fit(added: RelationAdded, family: Family) -> None:
    if added.client_id == added.related_client_id:
        raise OwnRelation
    if family.exists:
        raise RelationExists
    if added.kind != "guardian":
        return
    if added.client_id in family.guards_of_related:
        raise CircularGuardianship
    if family.client_is_adult:
        raise ClientIsAdult
    if family.related_is_minor:
        raise GuardianIsMinor


def evolve(standing: Standing, event: Any) -> Standing:
    match event:
        case RelationAdded():
            return Standing(event)
        case RelationChanged():
            return (
                standing
                if standing.added is None
                else Standing(replace(standing.added, **{name: getattr(event, name) for name in CHANGEABLE}))
            )
        case RelationEnded():
            return Standing(standing.added, ended=True)
        case _:
            raise TypeError(event)


RELATION: Decider[Standing, RelationCommand] = Decider(Standing(), decide, evolve)

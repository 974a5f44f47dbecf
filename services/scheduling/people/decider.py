"""Which clients may become one: each goes into one other at most, never in a circle, never with two visits at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, assert_never
from uuid import UUID

from services.scheduling.relations.decider import CircularGuardianship
from shared.decider import Decider, Refused
from shared.events.scheduling_people import ClientsMerged, ClientsUnmerged

GUARDS_OF_GUARDS = "One of these is the guardian of the other's guardian; end one of these relations first."


class AlreadyMerged(Refused):
    """The client was merged into another already."""

    code = "client_merged"


class MergedIntoItself(Refused):
    """These are one client already, or would be merged in a circle."""

    code = "merged_into_itself"


class NotMerged(Refused):
    """The client is not merged into any other."""

    code = "not_merged"


class RelatedToEachOther(Refused):
    """One of these acts for the other, so they are two people; end the relation first if it is none."""

    code = "related_clients"


class OverlappingVisits(Refused):
    """One person cannot be at two visits at once; move or cancel one of each pair first."""

    code = "overlapping_visits"


@dataclass(frozen=True, slots=True)
class Clash:
    """A visit of the one client that overlaps a visit of the other, over when both are; `visits` as they are shown."""

    appointment_id: UUID
    over_at: datetime
    visits: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Merging:
    """Whom a client is merged into, if anybody."""

    into_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """`into_id` is whom the caller named, `person_id` and `into_person_id` whom the two ids stand for today.

    `related`: one of the two may act for the other; `circular`: one is a guardian of the other over others.
    """

    client_id: UUID
    person_id: UUID
    into_id: UUID
    into_person_id: UUID
    related: bool
    circular: bool
    clashes: Sequence[Clash]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmerge:
    client_id: UUID
    person_id: UUID
    clashes: Sequence[Clash]


MergeCommand: TypeAlias = Merge | Unmerge


def decide(command: MergeCommand, merging: Merging) -> list[Any]:
    match command:
        case Merge():
            return merge(command, merging)
        case Unmerge():
            if merging.into_id is None:
                raise NotMerged
            if command.clashes:
                raise overlapping(command.clashes)
            return [ClientsUnmerged(client_id=command.client_id, from_id=command.person_id)]
        case _:
            assert_never(command)


def merge(command: Merge, merging: Merging) -> list[Any]:
    if command.client_id in {command.into_id, command.into_person_id}:
        raise MergedIntoItself
    if merging.into_id is not None:
        if command.person_id == command.into_person_id:
            return []
        raise AlreadyMerged(merged_into=command.person_id)
    if command.related:
        raise RelatedToEachOther
    if command.circular:
        raise CircularGuardianship(GUARDS_OF_GUARDS)
    if ahead := [clash for clash in command.clashes if clash.over_at > command.now]:
        raise overlapping(ahead)
    apart = tuple(sorted({clash.appointment_id for clash in command.clashes}))
    whom = {"client_id": command.client_id, "into_id": command.into_person_id}
    return [ClientsMerged(**whom, apart=apart, merged_at=command.now)]


def overlapping(clashes: Sequence[Clash]) -> OverlappingVisits:
    """The refusal that names each visit once, in the order of the clashes."""
    visits = {visit["id"]: visit for clash in clashes for visit in clash.visits}
    return OverlappingVisits(conflicts=list(visits.values()))


def evolve(merging: Merging, event: Any) -> Merging:
    del merging
    match event:
        case ClientsMerged():
            return Merging(event.into_id)
        case ClientsUnmerged():
            return Merging()
        case _:
            raise TypeError(event)


MERGING: Decider[Merging, MergeCommand] = Decider(Merging(), decide, evolve)

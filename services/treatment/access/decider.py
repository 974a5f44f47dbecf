"""What is kept of access to records: that a visit was used, who covers where, where the glass was broken and why."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias, assert_never
from uuid import UUID

from shared.decider import Decider, NotThere, Refused
from shared.events.treatment_access import (
    AccessGranted,
    CoverEnded,
    CoverStarted,
    GlassBroken,
    GlassReviewed,
    Outcome,
)


class CoverOver(Refused):
    """The cover is over already."""

    code = "cover_over"


class AlreadyReviewed(Refused):
    """Somebody has reviewed this already."""

    code = "already_reviewed"


class OwnGlass(Refused):
    """Nobody reviews a glass that they have broken themselves."""

    code = "own_glass"


@dataclass(frozen=True, slots=True)
class Uses:
    """Who has made use of what one visit opens."""

    subjects: frozenset[str] = field(default=frozenset())


def use(granted: AccessGranted, uses: Uses) -> list[Any]:
    """The first use by each is recorded, and no other."""
    return [] if granted.subject in uses.subjects else [granted]


def used(uses: Uses, event: Any) -> Uses:
    match event:
        case AccessGranted(subject=subject):
            return Uses(uses.subjects | {subject})
        case _:
            return uses


@dataclass(frozen=True, slots=True)
class Covering:
    """One cover; `until` None before it has started."""

    until: datetime | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class EndCover:
    cover_id: UUID
    now: datetime


CoverCommand: TypeAlias = CoverStarted | EndCover


def decide_cover(command: CoverCommand, cover: Covering) -> list[Any]:
    match command:
        case CoverStarted():
            return [command]
        case EndCover(cover_id=cover_id, now=now):
            if cover.until is None:
                raise NotThere
            if cover.ended or now >= cover.until:
                raise CoverOver
            return [CoverEnded(cover_id=cover_id, ended_at=now)]
        case _:
            assert_never(command)


def evolve_cover(cover: Covering, event: Any) -> Covering:
    match event:
        case CoverStarted(until=until):
            return Covering(until)
        case CoverEnded():
            return replace(cover, ended=True)
        case _:
            return cover


@dataclass(frozen=True, slots=True)
class Glass:
    """One broken glass."""

    broken: GlassBroken | None = None
    reviewed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """`by` is all that whoever reviews is called in histories: as staff, and as the logins that are theirs."""

    by: frozenset[str]
    outcome: Outcome
    note: str | None
    now: datetime


GlassCommand: TypeAlias = GlassBroken | Review


def decide_glass(command: GlassCommand, glass: Glass) -> list[Any]:
    match command:
        case GlassBroken():
            return [command]
        case Review():
            return [reviewed(command, glass)]
        case _:
            assert_never(command)


def reviewed(command: Review, glass: Glass) -> GlassReviewed:
    if glass.broken is None:
        raise NotThere
    if glass.broken.subject in command.by:
        raise OwnGlass
    if glass.reviewed:
        raise AlreadyReviewed
    return GlassReviewed(
        client_id=glass.broken.client_id,
        break_id=glass.broken.break_id,
        outcome=command.outcome,
        note=command.note,
        reviewed_at=command.now,
    )


def evolve_glass(glass: Glass, event: Any) -> Glass:
    match event:
        case GlassBroken():
            return Glass(event)
        case GlassReviewed():
            return replace(glass, reviewed=True)
        case _:
            return glass


USES: Decider[Uses, AccessGranted] = Decider(Uses(), use, used)
COVER: Decider[Covering, CoverCommand] = Decider(Covering(), decide_cover, evolve_cover)
GLASS: Decider[Glass, GlassCommand] = Decider(Glass(), decide_glass, evolve_glass)

"""What is kept of access to records: that a visit was used, who covers where, where the glass was broken and why."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypeAlias, assert_never
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
    """Nobody reviews what they have opened themselves."""

    code = "own_glass"


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
class Opening:
    """One broken glass, or one person's use of one visit."""

    opened: GlassBroken | AccessGranted | None = None
    reviewed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """`by` is all that whoever reviews is called in histories: as staff, and as the logins that are theirs."""

    by: frozenset[str]
    outcome: Outcome
    note: str | None
    now: datetime


OpeningCommand: TypeAlias = GlassBroken | AccessGranted | Review


def decide_opening(command: OpeningCommand, opening: Opening) -> list[Any]:
    """Of the uses of a visit only the first is recorded."""
    match command:
        case GlassBroken():
            return [command]
        case AccessGranted():
            return [] if opening.opened else [command]
        case Review():
            return [reviewed(command, opening)]
        case _:
            assert_never(command)


def reviewed(command: Review, opening: Opening) -> GlassReviewed:
    opened = opening.opened
    if opened is None:
        raise NotThere
    if opened.subject in command.by:
        raise OwnGlass
    if opening.reviewed:
        raise AlreadyReviewed
    return GlassReviewed(
        client_id=opened.client_id,
        break_id=opened.break_id if isinstance(opened, GlassBroken) else opened.grant_id,
        outcome=command.outcome,
        note=command.note,
        reviewed_at=command.now,
    )


def evolve_opening(opening: Opening, event: Any) -> Opening:
    match event:
        case GlassBroken() | AccessGranted():
            return Opening(event)
        case GlassReviewed():
            return replace(opening, reviewed=True)
        case _:
            return opening


def stream_of(basis: Literal["visit", "break_glass"], opening_id: UUID) -> str:
    """The stream of one broken glass, or of one person's use of a visit."""
    return f"{'access' if basis == 'visit' else 'glass'}-{opening_id}"


COVER: Decider[Covering, CoverCommand] = Decider(Covering(), decide_cover, evolve_cover)
OPENING: Decider[Opening, OpeningCommand] = Decider(Opening(), decide_opening, evolve_opening)

"""What the next session begins with: the cold retests that are due, before anything is released or activated."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.treatment.patterns.evidence import Place
from services.treatment.patterns.state import AT_LEAST_CORRECTED, OPEN, STANDS_NO_MORE, Pattern
from shared.events.treatment_patterns import Thresholds

Kind = Literal["cold_retest", "review", "correct", "confirm", "close"]
KINDS: tuple[Kind, ...] = ("cold_retest", "review", "correct", "confirm", "close")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What to do about a pattern: its inhibited places are tested; `since` is when that became due."""

    kind: Kind
    pattern_id: UUID
    places: tuple[Place, ...]
    since: datetime
    is_worse: bool


def next_plan(
    patterns: Mapping[UUID, Pattern],
    *,
    at: datetime,
    thresholds: Thresholds | None = None,
    worsening: Collection[UUID] = (),
    doubted: Collection[UUID] = (),
    discharged: Collection[UUID] = (),
) -> tuple[Planned, ...]:
    """For a session at a moment: cold retests, of `worsening` patterns first and then those due longest; then the rest.

    A pattern that was resolved is looked at again only when it is among those that seem to worsen. One that is
    `doubted` is to be reviewed, one that is open though its episode is `discharged` may be closed.
    """
    hours = timedelta(hours=(thresholds or Thresholds()).hours_to_hold)
    found = [
        planned
        for pattern_id, pattern in patterns.items()
        for planned in planned_for(pattern_id, pattern, patterns, hours, is_worse=pattern_id in worsening)
        if planned.since <= at
    ]
    found += [to_do("review", each, patterns[each]) for each in doubted]
    found += [
        to_do("close", pattern_id, pattern)
        for pattern_id, pattern in patterns.items()
        if pattern.state in OPEN and pattern.episode_id in discharged
    ]
    return tuple(sorted(found, key=lambda p: (KINDS.index(p.kind), not p.is_worse, p.since, p.pattern_id)))


def to_do(kind: Kind, pattern_id: UUID, pattern: Pattern) -> Planned:
    """What is due about a pattern since it last changed; raises LookupError for one that was never found."""
    if pattern.changed is None:
        raise LookupError(pattern_id)
    since = pattern.changed.happened_at
    return Planned(
        kind=kind, pattern_id=pattern_id, places=tuple(sorted(pattern.inhibited)), since=since, is_worse=False
    )


def planned_for(
    pattern_id: UUID, pattern: Pattern, patterns: Mapping[UUID, Pattern], hours: timedelta, *, is_worse: bool
) -> Iterator[Planned]:
    due = due_since(pattern, patterns, hours, is_worse=is_worse)
    if due is not None:
        kind, since = due
        places = tuple(sorted(pattern.inhibited))
        yield Planned(kind=kind, pattern_id=pattern_id, places=places, since=since, is_worse=is_worse)


def due_since(
    pattern: Pattern, patterns: Mapping[UUID, Pattern], hours: timedelta, *, is_worse: bool
) -> tuple[Kind, datetime] | None:
    """What is due and since when; None for what needs nothing now."""
    if pattern.changed is None:
        return None
    changed_at = pattern.changed.happened_at
    match pattern.state:
        case "corrected":
            return "cold_retest", changed_at + hours
        case "holding" | "unverified":
            return "cold_retest", changed_at
        case "resolved" if is_worse:
            return "cold_retest", changed_at
        case "secondary":
            primary = patterns.get(pattern.primary_id, Pattern()) if pattern.primary_id else Pattern()
            is_due = primary.state in AT_LEAST_CORRECTED | STANDS_NO_MORE
            return ("cold_retest", changed_at) if is_due else None
        case "confirmed" | "relapsed":
            return "correct", changed_at
        case "hypothesised":
            return "confirm", changed_at
        case _:
            return None

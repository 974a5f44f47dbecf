"""What a therapist can say of a pattern, each with what it rests on."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from services.treatment.patterns.evidence import Session
from services.treatment.patterns.state import Change, Pattern
from shared.events import treatment_patterns as p


@dataclass(frozen=True, slots=True)
class Hypothesise:
    found: p.PatternHypothesised
    now: datetime


@dataclass(frozen=True, slots=True)
class Confirm:
    """An inhibited member failed by the one test, and held by the other."""

    session: Session
    failed: UUID
    held: UUID


@dataclass(frozen=True, slots=True)
class Refute:
    """By one cold test that held, or by the tests before and after a release that changed nothing."""

    session: Session
    tests: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Correct:
    session: Session
    loop_id: UUID


@dataclass(frozen=True, slots=True)
class Hold:
    session: Session
    test_id: UUID
    thresholds: p.Thresholds = field(default_factory=p.Thresholds)


@dataclass(frozen=True, slots=True)
class Relapse:
    session: Session
    test_id: UUID
    trigger: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """`nrs_before` is the baseline of the pattern's episode where it counts, `nrs_now` the last score, if any."""

    nrs_before: int | None
    nrs_now: int | None
    happened_at: datetime
    now: datetime
    thresholds: p.Thresholds = field(default_factory=p.Thresholds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subordinate:
    """`own` are the patterns of the same person; `above` says what hangs under what, from the primary upwards.

    A link outlives a merge that is taken back, so the way up may lead to another client's pattern. `primary` is what it
    hangs under already, as that is now: only what has lost its primary is hung under another.
    """

    primary_id: UUID
    own: Collection[UUID]
    above: Mapping[UUID, UUID]
    primary: Pattern = field(default_factory=Pattern)
    happened_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Promote:
    """`primary` is the pattern that this one hangs under, as it is now."""

    session: Session
    test_id: UUID
    primary: Pattern


@dataclass(frozen=True, slots=True)
class Clear:
    """As Promote."""

    session: Session
    test_id: UUID
    primary: Pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    episode_id: UUID
    is_discharged: bool
    happened_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterInError:
    reason: str
    happened_at: datetime
    now: datetime


Shown: TypeAlias = Confirm | Refute | Correct | Hold | Relapse | Promote | Clear
"""What a session has to show."""
Said: TypeAlias = Resolve | Subordinate | Close | EnterInError
PatternCommand: TypeAlias = Hypothesise | Shown | Said

CHANGE: Mapping[type, Change] = {
    Hypothesise: "hypothesise",
    Confirm: "confirm",
    Refute: "refute",
    Correct: "correct",
    Hold: "hold",
    Relapse: "relapse",
    Resolve: "resolve",
    Subordinate: "subordinate",
    Promote: "promote",
    Clear: "clear",
    Close: "close",
    EnterInError: "enter_in_error",
}

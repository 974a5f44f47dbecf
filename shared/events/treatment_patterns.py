"""What the treatment service has recorded of compensation patterns: found, confirmed, corrected, held, come back, gone.

An event names the session and the test that it rests on, and `sequence`, that test's place in its session.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from shared.events.registry import Personal, event
from shared.events.treatment_sessions import Side

Role = Literal["overactive", "inhibited"]
RefutedBy = Literal["inhibited_holds_cold", "release_changes_nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A target on one side and its place in the pattern."""

    target: str
    side: Side
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What a chain asks for before a pattern counts as held or resolved; the defaults stand here alone.

    A hold is seen `hours_to_hold` after the correction or later. Resolved is what has held `holds` times over
    `span_days`, while pain has come down by `points` and `percent` of where it began, or is at most `little_pain`.
    """

    hours_to_hold: int = 24
    holds: int = 2
    span_days: int = 28
    points: int = 2
    percent: int = 30
    little_pain: int = 1


@event("treatment.thresholds_set.v1")
class ThresholdsSet:
    """What the chain asks for from now on; what was decided before keeps what was asked for then."""

    chain_id: UUID
    thresholds: Thresholds


@event("treatment.pattern_hypothesised.v1")
class PatternHypothesised:
    """`members` are codes of the catalogue in the version `catalogue`; `origin_injury_id` is what may have begun it."""

    pattern_id: UUID
    client_id: UUID
    episode_id: UUID | None
    session_id: UUID | None
    origin_injury_id: UUID | None
    members: tuple[Member, ...]
    catalogue: int
    happened_at: datetime


@event("treatment.pattern_confirmed.v1")
class PatternConfirmed:
    """`by_tests`: the inhibited member failed, and held while an overactive one was touched or after its release."""

    pattern_id: UUID
    client_id: UUID
    session_id: UUID
    sequence: int
    by_tests: tuple[UUID, ...]
    happened_at: datetime


@event("treatment.pattern_refuted.v1")
class PatternRefuted:
    pattern_id: UUID
    client_id: UUID
    session_id: UUID
    sequence: int
    by_tests: tuple[UUID, ...]
    because: RefutedBy
    happened_at: datetime


@event("treatment.pattern_corrected_in_session.v1")
class PatternCorrectedInSession:
    """`test_id` is the retest that held, at the end of one loop of release and activation."""

    pattern_id: UUID
    client_id: UUID
    session_id: UUID
    sequence: int
    loop_id: UUID
    test_id: UUID
    happened_at: datetime


@event("treatment.pattern_held.v1")
class PatternHeld:
    """The `hold_count`-th cold retest in a row that held; `episode_id` is that of its session."""

    pattern_id: UUID
    client_id: UUID
    episode_id: UUID | None
    session_id: UUID
    sequence: int
    test_id: UUID
    days_since_correction: int | None
    hold_count: int
    thresholds: Thresholds
    happened_at: datetime


@event("treatment.pattern_resolved.v1")
class PatternResolved:
    """`nrs_before` is the episode's baseline, `nrs_now` the last score; whole numbers from 0 to 10."""

    pattern_id: UUID
    client_id: UUID
    hold_count: int
    span_days: int
    nrs_before: int | None
    nrs_now: int
    thresholds: Thresholds
    happened_at: datetime


@event("treatment.pattern_relapsed.v1")
class PatternRelapsed:
    """`trigger` is what the client thinks has brought it back; `episode_id` is that of the session."""

    pattern_id: UUID
    client_id: UUID
    episode_id: UUID | None
    session_id: UUID
    sequence: int
    test_id: UUID
    days_since_correction: int | None
    trigger: Annotated[str | None, Personal("clinical", "client_id")]
    happened_at: datetime


@event("treatment.pattern_subordinated.v1")
class PatternSubordinated:
    pattern_id: UUID
    client_id: UUID
    primary_pattern_id: UUID
    happened_at: datetime


@event("treatment.pattern_promoted.v1")
class PatternPromoted:
    """It still failed cold though its primary had been corrected: it stands for itself."""

    pattern_id: UUID
    client_id: UUID
    primary_pattern_id: UUID
    session_id: UUID
    sequence: int
    test_id: UUID
    happened_at: datetime


@event("treatment.pattern_cleared_with_primary.v1")
class PatternClearedWithPrimary:
    """It held cold once its primary had been corrected, `days_since_correction` of the primary."""

    pattern_id: UUID
    client_id: UUID
    primary_pattern_id: UUID
    session_id: UUID
    sequence: int
    test_id: UUID
    days_since_correction: int
    happened_at: datetime


@event("treatment.pattern_closed_unverified.v1")
class PatternClosedUnverified:
    """The episode was discharged before anybody could tell; what became of it is not known."""

    pattern_id: UUID
    client_id: UUID
    episode_id: UUID
    happened_at: datetime


@event("treatment.pattern_entered_in_error.v1")
class PatternEnteredInError:
    pattern_id: UUID
    client_id: UUID
    reason: Annotated[str, Personal("clinical", "client_id")]
    happened_at: datetime

"""The states of a pattern, which change leads from which to which, and what its events leave of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from services.treatment.patterns.evidence import Moment, Place
from shared.events import treatment_patterns as p

State = Literal[
    "none",
    "hypothesised",
    "confirmed",
    "refuted",
    "corrected",
    "holding",
    "resolved",
    "relapsed",
    "secondary",
    "unverified",
    "entered_in_error",
]
Change = Literal[
    "hypothesise",
    "confirm",
    "refute",
    "correct",
    "hold",
    "resolve",
    "relapse",
    "subordinate",
    "promote",
    "clear",
    "close",
    "enter_in_error",
]

OPEN: frozenset[State] = frozenset({"hypothesised", "confirmed", "corrected", "holding", "relapsed", "secondary"})
"""The states in which something is still to come."""
STANDS_NO_MORE: frozenset[State] = frozenset({"none", "refuted", "entered_in_error"})
"""The states of a primary under which nothing hangs any more: there is none, of this client, or it never was."""
AT_LEAST_CORRECTED: frozenset[State] = frozenset({"corrected", "holding", "resolved"})
STATES: frozenset[State] = OPEN | {"refuted", "resolved", "unverified", "entered_in_error"}

FROM: Mapping[Change, frozenset[State]] = {
    "hypothesise": frozenset({"none"}),
    "confirm": frozenset({"hypothesised"}),
    "refute": frozenset({"hypothesised", "confirmed"}),
    "correct": frozenset({"confirmed", "relapsed"}),
    "hold": frozenset({"corrected", "holding", "unverified"}),
    "resolve": frozenset({"holding"}),
    "relapse": frozenset({"corrected", "holding", "resolved", "unverified"}),
    "subordinate": frozenset({"hypothesised", "confirmed", "corrected", "relapsed", "secondary"}),
    "promote": frozenset({"secondary"}),
    "clear": frozenset({"secondary"}),
    "close": OPEN,
    "enter_in_error": STATES - {"entered_in_error"},
}
"""From which states a change leads on; nothing leads out of *entered in error*."""

LEADS_TO: Mapping[type, State] = {
    p.PatternHypothesised: "hypothesised",
    p.PatternConfirmed: "confirmed",
    p.PatternRefuted: "refuted",
    p.PatternCorrectedInSession: "corrected",
    p.PatternHeld: "holding",
    p.PatternResolved: "resolved",
    p.PatternRelapsed: "relapsed",
    p.PatternSubordinated: "secondary",
    p.PatternPromoted: "confirmed",
    p.PatternClearedWithPrimary: "holding",
    p.PatternClosedUnverified: "unverified",
    p.PatternEnteredInError: "entered_in_error",
}

Seen: TypeAlias = (
    p.PatternConfirmed
    | p.PatternRefuted
    | p.PatternCorrectedInSession
    | p.PatternHeld
    | p.PatternRelapsed
    | p.PatternPromoted
    | p.PatternClearedWithPrimary
)
"""What rests on a test in a session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A pattern as its events leave it.

    `changed` is when its state last changed, `corrected` when it was last corrected; `holds` are the cold retests in a
    row that held since then; `primary_id` is what it hangs under while it is secondary.
    """

    state: State = "none"
    found: p.PatternHypothesised | None = None
    episode_id: UUID | None = None
    primary_id: UUID | None = None
    changed: Moment | None = None
    corrected: Moment | None = None
    holds: tuple[Moment, ...] = ()
    thresholds: p.Thresholds | None = None

    def places(self, role: p.Role) -> frozenset[Place]:
        members = self.found.members if self.found else ()
        return frozenset((each.target, each.side) for each in members if each.role == role)

    @property
    def overactive(self) -> frozenset[Place]:
        return self.places("overactive")

    @property
    def inhibited(self) -> frozenset[Place]:
        return self.places("inhibited")


def stands(pattern: Pattern) -> bool:
    """Whether something may hang under it."""
    return pattern.state not in STANDS_NO_MORE


def days_between(earlier: datetime, later: datetime) -> int:
    """Whole days of 24 hours."""
    return (later - earlier).days


def evolve(pattern: Pattern, event: Any) -> Pattern:
    """Raises TypeError for what is no event of a pattern."""
    if type(event) not in LEADS_TO:
        raise TypeError(event)
    after = replace(pattern, state=LEADS_TO[type(event)], changed=moment_in(event), primary_id=None)
    match event:
        case p.PatternHypothesised():
            return replace(after, found=event, episode_id=event.episode_id)
        case p.PatternCorrectedInSession():
            return replace(after, corrected=after.changed, holds=())
        case p.PatternHeld():
            before = pattern.holds if pattern.state == "holding" else ()
            holds = (*before, moment_in(event))
            return replace(after, holds=holds, thresholds=event.thresholds, episode_id=goes_on_in(pattern, event))
        case p.PatternClearedWithPrimary():
            return replace(after, holds=(moment_in(event),))
        case p.PatternRelapsed():
            return replace(after, holds=(), episode_id=goes_on_in(pattern, event))
        case p.PatternSubordinated():
            return replace(after, primary_id=event.primary_pattern_id)
        case p.PatternResolved():
            return replace(after, thresholds=event.thresholds)
        case _:
            return after


def moment_in(event: Any) -> Moment:
    if isinstance(event, Seen):
        return Moment(event.happened_at, event.session_id, event.sequence)
    if isinstance(event, p.PatternHypothesised):
        return Moment(event.happened_at, event.session_id)
    return Moment(event.happened_at)


def goes_on_in(pattern: Pattern, event: p.PatternHeld | p.PatternRelapsed) -> UUID | None:
    """A pattern that was closed belongs to the episode in which it is seen again."""
    is_back = pattern.state in {"resolved", "unverified"}
    return event.episode_id if is_back and event.episode_id is not None else pattern.episode_id

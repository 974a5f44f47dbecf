"""What a session shows about a pattern: read from its entries in their order, left never taken for right.

Entries are as they read now: revised and amended, without what was entered in error. A test with a provocation says
nothing by itself, only together with it. Whether a test is cold is seen here again, because an entry from a tablet that
was offline may come before one that was recorded earlier.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from shared.events.treatment_sessions import ActivationPerformed, MuscleRetested, MuscleTested, ReleaseApplied, Side

Test: TypeAlias = MuscleTested | MuscleRetested
Entry: TypeAlias = Test | ReleaseApplied | ActivationPerformed
Place: TypeAlias = tuple[str, Side]
"""A target and its side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The entries of one session in the order of their sequence, and the episode it belongs to."""

    session_id: UUID
    episode_id: UUID | None
    entries: tuple[Entry, ...]

    def test(self, test_id: UUID) -> Test | None:
        return next((each for each in self.tests() if each.test_id == test_id), None)

    def tests(self) -> Iterator[Test]:
        return (each for each in self.entries if isinstance(each, MuscleTested | MuscleRetested))


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was seen: within a session its order counts, between sessions the clock does."""

    happened_at: datetime
    session_id: UUID | None = None
    sequence: int | None = None

    def is_after(self, other: "Moment") -> bool:
        """Whether this was seen later; what has no place in the session of the other is at its beginning."""
        if self.session_id is not None and self.session_id == other.session_id:
            return (self.sequence or 0) > (other.sequence or 0)
        return self.happened_at > other.happened_at


def moment_of(entry: Entry) -> Moment:
    return Moment(entry.happened_at, entry.session_id, entry.sequence)


def place_of(entry: Entry) -> Place:
    return entry.target, entry.side


def is_plain(test: Test) -> bool:
    return test.provocation is None and test.response != "not_tested"


def is_cold(session: Session, test: Test) -> bool:
    """Whether it is the session's first plain test of its place, before any release and any activation."""
    before = [each for each in session.entries if each.sequence < test.sequence]
    return (
        test.cold
        and is_plain(test)
        and not any(isinstance(each, ReleaseApplied | ActivationPerformed) for each in before)
        and not any(is_plain(each) and place_of(each) == place_of(test) for each in tests_in(before))
    )


def tests_in(entries: Collection[Entry]) -> Iterator[Test]:
    return (each for each in entries if isinstance(each, MuscleTested | MuscleRetested))


def is_released_between(session: Session, first: Test, second: Test, places: Collection[Place]) -> bool:
    return any(
        isinstance(each, ReleaseApplied)
        and first.sequence < each.sequence < second.sequence
        and place_of(each) in places
        for each in session.entries
    )


def is_touched(test: Test, places: Collection[Place]) -> bool:
    """Whether one of these places was touched during the test (therapy localisation)."""
    touch = test.provocation
    return touch is not None and touch.type == "therapy_localisation" and (touch.target, touch.side) in places


def shows_link(session: Session, failed: Test, held: Test, overactive: Collection[Place]) -> bool:
    """Whether a place failed, and then held while an overactive one was touched, or after it was released."""
    if place_of(failed) != place_of(held) or failed.sequence >= held.sequence:
        return False
    if not is_plain(failed) or (failed.response, held.response) != ("fails", "holds"):
        return False
    return is_touched(held, overactive) or (is_plain(held) and is_released_between(session, failed, held, overactive))


def shows_no_link(session: Session, before: Test, after: Test, overactive: Collection[Place]) -> bool:
    """Whether a place failed before an overactive one was released, and failed after it just the same."""
    return (
        place_of(before) == place_of(after)
        and is_plain(before)
        and is_plain(after)
        and (before.response, after.response) == ("fails", "fails")
        and is_released_between(session, before, after, overactive)
    )


def correcting_retests(
    session: Session, loop_id: UUID, overactive: Collection[Place], inhibited: Collection[Place]
) -> Iterator[MuscleRetested]:
    """The retests that held at the end of a loop: an overactive place released, then this one activated."""
    loop = [each for each in session.entries if each.loop_id == loop_id]
    for retest in loop:
        if not isinstance(retest, MuscleRetested) or not is_plain(retest) or retest.response != "holds":
            continue
        activated = [
            each.sequence
            for each in loop
            if isinstance(each, ActivationPerformed) and place_of(each) == place_of(retest)
        ]
        released = [each.sequence for each in loop if isinstance(each, ReleaseApplied) and place_of(each) in overactive]
        if place_of(retest) in inhibited and any(r < a < retest.sequence for r in released for a in activated):
            yield retest

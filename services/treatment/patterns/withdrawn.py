"""Whether what a pattern rests on still stands: each of its changes is tried again on the sessions as they read now.

A test may have become warm by a release of which word came late, been amended, or been entered in error. The pattern
has no event of that: the same events of both give the same doubts, whenever they are read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.treatment.patterns import commands as c
from services.treatment.patterns.decider import PATTERN, cold_test
from services.treatment.patterns.evidence import Session
from services.treatment.patterns.state import Pattern, Seen
from shared.decider import Refused
from shared.events import treatment_patterns as p


@dataclass(frozen=True, slots=True)
class Doubt:
    """A change that its session does not show any more: `number` is its place, from 0, `because` what refuses it."""

    number: int
    because: str
    session_id: UUID
    test_ids: tuple[UUID, ...]


def doubts(events: Iterable[Any], sessions: Mapping[UUID, Session]) -> tuple[Doubt, ...]:
    """The changes of a pattern, by all of its events, that would be refused today; `sessions` has those they name."""
    found: list[Doubt] = []
    pattern = Pattern()
    for number, event in enumerate(events):
        if isinstance(event, Seen):
            session = sessions.get(event.session_id, nothing_of(event.session_id))
            if because := refusal(event, session, pattern):
                found.append(Doubt(number, because, event.session_id, tests_of(event)))
        pattern = PATTERN.evolve(pattern, event)
    return tuple(found)


def is_in_doubt(pattern: Pattern, found: Iterable[Doubt]) -> bool:
    """Whether somebody has to look; what was refuted or entered in error is over anyway."""
    return pattern.state not in {"refuted", "entered_in_error"} and any(found)


def refusal(event: Seen, session: Session, before: Pattern) -> str | None:
    """The code of what the change would be refused with; what a secondary pattern shows is judged by its test alone."""
    try:
        match again(event, session):
            case c.Promote() | c.Clear() as command:
                cold_test(command, before, "fails" if isinstance(command, c.Promote) else "holds")
            case command:
                PATTERN.decide(command, before)
    except Refused as refused:
        return refused.code
    return None


def again(event: Seen, session: Session) -> c.Shown:
    """The command that this event came of."""
    match event:
        case p.PatternConfirmed(by_tests=(failed, held)):
            return c.Confirm(session, failed, held)
        case p.PatternRefuted():
            return c.Refute(session, event.by_tests)
        case p.PatternCorrectedInSession():
            return c.Correct(session, event.loop_id)
        case p.PatternHeld():
            return c.Hold(session, event.test_id, event.thresholds)
        case p.PatternRelapsed():
            return c.Relapse(session, event.test_id, event.trigger)
        case p.PatternPromoted():
            return c.Promote(session, event.test_id, Pattern())
        case p.PatternClearedWithPrimary():
            return c.Clear(session, event.test_id, Pattern())
        case _:
            raise TypeError(event)


def tests_of(event: Seen) -> tuple[UUID, ...]:
    return event.by_tests if isinstance(event, p.PatternConfirmed | p.PatternRefuted) else (event.test_id,)


def nothing_of(session_id: UUID) -> Session:
    """A session of which nothing stands."""
    return Session(session_id=session_id, episode_id=None, entries=())

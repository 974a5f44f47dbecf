"""Commands with evidence that shows what they say, and ways that lead into each state of a pattern."""

from datetime import datetime
from functools import reduce
from typing import Any
from uuid import UUID

from services.treatment.patterns import commands as c
from services.treatment.patterns.decider import PATTERN
from services.treatment.patterns.state import Change, Pattern, State
from shared.events import treatment_patterns as p
from shared.ids import new_id
from tests.unit.treatment.builders import (
    CLIENT,
    DAY,
    FIRST,
    GLUTE,
    LAST,
    PSOAS,
    hypothesised,
    loop,
    muscle_test,
    released,
    retested,
    session,
)

EPISODE, LATER_EPISODE = new_id(), new_id()
PRIMARY_ID = new_id()


def after(pattern: Pattern, *commands: Any) -> Pattern:
    """Raises what is refused."""
    for command in commands:
        pattern = reduce(PATTERN.evolve, PATTERN.decide(command, pattern), pattern)
    return pattern


def cold(response: Any, at: datetime, episode_id: UUID | None = LATER_EPISODE) -> tuple[Any, UUID]:
    """A session that begins with one cold retest."""
    made = session(retested(GLUTE, response), at=at, episode_id=episode_id)
    return made, next(made.tests()).test_id


def corrected_primary(at: datetime) -> Pattern:
    made = session(*loop(), at=at - DAY)
    tests = [each.test_id for each in made.tests()]
    [*_, last] = made.entries
    found = hypothesised(pattern_id=PRIMARY_ID, happened_at=at - 2 * DAY)
    assert last.loop_id is not None
    return after(Pattern(), c.Hypothesise(found, LAST), c.Confirm(made, *tests), c.Correct(made, last.loop_id))


def shown(change: Change, at: datetime) -> Any:
    """The command with evidence at a moment that shows what it says, whatever the state is."""
    match change:
        case "confirm":
            made = session(muscle_test(GLUTE, "fails"), released(PSOAS), retested(GLUTE, "holds"), at=at)
            return c.Confirm(made, *(each.test_id for each in made.tests()))
        case "refute":
            made, test_id = cold("holds", at)
            return c.Refute(made, (test_id,))
        case "correct":
            made = session(*loop(), at=at)
            [*_, last] = made.entries
            assert last.loop_id is not None
            return c.Correct(made, last.loop_id)
        case "hold":
            return c.Hold(*cold("holds", at))
        case "relapse":
            return c.Relapse(*cold("fails", at))
        case "promote":
            return c.Promote(*cold("fails", at), corrected_primary(at))
        case "clear":
            return c.Clear(*cold("holds", at), corrected_primary(at))
        case _:
            return said(change, at)


def said(change: Change, at: datetime) -> Any:
    when: dict[str, Any] = {"happened_at": at, "now": LAST}
    match change:
        case "hypothesise":
            return c.Hypothesise(hypothesised(episode_id=EPISODE, happened_at=at), LAST)
        case "resolve":
            return c.Resolve(nrs_before=6, nrs_now=1, thresholds=p.Thresholds(holds=1, span_days=0), **when)
        case "subordinate":
            return c.Subordinate(primary_id=PRIMARY_ID, own={PRIMARY_ID}, above={}, **when)
        case "close":
            return c.Close(episode_id=EPISODE, is_discharged=True, **when)
        case "enter_in_error":
            return c.EnterInError(reason="not this client", **when)
        case _:
            raise ValueError(change)


WAYS: dict[State, tuple[Change, ...]] = {
    "none": (),
    "hypothesised": ("hypothesise",),
    "confirmed": ("hypothesise", "confirm"),
    "refuted": ("hypothesise", "refute"),
    "corrected": ("hypothesise", "confirm", "correct"),
    "holding": ("hypothesise", "confirm", "correct", "hold"),
    "resolved": ("hypothesise", "confirm", "correct", "hold", "resolve"),
    "relapsed": ("hypothesise", "confirm", "correct", "relapse"),
    "secondary": ("hypothesise", "subordinate"),
    "unverified": ("hypothesise", "confirm", "close"),
    "entered_in_error": ("hypothesise", "enter_in_error"),
}


def in_state(state: State) -> tuple[Pattern, datetime]:
    """A pattern in this state, and a moment two days after its last change."""
    pattern, at = Pattern(), FIRST
    for change in WAYS[state]:
        pattern = after(pattern, shown(change, at))
        at += 2 * DAY
    assert pattern.state == state
    assert pattern.found is None or pattern.found.client_id == CLIENT
    return pattern, at

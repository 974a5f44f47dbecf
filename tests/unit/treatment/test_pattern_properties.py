"""Over random histories: the table alone leads on, replay is the same in any parts, left is never right, no circles."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from itertools import pairwise
from typing import Any, get_args
from uuid import UUID

from hypothesis import given, strategies as st

from services.treatment.patterns import commands as c
from services.treatment.patterns.decider import PATTERN
from services.treatment.patterns.state import Change, Pattern, stands
from shared.decider import NotThere, Refused
from shared.events import treatment_patterns as p
from shared.ids import new_id
from tests.unit.treatment.builders import (
    DAY,
    FIRST,
    LAST,
    PLACES,
    TOUCH,
    activated,
    hypothesised,
    muscle_test,
    released,
    retested,
    session,
)
from tests.unit.treatment.pattern_paths import corrected_primary, shown
from tests.unit.treatment.test_patterns import TABLE

LOOPS = (new_id(), new_id(), None)
PLACE = st.sampled_from(PLACES)
RESPONSE = st.sampled_from(["holds", "holds", "fails", "fails", "delayed", "not_tested"])
MORE = st.fixed_dictionaries({"loop_id": st.sampled_from(LOOPS)})
TOUCHED = st.sampled_from([None, None, TOUCH, replace(TOUCH, side="right")])
DRAFT = st.one_of(
    st.builds(
        lambda where, how, touch, more: muscle_test(where, how, provocation=touch, **more),
        PLACE,
        RESPONSE,
        TOUCHED,
        MORE,
    ),
    st.builds(lambda where, how, more: retested(where, how, **more), PLACE, RESPONSE, MORE),
    st.builds(lambda where, more: released(where, **more), PLACE, MORE),
    st.builds(lambda where, more: activated(where, **more), PLACE, MORE),
)
BY_TESTS: tuple[Change, ...] = ("confirm", "refute", "correct", "hold", "relapse", "promote", "clear")


@st.composite
def any_command(draw: st.DrawFn) -> Any:
    """A function from a moment to a command: half of them rest on a session of whatever entries."""
    change: Change = draw(st.sampled_from(get_args(Change)))
    if change not in BY_TESTS or draw(st.booleans()):
        return lambda at: shown(change, at)
    drafts = draw(st.lists(DRAFT, min_size=1, max_size=8))
    choices = draw(st.tuples(st.integers(0, 7), st.integers(0, 7)))
    return lambda at: told(change, drafts, choices, at)


def told(change: Change, drafts: list[Any], choices: tuple[int, int], at: datetime) -> Any:
    """A command that names any two tests of a session of these drafts."""
    made = session(*drafts, at=at, episode_id=new_id() if choices[0] % 2 else None)
    tests = [each.test_id for each in made.tests()] or [new_id()]
    first, second = (tests[each % len(tests)] for each in choices)
    match change:
        case "confirm":
            return c.Confirm(made, first, second)
        case "refute":
            return c.Refute(made, (first,) if choices[0] % 2 else (first, second))
        case "correct":
            return c.Correct(made, LOOPS[choices[0] % 2] or first)
        case "hold":
            return c.Hold(made, first)
        case "relapse":
            return c.Relapse(made, first)
        case "promote":
            return c.Promote(made, first, corrected_primary(at))
        case _:
            return c.Clear(made, first, corrected_primary(at))


HISTORY = st.lists(st.tuples(any_command(), st.integers(0, 40)), max_size=14)


def walked(history: list[tuple[Any, int]]) -> list[tuple[Any, Pattern, list[Any]]]:
    """The commands with the states they met and what was decided; refused ones have decided nothing."""
    pattern, at = Pattern(), FIRST
    steps: list[tuple[Any, Pattern, list[Any]]] = []
    for make, days in [(lambda moment: shown("hypothesise", moment), 0), *history]:
        at += days * DAY + timedelta(hours=1)
        command = make(at)
        events = decided(command, pattern)
        steps.append((command, pattern, events if isinstance(events, list) else []))
        pattern = reduce(PATTERN.evolve, steps[-1][2], pattern)
    return steps


def decided(command: Any, pattern: Pattern) -> list[Any] | str:
    """The events, or the code of the refusal."""
    try:
        return PATTERN.decide(command, pattern)
    except (Refused, NotThere) as refused:
        return getattr(refused, "code", "not_there")


def mirrored(value: Any) -> Any:
    """The same with left and right exchanged, everywhere inside."""
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: mirrored(getattr(value, each.name)) for each in fields(value)})
    if isinstance(value, tuple | list):
        return type(value)(mirrored(each) for each in value)
    if isinstance(value, Mapping):
        return {key: mirrored(each) for key, each in value.items()}
    return {"left": "right", "right": "left"}.get(value, value) if isinstance(value, str) else value


@given(HISTORY)
def test_every_step_of_every_history_is_in_the_table(history: list[tuple[Any, int]]) -> None:
    for command, before, events in walked(history):
        for event in events:
            there = PATTERN.evolve(before, event).state
            assert (before.state, c.CHANGE[type(command)], there) in TABLE


@given(HISTORY, st.lists(st.integers(0, 14), max_size=4))
def test_replay_in_any_parts_gives_the_same_pattern(history: list[tuple[Any, int]], cuts: list[int]) -> None:
    events = [event for _, _, some in walked(history) for event in some]
    bounds = [0, *sorted(cuts), len(events)]
    pattern = Pattern()
    for first, last in pairwise(bounds):
        pattern = reduce(PATTERN.evolve, events[first:last], pattern)
    assert pattern == reduce(PATTERN.evolve, events, Pattern())


@given(HISTORY)
def test_a_history_tells_its_changes_in_the_order_in_which_they_happened(history: list[tuple[Any, int]]) -> None:
    times = [event.happened_at for _, _, events in walked(history) for event in events]
    assert times == sorted(times)


@given(HISTORY)
def test_a_mirrored_history_is_decided_as_the_mirror_image(history: list[tuple[Any, int]]) -> None:
    for command, before, _ in walked(history):
        assert decided(mirrored(command), mirrored(before)) == mirrored(decided(command, before))


@given(HISTORY)
def test_what_the_other_side_shows_says_nothing(history: list[tuple[Any, int]]) -> None:
    for command, before, events in walked(history):
        if events and c.CHANGE[type(command)] in BY_TESTS:
            assert decided(mirrored(command), before) in {"no_such_test", "not_corrected"}


@given(HISTORY)
def test_what_held_or_came_back_was_a_cold_test_of_an_inhibited_member(history: list[tuple[Any, int]]) -> None:
    for command, before, events in walked(history):
        for event in events:
            if isinstance(event, p.PatternHeld | p.PatternRelapsed):
                entries = {each.sequence: each for each in command.session.entries}
                test = entries[event.sequence]
                assert (test.target, test.side) in before.inhibited
                assert test.response == ("holds" if isinstance(event, p.PatternHeld) else "fails")
                assert all(hasattr(entries[earlier], "test_id") for earlier in entries if earlier < event.sequence)


IDS = [new_id() for _ in range(5)]
NOBODY = new_id()
STEP = st.tuples(
    st.sampled_from(["under", "under", "under", "promote", "merge", "unmerge", "error"]),
    st.sampled_from(range(5)),
    st.sampled_from(range(5)),
)


@given(st.lists(STEP, max_size=30))
def test_patterns_never_hang_in_a_circle_also_when_clients_are_merged(steps: list[tuple[str, int, int]]) -> None:
    """Five patterns, each of a client of its own to begin with."""
    person = list(range(5))
    patterns = {each: reduce(PATTERN.evolve, [hypothesised(pattern_id=each)], Pattern()) for each in IDS}
    at = FIRST
    for what, one, other in steps:
        at += 3 * DAY
        if what == "merge":
            person = [person[other] if each == person[one] else each for each in person]
        elif what == "unmerge":
            person[one] = one
        else:
            theirs = {each for each, whose in zip(IDS, person, strict=True) if whose == person[one]}
            own = {each: patterns[each] for each in theirs if stands(patterns[each])}
            above = {each: known.primary_id for each, known in patterns.items() if known.primary_id}
            primary = own.get(above.get(IDS[one], NOBODY), Pattern())
            fields_: dict[str, Any] = {"own": own, "above": above, "primary": primary, "happened_at": at, "now": LAST}
            command = (
                c.Subordinate(primary_id=IDS[other], **fields_)
                if what == "under"
                else shown("enter_in_error" if what == "error" else "promote", at)
            )
            events = decided(command, patterns[IDS[one]])
            if isinstance(events, list):
                patterns[IDS[one]] = reduce(PATTERN.evolve, events, patterns[IDS[one]])
        assert not any(is_in_a_circle(each, patterns) for each in IDS)


def is_in_a_circle(pattern_id: UUID, patterns: Mapping[UUID, Pattern]) -> bool:
    above = patterns[pattern_id].primary_id
    for _ in patterns:
        if above is None:
            return False
        above = patterns[above].primary_id
    return True

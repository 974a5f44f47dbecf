"""Patterns that rest on what does not stand any more: seen again from the same events, and never otherwise."""

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from services.treatment.patterns import commands as c, refusals as r
from services.treatment.patterns.decider import PATTERN
from services.treatment.patterns.evidence import Session
from services.treatment.patterns.plan import next_plan
from services.treatment.patterns.proposals import Asked, proposals
from services.treatment.patterns.state import FROM, Change, Pattern
from services.treatment.patterns.withdrawn import Doubt, doubts, is_in_doubt
from shared.events import treatment_sessions as t
from shared.ids import new_id
from tests.unit.treatment.builders import DAY, FIRST, GLUTE, LAST, PSOAS, released, session
from tests.unit.treatment.pattern_paths import EPISODE, PRIMARY_ID, after, cold, corrected_primary, in_state, shown

ONE = new_id()
WAYS: tuple[tuple[Change, ...], ...] = (
    ("hypothesise", "confirm", "correct", "hold", "hold", "resolve", "relapse", "correct"),
    ("hypothesise", "refute"),
    ("hypothesise", "confirm", "close", "hold", "relapse"),
    ("hypothesise", "subordinate", "promote", "correct"),
    ("hypothesise", "subordinate", "clear", "hold"),
)


def history(way: tuple[Change, ...]) -> tuple[list[Any], dict[UUID, Session]]:
    """The events of a pattern that went this way, and the sessions that showed it."""
    events: list[Any] = []
    sessions: dict[UUID, Session] = {}
    for number, change in enumerate(way):
        command = shown(change, FIRST + 2 * number * DAY)
        events += PATTERN.decide(command, reduce(PATTERN.evolve, events, Pattern()))
        if isinstance(command, c.Shown):
            sessions[command.session.session_id] = command.session
    return events, sessions


def in_words(found: tuple[Doubt, ...]) -> list[tuple[int, str]]:
    return [(each.number, each.because) for each in found]


def with_release_first(made: Session) -> Session:
    """The session once word has come of a release before everything that was tested."""
    [late] = session(released(PSOAS)).entries
    late = replace(late, session_id=made.session_id, sequence=0)
    tests = t.MuscleTested | t.MuscleRetested
    entries = [replace(each, cold=False) if isinstance(each, tests) else each for each in made.entries]
    return replace(made, entries=(late, *entries))


def without_tests(made: Session) -> Session:
    kept = [each for each in made.entries if not isinstance(each, t.MuscleTested | t.MuscleRetested)]
    return replace(made, entries=tuple(kept))


def otherwise(made: Session) -> Session:
    """The session once its responses were amended into their opposite."""
    turned: Mapping[str, Any] = {"holds": "fails", "fails": "holds"}
    tests = t.MuscleTested | t.MuscleRetested
    entries = [replace(e, response=turned[e.response]) if isinstance(e, tests) else e for e in made.entries]
    return replace(made, entries=tuple(entries))


@pytest.mark.parametrize("way", WAYS)
def test_what_nobody_has_touched_is_in_no_doubt(way: tuple[Change, ...]) -> None:
    assert doubts(*history(way)) == ()


def test_a_hold_is_in_doubt_once_its_retest_turns_out_warm() -> None:
    events, sessions = history(("hypothesise", "confirm", "correct", "hold"))
    held = events[-1]
    late = sessions | {held.session_id: with_release_first(sessions[held.session_id])}
    assert in_words(doubts(events, late)) == [(3, "not_cold")]
    [doubt] = doubts(events, late)
    assert (doubt.session_id, doubt.test_ids) == (held.session_id, (held.test_id,))


@pytest.mark.parametrize("way", WAYS)
def test_every_change_is_in_doubt_whose_tests_were_taken_back_or_amended(way: tuple[Change, ...]) -> None:
    events, sessions = history(way)
    resting = [number for number, event in enumerate(events) if getattr(event, "session_id", None) in sessions]
    assert resting
    for change in (without_tests, otherwise):
        changed = {each: change(made) for each, made in sessions.items()}
        assert [each.number for each in doubts(events, changed)] == resting
    assert {because for _, because in in_words(doubts(events, {}))} <= {"no_such_test", "not_corrected"}


def test_the_other_side_puts_nothing_in_doubt() -> None:
    events, sessions = history(("hypothesise", "confirm", "correct", "hold"))
    held = events[-1].session_id
    first: Any = sessions[held].entries[0]
    other = replace(first, side="right", test_id=new_id(), sequence=50, response="fails")
    more = sessions | {held: replace(sessions[held], entries=(*sessions[held].entries, other))}
    assert doubts(events, more) == ()


def test_what_was_refuted_or_entered_in_error_is_over_and_in_no_doubt() -> None:
    found = (Doubt(1, "not_cold", new_id(), (new_id(),)),)
    assert is_in_doubt(in_state("corrected")[0], found)
    assert not is_in_doubt(in_state("corrected")[0], ())
    assert not is_in_doubt(in_state("refuted")[0], found)
    assert not is_in_doubt(in_state("entered_in_error")[0], found)


@st.composite
def touched(draw: st.DrawFn) -> tuple[list[Any], dict[UUID, Session]]:
    """A history, some of whose sessions read otherwise by now."""
    events, sessions = history(draw(st.sampled_from(WAYS)))
    ways = st.sampled_from([None, with_release_first, without_tests, otherwise])
    changes = {each: draw(ways) for each in sessions}
    return events, {each: (changes[each] or (lambda made: made))(made) for each, made in sessions.items()}


@given(touched(), st.permutations(range(8)))
def test_the_same_events_give_the_same_doubts_in_whatever_order_sessions_are_read(
    told: tuple[list[Any], dict[UUID, Session]], order: list[int]
) -> None:
    events, sessions = told
    ids = list(sessions)
    shuffled = {ids[each]: sessions[ids[each]] for each in order if each < len(ids)}
    assert doubts(events, shuffled) == doubts(events, sessions)


@given(touched())
def test_doubts_of_a_beginning_are_the_beginning_of_the_doubts(told: tuple[list[Any], dict[UUID, Session]]) -> None:
    events, sessions = told
    whole = doubts(events, sessions)
    for length in range(len(events) + 1):
        assert doubts(events[:length], sessions) == tuple(each for each in whole if each.number < length)


def test_the_session_of_a_doubt_suggests_to_take_the_pattern_back_and_the_plan_to_look() -> None:
    events, sessions = history(("hypothesise", "confirm", "correct", "hold"))
    held = events[-1]
    here = with_release_first(sessions[held.session_id])
    pattern = reduce(PATTERN.evolve, events, Pattern())
    found = doubts(events, sessions | {held.session_id: here})
    asked = Asked(session=here, patterns={ONE: pattern}, now=LAST, doubted={ONE: found})
    [last] = [each for each in proposals(asked) if each.change == "enter_in_error"]
    assert (last.pattern_id, last.test_ids) == (ONE, (held.test_id,))
    elsewhere = Asked(session=session(), patterns={ONE: pattern}, now=LAST, doubted={ONE: found})
    assert not proposals(elsewhere)
    plan = next_plan({ONE: pattern}, at=LAST, doubted=[ONE])
    assert [each.kind for each in plan] == ["cold_retest", "review"]


def test_what_is_open_in_a_discharged_episode_may_be_closed_after_everything_else() -> None:
    open_one, closed = in_state("corrected")[0], in_state("unverified")[0]
    patterns = {ONE: open_one, new_id(): closed}
    kinds = [(each.kind, each.pattern_id) for each in next_plan(patterns, at=LAST, discharged={EPISODE})]
    assert [kind for kind, _ in kinds] == ["cold_retest", "cold_retest", "close"]
    assert kinds[-1] == ("close", ONE)


LOST = (Pattern(), in_state("refuted")[0], in_state("entered_in_error")[0])
"""What a secondary pattern may find above itself that holds it no more."""


@pytest.mark.parametrize("primary", LOST, ids=lambda each: each.state)
def test_what_lost_its_primary_is_promoted_by_a_cold_failure_or_hung_under_another(primary: Pattern) -> None:
    pattern, at = in_state("secondary")
    assert after(pattern, c.Promote(*cold("fails", at), primary)).state == "confirmed"
    with pytest.raises(r.AnotherResponse):
        after(pattern, c.Promote(*cold("holds", at), primary))
    with pytest.raises(r.PrimaryNotCorrected):
        after(pattern, c.Clear(*cold("holds", at), primary))
    other = new_id()
    fields: dict[str, Any] = {"own": {other, PRIMARY_ID}, "above": {}, "happened_at": at, "now": LAST}
    assert after(pattern, c.Subordinate(primary_id=other, primary=primary, **fields)).primary_id == other
    assert [each.kind for each in next_plan({ONE: pattern, PRIMARY_ID: primary}, at=LAST)][:1] == ["cold_retest"]


def test_what_hangs_under_a_pattern_that_stands_is_not_taken_from_it() -> None:
    pattern, at = in_state("secondary")
    other = new_id()
    fields: dict[str, Any] = {"own": {other}, "above": {}, "happened_at": at, "now": LAST}
    for primary in (in_state("hypothesised")[0], corrected_primary(at)):
        with pytest.raises(r.PatternState):
            after(pattern, c.Subordinate(primary_id=other, primary=primary, **fields))
    assert "secondary" in FROM["subordinate"]
    assert pattern.inhibited == {GLUTE}

"""Which answers raise an alert: worsening beyond noise, severe pain that is new, and every red flag."""

from statistics import median
from typing import get_args

import pytest
from hypothesis import given, strategies as st

from services.treatment.alerts.rules import (
    LEVELS,
    RED_FLAGS,
    Scored,
    group_of,
    history_of,
    level_of,
    worsening,
)
from shared.events.treatment_alerts import Level
from shared.events.treatment_check_ins import RedFlag

SCORE = st.integers(0, 10)
HISTORY = st.lists(SCORE, max_size=8).map(tuple)

EXAMPLES = [
    # history, score, the rules that raise an alert
    ((), 7, ()),
    ((), 8, ("high",)),
    ((4,), 6, ()),
    ((4,), 7, ("worse_step",)),
    ((5, 4, 4), 6, ()),
    ((5, 2, 2, 2), 4, ()),
    ((2, 2, 2, 4), 4, ("worse_twice",)),
    ((2, 2, 2, 4), 3, ()),
    ((2, 2, 2, 3), 4, ()),
    ((2, 2, 4), 4, ()),
    ((9, 2, 2, 2, 4, 4), 4, ()),
    ((0, 0, 0, 2), 5, ("worse_twice", "worse_step")),
    ((5, 6, 7), 8, ("high",)),
    ((8, 9, 8), 9, ()),
    ((8, 3, 3), 9, ("worse_step",)),
    ((7, 9, 9), 9, ("high",)),
]


@pytest.mark.parametrize(("history", "score", "rules"), EXAMPLES)
def test_worsening_is_what_goes_beyond_noise(history: tuple[int, ...], score: int, rules: tuple[str, ...]) -> None:
    assert worsening(Scored(score=score), history) == rules


@pytest.mark.parametrize("score", range(8))
def test_soreness_after_a_session_raises_nothing_below_eight(score: int) -> None:
    assert worsening(Scored(score=score, after_session=True), (0, 0, 0, 0)) == ()


def test_soreness_of_eight_is_judged_like_any_other_answer() -> None:
    assert worsening(Scored(score=8, after_session=True), (2,)) == ("worse_step", "high")
    assert worsening(Scored(score=8, after_session=True), (9, 8)) == ()


def test_soreness_belongs_to_no_history() -> None:
    sore, calm = Scored(score=7, after_session=True), Scored(score=3)
    assert history_of([sore, calm, sore], 5) == (5, 3)
    assert history_of([sore, calm], None) == (3,)
    assert worsening(Scored(score=6), history_of([calm, sore], None)) == ("worse_step",)


@given(HISTORY, SCORE, st.booleans())
def test_a_score_that_is_no_higher_than_all_before_raises_nothing_unless_severe(
    history: tuple[int, ...], score: int, sore: bool
) -> None:
    rules = worsening(Scored(score=score, after_session=sore), history)
    if history and score <= min(history) and score < 8:
        assert not rules


@given(HISTORY, SCORE)
def test_a_higher_score_breaks_no_fewer_rules(history: tuple[int, ...], score: int) -> None:
    lower, higher = (set(worsening(Scored(score=each), history)) for each in (score, min(10, score + 1)))
    assert lower <= higher


@given(HISTORY, SCORE)
def test_soreness_never_raises_what_the_same_score_would_not(history: tuple[int, ...], score: int) -> None:
    sore, plain = (worsening(Scored(score=score, after_session=each), history) for each in (True, False))
    assert sore in {(), plain}


@given(st.lists(SCORE, min_size=4, max_size=8).map(tuple), SCORE)
def test_twice_running_means_this_score_and_the_one_before_against_their_own_medians(
    history: tuple[int, ...], score: int
) -> None:
    this = score - median(history[-3:]) >= 2
    before = history[-1] - median(history[-4:-1]) >= 2
    assert ("worse_twice" in worsening(Scored(score=score), history)) == (this and before)


@given(HISTORY, SCORE)
def test_only_the_baseline_and_the_last_four_scores_matter(history: tuple[int, ...], score: int) -> None:
    short = (*history[:1], *history[1:][-4:])
    assert worsening(Scored(score=score), history) == worsening(Scored(score=score), short)


@given(st.sets(st.sampled_from(sorted(RED_FLAGS)), min_size=1))
def test_the_gravest_flag_says_how_soon(flags: set[str]) -> None:
    level = level_of(flags)
    assert LEVELS.index(level) == max(LEVELS.index(RED_FLAGS[flag]) for flag in flags)
    assert level != "worsening"


def test_what_may_not_wait_for_an_appointment_is_an_emergency() -> None:
    emergencies = {flag for flag, level in RED_FLAGS.items() if level == "emergency"}
    assert emergencies == {"saddle_numbness", "bladder_bowel", "chest_breath", "sudden_weakness"}
    assert set(get_args(Level)) == set(LEVELS)


def test_every_flag_that_can_be_ticked_says_how_soon() -> None:
    assert set(RED_FLAGS) == set(get_args(RedFlag))


def test_flags_and_scores_are_alerts_of_their_own() -> None:
    assert group_of(["red_flag"]) == "red_flag"
    assert group_of(["worse_step", "high"]) == "worsening"

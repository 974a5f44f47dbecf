"""What can be recorded of an episode of care, and what it is measured by."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, strategies as st

from services.treatment.episodes import commands as c, decider as d
from services.treatment.episodes.decider import EPISODE, Episode
from services.treatment.episodes.rules import FRESH, BaselineTooLate, BaselineTooOld, counts
from services.treatment.order import NotYet, OutOfOrder
from shared.decider import NotThere, Refused
from shared.events import treatment_episodes as e
from shared.ids import new_id

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
OPENED = e.EpisodeOpened(
    episode_id=new_id(),
    client_id=new_id(),
    target="knee",
    side="left",
    catalogue=1,
    complaint=None,
    lead_therapist_id=new_id(),
    clinic_id=new_id(),
    opened_from="none",
    appointment_id=None,
    happened_at=NOW - 30 * DAY,
)
OPEN = EPISODE.evolve(Episode(), OPENED)
AT: dict[str, Any] = {"happened_at": NOW, "now": NOW}
SCORES: dict[str, Any] = {"nrs_now": 4, "nrs_worst": 8, "nrs_average": 6}
HOLD, RESUME, REOPEN = c.Hold(**AT), c.Resume(**AT), c.Reopen(**AT)
DISCHARGE = c.Discharge(**AT, outcome="goal_met", planned=True)


def after(episode: Episode, *commands: Any) -> Episode:
    return reduce(
        lambda state, command: reduce(EPISODE.evolve, EPISODE.decide(command, state), state), commands, episode
    )


def goal(**changes: Any) -> c.SetGoal:
    fields: dict[str, Any] = {"goal_id": new_id(), "activity": "run", "score": 3}
    return c.SetGoal(**fields | AT | changes)


def test_an_episode_is_opened_once_and_nothing_happens_to_one_that_is_not_there() -> None:
    assert EPISODE.decide(c.OpenEpisode(OPENED, NOW), Episode()) == [OPENED]
    with pytest.raises(d.EpisodeExists):
        EPISODE.decide(c.OpenEpisode(OPENED, NOW), OPEN)
    with pytest.raises(NotThere):
        EPISODE.decide(HOLD, Episode())


def test_it_is_held_resumed_discharged_and_opened_again() -> None:
    assert after(OPEN, HOLD).status == "held"
    assert after(OPEN, HOLD, RESUME).status == "active"
    discharged = after(OPEN, HOLD, DISCHARGE)
    assert (discharged.status, discharged.discharged) == (
        "discharged",
        e.EpisodeDischarged(
            episode_id=OPENED.episode_id,
            client_id=OPENED.client_id,
            outcome="goal_met",
            planned=True,
            happened_at=NOW,
        ),
    )
    assert after(discharged, REOPEN).status == "active"
    assert after(discharged, REOPEN).discharged is None


@pytest.mark.parametrize(
    ("earlier", "command", "refusal"),
    [
        ([HOLD], HOLD, d.EpisodeOnHold),
        ([], RESUME, d.EpisodeNotHeld),
        ([], REOPEN, d.EpisodeNotDischarged),
        ([DISCHARGE], DISCHARGE, d.EpisodeClosed),
        ([DISCHARGE], HOLD, d.EpisodeClosed),
        ([DISCHARGE], RESUME, d.EpisodeClosed),
        ([DISCHARGE], goal(), d.EpisodeClosed),
        ([DISCHARGE], c.SetBaseline(**SCORES, **AT, first_treated_at=None), d.EpisodeClosed),
        ([DISCHARGE], c.Transfer(**AT, reason="moved", clinic_id=new_id()), d.EpisodeClosed),
        ([], c.Transfer(**AT, reason="moved"), d.NothingTransferred),
        ([], c.Transfer(**AT, reason="moved", clinic_id=OPENED.clinic_id), d.NothingTransferred),
        ([], replace(HOLD, happened_at=NOW + DAY), NotYet),
        ([], replace(HOLD, happened_at=OPENED.happened_at - DAY), OutOfOrder),
        ([HOLD], replace(RESUME, happened_at=NOW - DAY), OutOfOrder),
        ([goal() for _ in range(5)], goal(), d.TooManyGoals),
        ([goal(goal_id=OPENED.client_id)], goal(goal_id=OPENED.client_id), d.GoalExists),
        ([], c.ScoreGoal(**AT, goal_id=OPENED.client_id, score=3), NotThere),
        ([], goal(score=11), d.NoSuchScore),
        ([], goal(score=-1), d.NoSuchScore),
    ],
)
def test_what_does_not_fit_is_refused(earlier: list[Any], command: Any, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        EPISODE.decide(command, after(OPEN, *earlier))


def test_a_transfer_names_who_leads_and_where_from_then_on() -> None:
    therapist = new_id()
    moved = after(OPEN, c.Transfer(**AT, reason="moved", lead_therapist_id=therapist))
    assert (moved.lead_therapist_id, moved.clinic_id) == (therapist, OPENED.clinic_id)


def test_a_goal_keeps_all_its_scores_in_their_order() -> None:
    set_goal = goal(happened_at=NOW - 7 * DAY)
    scored = after(OPEN, set_goal, c.ScoreGoal(**AT, goal_id=set_goal.goal_id, score=8))
    assert scored.goals[set_goal.goal_id].scores == ((NOW - 7 * DAY, 3), (NOW, 8))
    with pytest.raises(OutOfOrder):
        EPISODE.decide(c.ScoreGoal(goal_id=set_goal.goal_id, score=8, happened_at=NOW - DAY, now=NOW), scored)


@given(days=st.integers(-30, 30), minutes=st.integers(-1, 1))
def test_a_baseline_counts_within_the_seven_days_before_the_first_treatment(days: int, minutes: int) -> None:
    treated_at = NOW - 40 * DAY
    taken_at = treated_at + days * DAY + timedelta(minutes=minutes)
    command = c.SetBaseline(**SCORES, happened_at=taken_at, first_treated_at=treated_at, now=NOW)
    in_time = treated_at - FRESH <= taken_at <= treated_at
    try:
        [baseline] = EPISODE.decide(command, OPEN)
    except (BaselineTooLate, BaselineTooOld):
        assert not in_time
    else:
        assert in_time
        assert counts(baseline, treated_at)


def test_a_baseline_that_grew_old_before_the_first_treatment_no_longer_counts() -> None:
    [baseline] = EPISODE.decide(c.SetBaseline(**SCORES, **AT, first_treated_at=None), OPEN)
    assert counts(baseline, None)
    assert counts(baseline, NOW + FRESH)
    assert not counts(baseline, NOW + FRESH + timedelta(seconds=1))
    assert after(OPEN, c.SetBaseline(**SCORES, **AT, first_treated_at=None)).baseline == baseline


@given(st.integers())
def test_only_whole_numbers_from_0_to_10_are_scores(score: int) -> None:
    for scores in ({"nrs_now": score}, {"nrs_worst": score}, {"nrs_average": score}):
        command = c.SetBaseline(**SCORES | scores, **AT, first_treated_at=None)
        if 0 <= score <= 10:
            assert EPISODE.decide(command, OPEN)
        else:
            with pytest.raises(d.NoSuchScore):
                EPISODE.decide(command, OPEN)


COMMANDS = st.lists(
    st.sampled_from([HOLD, RESUME, DISCHARGE, REOPEN, goal(), c.SetBaseline(**SCORES, **AT, first_treated_at=None)]),
    max_size=12,
)


@given(COMMANDS, st.integers(0, 12))
def test_replay_in_any_two_parts_gives_the_state_that_was_decided_on(commands: list[Any], cut: int) -> None:
    events: list[Any] = [OPENED]
    state = OPEN
    for command in commands:
        try:
            decided = EPISODE.decide(command, state)
        except Refused:
            continue
        events += decided
        state = reduce(EPISODE.evolve, decided, state)
    first = reduce(EPISODE.evolve, events[:cut], Episode())
    assert reduce(EPISODE.evolve, events[cut:], first) == state

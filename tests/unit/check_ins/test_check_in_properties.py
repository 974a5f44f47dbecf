"""What holds of check-ins whatever happens, over random histories."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import reduce
from itertools import takewhile
from uuid import UUID

from hypothesis import given, strategies as st

from services.treatment.check_ins.decider import CHECK_INS
from services.treatment.check_ins.state import Ladder, evolve, together
from shared.events import treatment_check_ins as c
from tests.unit.check_ins.histories import (
    EPISODES,
    Made,
    answers,
    attempted,
    discharge,
    histories,
    openings,
    played,
    sessions,
    stop,
)

History = list[tuple[int, Made]]


@given(histories)
def test_no_two_questions_are_ever_open_for_one_client(history: History) -> None:
    ladder = Ladder()
    for now, event in played(history).events:
        ladder = evolve(ladder, event)
        assert sum(each.status(now) == "open" for each in ladder.check_ins.values()) <= 1


@given(histories)
def test_a_question_has_one_answer_and_is_not_asked_twice(history: History) -> None:
    for cls in (c.CheckInAnswered, c.CheckInOpened, c.CheckInCancelled, c.CheckInPlanned):
        counted = Counter(event.check_in_id for event in played(history).all if isinstance(event, cls))
        assert set(counted.values()) <= {1}, cls


@given(histories)
def test_only_what_is_asked_and_not_over_is_answered(history: History) -> None:
    ladder = Ladder()
    for now, event in played(history).events:
        if isinstance(event, c.CheckInAnswered):
            assert ladder.check_ins[event.check_in_id].status(now) == "open"
        if isinstance(event, c.CheckInCorrected):
            first = ladder.check_ins[event.check_in_id].answered
            assert first is not None
            assert now <= first.answered_at + timedelta(hours=24)
        ladder = evolve(ladder, event)


@given(histories, histories)
def test_who_has_stopped_the_questions_is_asked_nothing_until_they_resume(before: History, after: History) -> None:
    so_far = played([*before, (0, stop())])
    later = played(after, so_far.ladder, so_far.ended_at)
    until = takewhile(lambda event: not isinstance(event, c.CheckInsResumed), later.all)
    assert not [event for event in until if isinstance(event, (c.CheckInPlanned, c.CheckInOpened, c.CheckInAnswered))]


@given(histories, st.sampled_from(EPISODES))
def test_after_a_discharge_nothing_of_the_treatment_is_asked(history: History, episode: UUID) -> None:
    so_far = played([*history, (0, discharge(episode))])
    live = so_far.ladder.live(so_far.ended_at)
    assert all(each.follows_discharge for each in live if each.planned.episode_id == episode)


@given(histories, histories)
def test_who_was_erased_is_asked_nothing(before: History, after: History) -> None:
    so_far = played(before)
    later = played(after, replace(so_far.ladder, erased=True), so_far.ended_at)
    asking = (c.CheckInPlanned, c.CheckInOpened, c.CheckInAnswered, c.CheckInCorrected)
    assert not [event for event in later.all if isinstance(event, asking)]


@given(histories, st.one_of(st.builds(stop), sessions, openings, answers))
def test_saying_a_thing_again_changes_nothing(history: History, make: Made) -> None:
    so_far = played(history)
    once = attempted(make, so_far.ladder, so_far.ended_at)
    assert attempted(make, reduce(CHECK_INS.evolve, once, so_far.ladder), so_far.ended_at) == []


@given(histories, st.data())
def test_replay_in_any_pieces_gives_the_same(history: History, data: st.DataObject) -> None:
    done = played(history)
    cut = data.draw(st.integers(0, len(done.all)))
    first = reduce(CHECK_INS.evolve, done.all[:cut], CHECK_INS.initial)
    assert reduce(CHECK_INS.evolve, done.all[cut:], first) == done.ladder


@given(histories)
def test_what_belongs_to_several_ids_is_one_ladder(history: History) -> None:
    done = played(history)
    assert together([done.ladder, Ladder()]) == together([Ladder(), done.ladder]) == done.ladder

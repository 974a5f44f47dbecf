"""What can be charted, in which order it stands, and what makes a test cold."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.treatment.order import NotYet
from services.treatment.sessions.decider import SESSION
from services.treatment.sessions.decisions.charting import (
    AnotherTarget,
    BeforeSession,
    Chart,
    Draft,
    EarlierTest,
    EntryExists,
    NoRoomBetween,
    NoSuchTest,
    OutOfRange,
    ReleaseGuarded,
    RetestNotCold,
    SequenceTaken,
)
from services.treatment.sessions.decisions.starting import Link, SessionExists, Start
from services.treatment.sessions.entries import id_of
from services.treatment.sessions.state import SessionLockedAlready
from shared.decider import NotThere
from shared.events.treatment_sessions import Guarded, MuscleTested, SessionLinked
from shared.ids import new_id
from tests.unit.sessions.builders import (
    BEGAN,
    NOW,
    STARTED,
    a_note,
    a_release,
    a_retest,
    a_score,
    a_test,
    after,
    an_activation,
    begun,
    charting,
    locked,
)

MINUTE = timedelta(minutes=1)
SCAR = Guarded(kind="contraindication", code="local", id=new_id())


def test_a_session_starts_once_and_the_same_again_is_nothing() -> None:
    assert SESSION.decide(Start(STARTED, NOW), SESSION.initial) == [STARTED]
    assert SESSION.decide(Start(replace(STARTED, catalogue=2), NOW), begun()) == []
    with pytest.raises(SessionExists):
        SESSION.decide(Start(replace(STARTED, client_id=new_id()), NOW), begun())
    with pytest.raises(NotYet):
        SESSION.decide(Start(replace(STARTED, started_at=NOW + timedelta(hours=1)), NOW), SESSION.initial)


def test_a_session_is_linked_to_its_visit_and_episode_until_it_is_locked() -> None:
    visit, episode = new_id(), new_id()
    [linked] = SESSION.decide(Link(episode, visit), begun())
    assert isinstance(linked, SessionLinked)
    session = after([Link(episode, visit)], begun())
    assert (session.episode_id, session.appointment_id) == (episode, visit)
    assert SESSION.decide(Link(episode, visit), session) == []
    with pytest.raises(SessionLockedAlready):
        SESSION.decide(Link(episode, visit), locked())


def test_nothing_is_charted_without_a_session() -> None:
    with pytest.raises(NotThere):
        SESSION.decide(charting(a_test()), SESSION.initial)


def test_entries_without_a_sequence_stand_as_they_were_sent() -> None:
    tested = a_test()
    entries = (tested, a_release(), an_activation(), a_retest(tested))
    assert [id_of(entry) for entry in begun(*entries).ordered] == [id_of(entry) for entry in entries]


def test_an_entry_of_which_word_comes_late_is_put_in_by_its_time() -> None:
    first, last = a_test(happened_at=BEGAN), a_test(happened_at=BEGAN + 10 * MINUTE)
    late = a_release(happened_at=BEGAN + 5 * MINUTE)
    session = after([charting(late)], begun(first, last))
    assert [id_of(entry) for entry in session.ordered] == [first.test_id, late.release_id, last.test_id]


def test_a_loop_of_which_word_comes_late_keeps_its_order_though_its_times_are_guesses() -> None:
    first, last = a_test(happened_at=BEGAN), a_test(happened_at=BEGAN + 30 * MINUTE)
    tested = a_test(happened_at=BEGAN + 10 * MINUTE)
    release = a_release(happened_at=BEGAN + 20 * MINUTE, approximate=True)
    retest = a_retest(tested, happened_at=BEGAN + 12 * MINUTE)
    session = after([charting(tested, release, retest)], begun(first, last))
    assert [id_of(entry) for entry in session.ordered] == [
        first.test_id,
        tested.test_id,
        release.release_id,
        retest.test_id,
        last.test_id,
    ]


def test_a_time_that_is_a_guess_alone_puts_an_entry_last() -> None:
    late = a_test(happened_at=BEGAN, approximate=True)
    session = after([charting(late)], begun(a_test(happened_at=BEGAN + MINUTE)))
    assert session.ordered[-1].happened_at == BEGAN


def test_without_a_time_an_entry_has_happened_now() -> None:
    [charted] = SESSION.decide(Chart((Draft(a_test(), has_time=False),), NOW), begun())
    assert charted.happened_at == NOW


def test_no_two_entries_have_one_place() -> None:
    with pytest.raises(SequenceTaken):
        SESSION.decide(charting(a_test(sequence=7)), begun(a_test(sequence=7)))
    with pytest.raises(NoRoomBetween):
        SESSION.decide(
            charting(a_release(happened_at=BEGAN)),
            begun(a_test(sequence=1), a_test(sequence=2, happened_at=BEGAN + MINUTE)),
        )


def test_the_same_entry_again_is_nothing_and_another_under_its_id_is_refused() -> None:
    tested = a_test()
    session = begun(tested)
    assert SESSION.decide(charting(tested, tested), session) == []
    assert SESSION.decide(charting(replace(tested, cold=True, catalogue=9)), session) == []
    assert SESSION.decide(charting(replace(tested, sequence=1000)), session) == []
    for other in (replace(tested, side="left"), replace(tested, sequence=5), a_score(score_id=tested.test_id)):
        with pytest.raises(EntryExists):
            SESSION.decide(charting(other), session)
    assert SESSION.decide(charting(tested), locked(tested)) == []
    with pytest.raises(EntryExists):
        SESSION.decide(charting(a_test(test_id=tested.test_id), a_note(note_id=tested.test_id)), begun())


def test_an_entry_without_a_time_is_the_same_whenever_it_is_sent_again() -> None:
    tested = a_test()
    session = after([Chart((Draft(tested, has_time=False),), NOW)], begun())
    assert SESSION.decide(Chart((Draft(tested, has_time=False),), NOW + MINUTE), session) == []


@pytest.mark.parametrize("value", [-1, 11])
def test_pain_is_a_number_from_0_to_10(value: int) -> None:
    with pytest.raises(OutOfRange):
        SESSION.decide(charting(a_score(value=value)), begun())


def test_nothing_is_charted_that_has_not_happened_or_belongs_to_another_day() -> None:
    with pytest.raises(NotYet):
        SESSION.decide(charting(a_test(happened_at=NOW + timedelta(hours=1))), begun())
    with pytest.raises(BeforeSession):
        SESSION.decide(charting(a_test(happened_at=BEGAN - timedelta(days=2))), begun())


def test_a_test_is_cold_until_something_was_released_or_activated_whatever_the_caller_says() -> None:
    entries = (a_test(cold=False), a_release(), a_test(cold=True))
    first, _, second = SESSION.decide(charting(*entries), begun())
    assert (first.cold, second.cold) == (True, False)


def test_a_release_of_which_word_comes_late_makes_the_tests_after_it_warm() -> None:
    session = begun(a_test(sequence=5))
    assert cold_tests(session) == [True]
    assert cold_tests(after([charting(a_release(sequence=3))], session)) == [False]


def cold_tests(session: Any) -> list[bool]:
    return [entry.cold for entry in session.ordered if isinstance(entry, MuscleTested)]


def test_a_retest_names_an_earlier_test_of_the_same_target_and_side() -> None:
    tested = a_test(sequence=5)
    session = begun(tested)
    assert len(SESSION.decide(charting(a_retest(tested, sequence=6)), session)) == 1
    for other in (a_retest(tested, side="left"), a_retest(tested, target="psoas_major")):
        with pytest.raises(AnotherTarget):
            SESSION.decide(charting(other), session)
    for other in (a_retest(tested, sequence=4), a_retest(a_test())):
        with pytest.raises(NoSuchTest):
            SESSION.decide(charting(other), session)


def test_a_cold_retest_may_name_a_test_of_a_session_before() -> None:
    before = a_test(happened_at=BEGAN - timedelta(days=7))
    known = {before.test_id: EarlierTest(target=before.target, side=before.side, happened_at=before.happened_at)}
    [retest] = SESSION.decide(charting(a_retest(before), tests=known), begun())
    assert retest.cold
    with pytest.raises(RetestNotCold):
        SESSION.decide(charting(a_retest(before), tests=known), begun(a_release()))
    with pytest.raises(AnotherTarget):
        SESSION.decide(charting(a_retest(before, side="left"), tests=known), begun())
    with pytest.raises(NoSuchTest):
        SESSION.decide(charting(a_retest(before), tests={}), begun())


def test_a_release_in_the_way_of_which_something_stands_needs_a_reason() -> None:
    release = a_release()
    guards = {release.release_id: (SCAR,)}
    with pytest.raises(ReleaseGuarded) as refused:
        SESSION.decide(charting(release, guards=guards), begun())
    assert refused.value.details["guards"] == [{"kind": "contraindication", "code": "local", "id": SCAR.id}]
    reason = replace(release, override="It has healed")
    [charted] = SESSION.decide(charting(reason, guards=guards), begun())
    assert (charted.overridden, charted.override) == ((SCAR,), "It has healed")
    [free] = SESSION.decide(charting(reason), begun())
    assert (free.overridden, free.override) == ((), None)

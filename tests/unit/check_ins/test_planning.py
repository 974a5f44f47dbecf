"""When check-ins fall due: on the days that the rules name, by the clock on the wall, and only what is still ahead."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.treatment.check_ins.commands import Details
from services.treatment.check_ins.state import due_at
from shared.events import treatment_check_ins as c
from tests.contracts.examples_of_check_ins import FILLED
from tests.unit.check_ins.histories import (
    EPISODES,
    Made,
    answer,
    discharge,
    fail_one,
    open_one,
    played,
    resume,
    session,
    stop,
)

A_DAY = 24
KNEE = EPISODES[0]


def plans(*history: tuple[int, Made]) -> list[tuple[str, date]]:
    return [(event.step, event.due_on) for event in played(list(history)).all if isinstance(event, c.CheckInPlanned)]


@pytest.mark.parametrize(
    ("day", "utc_hour"), [((2026, 3, 28), 17), ((2026, 3, 29), 16), ((2026, 10, 24), 16), ((2026, 10, 25), 17)], ids=str
)
def test_six_in_the_evening_is_that_also_when_clocks_are_changed(day: tuple[int, int, int], utc_hour: int) -> None:
    plan = next(event for event in FILLED if isinstance(event, c.CheckInPlanned))
    due = due_at(replace(plan, due_on=date(*day), due_time="18:00"))
    assert due == datetime(*day, utc_hour, tzinfo=UTC)


def test_a_time_that_clocks_skip_comes_an_hour_later_and_one_that_comes_twice_the_first_time() -> None:
    plan = next(event for event in FILLED if isinstance(event, c.CheckInPlanned))
    assert due_at(replace(plan, due_on=date(2026, 3, 29), due_time="02:30")) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert due_at(replace(plan, due_on=date(2026, 10, 25), due_time="02:30")) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


def test_rules_without_days_ask_weekly_from_the_first_week_on() -> None:
    weekly = replace(c.CheckInRules(), days=())
    assert plans((0, session(0, KNEE, weekly))) == [("weekly", date(2026, 3, 9))]
    assert plans((0, session(0, None, weekly))) == []
    assert plans((0, session(0, KNEE, None))) == []


def test_what_could_never_be_asked_does_not_end_the_weekly_questions() -> None:
    failed = [(0, session(0, KNEE)), (7 * A_DAY, open_one(9)), (0, fail_one(2, 0))]
    assert plans(*failed)[3:] == [("weekly", date(2026, 3, 16))]
    assert plans(*failed, (0, fail_one(2, 1)))[3:] == [("weekly", date(2026, 3, 16))]


def test_weeks_that_have_passed_unnoticed_are_not_made_up_for() -> None:
    late = [(0, session(0, KNEE)), (30 * A_DAY, open_one(2))]
    assert plans(*late)[3:] == [("weekly", date(2026, 4, 6))]


def test_an_answer_is_good_until_the_next_question_and_for_a_week_at_least() -> None:
    opened = [event for event in played([(0, session(0, KNEE)), (33, open_one(0))]).all if hasattr(event, "good_until")]
    assert [event.good_until - event.opened_at for event in opened] == [timedelta(days=7)]
    later = played([(0, discharge(KNEE)), (30 * A_DAY + 9, open_one(0))]).all
    [opening] = [event for event in later if isinstance(event, c.CheckInOpened)]
    assert opening.good_until == datetime(2026, 5, 31, 16, 0, tzinfo=UTC), "when the one after 90 days falls due"


def test_whoever_resumes_is_asked_what_is_ahead_or_else_the_next_weekly_question() -> None:
    early = [(0, session(0, KNEE)), (A_DAY, stop()), (A_DAY, resume())]
    assert plans(*early)[3:] == [("day_3", date(2026, 3, 5)), ("day_7", date(2026, 3, 9))]
    late = [(0, session(0, KNEE)), (A_DAY, stop()), (20 * A_DAY, resume())]
    assert plans(*late)[3:] == [("weekly", date(2026, 3, 23))]


def test_a_tap_that_is_repeated_leaves_what_else_was_said() -> None:
    told = answer(0, 4, Details(note="On the stairs"))
    done = played([(0, session(0, KNEE)), (33, open_one(0)), (0, answer(0, 4)), (0, told), (0, answer(0, 4))])
    said = next(iter(done.ladder.check_ins.values())).said
    assert said is not None
    assert (said.score, said.note) == (4, "On the stairs")
    assert sum(isinstance(event, c.CheckInCorrected) for event in done.all) == 1

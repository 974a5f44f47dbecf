"""An answer is given while the question is open, corrected for a day, and stands then."""

from datetime import timedelta

import pytest

from services.treatment.check_ins.answers import AnswerStands, NoSuchScore, NotOpen
from services.treatment.check_ins.decider import CHECK_INS
from shared.decider import NotThere
from shared.events import treatment_check_ins as c
from tests.unit.check_ins.histories import EPISODES, Made, answer, discharge, open_one, played, resume, session, stop

KNEE = EPISODES[0]
A_DAY = 24
OPENED: list[tuple[int, Made]] = [(0, session(0, KNEE)), (33, open_one(0))]
TAP = answer(0, 4)


def refused(history: list[tuple[int, Made]], make: Made, hours: float = 0) -> type[Exception]:
    """What an answer is refused with, so many hours after all that."""
    done = played(history)
    now = done.ended_at + timedelta(hours=hours)
    with pytest.raises(Exception) as info:
        CHECK_INS.decide(make(done.ladder, now), done.ladder)
    return info.type


def test_a_question_is_answered_while_it_is_open_and_not_before_or_after() -> None:
    assert refused(OPENED[:1], TAP) is NotOpen
    assert played([*OPENED, (7 * A_DAY - 1, TAP)]).all[-1].score == 4
    assert refused(OPENED, TAP, hours=7 * A_DAY) is NotOpen


@pytest.mark.parametrize(
    "ended", [stop(), discharge(KNEE), session(1, KNEE), open_one(1)], ids=["stop", "discharge", "session", "next"]
)
def test_what_was_taken_back_is_not_answered_any_more(ended: Made) -> None:
    assert refused([*OPENED, (1, ended)], TAP) is NotOpen


def test_an_answer_is_corrected_for_a_day_and_stands_then() -> None:
    told = [*OPENED, (0, TAP)]
    assert isinstance(played([*told, (A_DAY, answer(0, 5))]).all[-1], c.CheckInCorrected)
    assert refused(told, answer(0, 5), hours=A_DAY + 0.01) is AnswerStands
    assert refused([*told, (1, answer(0, 5))], answer(0, 6), hours=A_DAY) is AnswerStands, "a day from the first answer"


def test_a_score_is_from_nought_to_ten_and_a_question_one_that_there_is() -> None:
    assert refused(OPENED, answer(0, 11)) is NoSuchScore
    assert refused([], TAP) is NotThere


def test_what_is_planned_once_more_has_an_id_of_its_own() -> None:
    again = played([(0, session(0, KNEE)), (1, stop()), (1, resume()), (1, stop()), (1, resume())])
    ids = [event.check_in_id for event in again.all if isinstance(event, c.CheckInPlanned)]
    assert len(ids) == len(set(ids)) == 9

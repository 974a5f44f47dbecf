"""Who could not be asked is told from who was silent."""

import pytest

from services.treatment.check_ins.reached import Unreached, unreached
from tests.unit.check_ins.histories import EPISODES, Made, answer, fail_one, open_one, played, send_one, session, stop

KNEE = EPISODES[0]
A_DAY = 24
SIGNED: tuple[int, Made] = (0, session(0, KNEE))
MISSED: list[tuple[int, Made]] = [SIGNED, (33, fail_one(0, 0, "no_consent"))]


def found(history: list[tuple[int, Made]]) -> Unreached | None:
    done = played(history)
    return unreached(done.ladder, done.ended_at)


def test_what_did_not_arrive_is_told_since_when_and_why() -> None:
    first = played(MISSED).ended_at
    assert found(MISSED) == Unreached(first, permitted=False)
    assert found([*MISSED, (2 * A_DAY, fail_one(1, 0))]) == Unreached(first, permitted=True)


@pytest.mark.parametrize(
    "after",
    [
        [(2 * A_DAY, open_one(1)), (0, send_one(1))],
        [(2 * A_DAY, open_one(1)), (0, answer(1, 4))],
        [(1, stop())],
    ],
    ids=["the next arrives", "asked by telephone", "stopped"],
)
def test_who_is_reached_again_or_wants_no_questions_is_not_told_of(after: list[tuple[int, Made]]) -> None:
    assert found([*MISSED, *after]) is None


def test_silence_is_not_told_of_and_a_message_that_came_back_is() -> None:
    asked = [SIGNED, (33, open_one(0)), (0, send_one(0))]
    assert found(asked) is None
    assert found([*asked, (1, fail_one(0, 0, "bounced_5.1.1"))]) is not None


def test_nothing_is_told_of_who_was_never_asked() -> None:
    assert found([SIGNED]) is None

"""What homework can be, and what can be told of it."""

from datetime import UTC, date, datetime, timedelta
from functools import reduce
from typing import Any

import pytest

from services.treatment.homework import decider as d
from services.treatment.homework.decider import HOMEWORK, Homework
from services.treatment.homework.rules import warnings
from services.treatment.order import NotYet, OutOfOrder
from shared.decider import NotThere
from shared.events import treatment_homework as h
from shared.ids import new_id

NOW = datetime(2026, 3, 12, 9, tzinfo=UTC)
DAY = timedelta(days=1)
PAIR = h.Pair(
    release=h.ReleaseStep(target="psoas_major", side="left"),
    activate=h.ActivationStep(target="gluteus_maximus", side="left"),
)
CONTENT: dict[str, Any] = {
    "pairs": (PAIR,),
    "catalogue": 1,
    "per_day": 2,
    "until": date(2026, 3, 16),
    "instructions": None,
}
AT: dict[str, Any] = {"happened_at": NOW, "now": NOW}


def assigned(**changes: Any) -> h.HomeworkAssigned:
    about = {"homework_id": new_id(), "client_id": new_id(), "happened_at": NOW - 10 * DAY}
    links = {"episode_id": None, "pattern_id": None, "session_id": None, "starts_on": date(2026, 3, 2)}
    fields: dict[str, Any] = about | links | CONTENT
    return h.HomeworkAssigned(**fields | changes)


def report(**changes: Any) -> d.Report:
    fields: dict[str, Any] = {
        "on": date(2026, 3, 11),
        "done": "some",
        "difficulty": None,
        "pain_during": None,
        "source": "client",
        "today": date(2026, 3, 12),
    }
    return d.Report(**fields | AT | changes)


GIVEN = HOMEWORK.evolve(Homework(), assigned())
REVISE, STOP = d.Revise(**CONTENT | {"per_day": 3}, **AT), d.Stop(**AT, reason=None)


def after(homework: Homework, *commands: Any) -> Homework:
    for command in commands:
        homework = reduce(HOMEWORK.evolve, HOMEWORK.decide(command, homework), homework)
    return homework


def test_it_is_assigned_revised_reported_and_stopped() -> None:
    event = assigned()
    assert HOMEWORK.decide(d.Assign(event, NOW), Homework()) == [event]
    told = after(GIVEN, REVISE, report(), STOP)
    assert told.assigned is not None
    assert (told.assigned.per_day, told.is_stopped, told.reports[date(2026, 3, 11)].done) == (3, True, "some")


def test_the_last_report_of_a_day_counts() -> None:
    told = after(GIVEN, report(), report(done="all"), report(on=date(2026, 3, 12), done="none"))
    assert [each.done for each in told.reports.values()] == ["all", "none"]


def test_the_same_word_about_a_day_is_said_once() -> None:
    told = after(GIVEN, report())
    assert HOMEWORK.decide(report(), told) == []
    assert HOMEWORK.decide(report(source="therapist"), told) != []


@pytest.mark.parametrize(
    ("earlier", "command", "refusal"),
    [
        ([], d.Assign(assigned(), NOW), d.HomeworkExists),
        ([STOP], STOP, d.HomeworkOver),
        ([STOP], report(), d.HomeworkOver),
        ([STOP], REVISE, d.HomeworkOver),
        ([], report(on=date(2026, 3, 1)), d.HomeworkDays),
        ([], report(on=date(2026, 3, 17), today=date(2026, 3, 18)), d.HomeworkDays),
        ([], report(on=date(2026, 3, 13)), NotYet),
        ([], report(difficulty=11), d.NoSuchGrade),
        ([], report(pain_during=-1), d.NoSuchGrade),
        ([report()], report(happened_at=NOW - DAY), OutOfOrder),
        ([REVISE], d.Stop(happened_at=NOW - DAY, now=NOW, reason=None), OutOfOrder),
        ([], d.Stop(happened_at=NOW, now=NOW - DAY, reason=None), NotYet),
        ([], d.Revise(**CONTENT | {"pairs": ()}, **AT), d.HomeworkPairs),
        ([], d.Revise(**CONTENT | {"pairs": (PAIR,) * 11}, **AT), d.HomeworkPairs),
        ([], d.Revise(**CONTENT | {"per_day": 0}, **AT), d.HomeworkPairs),
        ([], d.Revise(**CONTENT | {"until": date(2026, 3, 1)}, **AT), d.HomeworkDays),
    ],
)
def test_what_does_not_fit_is_refused(earlier: list[Any], command: Any, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        HOMEWORK.decide(command, after(GIVEN, *earlier))


def test_nothing_is_told_of_homework_that_is_not_there_and_none_is_assigned_that_cannot_be_done() -> None:
    with pytest.raises(NotThere):
        HOMEWORK.decide(STOP, Homework())
    with pytest.raises(d.HomeworkPairs):
        HOMEWORK.decide(d.Assign(assigned(pairs=()), NOW), Homework())
    with pytest.raises(NotYet):
        HOMEWORK.decide(d.Assign(assigned(), NOW - 20 * DAY), Homework())


def test_more_than_three_pairs_are_accepted_with_a_warning() -> None:
    assert not warnings((PAIR,) * 3)
    assert warnings((PAIR,) * 4) == ("many_pairs",)
    assert HOMEWORK.decide(d.Assign(assigned(pairs=(PAIR,) * 4), NOW), Homework())

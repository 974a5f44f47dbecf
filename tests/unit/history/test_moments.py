"""What had happened by a moment, of a history that was told later."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.treatment.history.rules import had_happened
from services.treatment.history.state import id_of
from shared.events.treatment_history import Recalled
from tests.unit.history.builders import AT, an_id, given, history, injury, lifted, noted, withdrawn

DAY = AT.date()


def left_of(*events: Any) -> list[Any]:
    return [id_of(each.told) for each in had_happened(history(*events), AT).standing]


@pytest.mark.parametrize(
    ("onset", "had"),
    [
        (None, True),
        (Recalled(precision="age", age=80), True),
        (Recalled(precision="year", year=2026), True),
        (Recalled(precision="month", year=2026, month=3), True),
        (Recalled(precision="day", year=2026, month=3, day=2), True),
        (Recalled(precision="day", year=2026, month=3, day=3), False),
        (Recalled(precision="month", year=2026, month=4), False),
        (Recalled(precision="year", year=2027), False),
    ],
)
def test_an_injury_had_happened_when_it_can_have(onset: Recalled | None, had: bool) -> None:
    assert bool(left_of(injury(onset=onset))) is had


def test_a_contraindication_stood_before_it_was_lifted() -> None:
    known = had_happened(history(noted(), lifted(DAY + timedelta(days=1))), AT)
    assert known.contraindications(DAY + timedelta(days=5)) != []
    assert had_happened(history(noted(), lifted(DAY)), AT).contraindications(DAY) == []
    assert left_of(noted(starts_on=date(2026, 3, 3))) == []


def test_what_was_agreed_to_later_had_not_been() -> None:
    later = AT + timedelta(minutes=1)
    assert left_of(given(5), withdrawn(6, effective_at=later), given(7, given_at=later)) == [an_id(5)]

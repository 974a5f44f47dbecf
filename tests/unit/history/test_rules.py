"""What an entry may say of place and time."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, strategies as st

from services.treatment.history.rules import (
    faults_of,
    faults_of_extent,
    faults_of_period,
    faults_of_time,
    span,
)
from shared.catalogue.targets import CATALOGUE
from shared.events.treatment_history import Recalled
from tests.unit.history.builders import injury, noted

TODAY = date(2026, 3, 2)


def year(number: int) -> Recalled:
    return Recalled(precision="year", year=number)


def age(number: int) -> Recalled:
    return Recalled(precision="age", age=number)


@pytest.mark.parametrize(
    ("target", "region", "side", "wrong"),
    [
        ("hip_joint", None, "left", None),
        ("hip_joint", "hip", "right", None),
        (None, "thigh", "bilateral", None),
        (None, "lower_abdomen", "midline", None),
        (None, None, None, None),
        ("diaphragm", None, "midline", None),
        ("hip_joint", None, None, "side"),
        (None, "thigh", None, "side"),
        (None, None, "left", "side"),
        ("hip_joint", None, "midline", "side"),
        ("diaphragm", None, "left", "side"),
        (None, "genital", "left", "side"),
        ("third_arm", None, "left", "target"),
        (None, "moon", "left", "region"),
    ],
)
def test_a_place_is_a_target_or_a_region_on_a_side_that_it_has(
    target: str | None, region: str | None, side: Any, wrong: str | None
) -> None:
    faults = faults_of(injury(target=target, region=region, side=side), CATALOGUE, TODAY)
    assert set(faults) == ({wrong} if wrong else set())


@pytest.mark.parametrize(
    "when",
    [
        None,
        year(2026),
        Recalled(precision="month", year=2026, month=3),
        Recalled(precision="day", year=2026, month=3, day=2),
        Recalled(precision="day", year=2024, month=2, day=29),
        age(0),
        age(40),
    ],
)
def test_a_time_is_as_precise_as_it_says(when: Recalled | None) -> None:
    assert faults_of_time("onset", when, TODAY) == {}


@pytest.mark.parametrize(
    "when",
    [
        Recalled(precision="year"),
        Recalled(precision="year", year=2019, month=1),
        Recalled(precision="month", year=2019),
        Recalled(precision="day", year=2019, month=2, day=29),
        Recalled(precision="day", year=2026, month=3, day=3),
        Recalled(precision="month", year=2026, month=4),
        Recalled(precision="age", year=2019, age=12),
        Recalled(precision="month", year=2019, month=13),
        year(2027),
        year(1899),
        year(10000),
        age(-1),
        age(121),
    ],
)
def test_a_time_that_cannot_have_been_is_refused(when: Recalled) -> None:
    assert set(faults_of_time("onset", when, TODAY)) == {"onset"}


@given(st.dates(date(1900, 1, 1), TODAY))
def test_a_day_lies_in_its_month_and_its_month_in_its_year(day: date) -> None:
    precise = Recalled(precision="day", year=day.year, month=day.month, day=day.day)
    month = Recalled(precision="month", year=day.year, month=day.month)
    (day_from, day_to), (month_from, month_to), (year_from, year_to) = map(span, (precise, month, year(day.year)))
    assert day_from == day_to == day
    assert year_from <= month_from <= day <= month_to <= year_to
    assert (month_to - month_from).days in {27, 28, 29, 30}
    assert (year_to - year_from).days in {364, 365}


def test_an_age_has_no_date() -> None:
    with pytest.raises(ValueError, match="no date"):
        span(age(12))


def test_what_ended_before_it_began_is_refused_as_far_as_that_is_known() -> None:
    march = Recalled(precision="month", year=2020, month=3)
    assert faults_of_period(year(2020), march) == {}
    assert faults_of_period(march, year(2020)) == {}
    assert faults_of_period(age(30), year(2001)) == {}
    assert faults_of_period(None, year(2001)) == {}
    assert set(faults_of_period(year(2020), year(2019))) == {"ended"}
    assert set(faults_of_period(age(30), age(29))) == {"ended"}


def test_a_contraindication_is_about_the_whole_body_or_a_part_of_it() -> None:
    nowhere: dict[str, Any] = {"target": None, "region": None, "side": None}
    assert faults_of_extent(noted()) == {}
    assert faults_of_extent(noted(scope="absolute", **nowhere)) == {}
    assert set(faults_of_extent(noted(scope="absolute"))) == {"scope"}
    assert set(faults_of_extent(noted(scope="local", **nowhere))) == {"region"}
    assert set(faults_of_extent(noted(starts_on=TODAY, ends_on=date(2026, 3, 1)))) == {"ends_on"}

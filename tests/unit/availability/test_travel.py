"""The way between two clinics: what the chain says counts, and without it the distance decides."""

from datetime import date, timedelta

import pytest

from services.scheduling.availability.model import Clinic
from services.scheduling.availability.travel import great_circle_km, guess_minutes, travel_time
from tests.unit.availability.builders import CLINIC, OTHER_CLINIC, clinic, terms, utc

NOON = utc("2026-05-04 12:00")


def minutes(table: dict[tuple[object, object], int], origin: Clinic, destination: Clinic) -> int:
    return int(travel_time(table, origin, NOON, destination, NOON) / timedelta(minutes=1))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("km", "expected"), [(0, 0), (0.99, 0), (1.0, 0), (1.01, 15), (3.33, 15), (3.34, 20), (10, 25), (40, 70), (41, 75)]
)
def test_the_guess_is_40_km_an_hour_and_ten_minutes_rounded_up_to_five(km: float, expected: int) -> None:
    assert guess_minutes(km) == expected


def test_the_distance_is_that_over_the_ground() -> None:
    assert great_circle_km(52_520_000, 13_405_000, 48_137_000, 11_575_000) == pytest.approx(504.4, abs=0.5)
    assert great_circle_km(0, 179_500_000, 0, -179_500_000) == pytest.approx(111.2, abs=0.1)
    assert great_circle_km(1_000_000, 1_000_000, 1_000_000, 1_000_000) == 0


def test_what_the_chain_says_counts_before_the_distance() -> None:
    assert minutes({(CLINIC, OTHER_CLINIC): 35}, clinic(), clinic(OTHER_CLINIC)) == 35


def test_the_way_back_takes_as_long_as_the_way_there_unless_it_is_given() -> None:
    table: dict[tuple[object, object], int] = {(CLINIC, OTHER_CLINIC): 35}
    assert minutes(table, clinic(OTHER_CLINIC), clinic()) == 35
    table[OTHER_CLINIC, CLINIC] = 50
    assert minutes(table, clinic(OTHER_CLINIC), clinic()) == 50
    assert minutes(table, clinic(), clinic(OTHER_CLINIC)) == 35


def test_within_one_clinic_nobody_travels() -> None:
    assert minutes({}, clinic(), clinic()) == 0


def test_a_clinic_that_moved_is_where_it_is_on_that_day() -> None:
    moved = clinic(OTHER_CLINIC, terms=(terms(), terms(valid_from=date(2026, 6, 1), latitude_e6=52_700_000)))
    june = utc("2026-06-02 12:00")
    assert travel_time({}, clinic(), NOON, moved, NOON) == timedelta()
    assert travel_time({}, clinic(), june, moved, june) == timedelta(minutes=45)

"""By when an alert wants to be acknowledged: within the hours in which somebody is there to do it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from services.treatment.alerts.opening import WEEKDAYS, Opening, Terms, escalate_at
from shared.events.scheduling import DayHours, Hours

BERLIN = "Europe/Berlin"
HALF = timedelta(minutes=30)
DAY = timedelta(days=1)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)


def weekly(*days: int, opens: str = "08:00", closes: str = "18:00") -> tuple[Hours, ...]:
    return tuple(Hours(weekday=WEEKDAYS[day], opens=opens, closes=closes) for day in days)


def terms(hours: tuple[Hours, ...], valid_from: date = date(2026, 1, 1)) -> Terms:
    return Terms(valid_from=valid_from, time_zone=BERLIN, opening_hours=hours)


# Open from Monday to Friday, at noon closed for an hour on Wednesdays; 2 March 2026 is a Monday
MIDWEEK = (*weekly(2, closes="12:00"), *weekly(2, opens="13:00"))
CLINIC = Opening(terms=(terms((*weekly(0, 1, 3, 4), *MIDWEEK)),))


@pytest.mark.parametrize(
    ("at", "by"),
    [
        ("2026-03-02 09:00", "2026-03-02 09:30"),
        ("2026-03-02 07:00", "2026-03-02 08:30"),
        ("2026-03-02 17:50", "2026-03-02 18:20"),
        ("2026-03-02 18:00", "2026-03-03 08:30"),
        ("2026-03-04 12:10", "2026-03-04 13:30"),
        ("2026-03-06 21:00", "2026-03-09 08:30"),
        ("2026-03-28 12:00", "2026-03-30 08:30"),
    ],
)
def test_a_red_flag_waits_half_an_hour_from_when_the_clinic_is_open(at: str, by: str) -> None:
    for level in ("same_day", "emergency"):
        assert escalate_at(CLINIC, level, local(at)) == local(by)


@pytest.mark.parametrize(
    ("at", "by"),
    [
        ("2026-03-02 07:00", "2026-03-02 18:00"),
        ("2026-03-02 08:01", "2026-03-03 18:00"),
        ("2026-03-03 19:00", "2026-03-04 18:00"),
        ("2026-03-06 12:00", "2026-03-09 18:00"),
    ],
)
def test_worsening_waits_until_a_whole_day_of_the_clinic_is_over(at: str, by: str) -> None:
    assert escalate_at(CLINIC, "worsening", local(at)) == local(by)


def test_special_days_and_closures_count() -> None:
    special = {date(2026, 3, 3): (), date(2026, 3, 7): (DayHours(opens="10:00", closes="12:00"),)}
    closed = ((local("2026-03-04 00:00"), local("2026-03-04 15:00")),)
    clinic = Opening(terms=CLINIC.terms, special_days=special, closures=closed)
    assert escalate_at(clinic, "emergency", local("2026-03-02 20:00")) == local("2026-03-04 15:30")
    assert escalate_at(clinic, "same_day", local("2026-03-06 20:00")) == local("2026-03-07 10:30")
    assert escalate_at(clinic, "worsening", local("2026-03-02 20:00")) == local("2026-03-04 18:00")


def test_hours_change_with_the_terms() -> None:
    later = terms(weekly(0, 1, 2, 3, 4, opens="10:00"), date(2026, 3, 9))
    clinic = Opening(terms=(*CLINIC.terms, later))
    assert escalate_at(clinic, "emergency", local("2026-03-06 20:00")) == local("2026-03-09 10:30")


def test_a_night_shift_is_of_the_day_on_which_it_begins() -> None:
    clinic = Opening(terms=(terms(weekly(0, opens="20:00", closes="02:00")),))
    assert escalate_at(clinic, "emergency", local("2026-03-03 01:00")) == local("2026-03-03 01:30")


@pytest.mark.parametrize("opening", [Opening(), Opening(terms=(terms(()),))])
def test_where_nobody_knows_when_it_opens_the_clock_runs_at_once(opening: Opening) -> None:
    at = local("2026-03-02 23:00")
    assert escalate_at(opening, "emergency", at) == at + HALF
    assert escalate_at(opening, "worsening", at) == at + DAY


@given(st.integers(0, 330 * 24 * 60))
def test_nobody_is_told_before_the_therapist_had_time(minute: int) -> None:
    at = local("2026-01-02 00:00") + timedelta(minutes=minute)
    flagged, worse = (escalate_at(CLINIC, level, at) for level in ("emergency", "worsening"))
    assert at + HALF <= flagged <= at + 4 * DAY
    assert at < worse <= at + 5 * DAY
    weekday = flagged.astimezone(ZoneInfo(BERLIN)).weekday()
    assert weekday < 5

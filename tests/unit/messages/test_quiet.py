"""Quiet hours on every kind of day."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from tests.support.messages import BERLIN, at
from workers.messages.quiet import USUAL_QUIET_HOURS as USUAL, QuietHours, before_quiet, quiet_time, until_morning

ZONES = [BERLIN, "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham", "Asia/Kathmandu", "America/Santiago"]
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("wall", "quiet"),
    [("20:59", False), ("21:00", True), ("23:59", True), ("00:00", True), ("07:59", True), ("08:00", False)],
)
def test_begins_at_nine_in_the_evening_and_ends_at_eight(wall: str, quiet: bool) -> None:
    assert (quiet_time(at(f"2026-11-24 {wall}"), ZoneInfo(BERLIN), USUAL) is not None) is quiet


def test_what_falls_into_the_night_comes_a_quarter_of_an_hour_before_it() -> None:
    evening = at("2026-11-23 20:45")
    assert before_quiet(at("2026-11-23 22:00"), ZoneInfo(BERLIN), USUAL) == evening
    assert before_quiet(at("2026-11-24 07:30"), ZoneInfo(BERLIN), USUAL) == evening
    assert before_quiet(at("2026-11-24 09:00"), ZoneInfo(BERLIN), USUAL) == at("2026-11-24 09:00")


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (USUAL, USUAL),
        (QuietHours(22 * 60, 6 * 60), QuietHours(22 * 60, 8 * 60)),
        (QuietHours(22 * 60, 10 * 60), QuietHours(22 * 60, 10 * 60)),
        (QuietHours(0, 6 * 60), QuietHours(0, 8 * 60)),
        (QuietHours(8 * 60, 8 * 60), USUAL),
        (QuietHours(13 * 60, 15 * 60), USUAL),
        (QuietHours(21 * 60, 24 * 60), USUAL),
        (QuietHours(6 * 60, 5 * 60), USUAL),
    ],
)
def test_what_nobody_waits_for_comes_at_eight_at_the_earliest(hours: QuietHours, expected: QuietHours) -> None:
    assert until_morning(hours) == expected


def test_quiet_hours_within_one_day_end_the_same_day() -> None:
    siesta = QuietHours(13 * 60, 15 * 60)
    assert before_quiet(at("2026-11-24 14:00"), ZoneInfo(BERLIN), siesta) == at("2026-11-24 12:45")
    assert quiet_time(at("2026-11-24 22:00"), ZoneInfo(BERLIN), siesta) is None


def test_a_quiet_time_that_ends_at_midnight_ends_there() -> None:
    evening = QuietHours(21 * 60, 24 * 60)
    quiet = quiet_time(at("2026-11-24 23:00"), ZoneInfo(BERLIN), evening)
    assert quiet == (at("2026-11-24 21:00"), at("2026-11-25 00:00"))


def test_no_length_means_no_quiet_hours() -> None:
    assert quiet_time(at("2026-11-24 03:00"), ZoneInfo(BERLIN), QuietHours(480, 480)) is None


@pytest.mark.parametrize(
    ("zone", "night_before", "hours"),
    [
        (BERLIN, "2026-03-28", 10),
        (BERLIN, "2026-10-24", 12),
        ("America/New_York", "2026-03-07", 10),
        ("America/New_York", "2026-10-31", 12),
        ("Australia/Lord_Howe", "2026-04-04", 11.5),
        ("Australia/Lord_Howe", "2026-10-03", 10.5),
        ("Pacific/Chatham", "2026-04-04", 12),
        ("Pacific/Chatham", "2026-09-26", 10),
        ("America/Santiago", "2026-04-04", 12),
        ("America/Santiago", "2026-09-05", 10),
        ("Asia/Kathmandu", "2026-03-28", 11),
    ],
)
def test_the_night_of_a_change_of_clocks_is_quiet_on_the_wall_clock(zone: str, night_before: str, hours: float) -> None:
    quiet = quiet_time(at(f"{night_before} 22:00", zone), ZoneInfo(zone), USUAL)
    assert quiet is not None
    starts_at, ends_at = (edge.astimezone(ZoneInfo(zone)) for edge in quiet)
    assert (f"{starts_at:%H:%M}", f"{ends_at:%H:%M}") == ("21:00", "08:00")
    assert quiet[1] - quiet[0] == timedelta(hours=hours)


def test_an_edge_inside_a_repeated_hour_keeps_both_passes_quiet() -> None:
    until_half_past_two = QuietHours(0, 150)
    quiet = quiet_time(at("2026-10-25 01:00"), ZoneInfo(BERLIN), until_half_past_two)
    assert quiet is not None
    assert quiet[1] - quiet[0] == timedelta(hours=3.5)


@settings(max_examples=200)
@given(st.sampled_from(ZONES), st.integers(0, 366 * 24 * 60), st.integers(0, 1440), st.integers(30, 12 * 60))
def test_nobody_is_woken_on_any_minute_of_the_year(zone: str, minute: int, begins: int, length: int) -> None:
    hours = QuietHours(begins, (begins + length) % 1440)
    instant = at("2026-01-01 00:00", "UTC") + minute * MINUTE
    moved = before_quiet(instant, ZoneInfo(zone), hours)
    assert moved <= instant
    assert quiet_time(moved, ZoneInfo(zone), hours) is None

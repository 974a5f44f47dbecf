"""Wall clocks become the right instants on ordinary days, across midnight and on both change days of the year."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.scheduling.availability.calendar import (
    grid_between,
    local_day,
    local_time,
    on_grid,
    opening_intervals,
    rota_intervals,
    terms_at,
)
from services.scheduling.availability.model import Clinic, Hours, Interval
from shared.wall_clock import instant
from tests.unit.availability.builders import (
    BERLIN,
    OTHER_CLINIC,
    clinic,
    clock,
    local,
    rota,
    terms,
    therapist,
    utc,
    weekly,
)

# 2026: zone, a change day, clocks, and the instants in UTC that they mean on that day
CHANGE_DAYS = [
    ("Europe/Berlin", "2026-03-29", "01:30", "03:30", ("2026-03-29 00:30", "2026-03-29 01:30")),
    ("Europe/Berlin", "2026-03-29", "02:30", "04:00", ("2026-03-29 01:30", "2026-03-29 02:00")),
    ("Europe/Berlin", "2026-10-25", "02:30", "03:30", ("2026-10-25 00:30", "2026-10-25 02:30")),
    ("Europe/Berlin", "2026-10-25", "01:00", "02:30", ("2026-10-24 23:00", "2026-10-25 00:30")),
    ("America/New_York", "2026-03-08", "13:00", "18:00", ("2026-03-08 17:00", "2026-03-08 22:00")),
    ("America/New_York", "2026-03-08", "02:30", "18:00", ("2026-03-08 07:30", "2026-03-08 22:00")),
    ("America/New_York", "2026-11-01", "01:30", "13:00", ("2026-11-01 05:30", "2026-11-01 18:00")),
    ("Australia/Lord_Howe", "2026-10-04", "02:15", "03:00", ("2026-10-03 15:45", "2026-10-03 16:00")),
    ("Australia/Lord_Howe", "2026-10-04", "09:00", "17:00", ("2026-10-03 22:00", "2026-10-04 06:00")),
    ("Australia/Lord_Howe", "2026-04-05", "01:45", "02:00", ("2026-04-04 14:45", "2026-04-04 15:30")),
    ("Australia/Lord_Howe", "2026-04-05", "09:00", "17:00", ("2026-04-04 22:30", "2026-04-05 06:30")),
    ("Pacific/Chatham", "2026-09-27", "03:00", "04:00", ("2026-09-26 14:15", "2026-09-26 14:15")),
    ("Pacific/Chatham", "2026-09-27", "09:00", "17:00", ("2026-09-26 19:15", "2026-09-27 03:15")),
    ("Pacific/Chatham", "2026-04-05", "03:00", "04:00", ("2026-04-04 13:15", "2026-04-04 15:15")),
    ("Asia/Kathmandu", "2026-03-29", "09:00", "17:00", ("2026-03-29 03:15", "2026-03-29 11:15")),
    ("America/Santiago", "2026-09-06", "00:00", "08:00", ("2026-09-06 04:00", "2026-09-06 11:00")),
    ("America/Santiago", "2026-04-04", "22:00", "24:00", ("2026-04-05 01:00", "2026-04-05 04:00")),
    ("America/Santiago", "2026-04-04", "22:00", "23:30", ("2026-04-05 01:00", "2026-04-05 02:30")),
]


def around(day: str) -> Interval:
    at = utc(day)
    return Interval(at, at + timedelta(days=1))


def open_on(place: Clinic, day: str) -> list[Interval]:
    return [each for each in opening_intervals(place, around(day)) if local_day_of(place, each.starts_at) == day]


def local_day_of(place: Clinic, at: datetime) -> str:
    return local_time(place, at).date().isoformat()


@pytest.mark.parametrize(("zone", "day", "opens", "closes", "meant"), CHANGE_DAYS)
def test_clocks_on_change_days_mean_the_right_instants(
    zone: str, day: str, opens: str, closes: str, meant: tuple[str, str]
) -> None:
    assert instant(date.fromisoformat(day), clock(opens), zone) == utc(meant[0])
    assert instant(date.fromisoformat(day), clock(closes), zone) == utc(meant[1])


@pytest.mark.parametrize(("zone", "day", "opens", "closes", "meant"), CHANGE_DAYS)
def test_opening_hours_on_change_days_last_as_long_as_they_really_do(
    zone: str, day: str, opens: str, closes: str, meant: tuple[str, str]
) -> None:
    weekday = date.fromisoformat(day).weekday()
    place = clinic(zone=zone, hours=weekly(opens, closes, [weekday]))
    starts_at, ends_at = map(utc, meant)
    expected = [Interval(starts_at, ends_at)] if starts_at < ends_at else []
    assert [each for each in opening_intervals(place, around(day)) if each.starts_at == starts_at] == expected


def test_a_clinic_that_never_closes_is_open_without_a_seam_on_change_days() -> None:
    for zone in ("Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Pacific/Chatham", "Asia/Kathmandu"):
        place = clinic(zone=zone, hours=weekly("00:00", "24:00"))
        assert len(opening_intervals(place, Interval(utc("2026-01-01"), utc("2027-01-01")))) == 1


def test_a_shift_that_began_the_day_before_the_window_counts() -> None:
    place = clinic(hours=weekly("22:00", "06:00", [0]))
    shifts = opening_intervals(place, Interval(local("2026-05-05 02:00"), local("2026-05-05 03:00")))
    assert Interval(local("2026-05-04 22:00"), local("2026-05-05 06:00")) in shifts


def test_equal_clocks_mean_a_whole_day() -> None:
    place = clinic(hours=weekly("08:00", "08:00", [0]))
    assert open_on(place, "2026-05-04") == [Interval(local("2026-05-04 08:00"), local("2026-05-05 08:00"))]


def test_hours_that_touch_at_midnight_are_one_stretch() -> None:
    place = clinic(hours=(Hours(0, clock("20:00"), clock("24:00")), Hours(1, clock("00:00"), clock("04:00"))))
    assert open_on(place, "2026-05-04") == [Interval(local("2026-05-04 20:00"), local("2026-05-05 04:00"))]


def test_a_special_day_replaces_its_weekday_and_what_begins_on_it_past_midnight() -> None:
    night = weekly("20:00", "02:00")
    place = clinic(hours=night, special_days={date(2026, 12, 24): ((clock("09:00"), clock("12:00")),)})
    assert open_on(place, "2026-12-24") == [Interval(local("2026-12-24 09:00"), local("2026-12-24 12:00"))]
    assert open_on(place, "2026-12-23") == [Interval(local("2026-12-23 20:00"), local("2026-12-24 02:00"))]


def test_a_special_day_without_hours_is_closed() -> None:
    place = clinic(special_days={date(2026, 5, 4): ()}, hours=weekly("09:00", "17:00"))
    assert open_on(place, "2026-05-04") == []


def test_new_terms_take_over_on_their_first_day() -> None:
    later = terms(valid_from=date(2026, 5, 5), hours=weekly("10:00", "12:00"))
    place = clinic(terms=(terms(hours=weekly("09:00", "17:00")), later))
    assert open_on(place, "2026-05-04") == [Interval(local("2026-05-04 09:00"), local("2026-05-04 17:00"))]
    assert open_on(place, "2026-05-05") == [Interval(local("2026-05-05 10:00"), local("2026-05-05 12:00"))]


def test_before_its_first_terms_a_clinic_is_not_open() -> None:
    place = clinic(terms=(terms(valid_from=date(2026, 5, 5)),))
    assert open_on(place, "2026-05-03") == []


def test_the_terms_in_force_change_at_the_clinics_midnight() -> None:
    place = clinic(terms=(terms(), terms("America/New_York", valid_from=date(2026, 5, 5))))
    midnight = local("2026-05-05 00:00", "America/New_York")
    assert terms_at(place, midnight - timedelta(microseconds=1)).time_zone == BERLIN
    assert terms_at(place, midnight).time_zone == "America/New_York"
    assert local_day(place, midnight).starts_at == midnight


def test_the_rota_ends_with_its_last_day_and_not_before_the_shift_does() -> None:
    worker = therapist(rota=rota("20:00", "02:00", valid_from=date(2026, 5, 4), valid_to=date(2026, 5, 5)))
    shifts = rota_intervals(worker, clinic(), Interval(utc("2026-05-01"), utc("2026-05-10")))
    assert shifts == (
        Interval(local("2026-05-04 20:00"), local("2026-05-05 02:00")),
        Interval(local("2026-05-05 20:00"), local("2026-05-06 02:00")),
    )


def test_the_rota_runs_on_the_clock_of_its_own_clinic() -> None:
    worker = therapist(rota=rota("09:00", "17:00", [0]) + rota("09:00", "17:00", [0], clinic_id=OTHER_CLINIC))
    elsewhere = clinic(OTHER_CLINIC, zone="Asia/Kolkata")
    assert rota_intervals(worker, elsewhere, around("2026-05-04")) == (
        Interval(utc("2026-05-04 03:30"), utc("2026-05-04 11:30")),
    )


def clocks(zone: str, first: datetime, last: datetime, grid: int) -> list[str]:
    shown = [at.astimezone(ZoneInfo(zone)) for at in grid_between(clinic(zone=zone), first, last, grid)]
    return [f"{at:%H:%M}" for at in shown]


def test_the_grid_counts_from_midnight_on_the_wall_and_not_in_utc() -> None:
    first = local("2026-05-04 08:50", "Asia/Kathmandu")
    assert clocks("Asia/Kathmandu", first, first + timedelta(hours=3), 60) == ["09:00", "10:00", "11:00"]


def test_the_grid_leaves_out_times_that_the_change_skips() -> None:
    first = local("2026-03-29 01:00")
    assert clocks(BERLIN, first, first + timedelta(hours=2), 30) == ["01:00", "01:30", "03:00", "03:30", "04:00"]
    lord_howe = local("2026-10-04 01:30", "Australia/Lord_Howe")
    assert clocks("Australia/Lord_Howe", lord_howe, lord_howe + timedelta(minutes=60), 15) == [
        "01:30", "01:45", "02:30", "02:45", "03:00",
    ]  # fmt: skip


def test_the_grid_has_both_passes_of_an_hour_that_happens_twice() -> None:
    first = local("2026-10-25 01:30")
    found = list(grid_between(clinic(), first, first + timedelta(hours=3), 30))
    assert found == [first + timedelta(minutes=30 * n) for n in range(7)]
    assert clocks(BERLIN, first, first + timedelta(hours=3), 60) == ["02:00", "02:00", "03:00"]


def test_the_grid_passes_a_change_of_zone_without_repeating_itself() -> None:
    for zone in ("America/New_York", "Asia/Kathmandu"):
        place = clinic(terms=(terms(), terms(zone, valid_from=date(2026, 5, 5))))
        found = list(grid_between(place, utc("2026-05-03"), utc("2026-05-07"), 30))
        assert found == sorted(set(found))
        assert all(on_grid(place, at, 30) for at in found)


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Pacific/Chatham",
        "Asia/Kathmandu",
        "America/Santiago",
        "America/Havana",
    ],
)
@pytest.mark.parametrize("grid", [5, 20, 45, 60])
def test_the_grid_is_exactly_what_the_wall_clock_shows(zone: str, grid: int) -> None:
    place = clinic(zone=zone)
    for month in (3, 4, 9, 10, 11):
        first = datetime(2026, month, 1, tzinfo=UTC)
        minutes = (first + timedelta(minutes=5 * n) for n in range(12 * 24 * 9))
        expected = [at for at in minutes if on_grid(place, at, grid)]
        assert list(grid_between(place, first, first + timedelta(days=9) - timedelta(minutes=5), grid)) == expected

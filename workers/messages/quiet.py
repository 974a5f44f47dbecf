"""Quiet hours on a client's own clock: nobody is woken, also not on the two days a year when clocks change.

A quiet time whose edge falls into a changed hour is taken at its longest.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
AHEAD_OF_QUIET = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one minute of the day to another, each 0 to 1440; across midnight when `to` is earlier, none when equal."""

    from_minute: int
    to_minute: int


USUAL_QUIET_HOURS = QuietHours(21 * 60, 8 * 60)


def until_morning(hours: QuietHours) -> QuietHours:
    """For what nobody waits for: a chain's nights, the usual ones where it has none; until eight at the earliest."""
    morning = USUAL_QUIET_HOURS.to_minute
    from_evening = hours.to_minute < hours.from_minute and hours.from_minute > morning
    from_midnight = hours.from_minute == 0 < hours.to_minute
    if not from_evening and not from_midnight:
        return USUAL_QUIET_HOURS
    return QuietHours(hours.from_minute, max(hours.to_minute, morning))


def quiet_time(instant: datetime, zone: ZoneInfo, hours: QuietHours) -> tuple[datetime, datetime] | None:
    """The quiet time around an instant as (start, end), half open; None when it may be disturbed."""
    for starts_at, ends_at in quiet_times(instant.astimezone(zone).date(), zone, hours):
        if starts_at <= instant < ends_at:
            return starts_at, ends_at
    return None


def before_quiet(instant: datetime, zone: ZoneInfo, hours: QuietHours) -> datetime:
    """The instant itself, or a quarter of an hour before the quiet time it falls into."""
    quiet = quiet_time(instant, zone, hours)
    return quiet[0] - AHEAD_OF_QUIET if quiet else instant


def quiet_times(today: date, zone: ZoneInfo, hours: QuietHours) -> Iterator[tuple[datetime, datetime]]:
    if hours.from_minute == hours.to_minute:
        return
    nights = 1 if hours.to_minute < hours.from_minute else 0
    for begins_on in (today - DAY, today, today + DAY):
        starts = both_passes(begins_on, hours.from_minute, zone)
        ends = both_passes(begins_on + nights * DAY, hours.to_minute, zone)
        yield min(starts), max(ends)


def both_passes(day: date, minute: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A wall-clock time as instants with the offsets before and after a change of clocks; equal on all other days."""
    wall = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minute)
    utc = ZoneInfo("UTC")
    return wall.replace(fold=0).astimezone(utc), wall.replace(fold=1).astimezone(utc)

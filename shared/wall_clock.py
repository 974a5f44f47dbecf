"""Wall clocks become instants, right to the minute on every day of the year.

A wall-clock time that a change of the clocks skips takes the offset before the change, one that happens twice is the
first (RFC 5545, 3.3.5).
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTES_OF_DAY = 24 * 60


def minute_of_day(clock: str) -> int:
    """`HH:MM` as minutes after midnight; `24:00` is 1440."""
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def instant(day: date, minute: int, time_zone: str) -> datetime:
    """When the wall clock of the zone shows that minute of that day; 1440 and beyond are on the days that follow."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time_zone))
    return (midnight + timedelta(minutes=minute)).astimezone(UTC)


def span(day: date, opens: int, closes: int, time_zone: str) -> tuple[datetime, datetime] | None:
    """From one minute of a day to another, which is on the next day if it is not later; None where clocks skip it."""
    starts_at = instant(day, opens, time_zone)
    ends_at = instant(day, closes if closes > opens else closes + MINUTES_OF_DAY, time_zone)
    return (starts_at, ends_at) if starts_at < ends_at else None

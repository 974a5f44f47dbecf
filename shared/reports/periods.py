"""Months and weeks by their names: 2026-10, and 2026-W41 as ISO 8601 counts weeks; and when a day begins."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.reports.document import Length

YEARS = range(2000, 2100)
"""As moments are taken (shared.http.fields): so no day near them is out of a calendar's reach."""

CALLED_MONTH = "%Y-%m"
CALLED_WEEK = "%G-W%V"
WEEK = timedelta(days=7)
DAY = timedelta(days=1)


class NoPeriod(Exception):
    """A period is a month, 2026-10, or a week, 2026-W41, of the years 2000 to 2099."""


def dates_of(name: str) -> tuple[Length, date, date]:
    """The first day, and the first that is not in it any more. Raises NoPeriod, also for a second name of a period."""
    try:
        if "W" in name:
            first = datetime.strptime(f"{name}-1", f"{CALLED_WEEK}-%u").date()  # noqa: DTZ007 - a day of a calendar
            found: tuple[Length, date, date] = "week", first, first + WEEK
        else:
            first = datetime.strptime(name, CALLED_MONTH).date()  # noqa: DTZ007 - as above
            found = "month", first, (first + timedelta(days=31)).replace(day=1)
    except (ValueError, OverflowError) as error:
        raise NoPeriod(name) from error
    if int(name[:4]) not in YEARS or name != first.strftime(CALLED_WEEK if "W" in name else CALLED_MONTH):
        raise NoPeriod(name)
    return found


def midnight(day: date, time_zone: str) -> datetime:
    """When the day begins on the clock of a zone, in UTC; where midnight is skipped, with what comes instead of it."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def months_until(day: date) -> Iterator[str]:
    """The month of a day, and those before it."""
    first = day.replace(day=1)
    while True:
        yield first.strftime(CALLED_MONTH)
        first = (first - DAY).replace(day=1)


def weeks_until(day: date) -> Iterator[str]:
    """The week of a day, and those before it."""
    while True:
        yield day.strftime(CALLED_WEEK)
        day -= WEEK

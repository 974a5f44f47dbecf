"""Where the periods of a chain begin and end, as docs/reports.md words it, read from the logs themselves."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from demo.year.telling import Entry
from shared.events import scheduling as s
from shared.events.treatment_reports import ReportRulesSet


class Bounds(NamedTuple):
    """In [begin, end), and the clock by which it ends."""

    begin: datetime
    end: datetime
    zone: str


def bounds(entries: Iterable[Entry], name: str, asked_at: datetime) -> Bounds:
    """Of a month or week, by what had been said at a moment."""
    told = list(entries)
    rules = [each for each in told if isinstance(each.event, ReportRulesSet) and each.recorded_at <= asked_at]
    own = first_clock(told)
    said = [(each.recorded_at, each.event.time_zone or own) for each in rules]
    first, after = days(name)
    zone = held(after, own, said)
    return Bounds(midnight(first, held(first, own, said)), midnight(after, zone), zone)


def first_clock(entries: Iterable[Entry]) -> str:
    """That of the first terms of the clinic that was opened first."""
    events = [each.event for each in entries]
    opened = next(each for each in events if isinstance(each, s.ClinicOpened))
    return next(
        each.time_zone for each in events if isinstance(each, s.ClinicTermsSet) and each.clinic_id == opened.clinic_id
    )


def days(name: str) -> tuple[date, date]:
    year, rest = name.split("-")
    if rest.startswith("W"):
        monday = date.fromisocalendar(int(year), int(rest[1:]), 1)
        return monday, monday + timedelta(days=7)
    first = date(int(year), int(rest), 1)
    return first, date(first.year + first.month // 12, first.month % 12 + 1, 1)


def held(day: date, clock: str, said: Iterable[tuple[datetime, str]]) -> str:
    """By whose midnight what lies before the day ends: whoever speaks after it changes it no more."""
    for at, zone in said:
        if midnight(day, clock) <= at:
            break
        clock = zone if midnight(day, zone) > at else clock
    return clock


def midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)

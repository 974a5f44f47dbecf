"""Weekly hours, special days and rotas become instants, as `shared.wall_clock` has them.

An offset belongs to the terms of the clinic in force on the date where a shift begins.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from services.scheduling.availability.intervals import merged
from services.scheduling.availability.model import Clinic, ClinicTerms, Interval, RotaEntry, Therapist
from shared.wall_clock import MINUTES_OF_DAY, instant, span


class HasBeginning(Protocol):
    """Something that holds from a day of its own calendar on."""

    @property
    def valid_from(self) -> date: ...
    @property
    def time_zone(self) -> str: ...


Dated = TypeVar("Dated", bound=HasBeginning)

DAY = timedelta(days=1)


def terms_on(clinic: Clinic, day: date) -> ClinicTerms | None:
    """The terms in force on a date of the clinic's calendar; none before the first."""
    return next((terms for terms in reversed(clinic.terms) if terms.valid_from <= day), None)


def terms_at(clinic: Clinic, at: datetime) -> ClinicTerms:
    """The terms in force at an instant; before the first terms, the first."""
    return in_force(clinic.terms, at)


def in_force(terms: Sequence[Dated], at: datetime) -> Dated:
    """Of terms in their order those in force at an instant: each begin at midnight on their own clock.

    No day is asked for, because a clinic that moves over the date line has a day twice, or none.
    """
    begun = (each for each in reversed(terms) if instant(each.valid_from, 0, each.time_zone) <= at)
    return next(begun, terms[0])


def local_time(clinic: Clinic, at: datetime) -> datetime:
    """What the clinic's clock and calendar show at an instant."""
    return at.astimezone(ZoneInfo(terms_at(clinic, at).time_zone))


def local_day(clinic: Clinic, at: datetime) -> Interval:
    """The whole day of the clinic's calendar that holds the instant."""
    time_zone = terms_at(clinic, at).time_zone
    day = at.astimezone(ZoneInfo(time_zone)).date()
    return Interval(instant(day, 0, time_zone), instant(day, MINUTES_OF_DAY, time_zone))


def opening_intervals(clinic: Clinic, window: Interval) -> tuple[Interval, ...]:
    """When the clinic is open in the window, as the union of its hours; shifts at the edges are given whole."""
    return merged(
        shift
        for day in days_around(window)
        if (terms := terms_on(clinic, day)) is not None
        for opens, closes in hours_on(clinic, terms, day)
        for shift in spans(day, opens, closes, terms.time_zone)
    )


def hours_on(clinic: Clinic, terms: ClinicTerms, day: date) -> tuple[tuple[int, int], ...]:
    special = clinic.special_days.get(day)
    if special is not None:
        return special
    weekday = day.weekday()
    return tuple((hours.opens_minute, hours.closes_minute) for hours in terms.hours if hours.weekday == weekday)


def rota_intervals(therapist: Therapist, clinic: Clinic, window: Interval) -> tuple[Interval, ...]:
    """When the therapist works at the clinic in the window, as the union of the rota; shifts at the edges are whole.

    No shift begins after the day on which the therapist leaves.
    """
    entries = [entry for entry in therapist.rota if entry.clinic_id == clinic.id]
    last_day = therapist.leaves_on or date.max
    return merged(
        shift
        for day in (days_around(window) if entries else ())
        if day <= last_day and (terms := terms_on(clinic, day)) is not None
        for entry in entries
        if begins_on(entry, day)
        for shift in spans(day, entry.starts_minute, entry.ends_minute, terms.time_zone)
    )


def begins_on(entry: RotaEntry, day: date) -> bool:
    return (
        entry.weekday == day.weekday() and entry.valid_from <= day and (entry.valid_to is None or day <= entry.valid_to)
    )


def spans(day: date, opens: int, closes: int, time_zone: str) -> Iterator[Interval]:
    """The one span of these hours on that day, or none when a change of the clocks leaves nothing of it."""
    if found := span(day, opens, closes, time_zone):
        yield Interval(*found)


def days_around(window: Interval) -> Iterator[date]:
    """Every date of any calendar on which a shift may begin that a visit starting in the window may need."""
    day = window.starts_at.date() - 2 * DAY
    last = window.ends_at.date() + 2 * DAY
    while day <= last:
        yield day
        day += DAY


def on_grid(clinic: Clinic, at: datetime, grid_minutes: int) -> bool:
    """Whether the clinic's clock shows a multiple of the grid, counted from midnight."""
    local = local_time(clinic, at)
    return local.second == 0 and local.microsecond == 0 and (local.hour * 60 + local.minute) % grid_minutes == 0


def grid_between(clinic: Clinic, first: datetime, last: datetime, grid_minutes: int) -> Iterator[datetime]:
    """Every instant on the clinic's grid from `first` to `last`, both included, in order."""
    begins = [instant(terms.valid_from, 0, terms.time_zone) for terms in clinic.terms]
    for i, terms in enumerate(clinic.terms):
        since = first if i == 0 else max(first, begins[i])
        until = last if i + 1 == len(begins) else min(last, begins[i + 1] - timedelta.resolution)
        if since <= until:
            yield from grid_of_zone(terms.time_zone, since, until, grid_minutes)


def grid_of_zone(time_zone: str, first: datetime, last: datetime, grid_minutes: int) -> Iterator[datetime]:
    zone = ZoneInfo(time_zone)
    day = first.astimezone(zone).date()
    while day <= last.astimezone(zone).date():
        yield from (at for at in grid_of_day(time_zone, day, grid_minutes) if first <= at <= last)
        day += DAY


@lru_cache(maxsize=4096)
def grid_of_day(time_zone: str, day: date, grid_minutes: int) -> tuple[datetime, ...]:
    """The grid of one calendar day: skipped wall-clock times are left out, repeated ones are there twice."""
    zone = ZoneInfo(time_zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    clocks = [midnight + timedelta(minutes=minute) for minute in range(0, MINUTES_OF_DAY, grid_minutes)]
    passes = ((clock, clock.replace(fold=fold).astimezone(UTC)) for clock in clocks for fold in (0, 1))
    return tuple(sorted({at for clock, at in passes if shows(at, clock)}))


def shows(at: datetime, clock: datetime) -> bool:
    return at.astimezone(clock.tzinfo).replace(tzinfo=None) == clock.replace(tzinfo=None)

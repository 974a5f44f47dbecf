"""By when an alert wants to be acknowledged, by when its clinic is open: weekly hours, special days, and closures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import get_args

from shared.events.scheduling import DayHours, Hours, Weekday
from shared.events.treatment_alerts import Level
from shared.wall_clock import minute_of_day, span

SOON = timedelta(minutes=30)
"""A red flag waits so long for the therapist, while the clinic is open."""

DAY = timedelta(days=1)
AHEAD = timedelta(days=35)
"""How far ahead a clinic's opening is looked for; one that stays closed longer is taken for one that never opens."""

WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)

Spell = tuple[datetime, datetime]
"""From an instant until another, without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The weekly hours of a clinic from a day of its own calendar on."""

    valid_from: date
    time_zone: str
    opening_hours: tuple[Hours, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """When a clinic is open; its terms in their order, special days instead of weekly hours, less the closures."""

    terms: tuple[Terms, ...] = ()
    special_days: Mapping[date, tuple[DayHours, ...]] = field(default_factory=dict)
    closures: tuple[Spell, ...] = ()


def escalate_at(opening: Opening, level: Level, at: datetime) -> datetime:
    """When the managers are told of an alert that was raised at a moment and that nobody has acknowledged.

    Of a red flag half an hour later, or half an hour after the next opening; of worsening at the end of the next day on
    which the clinic opens. Where nobody knows when it opens, as if it were always open.
    """
    ahead = [(day, spells) for day, spells in days_from(opening, at) if spells]
    if level == "worsening":
        return next((spells[-1][1] for _, spells in ahead if spells[0][0] >= at), at + DAY)
    begins = (max(at, starts_at) for _, spells in ahead for starts_at, ends_at in spells if ends_at > at)
    return next(begins, at) + SOON


def days_from(opening: Opening, at: datetime) -> Iterator[tuple[date, tuple[Spell, ...]]]:
    """The days of the clinic's calendar around a moment and ahead, each with when it opens on it."""
    day = at.date() - 2 * DAY
    while day <= (at + AHEAD).date():
        yield day, tuple(less(opening, spells_on(opening, day)))
        day += DAY


def spells_on(opening: Opening, day: date) -> list[Spell]:
    terms = next((each for each in reversed(opening.terms) if each.valid_from <= day), None)
    if terms is None:
        return []
    weekly = [each for each in terms.opening_hours if each.weekday == WEEKDAYS[day.weekday()]]
    hours = opening.special_days.get(day, weekly)
    clocks = [(minute_of_day(each.opens), minute_of_day(each.closes)) for each in hours]
    found = (span(day, opens, closes, terms.time_zone) for opens, closes in clocks)
    return sorted(each for each in found if each is not None)


def less(opening: Opening, spells: list[Spell]) -> Iterator[Spell]:
    """What closures leave of spells that come in their order."""
    for spell in spells:
        starts_at, ends_at = spell
        for closed_at, opens_at in sorted(opening.closures):
            if closed_at < ends_at and opens_at > starts_at:
                if closed_at > starts_at:
                    yield starts_at, closed_at
                starts_at = max(starts_at, opens_at)
        if starts_at < ends_at:
            yield starts_at, ends_at

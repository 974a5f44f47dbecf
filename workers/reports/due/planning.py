"""Which periods of a chain there are, which of them are to be closed, and as of when: pure.

A period ends, and closes, by the rules that hold when it ends; later ones count for periods that end later. It begins
where the one before it ended, whatever was wanted of that one, so that nothing happens between two or in both. The
first of a kind to be closed is the last one that has ended: whoever begins late is not given years of old ones. After
it none is left out, so what ended while nobody looked is closed as of the moments at which it would have been.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.reports.document import Length, Period
from shared.reports.periods import CALLED_MONTH, CALLED_WEEK, DAY, dates_of, midnight
from workers.reports.window import period_of

Every = Literal["week", "month"]
KINDS: tuple[Every, ...] = ("week", "month")
WEDNESDAY = 2 * DAY
"""From the Monday on which a week has ended."""

LONGEST_AGO = 400 * DAY
"""What ended longer ago is not closed any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a chain has said, from `set_at` on; without `time_zone` its clock is that of its first clinic."""

    set_at: datetime
    time_zone: str | None = None
    closing_day: int = 5
    weekly: bool = True
    monthly: bool = True

    def wants(self, kind: Every) -> bool:
        return self.weekly if kind == "week" else self.monthly


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A chain: since when anything is known of it, the clock of its first clinic, and its rules as they were set."""

    chain_id: UUID
    since: datetime
    clock: str
    rules: Sequence[Rules]


@dataclass(frozen=True, slots=True)
class Planned:
    """A period that has ended, and the moment as of which it closes."""

    period: Period
    as_of_at: datetime


def planned(known: Known, last: Mapping[Every, Period], now: datetime) -> Iterator[Planned]:
    """What has ended by now and comes after the `last` that were planned of each kind."""
    for kind in KINDS:
        there = [last[kind]] if kind in last else []
        for name in ended_after(last.get(kind), kind, known, now):
            rules, period = held(known, dates_of(name)[2]), touching(known, name, there)
            if rules.wants(kind) and known.since < period.ends_at and now - period.ends_at < LONGEST_AGO:
                yield Planned(period, closing(period, rules))


def ended_after(last: Period | None, kind: Every, known: Known, now: datetime) -> Iterator[str]:
    """The names of periods, in their order."""
    if last is None:
        name = name_of(kind, (now + 2 * DAY).date())
        while ends_at(known, name) > now:
            name = before(name)
    else:
        name = after(last.name)
    while ends_at(known, name) <= now:
        yield name
        name = after(name)


def touching(known: Known, name: str, there: Sequence[Period]) -> Period:
    """The period of that name: that which is planned, or by the rules, from where the one before it ended.

    `there` are those that are planned of it and the one before it. Raises NoPeriod.
    """
    _, first, last = dates_of(name)
    own = next((each for each in there if each.name == name), None)
    if own is not None:
        return own
    clocks = [clock_of(known, held(known, day)) for day in (last, first)]
    period = period_of(name, *clocks)
    earlier = next((each for each in there if each.name == before(name)), None)
    return replace(period, starts_at=earlier.ends_at) if earlier else period


def held(known: Known, day: date) -> Rules:
    """The rules that held when the periods before a day ended, by which these end when it begins.

    Who moves the clock past the end of a period, or so far that it has ended already, leaves it where it was.
    """
    rules = Rules(set_at=known.since)
    for later in known.rules:
        if later.set_at >= midnight(day, clock_of(known, rules)):
            break
        if later.set_at < midnight(day, clock_of(known, later)):
            rules = later
    return rules


def ends_at(known: Known, name: str) -> datetime:
    day = dates_of(name)[2]
    return midnight(day, clock_of(known, held(known, day)))


def clock_of(known: Known, rules: Rules) -> str:
    return rules.time_zone or known.clock


def closing(period: Period, rules: Rules) -> datetime:
    """Midnight of the closing day, or of the Wednesday, that follows the period."""
    _, _, ended_on = dates_of(period.name)
    on = ended_on + WEDNESDAY if period.kind == "week" else ended_on.replace(day=rules.closing_day)
    return midnight(on, period.time_zone)


def name_of(kind: Length, day: date) -> str:
    """The period that the day is in."""
    return day.strftime(CALLED_WEEK if kind == "week" else CALLED_MONTH)


def before(name: str) -> str:
    kind, first, _ = dates_of(name)
    return name_of(kind, first - DAY)


def after(name: str) -> str:
    kind, _, last = dates_of(name)
    return name_of(kind, last)

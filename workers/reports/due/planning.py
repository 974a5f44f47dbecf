"""Which periods of a chain are to be closed, and as of when: pure.

A period closes by the rules that hold when it ends; later ones count for periods that end later. The first of a kind
is the last one that has ended: whoever begins late is not given years of old ones. After it none is left out, so what
ended while nobody looked is closed as of the moments at which it would have been.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.reports.document import Period
from shared.reports.periods import CALLED_MONTH, CALLED_WEEK, dates_of
from workers.reports.window import period_of

Every = Literal["week", "month"]
KINDS: tuple[Every, ...] = ("week", "month")
WEDNESDAY = timedelta(days=2)
"""From the Monday on which a week has ended."""

LONGEST_AGO = timedelta(days=400)
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


def planned(known: Known, last: Mapping[Every, str], now: datetime) -> Iterator[Planned]:
    """What has ended by now and comes after the `last` that were planned of each kind."""
    for kind in KINDS:
        for name in ended_after(last.get(kind), kind, known, now):
            rules, period = ruled(known, name)
            if rules.wants(kind) and known.since < period.ends_at and now - period.ends_at < LONGEST_AGO:
                yield Planned(period, closing(period, rules))


def ended_after(last: str | None, kind: Every, known: Known, now: datetime) -> Iterator[str]:
    """The names of periods, in their order."""
    if last is None:
        running = name_of(kind, now.astimezone(ZoneInfo(clock_of(known, rules_at(known, now)))).date())
        name = before(running, kind)
    else:
        name = after(last, kind)
    while ruled(known, name)[1].ends_at <= now:
        yield name
        name = after(name, kind)


def ruled(known: Known, name: str) -> tuple[Rules, Period]:
    """The period by the last rules that were set before it ended on their clock."""
    for rules in reversed(known.rules):
        period = period_of(name, clock_of(known, rules))
        if rules.set_at < period.ends_at:
            return rules, period
    return Rules(set_at=known.since), period_of(name, known.clock)


def rules_at(known: Known, at: datetime) -> Rules:
    return next((each for each in reversed(known.rules) if each.set_at <= at), Rules(set_at=known.since))


def clock_of(known: Known, rules: Rules) -> str:
    return rules.time_zone or known.clock


def closing(period: Period, rules: Rules) -> datetime:
    """Midnight of the closing day, or of the Wednesday, that follows the period."""
    _, _, ended_on = dates_of(period.name)
    on = ended_on + WEDNESDAY if period.kind == "week" else ended_on.replace(day=rules.closing_day)
    return datetime(on.year, on.month, on.day, tzinfo=ZoneInfo(period.time_zone))


def name_of(kind: Every, day: date) -> str:
    """The period that the day is in."""
    return day.strftime(CALLED_WEEK if kind == "week" else CALLED_MONTH)


def before(name: str, kind: Every) -> str:
    return name_of(kind, dates_of(name)[1] - timedelta(days=1))


def after(name: str, kind: Every) -> str:
    return name_of(kind, dates_of(name)[2])

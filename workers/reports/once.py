"""No outcome of a few is told twice: what others than its therapist may see of it, and in which reports.

Two reports that count some of the same clients tell by their difference about those whom they do not share. So what is
counted by month stands in the closed report of the month alone; and what is counted over a year in those of the months
that end a quarter, where enough clients came into the count and left it (`quarters`).
"""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import NamedTuple

from shared.reports.document import Metric, Period, Report, WhyNone
from workers.reports.adding import place_of

OF_THE_PERIOD = frozenset({"first_cold_retests_in_period", "corrections_in_period"})
OF_THE_YEAR = frozenset({"episodes_started_in_year", "patterns_confirmed_in_year", "patterns_resolved_in_year"})
"""The populations of all numbers that tell of outcomes. One that is in neither is never shown."""

QUARTER = 3
"""In months."""


class Yearly(NamedTuple):
    """The numbers of a place that are counted over a year in one population."""

    place: str
    population: str


def told_once(report: Report, *, is_closed: bool, kept_back: AbstractSet[Yearly] = frozenset()) -> Report:
    """Without the outcomes that another report of other clients, or of another moment, tells of.

    `kept_back` is what must not be told at the end of this quarter.
    """
    told = is_closed and report.period.kind == "month"
    return replace(
        report,
        metrics=tuple(kept(each, report, kept_back, told=told) for each in report.metrics),
        series=report.series if told else replace(report.series, complaints=(), treated=()),
    )


def kept(metric: Metric, report: Report, kept_back: AbstractSet[Yearly], *, told: bool) -> Metric:
    parts = tuple(kept(each, report, kept_back, told=told) for each in metric.parts)
    why = why_not(metric, report, kept_back, told=told) if metric.suppressible else None
    if why is None:
        return replace(metric, parts=parts)
    return replace(
        metric, parts=parts, value=None, numerator=None, denominator=None, interval=None, exclusions=(), why_none=why
    )


def why_not(metric: Metric, report: Report, kept_back: AbstractSet[Yearly], *, told: bool) -> WhyNone | None:
    if metric.population in OF_THE_PERIOD:
        return None if told else "not_closed"
    if not (told and ends_a_quarter(report.period) and metric.population in OF_THE_YEAR):
        return "once_a_quarter"
    return "changed_little" if Yearly(place_of(report.scope), metric.population) in kept_back else None


def ends_a_quarter(period: Period) -> bool:
    """Whether it is March, June, September or December."""
    return period.kind == "month" and month_of(period.name) % QUARTER == 0


def month_of(name: str) -> int:
    """The number of a month, counted from the year 0 on."""
    year, month = name.split("-")
    return 12 * int(year) + int(month)

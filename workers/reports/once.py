"""No outcome is told twice: what others than its therapist may see of it stands in the report of one moment alone.

Two reports that count some of the same clients tell by their difference about the few whom they do not share. So what
is counted by month stands in the closed report of the month, and what is counted over a year in that of December.
"""

from dataclasses import replace
from zoneinfo import ZoneInfo

from shared.reports.document import Metric, Period, Report, WhyNone

OF_THE_PERIOD = frozenset({"first_cold_retests_in_period", "corrections_in_period"})
OF_THE_YEAR = frozenset({"episodes_started_in_year", "patterns_confirmed_in_year", "patterns_resolved_in_year"})
"""The populations of all numbers that tell of outcomes. One that is in neither is never shown."""

JANUARY = 1


def told_once(report: Report, *, is_closed: bool) -> Report:
    """Without the outcomes that another report of other clients, or of another moment, tells of."""
    told = is_closed and report.period.kind == "month"
    return replace(
        report,
        metrics=tuple(kept(each, report.period, told=told) for each in report.metrics),
        series=report.series if told else replace(report.series, complaints=(), treated=()),
    )


def kept(metric: Metric, period: Period, *, told: bool) -> Metric:
    parts = tuple(kept(each, period, told=told) for each in metric.parts)
    why = why_not(metric, period, told=told) if metric.suppressible else None
    if why is None:
        return replace(metric, parts=parts)
    return replace(
        metric, parts=parts, value=None, numerator=None, denominator=None, interval=None, exclusions=(), why_none=why
    )


def why_not(metric: Metric, period: Period, *, told: bool) -> WhyNone | None:
    if metric.population in OF_THE_PERIOD:
        return None if told else "not_closed"
    return None if told and ends_a_year(period) and metric.population in OF_THE_YEAR else "once_a_year"


def ends_a_year(period: Period) -> bool:
    """The years before two such ends share no day."""
    return period.ends_at.astimezone(ZoneInfo(period.time_zone)).month == JANUARY

"""A report as it is read, in every rendering: its figures, and sections of numbers with what each was made from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from shared.reports.document import Interval, Length, Metric, Report
from shared.reports.figures.drawn import figures
from shared.reports.figures.figure import Figure
from shared.reports.figures.interval import bar
from shared.reports.names import (
    METRICS,
    OTHERS,
    POPULATIONS,
    REASONS,
    SCOPES,
    SECTIONS,
    WHY_NONE,
    name_of,
)
from shared.reports.periods import dates_of, midnight
from shared.reports.words import Words

IN_PERCENT = {"utilisation"}
DECIMALS = {"ratio": 2, "kappa": 2}
WITHHELD = frozenset({"suppressed", "not_closed", "once_a_quarter", "changed_little"})


@dataclass(frozen=True, slots=True)
class Row:
    """One number; a part of the one above it when `is_part`. `bar` draws its interval, where it is a share.

    `is_missing`: the value says why there is none.
    """

    code: str
    name: str
    value: str
    made_of: str
    interval: str
    bar: str | None
    population: str
    left_out: str
    is_part: bool
    is_missing: bool


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """All words and drawings of a report in one language; `withheld` says why some are not there, where it is so."""

    language: str
    title: str
    whose: str
    period: str
    as_of: str
    made_by: str
    withheld: str
    evidence: str
    sections: tuple[Section, ...]
    figures: tuple[Figure, ...]


def shown(report: Report, words: Words, whose: str) -> Shown:
    """`whose` names the therapist, the clinic or the chain; the report itself names nobody."""
    return Shown(
        language=words.language,
        title=words.gettext(SCOPES[report.scope.kind]),
        whose=whose,
        period=period(report, words),
        as_of=as_of(report, words),
        made_by=words.gettext(
            "Definitions %(definitions)s, document %(hash)s", definitions=report.definitions, hash=report.hash[:12]
        ),
        withheld=withheld(report, words),
        evidence=words.gettext(
            "No controlled trial of NeuroKinetic Therapy is known. These numbers say what was recorded, not what caused"
            " it. Intervals are 95%; only what chance does not explain at 99.8% is coloured."
        ),
        sections=tuple(sections(report, words)),
        figures=figures(report, words),
    )


def period(report: Report, words: Words) -> str:
    """In words; with the moment at which it begins, where that is not midnight: the one before had another clock."""
    found = report.period
    kind, first, end = dates_of(found.name)
    said = of_days(kind, first, end, words)
    if found.starts_at == midnight(first, found.time_zone):
        return said
    begins = words.moment(found.starts_at.astimezone(ZoneInfo(found.time_zone)))
    return words.gettext("%(period)s, from %(moment)s", period=said, moment=begins)


def of_days(kind: Length, first: date, end: date, words: Words) -> str:
    """A period in words; the day of its end is not in it any more."""
    last = end - timedelta(days=1)
    if kind == "month":
        return words.month(first)
    days = f"{words.day(first)} \u2013 {words.day(last)}"
    if kind == "week":
        return words.gettext("Week %(n)s", n=first.isocalendar().week) + f", {days}"
    return days


def as_of(report: Report, words: Words) -> str:
    at = report.as_of.at.astimezone(ZoneInfo(report.period.time_zone))
    return words.gettext("As known on %(moment)s", moment=words.moment(at))


def withheld(report: Report, words: Words) -> str:
    if not any(each.why_none in WITHHELD for metric in report.metrics for each in (metric, *metric.parts)):
        return ""
    return words.gettext(
        "Why numbers are missing: others than the therapist see outcomes of treatment only in the closed report of a"
        " month, and never where they would tell of 1 to 10 clients. Outcomes counted over a year are in the reports of"
        " March, June, September and December, once at least 11 clients have come into the count and 11 have left it"
        " since they were last shown, or else at a later quarter. Figures and places of the body may be missing, too."
    )


def sections(report: Report, words: Words) -> Iterator[Section]:
    named = {code for _, codes in SECTIONS for code in codes}
    others = (OTHERS, tuple(each.code for each in report.metrics if each.code not in named))
    for title, codes in (*SECTIONS, others):
        found = [each for code in codes for each in report.metrics if each.code == code]
        rows = [row for each in found for row in rows_of(each, words)]
        if rows:
            yield Section(words.gettext(title), tuple(rows))


def rows_of(metric: Metric, words: Words) -> Iterator[Row]:
    yield row(metric, words)
    for part in metric.parts:
        yield row(part, words, of=metric.population)


def row(metric: Metric, words: Words, of: str | None = None) -> Row:
    """`of` is the population of the number that this one is a part of: it is not said again."""
    bounds = metric.interval if metric.unit == "share" else None
    return Row(
        code=metric.code,
        name=words.gettext(name_of(metric.code, METRICS)),
        value=value(metric, words),
        made_of=made_of(metric, words),
        interval=interval(metric, metric.interval, words) if metric.interval else "",
        bar=bar(metric.value, bounds.low, bounds.high) if bounds and metric.value is not None else None,
        population="" if metric.population == of else words.gettext(name_of(metric.population, POPULATIONS)),
        left_out=", ".join(
            f"{words.gettext(name_of(each.reason, REASONS))}: {words.number(each.n)}" for each in metric.exclusions
        ),
        is_part=of is not None,
        is_missing=metric.value is None,
    )


def value(metric: Metric, words: Words) -> str:
    if metric.value is None:
        return words.gettext(name_of(metric.why_none or "not_enough", WHY_NONE))
    said = amount(metric, metric.value, words)
    if metric.unit == "minutes":
        return words.gettext("%(n)s min", n=said)
    if metric.unit == "hours":
        return words.gettext("%(n)s h", n=said)
    return said


def amount(metric: Metric, number: float, words: Words) -> str:
    if metric.unit == "share" or metric.code in IN_PERCENT:
        return words.percent(number)
    return words.number(number, 0 if metric.unit == "count" else DECIMALS.get(metric.unit, 1))


def interval(metric: Metric, bounds: Interval, words: Words) -> str:
    low, high = amount(metric, bounds.low, words), amount(metric, bounds.high, words)
    if bounds.kind == "quartiles":
        return words.gettext("middle half %(low)s to %(high)s", low=low, high=high)
    return words.gettext("%(low)s to %(high)s", low=low, high=high)


def made_of(metric: Metric, words: Words) -> str:
    if metric.denominator is None:
        return ""
    denominator = words.number(metric.denominator, 1)
    if metric.numerator is None:
        return words.gettext("of %(n)s", n=denominator)
    return words.gettext("%(k)s of %(n)s", k=words.number(metric.numerator, 1), n=denominator)

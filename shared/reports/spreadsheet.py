"""A report as CSV for other programs: codes and plain numbers, one line for each number, the same in every language."""

import csv
from collections.abc import Iterator
from io import StringIO

from shared.reports.document import Metric, Report

HEADER = (
    "period",
    "as_of",
    "scope",
    "scope_id",
    "metric",
    "part_of",
    "unit",
    "value",
    "numerator",
    "denominator",
    "interval",
    "low",
    "high",
    "population",
    "left_out",
    "why_none",
    "definitions",
    "document",
)


FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of something to be computed; of numbers it is none."""


def spreadsheet(report: Report) -> bytes:
    """UTF-8 with lines that end as RFC 4180 wants it; numbers have a point and no more decimals than the document."""
    written = StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(HEADER)
    for metric in report.metrics:
        writer.writerow(cells(report, metric, ""))
        writer.writerows(cells(report, part, metric.code) for part in metric.parts)
    return written.getvalue().encode()


def cells(report: Report, metric: Metric, part_of: str) -> Iterator[str]:
    bounds = metric.interval
    yield from (report.period.name, report.as_of.at.isoformat(), report.scope.kind, str(report.scope.id))
    yield from map(inert, (metric.code, part_of, metric.unit))
    yield from (plain(metric.value), plain(metric.numerator), plain(metric.denominator))
    yield from (bounds.kind, plain(bounds.low), plain(bounds.high)) if bounds else ("", "", "")
    yield inert(metric.population)
    yield inert(" ".join(f"{each.reason}={each.n}" for each in metric.exclusions))
    yield from (metric.why_none or "", str(report.definitions), report.hash)


def inert(text: str) -> str:
    """Text that stays text in a spreadsheet."""
    return f"'{text}" if text.startswith(FORMULAS) else text


def plain(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")

"""Page, paper and the file for programs say the same of one report, number by number, in each language."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import unescape
from io import StringIO
from typing import Any

import pytest

from shared.languages import LANGUAGES
from shared.reports.document import Exclusion, Interval, Metric, Report
from shared.reports.page import html
from shared.reports.print import pdf
from shared.reports.shown import Row, shown
from shared.reports.spreadsheet import spreadsheet
from shared.reports.words import Words, words_of
from tests.support.paper import words_on
from tests.support.reports import invented_report

REPORT = invented_report(8)
WITHHELD = replace(
    REPORT,
    metrics=tuple(
        replace(each, value=None, numerator=None, denominator=None, interval=None, why_none="not_closed", parts=())
        if place % 3
        else each
        for place, each in enumerate(REPORT.metrics)
    ),
)


def rebuilt(report: Report) -> Report:
    """With the numbers that the file for programs has, and no others."""
    rows = list(csv.DictReader(StringIO(spreadsheet(report).decode(), newline="")))
    parts: dict[str, list[Metric]] = {}
    for row in rows:
        if row["part_of"]:
            parts.setdefault(row["part_of"], []).append(metric_of(row))
    whole = (metric_of(row) for row in rows if not row["part_of"])
    return replace(report, metrics=tuple(replace(each, parts=tuple(parts.get(each.code, ()))) for each in whole))


def metric_of(row: Mapping[str, Any]) -> Metric:
    bounds = {name: float(row[name]) for name in ("low", "high") if row[name]}
    left_out = (each.split("=") for each in row["left_out"].split())
    return Metric(
        code=row["metric"],
        unit=row["unit"],
        population=row["population"],
        value=number(row["value"]),
        numerator=number(row["numerator"]),
        denominator=number(row["denominator"]),
        interval=Interval(kind=row["interval"], **bounds) if bounds else None,
        exclusions=tuple(Exclusion(reason=reason, n=int(n)) for reason, n in left_out),
        why_none=row["why_none"] or None,
    )


def number(text: str) -> float | None:
    return float(text) if text else None


def squeezed(text: str) -> str:
    """Without what a line's end may have taken or left."""
    return "".join(text.split()).replace("\u00ad", "")


def on_page(report: Report, words: Words) -> str:
    return squeezed(unescape(re.sub(r"<svg.*?</svg>|<[^>]+>", "", html(report, words, "Demo"), flags=re.DOTALL)))


def on_paper(report: Report, words: Words) -> str:
    """Without what stands at the foot of each page."""
    made_by = squeezed(shown(report, words, "").made_by)
    return re.sub(rf"{made_by}\d+/\d+", "", squeezed(words_on(pdf(report, words, "Demo"))))


def line_of(row: Row) -> str:
    made_of = ", ".join(filter(None, (row.made_of, row.population)))
    return squeezed(row.name + row.value + row.interval + made_of + row.left_out)


def lines(report: Report, words: Words) -> Iterator[str]:
    for section in shown(report, words, "").sections:
        yield squeezed(section.title)
        yield from map(line_of, section.rows)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("report", [REPORT, WITHHELD], ids=["whole", "withheld"])
def test_every_number_of_the_file_for_programs_stands_on_page_and_paper_in_its_place(
    report: Report, language: str
) -> None:
    words = words_of(language)
    for text in (on_page(report, words), on_paper(report, words)):
        at = 0
        for line in lines(rebuilt(report), words):
            found = text.find(line, at)
            assert found >= at, line
            at = found + len(line)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_under_a_figure_stands_on_page_and_paper(language: str) -> None:
    words = words_of(language)
    tables = [figure.table for figure in shown(REPORT, words, "").figures if figure.table.rows]
    assert len(tables) > 5
    for text in (on_page(REPORT, words), on_paper(REPORT, words)):
        for table in tables:
            at = text.index(squeezed("".join(table.header)))
            for row in table.rows:
                at = text.index(squeezed("".join(row)), at)


def test_a_number_that_one_of_them_says_otherwise_is_found() -> None:
    first, *rest = REPORT.metrics
    other = replace(REPORT, metrics=(replace(first, value=(first.value or 0) + 1), *rest))
    words = words_of("en")
    line = next(each for each in lines(other, words) if each not in list(lines(REPORT, words)))
    assert line not in on_page(REPORT, words)
    assert line not in on_paper(REPORT, words)

"""Renderings of a report: the same document gives the same bytes in every process, and all of them say the same."""

import ast
import csv
import re
import struct
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from html import unescape
from io import StringIO
from uuid import UUID

import pytest

from shared.languages import LANGUAGES
from shared.reports.document import Exclusion, Metric, Overdue, Report, Series, WhyNone
from shared.reports.figures.drawn import figures
from shared.reports.names import METRICS, POPULATIONS, REASONS, SECTIONS
from shared.reports.page import headings, html, style
from shared.reports.print import pdf, png
from shared.reports.shown import shown
from shared.reports.spreadsheet import spreadsheet
from shared.reports.words import words_of
from tests.architecture.tree import files, read
from tests.support.reports import invented_report
from workers.reports.window import period_of

REPORT = invented_report(8)
ADA = UUID("018f0000-0000-7000-8000-00000000000a")
PROGRAM = """
from hashlib import sha256
from shared.reports.figures.drawn import figures
from shared.reports.page import html
from shared.reports.print import pdf, png
from shared.reports.spreadsheet import spreadsheet
from shared.reports.words import words_of
from tests.architecture.tree import files, read
from tests.support.reports import invented_report
report = invented_report(8)
for tag in ("en", "de"):
    words = words_of(tag)
    print(sha256(pdf(report, words, "Demo")).hexdigest(), sha256(html(report, words, "Demo").encode()).hexdigest())
print(sha256(spreadsheet(report)).hexdigest(), sha256(png(figures(report, words)[0])).hexdigest())
"""


def test_a_period_is_called_by_its_name_and_tells_when_it_begins_on_another_clock_than_it_ends() -> None:
    december = period_of("2026-12", "America/Chicago", "Europe/Berlin")
    said = [
        shown(replace(REPORT, period=each), words_of(tag), "").period
        for each in (december, REPORT.period)
        for tag in ("en", "de")
    ]
    assert said == [
        "December 2026, from Nov 30, 2026, 5:00 PM",
        "Dezember 2026, ab 30.11.2026, 17:00",
        "October 2026",
        "Oktober 2026",
    ]


def test_two_processes_make_the_same_bytes_of_one_document() -> None:
    runs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ".", "TZ": zone},
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(runs) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_is_one_that_screen_readers_can_read_and_not_a_large_one(language: str) -> None:
    made = pdf(REPORT, words_of(language), "Demo")
    assert made.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in made
    assert made.count(b"/Alt") >= len(figures(REPORT, words_of(language)))
    assert b"SourceSansPro" in made
    assert 50_000 < len(made) < 600_000


def test_the_file_is_dated_by_what_was_known() -> None:
    as_of = replace(REPORT.as_of, at=REPORT.as_of.at + timedelta(microseconds=17))
    made = pdf(replace(REPORT, as_of=as_of), words_of("en"), "")
    assert b"20261105060000" in re.sub(rb"\D", b"", b"".join(re.findall(rb"/CreationDate ?\([^)]*\)", made)))


def test_a_picture_for_mail_is_sharp_and_small() -> None:
    for figure in figures(REPORT, words_of("en")):
        made = png(figure)
        assert made
        wide, high = struct.unpack(">II", made[16:24])
        assert wide == 1440
        assert 150 < high < 1600
        assert len(made) < 300_000
    assert png(replace(figures(REPORT, words_of("en"))[0], svg=None)) is None


def rows_of(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(spreadsheet(report).decode(), newline="")))


def test_the_lines_of_the_file_for_programs_are_the_numbers_of_the_document() -> None:
    said = {(row["metric"], row["part_of"]): row for row in rows_of(REPORT)}
    wanted: list[tuple[Metric, str]] = [(each, "") for each in REPORT.metrics]
    wanted += [(part, each.code) for each in REPORT.metrics for part in each.parts]
    assert len(said) == len(wanted)
    for metric, whole in wanted:
        row = said[metric.code, whole]
        for name in ("value", "numerator", "denominator"):
            number = getattr(metric, name)
            assert row[name] == "" if number is None else float(row[name]) == pytest.approx(number, abs=1e-6)
        if metric.interval:
            assert float(row["low"]) == pytest.approx(metric.interval.low, abs=1e-6)
        assert row["document"] == REPORT.hash


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula_to_a_spreadsheet(sign: str) -> None:
    evil = f'{sign}HYPERLINK("https://evil.example";"x")'
    out = Exclusion(reason=evil, n=1)
    part = Metric(code=evil, unit="count", population=evil, value=-2.5, exclusions=(out,))
    report = replace(REPORT, metrics=(replace(part, parts=(part,)),))
    for row in rows_of(report):
        assert float(row.pop("value")) == -2.5
        assert {text for text in row.values() if text.startswith(sign)} == set()
        assert f"'{evil}" in {row["metric"], row["population"], row["part_of"]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_holds_every_number_and_every_table(language: str) -> None:
    words = words_of(language)
    page, said = html(REPORT, words, "Demo"), shown(REPORT, words, "Demo")
    for section in said.sections:
        for row in section.rows:
            assert f">{row.name}<" in page
            assert f">{row.value}<" in page
    assert page.count("<figure>") == len(said.figures) == page.count('role="img"')
    assert page.count("<table>") == len(said.figures) + len(said.sections)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_the_page_brings_nothing_that_its_policy_refuses_and_escapes_names() -> None:
    page = html(REPORT, words_of("en"), "<b>Demo</b>")
    assert "&lt;b&gt;Demo" in page
    assert not re.search(r"<style|<script|style=|src=|href=|on\w+=", page)
    assert ".report" in style()


def test_no_rendering_tells_of_a_client() -> None:
    overdue = (Overdue(client_id=ADA, episode_id=ADA, planned_on=date(2026, 10, 2)),)
    report = replace(REPORT, series=Series(overdue=overdue))
    for made in (html(report, words_of("en"), ""), spreadsheet(report).decode()):
        assert str(ADA) not in made


def test_each_heading_has_the_id_that_leads_to_it() -> None:
    found = re.findall(r'<h2 id="([^"]+)">([^<]+)</h2>', html(REPORT, words_of("de"), ""))
    assert headings(REPORT, words_of("de")) == [(anchor, unescape(title)) for anchor, title in found]


def test_parts_do_not_repeat_what_their_whole_says() -> None:
    visits = next(section for section in shown(REPORT, words_of("en"), "").sections if section.title == "Visits")
    cancelled = next(at for at, row in enumerate(visits.rows) if row.code == "cancellation_rate")
    whole, part = visits.rows[cancelled : cancelled + 2]
    assert (whole.value, whole.made_of, whole.population) == ("12%", "14 of 118", "visits that began in the period")
    assert (part.name, part.is_part, part.population) == ("by the client", True, "")


def test_a_number_that_is_not_there_says_why() -> None:
    report = replace(REPORT, metrics=(Metric(code="hold_rate", unit="share", population="x", why_none="suppressed"),))
    (section,) = shown(report, words_of("de"), "").sections
    assert section.rows[0].value == "zu wenige (verborgen)"


@pytest.mark.parametrize(
    ("why", "en", "de"),
    [
        ("not_closed", "closed months only", "nur im Monatsabschluss"),
        ("once_a_quarter", "ends of quarters only", "nur am Quartalsende"),
        (
            "changed_little",
            "at a later quarter",
            "in einem späteren Quartal",
        ),
        ("suppressed", "too few to show", "zu wenige (verborgen)"),
    ],
)
def test_what_is_withheld_is_said_beside_the_number_and_above_all(why: WhyNone, en: str, de: str) -> None:
    metric = Metric(code="hold_rate", unit="share", population="x", why_none=why)
    report = replace(REPORT, metrics=(metric,))
    for tag, said in (("en", en), ("de", de)):
        found = shown(report, words_of(tag), "")
        assert found.sections[0].rows[0].value == said
        assert "1 to 10" in found.withheld or "1 bis 10" in found.withheld
        assert "June" in found.withheld or "Juni" in found.withheld
        page = unescape(html(report, words_of(tag), ""))
        assert f'<td class="number missing">{said}</td>' in page
        assert found.withheld in page
    assert why in spreadsheet(report).decode()
    assert shown(REPORT, words_of("en"), "").withheld == ""


def test_what_was_never_named_is_shown_last_and_as_it_is() -> None:
    report = replace(REPORT, metrics=(Metric(code="some_new_number", unit="count", population="x", value=3.0),))
    (section,) = shown(report, words_of("en"), "").sections
    assert (section.title, section.rows[0].name, section.rows[0].value) == ("Other numbers", "some new number", "3")


def test_every_number_of_a_section_has_a_name() -> None:
    assert {code for _, codes in SECTIONS for code in codes} <= set(METRICS)
    for each in REPORT.metrics:
        assert {each.code, *(part.code for part in each.parts)} <= set(METRICS)
        assert each.population in POPULATIONS
        assert {out.reason for out in each.exclusions} <= set(REASONS)


def test_every_number_that_the_workers_compute_has_a_name() -> None:
    made = {"count", "share", "median", "reached"}
    codes, populations = set(), set()
    for path in files("workers/reports/metrics/*.py"):
        for node in ast.walk(ast.parse(read(path))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            said = {each.arg: each.value for each in node.keywords}
            if node.func.id in made and node.args:
                codes |= literals(node.args[0])
                populations |= literals(node.args[-1])
            elif node.func.id == "Metric":
                codes |= literals(said["code"])
                populations |= literals(said["population"])
    assert len(codes) > 20
    assert codes <= set(METRICS)
    assert populations <= set(POPULATIONS)


def literals(node: ast.expr) -> set[str]:
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


@pytest.mark.parametrize(("tag", "said"), [("en", "October 2026"), ("de-AT", "Oktober 2026"), ("pt", "October 2026")])
def test_says_the_period_and_what_was_known_in_the_readers_words(tag: str, said: str) -> None:
    found = shown(REPORT, words_of(tag), "")
    assert found.period == said
    assert "2026" in found.as_of
    assert "07:00" in found.as_of or "7:00" in found.as_of


def test_the_hash_on_paper_is_that_of_the_document() -> None:
    assert REPORT.hash[:12] in shown(REPORT, words_of("en"), "").made_by
    assert len(REPORT.hash) == len(sha256().hexdigest())

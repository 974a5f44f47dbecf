"""Figures of reports, read back as somebody sees them: what is drawn is what the table says, in every language."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from shared.languages import LANGUAGES
from shared.reports.document import DayOfWork, Funnel, FunnelPoint, Place, Report, Series, Step
from shared.reports.figures.drawing import ALARM, GROUND, RAMP, WIDTH, plain, shade
from shared.reports.figures.drawn import figures
from shared.reports.figures.figure import Figure
from shared.reports.words import MINUS, words_of
from tests.support.reports import invented_report, points

REPORT = invented_report()
ENGLISH = words_of("en")
SVG = "{http://www.w3.org/2000/svg}"


def figure(code: str, report: Report = REPORT) -> Figure:
    return next(each for each in figures(report, ENGLISH) if each.code == code)


def drawn(code: str, report: Report = REPORT) -> ET.Element:
    found = figure(code, report).svg
    assert found
    return ET.fromstring(found)


def groups(root: ET.Element, name: str) -> list[ET.Element]:
    return [each for each in root.iter() if each.get("class") == name]


def number(element: ET.Element, name: str) -> float:
    return float(element.get(name, "nan"))


def texts(element: ET.Element) -> list[tuple[float, float, str]]:
    return [(number(each, "x"), number(each, "y"), each.text or "") for each in element.iter(f"{SVG}text")]


def axis(marks: list[tuple[float, float]]) -> Callable[[float], float]:
    """From places back to values, by the first and last tick of an axis."""
    (first, low), (last, high) = min(marks), max(marks)
    return lambda place: low + (place - first) / (last - first) * (high - low)


def value(said: str) -> float:
    return float(re.sub(r"[^\d.+-]", "", said.replace(MINUS, "-")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_says_in_words_what_it_shows_and_has_a_table(language: str) -> None:
    for each in figures(REPORT, words_of(language)):
        assert each.svg
        root = ET.fromstring(each.svg)
        assert root.findtext(f"{SVG}title") == each.title
        assert root.findtext(f"{SVG}desc") == each.description
        assert root.get("aria-labelledby") == f"{each.code}-title {each.code}-text"
        assert each.table.rows
        assert all(len(row) == len(each.table.header) for row in each.table.rows)


@pytest.mark.parametrize("episodes", [1, 28, 75])
def test_nothing_is_drawn_outside_the_picture(episodes: int) -> None:
    for each in figures(invented_report(episodes), ENGLISH):
        assert each.svg
        root = ET.fromstring(each.svg)
        height = float((root.get("viewBox") or "").split()[3])
        assert 60 < height < 1300
        for said in root.iter(f"{SVG}text"):
            x, size = number(said, "x"), float(said.get("font-size", "11"))
            wide = 0.5 * size * len(said.text or "")
            left = x - wide * {"start": 0, "middle": 0.5, "end": 1}[said.get("text-anchor", "start")]
            assert left > -6, said.text
            assert left + wide < WIDTH + 6, said.text
            assert 0 < number(said, "y") < height
        for dot in root.iter(f"{SVG}circle"):
            assert 0 < number(dot, "cx") < WIDTH
            assert 0 < number(dot, "cy") < height


def test_the_pain_that_is_drawn_is_the_pain_of_the_table() -> None:
    root, rows = drawn("trajectories"), figure("trajectories").table.rows
    panels = groups(root, "episode")
    assert len(panels) == len(rows)
    for panel, row in zip(panels, rows, strict=True):
        title = next(y for _, y, said in texts(panel) if said.startswith("No. "))
        worst, none = title + 9, title + 9 + 62
        score = axis([(worst, 10), (none, 0)])
        read = [round(score(number(dot, "cy"))) for dot in panel.iter(f"{SVG}circle")]
        assert read == [int(each.split(":\u00a0")[1]) for each in row[3].split(", ")]
        ticks = [each for each in panel.iter(f"{SVG}line") if each.get("x1") == each.get("x2")]
        assert len(ticks) == len(row[4].split(", "))


def test_the_ends_of_a_dumbbell_are_those_of_its_row() -> None:
    root, rows = drawn("dumbbells"), figure("dumbbells").table.rows
    ticks = [(x, float(said)) for x, y, said in texts(root) if y == 45 and said.isdigit()]
    first = [tick for at, tick in enumerate(ticks) if at < 6]
    length = first[-1][0] - first[0][0]
    for bar, row in zip(groups(root, "episode"), rows, strict=True):
        said = [each for _, _, each in texts(bar)]
        start, end = (number(dot, "cx") for dot in bar.iter(f"{SVG}circle"))
        assert said == [row[0], row[3]]
        assert round((end - start) / length * 10) == int(row[2]) - int(row[1])


def test_a_point_of_a_funnel_lies_at_its_share_and_its_number() -> None:
    root, rows = drawn("funnels"), figure("funnels").table.rows
    shown = groups(root, "funnel")
    found: list[tuple[int, int, bool]] = []
    for panel in shown:
        share = axis([(y - 3.2, value(said) / 100) for x, y, said in texts(panel) if re.fullmatch(r"\d+%", said)])
        n_of = axis([(x, float(said)) for x, y, said in texts(panel) if y == 241])
        for dot in panel.iter(f"{SVG}circle"):
            n = round(n_of(number(dot, "cx")))
            found.append((round(share(number(dot, "cy")) * n), n, dot.get("class") == "this"))
    assert sorted(found) == sorted((int(row[2]), int(row[3]), row[1] == "this report") for row in rows)


def test_the_curve_of_what_holds_passes_through_the_rows_of_its_table() -> None:
    root, rows = drawn("holding"), figure("holding").table.rows
    (curve,) = groups(root, "curve")
    corners = [tuple(map(float, each.split(","))) for each in (curve.get("d") or "").lstrip("M").split("L")]
    share = axis([(y - 3.2, value(said) / 100) for x, y, said in texts(root) if re.fullmatch(r"\d+%", said)])
    day = axis([(x, value(said)) for x, y, said in texts(root) if y == 227])
    read = {(round(day(x)), round(100 * share(y))) for x, y in corners}
    assert {(int(row[0]), round(value(row[1]))) for row in rows} <= read
    assert {each.text for each in groups(root, "at-risk")} <= {row[3] for row in rows}


def test_a_day_is_as_dark_as_its_share() -> None:
    cells, rows = groups(drawn("utilisation"), "day"), figure("utilisation").table.rows
    assert len(cells) == len(rows)
    for cell, row in zip(cells, rows, strict=True):
        assert cell.findtext(f"{SVG}title") == f"{row[0]}: {row[3]}"
        capacity = value(row[2])
        assert (cell.get("fill") in {*RAMP, GROUND}) == (capacity > 0)
        if capacity:
            assert cell.get("fill") == shade(value(row[1]) / capacity, 1)


def test_a_place_on_the_body_says_how_often_it_was_named() -> None:
    places = (Place(region="knee", side="left", n=3), Place(region="lower_back", side="bilateral", n=2))
    report = replace(REPORT, series=Series(complaints=places, treated=()))
    complaints, treated = groups(drawn("bodies", report), "map")
    said = {each.text for each in complaints.iter(f"{SVG}title")}
    assert {"Knee, left: 3", "Knee, right: 0", "Lower back, left: 2", "Lower back, right: 2"} <= said
    assert all((each.text or "").endswith(": 0") for each in treated.iter(f"{SVG}title"))
    assert figure("bodies", report).table.rows == (("Knee, left", "3", "0"), ("Lower back, both sides", "2", "0"))


def funnel_of(*those: tuple[int, int, bool]) -> Report:
    made = points(*(FunnelPoint(*each) for each in those))
    return replace(REPORT, series=Series(funnel=Funnel(responders=made)))


def test_only_what_chance_does_not_explain_is_coloured_and_only_in_the_report_that_it_is_about() -> None:
    alike = [(80, 48, False), (60, 37, False), (90, 52, False)]
    assert ALARM not in (figure("funnels").svg or "")
    assert ALARM not in (figure("funnels", funnel_of(*alike, (80, 12, False))).svg or "")
    far = figure("funnels", funnel_of(*alike, (80, 12, True)))
    assert ALARM in (far.svg or "")
    assert "below what chance explains" in far.description


def test_who_is_outside_the_limits_among_many_who_differ_little_is_not_coloured() -> None:
    """31 of 100 among nine of 50 of 100: drawn in towards all as far as all are alike, it is 43 of 100."""
    near = figure("funnels", funnel_of((100, 31, True), *[(100, 50, False)] * 9))
    assert ALARM not in (near.svg or "")
    assert "outside the limits of chance, and within them once it is drawn in" in near.description
    assert next(each for each in near.table.rows if each[1] == "this report")[4:] == (
        "31%",
        "32% \u2013 64%",
        "43%",
        "within",
    )


def test_what_is_not_there_is_neither_drawn_nor_called_nothing() -> None:
    assert figures(replace(REPORT, series=Series()), ENGLISH) == ()
    assert [each.code for each in figures(funnel_of((40, 20, True)), ENGLISH)] == ["funnels"]


def test_extremes_can_be_drawn() -> None:
    work = tuple(DayOfWork(on=day.on, attended=0, capacity=0) for day in REPORT.series.utilisation)
    step = Step(day=0, share=1.0, low=1.0, high=1.0, at_risk=1)
    lone = points(FunnelPoint(1, 1, is_this=True))
    series = Series(utilisation=work, holding=(step,), funnel=Funnel(responders=lone, hold=lone))
    for each in figures(replace(REPORT, series=series), ENGLISH):
        if each.svg:
            ET.fromstring(each.svg)
    assert "no time on offer" in figure("utilisation", replace(REPORT, series=series)).description


def test_pages_may_refuse_every_style_and_script() -> None:
    for each in figures(REPORT, ENGLISH):
        assert "style=" not in (each.svg or "")
        assert "<style" not in (each.svg or "")
        assert "<script" not in (each.svg or "")
        assert "href" not in (each.svg or "")


def test_two_processes_draw_the_same_bytes() -> None:
    program = (
        "from hashlib import sha256; from shared.reports.figures.drawn import figures;"
        "from shared.reports.words import words_of; from tests.support.reports import invented_report;"
        "print(sha256(''.join(each.svg for each in figures(invented_report(), words_of('de'))).encode()).hexdigest())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]


@pytest.mark.parametrize(("given", "said"), [(1.0, "1"), (0.125, "0.12"), (-0.001, "0"), (10.5, "10.5"), (100, "100")])
def test_numbers_of_drawings_are_short(given: float, said: str) -> None:
    assert plain(given) == said

"""How long corrected patterns still hold: the curve of Kaplan and Meier, its interval, and how many it rests on."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from shared.reports.document import Report, Step
from shared.reports.figures.drawing import GROUND, INK, SMALL, SOFT, Scale, line, path, rounded_up, svg, text
from shared.reports.figures.figure import Figure, Table
from shared.reports.words import Words

LEFT, RIGHT = 44.0, 690.0
TOP, DEEP = 22.0, 190.0
APART = 30.0
"""Numbers at risk stand no closer than this."""


def draw(report: Report, words: Words) -> Figure:
    steps = report.series.holding
    title = words.gettext("Corrected patterns that still hold")
    said = words.gettext("No corrected pattern was tested again yet.")
    if steps:
        last = steps[-1]
        said = words.gettext(
            "Of %(n)s corrected patterns %(share)s still hold after %(day)s days (95%% interval %(low)s to %(high)s).",
            n=words.number(steps[0].at_risk),
            share=words.percent(last.share),
            day=words.number(last.day),
            low=words.percent(last.low),
            high=words.percent(last.high),
        )
    return Figure("holding", title, said, picture(steps, title, said, words), table(steps, words))


def picture(steps: Sequence[Step], title: str, said: str, words: Words) -> str | None:
    if not steps:
        return None
    most = rounded_up(max(28, steps[-1].day))
    across, down = Scale(0, most, LEFT, RIGHT), Scale(1, 0, TOP, TOP + DEEP)
    low, high = stairs([(step.day, step.low) for step in steps]), stairs([(step.day, step.high) for step in steps])
    band = [(across(day), down(share)) for day, share in [*low, *reversed(high)]]
    curve = [(across(day), down(share)) for day, share in stairs([(step.day, step.share) for step in steps])]
    shapes = [
        path(band, closed=True, fill=GROUND),
        *axes(across, down, most, words),
        path(curve, stroke=INK, stroke_width=1.8, class_="curve"),
        *at_risk(steps, across, down, words),
    ]
    return svg("holding", title, said, TOP + DEEP + 62, shapes)


def stairs(values: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The corners of a curve that keeps its value until the next step."""
    corners = [values[0]]
    for (_, before), (day, share) in pairwise(values):
        corners += [(day, before), (day, share)] if share != before else [(day, share)]
    return corners


def axes(across: Scale, down: Scale, most: int, words: Words) -> Iterator[str]:
    for quarter in range(5):
        y = down(quarter / 4)
        yield line(LEFT, y, RIGHT, y, stroke_width=0.6)
        yield text(LEFT - 6, y + 3.2, words.percent(quarter / 4), fill=SOFT, font_size=SMALL, text_anchor="end")
    for at in range(5):
        day = most * at / 4
        said = words.number(day, 1)
        if at == 4:  # noqa: PLR2004
            said = words.gettext("%(n)s days", n=said)
        yield text(across(day), down(0) + 15, said, fill=SOFT, font_size=SMALL, text_anchor="middle")


def at_risk(steps: Sequence[Step], across: Scale, down: Scale, words: Words) -> Iterator[str]:
    y = down(0) + 48
    yield text(LEFT, y - 14, words.gettext("still watched"), fill=SOFT, font_size=SMALL)
    free = 0.0
    for step in steps:
        x = across(step.day)
        if x >= free:
            yield text(x, y, words.number(step.at_risk), font_size=SMALL, text_anchor="middle", class_="at-risk")
            free = x + APART


def table(steps: Sequence[Step], words: Words) -> Table:
    return Table(
        header=(
            words.gettext("Day"),
            words.gettext("Still holding"),
            words.gettext("95% interval"),
            words.gettext("Still watched"),
        ),
        rows=tuple(
            (
                words.number(step.day),
                words.percent(step.share),
                f"{words.percent(step.low)} \u2013 {words.percent(step.high)}",
                words.number(step.at_risk),
            )
            for step in steps
        ),
    )

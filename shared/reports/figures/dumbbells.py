"""From the baseline to the latest score of each episode: a line for the way between, dark where it is a response."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import ceil

from shared.reports.document import Dumbbell, Report
from shared.reports.figures.drawing import FAINT, INK, PAPER, SMALL, SOFT, Scale, circle, line, svg, tag, text
from shared.reports.figures.figure import Figure, Table
from shared.reports.words import Words

WORST = 10
POINTS, SHARE = 2, 0.3
"""A response is at least this many points less, and at least this share less."""

ONE_COLUMN = 16
MOST = 90
LEFT, GAP, BESIDE = 34.0, 44.0, 30.0
TOP, ROW = 52.0, 15.0


def draw(report: Report, words: Words) -> Figure:
    ordered = in_rows(report.series.dumbbells)
    title = words.gettext("From baseline to latest score")
    responded = words.number(sum(map(responds, ordered)))
    said = words.ngettext("%(n)s episode with a later score;", "%(n)s episodes with a later score;", len(ordered))
    said += " " + words.gettext("in %(responded)s pain fell by 2 points and 30%% or more.", responded=responded)
    if len(ordered) > MOST:
        said += " " + words.gettext("Drawn are the first %(most)s; the table has all.", most=MOST)
    return Figure("dumbbells", title, said, picture(ordered[:MOST], title, said, words), table(ordered, words))


def in_rows(found: Iterable[Dumbbell]) -> list[Dumbbell]:
    """From the worst baseline to the best, numbered as they are drawn."""
    ordered = sorted(found, key=lambda each: (-each.baseline, each.latest, each.key))
    return [replace(each, key=at) for at, each in enumerate(ordered, 1)]


def responds(each: Dumbbell) -> bool:
    fallen = each.baseline - each.latest
    return fallen >= POINTS and fallen >= SHARE * each.baseline


def picture(ordered: list[Dumbbell], title: str, said: str, words: Words) -> str | None:
    if not ordered:
        return None
    columns = 1 if len(ordered) <= ONE_COLUMN else 2 if len(ordered) <= 2 * ONE_COLUMN else 3
    rows = ceil(len(ordered) / columns)
    across = (720.0 - LEFT - BESIDE - (columns - 1) * (GAP + BESIDE)) / columns
    shapes = list(legend(words))
    for column in range(columns):
        left = LEFT + column * (across + GAP + BESIDE)
        scale = Scale(0, WORST, left, left + across)
        inside = ordered[column * rows : (column + 1) * rows]
        shapes.extend(grid(scale, len(inside)))
        for at, each in enumerate(inside):
            shapes.append(tag("g", *bar(each, scale, TOP + ROW * (at + 0.5), words), class_="episode"))
    return svg("dumbbells", title, said, TOP + ROW * rows + 14, shapes)


def grid(scale: Scale, rows: int) -> Iterator[str]:
    for score in range(0, WORST + 1, 2):
        yield line(scale(score), TOP - 2, scale(score), TOP + ROW * rows + 4, stroke_width=0.6)
        yield text(scale(score), TOP - 7, str(score), fill=SOFT, font_size=SMALL, text_anchor="middle")


def bar(each: Dumbbell, scale: Scale, y: float, words: Words) -> Iterator[str]:
    start, end, dark = scale(each.baseline), scale(each.latest), responds(each)
    worse = each.latest - each.baseline >= POINTS
    look: dict[str, float | str] = {"stroke": INK if dark or worse else FAINT, "stroke_width": 2.4 if dark else 1.4}
    if worse:
        look["stroke_dasharray"] = "3 2"
    said = words.gettext("From %(baseline)s to %(latest)s", baseline=each.baseline, latest=each.latest)
    yield text(scale.start - 12, y + 3.2, str(each.key), fill=SOFT, font_size=SMALL, text_anchor="end")
    yield line(start, y, end, y, **look)
    yield circle(start, y, 3.6, title=said, fill=PAPER, stroke=INK, stroke_width=1.1)
    yield circle(end, y, 3.6 if start != end else 1.8, title=said, fill=INK if dark or worse else SOFT)
    change = words.signed(each.latest - each.baseline)
    weight = 600 if dark or worse else 400
    yield text(
        scale.end + 12, y + 3.4, change, font_size=SMALL, font_weight=weight, fill=INK if dark or worse else SOFT
    )


def legend(words: Words) -> Iterator[str]:
    y = 14.0
    yield circle(LEFT + 4, y, 3.6, fill=PAPER, stroke=INK, stroke_width=1.1)
    yield text(LEFT + 14, y + 3.4, words.gettext("baseline"), fill=SOFT, font_size=SMALL)
    yield circle(LEFT + 84, y, 3.6, fill=INK)
    yield text(LEFT + 94, y + 3.4, words.gettext("latest"), fill=SOFT, font_size=SMALL)
    kinds = (
        (words.gettext("response"), {"stroke": INK, "stroke_width": 2.4}),
        (words.gettext("less than that"), {"stroke": FAINT, "stroke_width": 1.4}),
        (words.gettext("2 points worse or more"), {"stroke": INK, "stroke_width": 1.4, "stroke_dasharray": "3 2"}),
    )
    for at, (said, look) in enumerate(kinds):
        x = LEFT + 160 + 130 * at
        yield line(x, y, x + 22, y, **look)  # type: ignore[arg-type]
        yield text(x + 28, y + 3.4, said, fill=SOFT, font_size=SMALL)


def table(ordered: list[Dumbbell], words: Words) -> Table:
    yes, no = words.gettext("yes"), words.gettext("no")
    return Table(
        header=(
            words.gettext("Row"),
            words.gettext("Baseline"),
            words.gettext("Latest"),
            words.gettext("Change"),
            words.gettext("Response"),
        ),
        rows=tuple(
            (
                str(each.key),
                str(each.baseline),
                str(each.latest),
                words.signed(each.latest - each.baseline),
                yes if responds(each) else no,
            )
            for each in ordered
        ),
    )

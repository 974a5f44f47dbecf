"""Where it hurts beside where the treatment was: two body charts, each shaded by its own counts."""

from collections.abc import Iterator, Sequence

from shared.body_chart.chart import VIEWS, Side, View, chart, name, spread
from shared.reports.document import Place, Report
from shared.reports.figures.drawing import FAINT, GROUND, PAPER, RAMP, SMALL, SOFT, plain, shade, svg, tag, text
from shared.reports.figures.figure import Figure, Table
from shared.reports.words import Words

HALF = 360.0
BODY = 152.0
TOP = 34.0
MARGIN = 6.0
APART = 26.0
HAND, UNDER_HANDS = 16.0, 154.0

Counts = dict[tuple[str, Side], int]


def draw(report: Report, words: Words) -> Figure:
    complaints, treated = counts(report.series.complaints), counts(report.series.treated)
    title = words.gettext("Where it hurts, and where the treatment was")
    said = words.gettext(
        "%(complaints)s places complained of, %(treated)s treated.",
        complaints=words.number(sum(complaints.values())),
        treated=words.number(sum(treated.values())),
    )
    most = words.gettext("Most often: %(complaint)s; treated: %(target)s.")
    if complaints and treated:
        said += " " + most % {"complaint": top(complaints, words), "target": top(treated, words)}
    drawn = picture(complaints, treated, title, said, words) if complaints or treated else None
    return Figure("bodies", title, said, drawn, table(complaints, treated, words))


def counts(places: Sequence[Place]) -> Counts:
    found: Counts = {}
    for place in places:
        found[place.region, place.side] = found.get((place.region, place.side), 0) + place.n
    return found


def top(found: Counts, words: Words) -> str:
    (region, side), _ = max(found.items(), key=lambda item: (item[1], item[0]))
    return name(region, side, words.language)


def picture(complaints: Counts, treated: Counts, title: str, said: str, words: Words) -> str:
    halves = ((words.gettext("Where it hurts"), complaints), (words.gettext("Where the treatment was"), treated))
    shapes: list[str] = []
    for at, (heading, found) in enumerate(halves):
        shapes.append(tag("g", *half(at * HALF, heading, found, words), class_="map"))
    drawing = chart()
    return svg("bodies", title, said, TOP + BODY / drawing.width * drawing.height + 54, shapes)


def half(left: float, heading: str, found: Counts, words: Words) -> Iterator[str]:
    meant = spread(found)
    most, drawing = max(meant.values(), default=0), chart()
    scale = BODY / drawing.width
    yield text(left + MARGIN, 14, heading, font_weight=600)
    for at, view in enumerate(VIEWS):
        x = left + MARGIN + at * (BODY + APART)
        inside = []
        for shape in drawing.view(view).regions:
            n = meant.get((shape.region, shape.side), 0)
            said = f"{name(shape.region, shape.side, words.language)}: {words.number(n)}"
            look: dict[str, float | str] = {"fill": shade(n, most), "stroke": PAPER, "stroke_width": 3}
            inside.append(tag("path", title=said, d=shape.path, stroke_linejoin="round", **look))
        inside.append(tag("path", d=drawing.view(view).outline, fill="none", stroke=FAINT, stroke_width=2.5))
        place = f"translate({plain(x)} {plain(TOP)}) scale({scale:.4f})"
        yield tag("g", *inside, transform=place)
        yield from sides(x, view, words)
    yield from legend(left + MARGIN, TOP + scale * drawing.height + 24, most, words)


def sides(x: float, view: View, words: Words) -> Iterator[str]:
    first, second = words.gettext("right"), words.gettext("left")
    if view == "back":
        first, second = second, first
    for place, said in ((x + HAND, first), (x + BODY - HAND, second)):
        yield text(place, TOP + UNDER_HANDS, said, fill=SOFT, font_size=SMALL, text_anchor="middle")
    seen = words.gettext("front") if view == "front" else words.gettext("back")
    yield text(x + BODY / 2, TOP - 6, seen, fill=SOFT, font_size=SMALL, text_anchor="middle")


def legend(x: float, y: float, most: int, words: Words) -> Iterator[str]:
    if not most:
        yield text(x, y + 8, words.gettext("Nothing was recorded."), fill=SOFT, font_size=SMALL)
        return
    for at, (said, colour) in enumerate(amounts(most, words)):
        yield tag("rect", x=x + 46 * at, y=y, width=46, height=9, fill=colour)
        yield text(x + 46 * at + 2, y + 19, said, fill=SOFT, font_size=8.5)


def amounts(most: int, words: Words) -> list[tuple[str, str]]:
    """The colours that occur with the whole numbers that they stand for."""
    found: dict[str, list[int]] = {}
    for n in range(1, most + 1):
        found.setdefault(shade(n, most), []).append(n)
    said = [(words.number(0), GROUND)]
    for colour in RAMP:
        if colour in found:
            first, last = words.number(found[colour][0]), words.number(found[colour][-1])
            said.append((first if first == last else f"{first}\u2013{last}", colour))
    return said


def table(complaints: Counts, treated: Counts, words: Words) -> Table:
    places = sorted({*complaints, *treated}, key=lambda place: name(place[0], place[1], words.language))
    return Table(
        header=(words.gettext("Place"), words.gettext("Complained of"), words.gettext("Treated")),
        rows=tuple(
            (
                name(place[0], place[1], words.language),
                words.number(complaints.get(place, 0)),
                words.number(treated.get(place, 0)),
            )
            for place in places
        ),
    )

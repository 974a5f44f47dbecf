"""Shares of therapists by how many clients they rest on, within the limits of chance; one is marked, none is ranked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.reports.document import FunnelPoint, Points, Report
from shared.reports.figures.drawing import (
    ALARM,
    FAINT,
    GROUND,
    INK,
    PAPER,
    SMALL,
    SOFT,
    Scale,
    circle,
    line,
    path,
    rounded_up,
    svg,
    tag,
    text,
)
from shared.reports.figures.figure import Figure, Table
from shared.reports.funnel import Unit, beyond, drawn_in, funnel_limits, overall, overdispersion, prior_of
from shared.reports.words import Words

LEFT, ACROSS, GAP = 40.0, 268.0, 92.0
TOP, DEEP = 30.0, 196.0
HEIGHT = TOP + DEEP + 44
CURVE = 120
"""A limit is drawn through about so many places."""


@dataclass(frozen=True, slots=True)
class Funnel:
    """The points of one funnel with what they have in common."""

    name: str
    points: tuple[FunnelPoint, ...]
    centre: float | None
    width: float
    prior: float

    def stands_out(self, point: FunnelPoint) -> str | None:
        """Whether it is coloured: outside the limits, also when it is drawn in by what all have in common."""
        return self.lies(point, self.prior)

    def lies(self, point: FunnelPoint, prior: float = 0.0) -> str | None:
        if self.centre is None:
            return None
        return beyond(Unit(point.n, point.k), self.centre, self.width, prior=prior)

    def drawn_in(self, point: FunnelPoint) -> float:
        return drawn_in(Unit(point.n, point.k), self.centre or 0.0, self.prior)


def draw(report: Report, words: Words) -> Figure:
    funnels = (
        funnel_of(words.gettext("Responders"), report.series.funnel.responders),
        funnel_of(words.gettext("Held at the first cold retest"), report.series.funnel.hold),
    )
    title = words.gettext("Compared with chance")
    said = " ".join(sentence(each, words) for each in funnels)
    known = any(each.points for each in funnels)
    return Figure(
        "funnels", title, said, picture(funnels, title, said, words) if known else None, table(funnels, words)
    )


def funnel_of(name: str, points: Points) -> Funnel:
    drawable = tuple(each for each in points if each.n)
    units = [Unit(point.n, point.k) for point in drawable]
    return Funnel(name, drawable, overall(units), overdispersion(units), prior_of(units))


def sentence(funnel: Funnel, words: Words) -> str:
    ours = next((point for point in funnel.points if point.is_this), None)
    if ours is None:
        return words.gettext("%(name)s: nothing is marked.", name=funnel.name)
    said = {
        None: words.gettext("%(name)s: %(share)s, %(k)s of %(n)s, within the limits of chance."),
        "below": words.gettext("%(name)s: %(share)s, %(k)s of %(n)s, below what chance explains (99.8%%)."),
        "above": words.gettext("%(name)s: %(share)s, %(k)s of %(n)s, above what chance explains (99.8%%)."),
    }[funnel.stands_out(ours)]
    if funnel.stands_out(ours) is None and funnel.lies(ours):
        said = words.gettext(
            "%(name)s: %(share)s, %(k)s of %(n)s, outside the limits of chance, and within them once it is drawn in."
        )
    return said % {"name": funnel.name, "share": words.percent(ours.k / ours.n), "k": ours.k, "n": ours.n}


def picture(funnels: Sequence[Funnel], title: str, said: str, words: Words) -> str:
    shapes: list[str] = []
    for at, funnel in enumerate(funnels):
        shapes.append(tag("g", *panel(funnel, LEFT + at * (ACROSS + GAP), words), class_="funnel"))
    return svg("funnels", title, said, HEIGHT, shapes)


def panel(funnel: Funnel, left: float, words: Words) -> Iterator[str]:
    yield text(left, 14, funnel.name, font_weight=600)
    if not funnel.points or funnel.centre is None:
        yield text(left, TOP + 20, words.gettext("Nothing to compare yet."), fill=SOFT)
        return
    most = rounded_up(max(point.n for point in funnel.points))
    across, down = Scale(0, most, left, left + ACROSS), Scale(1, 0, TOP, TOP + DEEP)
    yield from limits(funnel, funnel.centre, across, down, words)
    yield from axes(across, down, most, words)
    for point in funnel.points:
        if not point.is_this:
            place = across(point.n), down(point.k / point.n)
            yield circle(*place, 3, title=counted(point, words), fill=PAPER, stroke=SOFT, stroke_width=1)
    for point in funnel.points:
        if point.is_this:
            yield from marked(funnel, point, across, down, words)


def limits(funnel: Funnel, centre: float, across: Scale, down: Scale, words: Words) -> Iterator[str]:
    most = int(across.last)
    sizes = sorted({max(1, round(most * at / CURVE)) for at in range(CURVE + 1)})
    bounds = [(n, funnel_limits(n, centre, funnel.width)) for n in sizes]
    low = [(across(n), down(each.low)) for n, each in bounds]
    high = [(across(n), down(each.high)) for n, each in bounds]
    yield path([*low, *reversed(high)], closed=True, fill=GROUND)
    yield path(low, stroke=FAINT, stroke_width=0.9)
    yield path(high, stroke=FAINT, stroke_width=0.9)
    yield line(across.start, down(centre), across.end, down(centre), stroke=SOFT, stroke_dasharray="4 3")
    all_of_them = words.gettext("all: %(share)s", share=words.percent(centre))
    yield text(across.end + 4, down(centre) + 3.2, all_of_them, fill=SOFT, font_size=SMALL)


def axes(across: Scale, down: Scale, most: int, words: Words) -> Iterator[str]:
    for quarter in range(5):
        y = down(quarter / 4)
        if quarter in {0, 4}:
            yield line(across.start, y, across.end, y, stroke_width=0.6)
        said = words.percent(quarter / 4)
        yield text(across.start - 6, y + 3.2, said, fill=SOFT, font_size=SMALL, text_anchor="end")
    for at in range(5):
        n = most * at / 4
        if n == int(n):
            yield text(across(n), down(0) + 15, words.number(n), fill=SOFT, font_size=SMALL, text_anchor="middle")
    middle = (across.start + across.end) / 2
    yield text(
        middle, down(0) + 31, words.gettext("how many it rests on"), fill=SOFT, font_size=SMALL, text_anchor="middle"
    )


def marked(funnel: Funnel, point: FunnelPoint, across: Scale, down: Scale, words: Words) -> Iterator[str]:
    x, y = across(point.n), down(point.k / point.n)
    stands_out = funnel.stands_out(point)
    colour = ALARM if stands_out else INK
    if stands_out:
        yield circle(x, y, 9, fill="none", stroke=ALARM, stroke_width=1.2)
    yield circle(x, y, 5, title=counted(point, words), fill=colour, stroke=PAPER, stroke_width=1.2, class_="this")
    left = x > (across.start + across.end) / 2
    at = x - 13 if left else x + 13
    said = f"{words.percent(point.k / point.n)} ({counted(point, words)})"
    halo: dict[str, float | str] = {"stroke": PAPER, "stroke_width": 3, "paint_order": "stroke"}
    yield text(at, y + 3.8, said, fill=colour, font_weight=600, text_anchor="end" if left else "start", **halo)


def counted(point: FunnelPoint, words: Words) -> str:
    return words.gettext("%(k)s of %(n)s", k=words.number(point.k), n=words.number(point.n))


def table(funnels: Sequence[Funnel], words: Words) -> Table:
    places = {None: words.gettext("within"), "below": words.gettext("below"), "above": words.gettext("above")}
    rows = []
    for funnel in funnels:
        for point in funnel.points:
            bounds = funnel_limits(point.n, funnel.centre or 0.0, funnel.width)
            rows.append(
                (
                    funnel.name,
                    words.gettext("this report") if point.is_this else words.gettext("another"),
                    words.number(point.k),
                    words.number(point.n),
                    words.percent(point.k / point.n),
                    f"{words.percent(bounds.low)} \u2013 {words.percent(bounds.high)}",
                    words.percent(funnel.drawn_in(point)),
                    places[funnel.stands_out(point)] if point.is_this else "",
                )
            )
    header = (
        words.gettext("Figure"),
        words.gettext("Whose"),
        words.gettext("Successes"),
        words.gettext("Of"),
        words.gettext("Share"),
        words.gettext("Limits of chance, 99.8%"),
        words.gettext("Share, drawn in"),
        words.gettext("Lies"),
    )
    return Table(header, tuple(rows), left=frozenset({0, 1, 7}))

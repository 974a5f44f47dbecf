"""Shapes as SVG: the same calls give the same bytes, and nothing needs a style sheet, a script or a second file.

Colours are greys and one blue by lightness, told apart without seeing hues; ALARM alone says that something is not
chance. Coordinates grow to the right and down.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil

WIDTH = 720.0

INK = "#1b2330"
SOFT = "#566070"
FAINT = "#9aa4b0"
LINE = "#d6dbe1"
GROUND = "#e9edf1"
PAPER = "#ffffff"
ALARM = "#c2410c"
RAMP = ("#d3deeb", "#a3bdd8", "#6d95bf", "#3b6a9c", "#163f6b")
"""From little to much; nothing at all is GROUND."""

FONTS = "'Source Sans Pro', 'Source Sans 3', system-ui, sans-serif"
SIZE = 11.0
SMALL = 9.5

Number = float | int


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to places: `first` of the values lies at `start`, `last` at `end`."""

    first: float
    last: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.first) / (self.last - self.first) * (self.end - self.start)


def tag(name: str, *children: str, **attributes: Number | str) -> str:
    """An element. Of names a trailing underscore is dropped, others become hyphens; `title` is read on hovering."""
    title = str(attributes.pop("title", ""))
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{plain(value)}"' for key, value in attributes.items())
    inside = (f"<title>{escape(title)}</title>" if title else "") + "".join(children)
    return f"<{name}{written}>{inside}</{name}>" if inside else f"<{name}{written}/>"


def plain(value: Number | str) -> str:
    """A number with at most two decimals, so that no computer writes it otherwise than another."""
    if isinstance(value, str):
        return escape(value)
    written = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


def svg(key: str, title: str, description: str, height: float, shapes: Iterable[str]) -> str:
    """A drawing on white, WIDTH wide; `key` sets its ids apart from those of other drawings on a page."""
    return tag(
        "svg",
        tag("title", escape(title), id=f"{key}-title"),
        tag("desc", escape(description), id=f"{key}-text"),
        tag("rect", width=WIDTH, height=height, fill=PAPER),
        *shapes,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {plain(WIDTH)} {plain(height)}",
        role="img",
        aria_labelledby=f"{key}-title {key}-text",
        font_family=FONTS,
        font_size=SIZE,
        fill=INK,
    )


def text(x: float, y: float, said: str, **attributes: Number | str) -> str:
    """One line of words with its baseline at `y`."""
    return tag("text", escape(said), x=x, y=y, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, **attributes: Number | str) -> str:
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, **({"stroke": LINE} | attributes))


def circle(x: float, y: float, r: float, **attributes: Number | str) -> str:
    return tag("circle", cx=x, cy=y, r=r, **attributes)


def path(corners: Sequence[tuple[float, float]], *, closed: bool = False, **attributes: Number | str) -> str:
    """Straight lines through all corners."""
    joined = "L".join(f"{plain(x)},{plain(y)}" for x, y in corners)
    return tag("path", d=f"M{joined}{'Z' if closed else ''}", **({"fill": "none"} | attributes))


def triangle(x: float, y: float, size: float, **attributes: Number | str) -> str:
    """Pointing up, its middle at the place."""
    corners = [(x, y - size), (x + size, y + size * 0.8), (x - size, y + size * 0.8)]
    return path(corners, closed=True, **attributes)


def cross(x: float, y: float, size: float, **attributes: Number | str) -> str:
    ends = f"M{plain(x - size)},{plain(y - size)}L{plain(x + size)},{plain(y + size)}"
    return tag(
        "path", d=f"{ends}M{plain(x - size)},{plain(y + size)}L{plain(x + size)},{plain(y - size)}", **attributes
    )


def shade(value: float, most: float) -> str:
    """The colour of an amount: the ramp in equal parts up to `most`."""
    if value <= 0 or most <= 0:
        return GROUND
    return RAMP[min(len(RAMP), ceil(len(RAMP) * value / most)) - 1]


def on(colour: str) -> str:
    """The colour of words on a colour of the ramp."""
    return PAPER if colour in RAMP[3:] else INK


def rounded_up(value: float) -> int:
    """A round number not below the value: an axis that ends there has ticks at round numbers."""
    for power in (1, 10, 100, 1000, 10_000, 100_000):
        for step in (1, 2, 4, 5, 8, 10):
            if value <= step * power and step * power >= 4:  # noqa: PLR2004
                return step * power
    return ceil(value)

"""The body chart as a client presses it: places that can be ticked in a list, and the same as shapes of a picture.

Nothing of it needs a script: a shape is a second label of a box in the list, and cut to its outline by the style sheet.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from shared.body_chart.chart import VIEWS, Side, View, chart, name, shapes_of, side_name

PARTS = ("head", "trunk", "arm", "leg")
"""What the list is divided into."""

CORNER = re.compile(r"([\d.]+),([\d.]+)")


@dataclass(frozen=True, slots=True)
class Place:
    """A region on one side, or in the middle where it has no sides."""

    region: str
    side: Side

    @property
    def code(self) -> str:
        """As answers name it."""
        return self.region if self.side == "midline" else f"{self.region}-{self.side}"

    def region_name(self, language: str) -> str:
        return name(self.region, "midline", language)

    def side_name(self, language: str) -> str:
        return side_name(self.side, language)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place as a shape in one view; `outline` is a polygon of CSS."""

    place: Place
    view: View
    outline: str


@lru_cache
def spots() -> tuple[Spot, ...]:
    """All that can be pressed."""
    return tuple(
        Spot(Place(shape.region, shape.side), view, polygon(shape.path))
        for view in VIEWS
        for shape in chart().view(view).regions
    )


@lru_cache
def places() -> dict[str, tuple[tuple[Place, ...], ...]]:
    """All that can be ticked: for each part of the body its regions, each with its places, the left one first."""
    known = {(spot.place.region, spot.place.side): spot.place for spot in spots()}
    sides: tuple[Side, ...] = ("left", "right", "midline")
    return {
        part: tuple(
            tuple(known[region, side] for side in sides if (region, side) in known) for region in shapes_of(part)
        )
        for part in PARTS
    }


def codes() -> Iterator[str]:
    """All places, as answers name them."""
    return (place.code for rows in places().values() for row in rows for place in row)


@lru_cache
def sheet() -> str:
    """The style that cuts each shape to its outline, and shows which places are ticked."""
    cuts = (f".{spot.view}.{spot.place.code}{{clip-path:polygon({spot.outline})}}" for spot in spots())
    ticked = (f"form:has(#{code}:checked) .spot.{code}{{background:var(--brand)}}" for code in codes())
    return "\n".join((*cuts, *ticked, ""))


def polygon(path: str) -> str:
    """The corners of a path of straight lines, in percent of the drawing."""
    width, height = chart().width, chart().height
    corners = ((float(x), float(y)) for x, y in CORNER.findall(path))
    return ",".join(f"{100 * x / width:.1f}% {100 * y / height:.1f}%" for x, y in corners)

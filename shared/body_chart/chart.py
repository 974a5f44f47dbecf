"""A body seen from the front and from behind, in regions; left is the left of the person drawn, never the onlooker's.

The shapes are those of anatomapa, which names the sides on the front as the onlooker sees them: they were swapped there
when the shapes were taken over, cut to the silhouette and cleared of overlaps. Regions have the codes of the catalogue
of targets.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from shared.languages import translations

View = Literal["front", "back"]
Side = Literal["left", "right", "midline", "bilateral"]
VIEWS: tuple[View, View] = ("front", "back")

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Shape:
    """A region of one side in one view; `path` is the `d` of an SVG path in the coordinates of the drawing."""

    region: str
    side: Side
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """`outline` is the silhouette that the shapes fill."""

    outline: str
    regions: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Both views have the same `width` and `height`."""

    source: str
    width: int
    height: int
    views: dict[str, Drawing]

    def view(self, view: View) -> Drawing:
        return self.views[view]


@cache
def chart() -> Chart:
    return msgspec.json.decode((FOLDER / "geometry.json").read_bytes(), type=Chart)


MADE_OF = {
    "head": ("face", "skull", "neck"),
    "trunk": ("shoulder", "chest", "abdomen", "back", "genital"),
    "chest": ("upper_chest", "lower_chest"),
    "abdomen": ("upper_abdomen", "lower_abdomen"),
    "back": ("upper_back", "lower_back"),
    "arm": ("upper_arm", "elbow", "forearm", "wrist", "hand", "finger"),
    "leg": ("hip", "buttocks", "thigh", "knee", "lower_leg", "ankle", "foot", "toe"),
}
"""The regions that have no shape of their own."""


def gettext(text: str) -> str:
    """Marks a text that is translated when its language is known."""
    return text


NAMES = {
    "head": gettext("Head"),
    "face": gettext("Face"),
    "skull": gettext("Back of the head"),
    "neck": gettext("Neck"),
    "trunk": gettext("Trunk"),
    "shoulder": gettext("Shoulder"),
    "chest": gettext("Chest"),
    "upper_chest": gettext("Upper chest"),
    "lower_chest": gettext("Lower chest"),
    "abdomen": gettext("Abdomen"),
    "upper_abdomen": gettext("Upper abdomen"),
    "lower_abdomen": gettext("Lower abdomen"),
    "back": gettext("Back"),
    "upper_back": gettext("Upper back"),
    "lower_back": gettext("Lower back"),
    "genital": gettext("Genital region"),
    "arm": gettext("Arm"),
    "upper_arm": gettext("Upper arm"),
    "elbow": gettext("Elbow"),
    "forearm": gettext("Forearm"),
    "wrist": gettext("Wrist"),
    "hand": gettext("Hand"),
    "finger": gettext("Fingers"),
    "leg": gettext("Leg"),
    "hip": gettext("Hip"),
    "buttocks": gettext("Buttocks"),
    "thigh": gettext("Thigh"),
    "knee": gettext("Knee"),
    "lower_leg": gettext("Lower leg"),
    "ankle": gettext("Ankle"),
    "foot": gettext("Foot"),
    "toe": gettext("Toes"),
}

SIDES: dict[Side, str] = {
    "left": gettext("left"),
    "right": gettext("right"),
    "midline": gettext("middle"),
    "bilateral": gettext("both sides"),
}


def name(region: str, side: Side, language: str) -> str:
    """As somebody reads it: "Knee, left"; what lies in the middle alone has no side."""
    said = translations(FOLDER, language).gettext(NAMES[region])
    return said if side == "midline" else f"{said}, {side_name(side, language)}"


def side_name(side: Side, language: str) -> str:
    """As it stands beside a region."""
    return translations(FOLDER, language).gettext(SIDES[side])


def shapes_of(region: str) -> tuple[str, ...]:
    """The regions with shapes that make up a region: itself, where it has one."""
    return tuple(each for part in MADE_OF[region] for each in shapes_of(part)) if region in MADE_OF else (region,)


def sides_of(side: Side) -> tuple[Side, ...]:
    """The sides of shapes that a place covers: all of them, unless it lies on one side."""
    return (side,) if side in {"left", "right"} else ("left", "right", "midline")


def spread(counts: dict[tuple[str, Side], int]) -> dict[tuple[str, Side], int]:
    """How often each shape (region and side) was meant, from how often each place was named."""
    meant: dict[tuple[str, Side], int] = defaultdict(int)
    drawn = {(shape.region, shape.side) for view in VIEWS for shape in chart().view(view).regions}
    for (region, side), n in counts.items():
        for each in shapes_of(region):
            for one in sides_of(side):
                if (each, one) in drawn:
                    meant[each, one] += n
    return dict(meant)

"""The body chart: whoever marks the left knee finds the left knee, from whichever side they look."""

import re
from collections import Counter

import anatomapa
import pytest

from shared.body_chart.chart import MADE_OF, NAMES, VIEWS, View, chart, name, shapes_of, spread

THEIRS: dict[View, str] = {"front": "anterior", "back": "posterior"}


def centre_of(path: str) -> tuple[float, float]:
    corners = [(float(x), float(y)) for x, y in re.findall(r"([\d.]+),([\d.]+)", path)]
    return sum(x for x, _ in corners) / len(corners), sum(y for _, y in corners) / len(corners)


@pytest.mark.parametrize("view", VIEWS)
def test_left_is_the_left_of_the_person_drawn(view: View) -> None:
    middle = chart().width / 2
    for shape in chart().view(view).regions:
        x, _ = centre_of(shape.path)
        if shape.side == "midline":
            assert x == pytest.approx(middle, abs=3)
        else:
            on_the_right_of_the_picture = x > middle
            assert on_the_right_of_the_picture == (shape.side == ("left" if view == "front" else "right"))


@pytest.mark.parametrize("view", VIEWS)
def test_every_region_of_the_source_is_there_once_on_each_side(view: View) -> None:
    wanted = {each["id"]: each["bilateral"] for each in anatomapa.list_regions() if THEIRS[view] in each["views"]}
    sides = Counter((shape.region, shape.side) for shape in chart().view(view).regions)
    expected = [
        (region, side) for region, paired in wanted.items() for side in (("left", "right") if paired else ("midline",))
    ]
    assert sides == Counter(expected)


def test_every_region_of_the_source_has_a_name_and_its_parts() -> None:
    theirs = anatomapa.list_regions()
    assert set(NAMES) == {each["id"] for each in theirs}
    assert set(MADE_OF) == {each["id"] for each in theirs if not each["views"]}
    assert shapes_of("chest") == ("upper_chest", "lower_chest")
    assert len(shapes_of("trunk")) == 8


@pytest.mark.parametrize(("language", "said"), [("en", "Knee, left"), ("de", "Knie, links")])
def test_a_place_is_named_with_its_side(language: str, said: str) -> None:
    assert name("knee", "left", language) == said
    assert "," not in name("genital", "midline", language)


def test_what_is_on_both_sides_or_in_the_middle_is_counted_on_both() -> None:
    found = spread({("knee", "left"): 2, ("knee", "bilateral"): 1, ("lower_back", "midline"): 4, ("chest", "right"): 3})
    assert found == {
        ("knee", "left"): 3,
        ("knee", "right"): 1,
        ("lower_back", "left"): 4,
        ("lower_back", "right"): 4,
        ("upper_chest", "right"): 3,
        ("lower_chest", "right"): 3,
    }

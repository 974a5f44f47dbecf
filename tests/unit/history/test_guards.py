"""What stands in the way of a release."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, strategies as st

from services.treatment.history.guards import guards
from shared.catalogue.model import Side
from shared.catalogue.targets import CATALOGUE, UnknownTarget
from shared.events.treatment_sessions import Guarded
from tests.unit.history.builders import CONTRAINDICATION, history, in_error, lifted, noted

DAY = date(2026, 3, 2)
WOUND = Guarded(kind="contraindication", code="open_wound", id=CONTRAINDICATION)
NOWHERE: dict[str, Any] = {"target": None, "region": None, "side": None}
MIRRORED: dict[Side, Side] = {"left": "right", "right": "left", "midline": "midline", "bilateral": "bilateral"}
PAIRED = sorted(each.code for each in CATALOGUE.targets.values() if each.sidedness == "paired")
REGIONS = sorted(CATALOGUE.chart_regions.keys() - {"genital"})


def found(target: str, side: Side, *events: Any) -> tuple[Guarded, ...]:
    return guards(history(*events), target, side, CATALOGUE, DAY)


def test_nothing_stands_in_the_way_of_a_release_that_nothing_is_known_against() -> None:
    assert found("soleus", "left") == ()


@pytest.mark.parametrize("code", ["soleus", "masseter", "scar", "breathing_in"])
def test_an_absolute_contraindication_touches_every_release(code: str) -> None:
    side = CATALOGUE.find(code).sides[0]
    assert WOUND in found(code, side, noted(scope="absolute", **NOWHERE))


@pytest.mark.parametrize(
    ("released", "touched"),
    [("iliopsoas", True), ("psoas_major", True), ("iliacus", False), ("gluteus_medius", False)],
)
def test_a_target_is_touched_with_what_it_is_a_part_of(released: str, touched: bool) -> None:
    at_psoas = noted(target="psoas_major", side="left")
    assert (WOUND in found(released, "left", at_psoas)) is touched


@pytest.mark.parametrize(
    ("region", "released", "touched"),
    [
        ("lower_leg", "soleus", True),
        ("leg", "soleus", True),
        ("finger", "opponens_pollicis", True),
        ("thigh", "soleus", False),
        ("arm", "soleus", False),
        ("neck", "longissimus", True),
    ],
)
def test_a_region_touches_what_lies_under_it_and_what_holds_it(region: str, released: str, touched: bool) -> None:
    there = noted(target=None, region=region, side="left")
    assert (WOUND in found(released, "left", there)) is touched


@pytest.mark.parametrize(
    ("noted_side", "released_side", "touched"),
    [
        ("left", "left", True),
        ("left", "right", False),
        ("right", "left", False),
        ("bilateral", "left", True),
        ("left", "bilateral", True),
        ("midline", "right", True),
    ],
)
def test_left_is_not_right(noted_side: Side, released_side: Side, touched: bool) -> None:
    there = noted(target=None, region="lower_abdomen", side=noted_side)
    assert (WOUND in found("rectus_abdominis", released_side, there)) is touched


def test_what_is_over_lifted_or_in_error_stands_in_nobodys_way() -> None:
    for events in (
        (noted(ends_on=date(2026, 3, 1)),),
        (noted(starts_on=date(2026, 3, 3)),),
        (noted(), lifted(DAY)),
        (noted(), in_error(CONTRAINDICATION)),
    ):
        assert found("hip_joint", "left", *events) == ()
    assert found("hip_joint", "left", noted()) == (WOUND,)


def test_a_site_where_pressure_needs_care_is_told_after_the_contraindications() -> None:
    assert found("psoas_major", "left", noted(target="psoas_major")) == (
        WOUND,
        Guarded(kind="endangerment", code="abdomen"),
        Guarded(kind="endangerment", code="femoral_triangle"),
    )


def test_a_target_that_is_not_in_the_catalogue_is_refused() -> None:
    with pytest.raises(UnknownTarget):
        found("third_arm", "left")


@given(
    released=st.sampled_from(PAIRED),
    side=st.sampled_from(["left", "right", "bilateral"]),
    noted_side=st.sampled_from(sorted(MIRRORED)),
    place=st.one_of(
        st.builds(lambda code: {"target": code}, st.sampled_from(PAIRED)),
        st.builds(lambda code: {"target": None, "region": code}, st.sampled_from(REGIONS)),
    ),
)
def test_a_mirrored_history_guards_the_mirrored_release(
    released: str, side: Side, noted_side: Side, place: dict[str, Any]
) -> None:
    here = found(released, side, noted(**place | {"side": noted_side}))
    there = found(released, MIRRORED[side], noted(**place | {"side": MIRRORED[noted_side]}))
    assert here == there

"""Targets: their names as each version had them, their sides, and what they are parts of."""

from importlib.resources import files

import pytest

from shared.catalogue.model import UnknownTarget
from shared.catalogue.reading import CatalogueBroken, read
from shared.catalogue.targets import CATALOGUE

FRAME = """
version = 4
[chart_regions]
lower_leg = { name = "Lower leg", parent = "leg", views = ["anterior"] }
leg = { name = "Leg", views = [] }
[endangerment]
popliteal_fossa = { name = "popliteal fossa", why = "popliteal vessels" }
"""
FIBULARIS = """
[muscle.fibularis_longus]
name = "fibularis longus"
region = "leg"
former = [{ name = "peroneus", until = 1 }, { name = "peroneus longus", until = 3 }]
chart_regions = ["lower_leg"]
"""
DROPPED = """
[muscle.fibularis_tertius]
name = "fibularis tertius"
region = "leg"
since = 2
until = 3
"""


def test_a_renamed_target_has_in_every_version_the_name_that_it_had_then() -> None:
    catalogue = read(FRAME + FIBULARIS)
    names = [catalogue.find("fibularis_longus", version).name for version in (1, 2, 3, 4, None)]
    assert names == ["peroneus", "peroneus longus", "peroneus longus", "fibularis longus", "fibularis longus"]


def test_what_left_the_catalogue_is_found_in_its_own_versions_only() -> None:
    catalogue = read(FRAME + DROPPED)
    assert catalogue.find("fibularis_tertius", 2).code == catalogue.find("fibularis_tertius", 3).code
    assert not catalogue.has("fibularis_tertius")
    for version in (1, 4, 5, None):
        with pytest.raises(UnknownTarget):
            catalogue.find("fibularis_tertius", version)
    assert [len(catalogue.at(version)) for version in (1, 2, 3, 4)] == [0, 1, 1, 0]


def test_a_code_that_never_was_is_unknown() -> None:
    assert not CATALOGUE.has("biceps_of_the_ear")
    with pytest.raises(UnknownTarget):
        CATALOGUE.allows("biceps_of_the_ear", "left")


@pytest.mark.parametrize(
    ("code", "sides"),
    [
        ("psoas_major", {"left", "right", "bilateral"}),
        ("levator_ani", {"left", "right", "bilateral"}),
        ("diaphragm", {"midline"}),
        ("diaphragm_dome", {"left", "right", "bilateral"}),
        ("scar", {"left", "right", "midline"}),
    ],
)
def test_a_target_can_be_where_it_has_a_side(code: str, sides: set[str]) -> None:
    every = ("left", "right", "midline", "bilateral")
    assert {side for side in every if CATALOGUE.allows(code, side)} == sides  # type: ignore[arg-type]


def test_of_all_muscles_only_the_diaphragm_is_in_the_middle() -> None:
    muscles = [each for each in CATALOGUE.targets.values() if each.kind == "muscle"]
    assert [each.code for each in muscles if each.sidedness != "paired"] == ["diaphragm"]


def test_every_muscle_lies_under_the_body_chart() -> None:
    assert [e.code for e in CATALOGUE.targets.values() if e.kind == "muscle" and not e.chart_regions] == []


def test_a_family_is_what_holds_a_target_and_what_it_holds() -> None:
    assert CATALOGUE.family("psoas_major") == {"psoas_major", "iliopsoas"}
    assert CATALOGUE.family("iliopsoas") == {"iliopsoas", "psoas_major", "iliacus"}
    assert CATALOGUE.family("soleus") == {"soleus"}


def test_a_region_of_the_chart_lies_in_those_above_it() -> None:
    assert CATALOGUE.chart_above("toe") == ("toe", "foot", "leg")


def test_what_practitioners_release_near_vessels_and_nerves_is_marked() -> None:
    codes = ("scalenus_anterior", "psoas_major", "medial_pterygoid", "popliteus", "subscapularis", "pectineus")
    assert all(CATALOGUE.find(code).endangerment for code in codes)


def test_the_file_names_its_source_and_licence() -> None:
    text = (files("shared.catalogue") / "targets.toml").read_text("utf-8")
    assert "Uberon" in text
    assert "Creative Commons Attribution 3.0" in text


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('uberon = "UBERON:123"', "not an id of Uberon"),
        ('fma = "22539"', "not an id of the FMA"),
        ('parent = "peroneals"', "unknown parent"),
        ('parent = "fibularis_longus"', "a part of itself"),
        ('endangerment = ["moon"]', "unknown endangerment sites"),
        ('sidedness = "both"', "Invalid enum value"),
        ('colour = "red"', "no such key"),
        ("since = 5", "is in no version"),
        ("until = 3", "a former name that it never had"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(more: str, says: str) -> None:
    with pytest.raises(CatalogueBroken, match=says):
        read(FRAME + FIBULARIS + more)


def test_an_id_that_two_targets_have_is_refused() -> None:
    one = '[muscle.one]\nname = "one"\nregion = "leg"\nfma = "FMA:22539"\n'
    with pytest.raises(CatalogueBroken, match="FMA:22539: used twice"):
        read(FRAME + one + one.replace("one", "two"))


def test_a_code_under_two_kinds_is_refused() -> None:
    one = '[muscle.one]\nname = "one"\nregion = "leg"\n'
    with pytest.raises(CatalogueBroken, match="one: used twice"):
        read(FRAME + one + one.replace("muscle", "joint"))

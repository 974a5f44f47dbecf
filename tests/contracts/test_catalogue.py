"""The catalogue as records rely on it: what a version once said it says for ever."""

import json
from pathlib import Path
from typing import Any

import anatomapa
import pytest

from shared.catalogue.targets import CATALOGUE

FOLDER = Path(__file__).parent / "catalogue"
VERSIONS = range(1, CATALOGUE.version + 1)


def golden(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_has_the_names_kinds_and_sides_that_it_was_released_with(version: int) -> None:
    found = {each.code: [each.name, each.kind, each.sidedness] for each in CATALOGUE.at(version)}
    assert found == golden(f"version_{version}")


def test_kind_and_sides_of_a_target_are_the_same_in_every_version() -> None:
    said: dict[str, set[tuple[str, str]]] = {}
    for version in VERSIONS:
        for code, (_, kind, sidedness) in golden(f"version_{version}").items():
            said.setdefault(code, set()).add((kind, sidedness))
    assert all(len(each) == 1 for each in said.values())


def test_ids_are_those_that_were_looked_up_in_uberon_and_no_others() -> None:
    found = {each.code: [each.uberon, each.fma] for each in CATALOGUE.targets.values() if each.uberon or each.fma}
    assert found == golden("ids")
    assert len([uberon for uberon, _ in found.values() if uberon]) == 98
    assert [code for code, (_, fma) in found.items() if fma is None] == ["rhomboids"]


def test_regions_of_the_body_chart_are_those_that_can_be_drawn() -> None:
    drawn = {
        each["id"]: (each["parent"], tuple(each["views"]), not each["bilateral"]) for each in anatomapa.list_regions()
    }
    ours = {each.code: (each.parent, each.views, each.midline) for each in CATALOGUE.chart_regions.values()}
    assert ours == drawn


def test_a_target_lies_under_regions_of_the_chart_that_can_be_marked() -> None:
    under = {code for each in CATALOGUE.targets.values() for code in each.chart_regions}
    assert all(CATALOGUE.chart_regions[code].views for code in under)

"""Search: what practitioners type finds what they mean, best first."""

import pytest
from hypothesis import given, strategies as st

from services.treatment.catalogue.search import search
from shared.catalogue.model import Target
from shared.catalogue.targets import CATALOGUE

TARGETS = sorted(CATALOGUE.targets.values(), key=lambda each: each.code)


def found(wanted: str) -> list[str]:
    return [target.code for _, target in search(TARGETS, wanted)]


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        ("piriformis", "piriformis"),
        ("PIRIF", "piriformis"),
        ("musculus soleus", "soleus"),
        ("SCM", "sternocleidomastoid"),
        ("peroneus longus", "fibularis_longus"),
        ("glut max", "gluteus_maximus"),
        ("großer Gesäßmuskel", "gluteus_maximus"),
        ("GROSSER GESASSMUSKEL", "gluteus_maximus"),
        ("Narbe", "scar"),
        ("tmj", "temporomandibular_joint"),
    ],
)
def test_finds_by_name_latin_synonym_and_german_in_any_case_without_accents(wanted: str, first: str) -> None:
    assert found(wanted)[0] == first


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        ("stenocleidomastoid", "sternocleidomastoid"),
        ("pirifomis", "piriformis"),
        ("levtor scap", "levator_scapulae"),
        ("quadratus lumborm", "quadratus_lumborum"),
        ("gastrocnemeus", "gastrocnemius"),
    ],
)
def test_finds_what_was_misspelt(wanted: str, first: str) -> None:
    assert found(wanted)[0] == first


def test_names_that_begin_so_come_before_words_that_do() -> None:
    codes = found("rectus")
    begin = [code for code in codes if code.startswith("rectus")]
    assert codes[: len(begin)] == begin
    assert len(begin) == 4


def test_a_targets_own_name_comes_before_a_synonym_of_another() -> None:
    assert found("psoas")[:2] == ["psoas_major", "iliopsoas"]


def test_finds_nothing_in_what_looks_like_nothing() -> None:
    assert found("zzzz") == []


def test_without_letters_lists_everything_by_name() -> None:
    names = [target.name for _, target in search(TARGETS, " - ")]
    assert names == sorted(names)
    assert len(names) == len(TARGETS)


@given(st.sampled_from(TARGETS), st.data())
def test_every_target_is_found_by_its_name_and_by_what_it_begins_with(target: Target, data: st.DataObject) -> None:
    name = target.name
    typed = name[: data.draw(st.integers(1, len(name)))]
    assert target.code in found(typed)


@given(st.text(max_size=40))
def test_any_text_gives_each_target_at_most_once_and_the_same_each_time(wanted: str) -> None:
    codes = found(wanted)
    assert len(codes) == len(set(codes))
    assert codes == found(wanted)

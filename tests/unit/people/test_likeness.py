"""How likely two clients are one person, and what somebody who types a search is looking for."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, strategies as st

from services.scheduling.people.rules import Known, Wanted, likeness, names_of, wanted, words_of

ANNA = Known(
    name="Anna Meyer",
    birth_date=date(1961, 4, 30),
    phones=frozenset({"+493012345678"}),
    emails=frozenset({"anna@demo.example"}),
)
BARE = Known(name="Anna Meyer")
LATER = date(1987, 6, 12)


def test_the_same_in_everything_is_the_most_likely() -> None:
    found = likeness(ANNA, ANNA)
    assert found is not None
    assert (found.score, found.strong) == (100, True)
    assert found.reasons == ("same_name", "same_phone", "same_email", "same_birth_date")


@pytest.mark.parametrize(
    "other",
    [
        replace(ANNA, name="Anna Maier", emails=frozenset()),
        replace(ANNA, name="Meyer, Anna", phones=frozenset(), emails=frozenset()),
        replace(ANNA, name="Anna Quist"),
        Known(name="Annabella Meyer", called="Anna", birth_date=ANNA.birth_date),
    ],
    ids=["misspelt", "the other way round", "another surname", "by the name she goes by"],
)
def test_is_strongly_proposed(other: Known) -> None:
    found = likeness(ANNA, other)
    assert found is not None
    assert found.strong


def test_two_annas_with_different_birth_dates_are_not_proposed() -> None:
    assert likeness(ANNA, Known(name="Anna Meyer", birth_date=LATER)) is None
    found = likeness(ANNA, replace(ANNA, birth_date=LATER))
    assert found is not None
    assert not found.strong
    assert "other_birth_date" in found.reasons


def test_the_same_name_alone_is_possible_and_no_more() -> None:
    found = likeness(ANNA, BARE)
    assert found is not None
    assert (found.reasons, found.strong) == (("same_name",), False)


def test_couples_who_share_their_addresses_are_two() -> None:
    assert likeness(replace(ANNA, birth_date=None), replace(ANNA, name="Peter Meyer", birth_date=None)) is None


def test_twins_are_at_most_possible() -> None:
    found = likeness(ANNA, replace(ANNA, name="Emma Meyer"))
    assert found is not None
    assert not found.strong
    assert "other_first_name" in found.reasons


people = st.builds(
    Known,
    name=st.sampled_from(["Anna Meyer", "Anne Maier", "Meyer", "Li", "-"]),
    called=st.sampled_from([None, "Anni", "?"]),
    birth_date=st.sampled_from([None, ANNA.birth_date, LATER]),
    phones=st.sampled_from([frozenset(), ANNA.phones]),
    emails=st.sampled_from([frozenset(), ANNA.emails]),
)


@given(one=people, other=people)
def test_likeness_goes_both_ways(one: Known, other: Known) -> None:
    assert likeness(one, other) == likeness(other, one)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Björn  Łukasz", Wanted(words=("lukasz", "bjorn"))),
        ("o'Neill 5678", Wanted(words=("neill", "o"), digits="5678")),
        ("+49 (30) 1234-5678", Wanted(digits="493012345678")),
        ("030 12345678", Wanted(digits="3012345678")),
        ("0456", Wanted(digits="0456")),
        ("12 anna", Wanted(words=("anna", "12"))),
        ("Anna@Demo.Example", Wanted(email="anna@demo.example")),
        ("30.4.1961", Wanted(birth_dates=(date(1961, 4, 30),))),
        ("04/05/1961", Wanted(birth_dates=(date(1961, 5, 4), date(1961, 4, 5)))),
        ("99.99.1961", Wanted(digits="99991961")),
        ("  %_ ", Wanted()),
    ],
)
def test_a_search_is_understood(query: str, found: Wanted) -> None:
    assert wanted(query) == found


@given(st.text(max_size=100))
def test_whatever_is_typed_becomes_words_that_no_pattern_can_come_of(query: str) -> None:
    looked_for = wanted(query)
    assert len(looked_for.words) <= 6
    assert all(word and not set(word) & set("%_\\ ") for word in looked_for.words)
    assert names_of(query, None).split() == list(dict.fromkeys(words_of(query)))

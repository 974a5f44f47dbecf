"""What names a person exactly, and what is only a part of it."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from services.scheduling.people.identifiers import Identifiers, identifiers, names_exactly, whole_names

NOTHING = Identifiers(addresses=(), client_id=None, external_id="", name="", birth_dates=())
BORN = date(1961, 4, 30)


@pytest.mark.parametrize(
    ("query", "addresses"),
    [
        ("+49 (30) 1234-5678", ("+493012345678",)),
        ("0049 30 12345678", ("+493012345678",)),
        ("030 12345678", ()),
        ("5678", ()),
        ("+49", ()),
        ("Anna@Demo.Example", ("anna@demo.example",)),
        ("anna@demo.example +49 30 12345678", ("anna@demo.example", "+493012345678")),
    ],
)
def test_an_address_counts_when_it_is_whole(query: str, addresses: tuple[str, ...]) -> None:
    assert identifiers(query) == replace(NOTHING, addresses=addresses, external_id=query)


@pytest.mark.parametrize(
    ("query", "name", "born"),
    [
        ("Björnsdóttir, Anna 1961-04-30", "anna bjornsdottir", (BORN,)),
        ("30.4.1961 anna", "anna", (BORN,)),
        ("Anna Björnsdóttir", "", ()),
        ("1961-04-30", "", ()),
    ],
)
def test_a_name_counts_with_a_birth_date(query: str, name: str, born: tuple[date, ...]) -> None:
    named = identifiers(query)
    assert (named.name, named.birth_dates) == (name, born)


def test_an_id_is_one_as_it_stands() -> None:
    client_id = UUID(int=7)
    assert identifiers(f" {client_id} ") == replace(NOTHING, client_id=client_id, external_id=str(client_id))


@pytest.mark.parametrize(
    ("name", "called", "ways"),
    [
        ("Anna Meyer", None, ["anna meyer"]),
        ("Annabella Meyer", "Bella", ["annabella bella meyer", "annabella meyer", "bella meyer"]),
        ("...", None, []),
    ],
)
def test_a_name_is_whole_in_some_ways(name: str, called: str | None, ways: list[str]) -> None:
    assert whole_names(name, called) == ways


@given(name=st.text(max_size=40), called=st.none() | st.text(max_size=10))
def test_whoever_types_the_whole_name_and_the_birth_date_names_the_person(name: str, called: str | None) -> None:
    typed = "".join(sign if sign.isalpha() or sign.isspace() else " " for sign in name)
    named = identifiers(f"{typed} 1961-04-30")
    assert named.name in whole_names(typed, called) or not named.birth_dates


def test_two_have_an_exact_identifier_in_common_by_an_address_or_by_name_and_birth_date() -> None:
    assert names_exactly(["similar_name", "same_phone"])
    assert names_exactly(["same_email", "other_birth_date"])
    assert names_exactly(["same_name", "same_birth_date"])
    assert not names_exactly(["same_name"])
    assert not names_exactly(["similar_name", "same_birth_date"])


@pytest.mark.parametrize("query", ["+49 30 12345678", "a@demo.example", "K-4711", "anna 1961-04-30", str(UUID(int=7))])
def test_what_has_an_identifier_may_name_somebody(query: str) -> None:
    assert identifiers(query).names_somebody


@pytest.mark.parametrize("query", ["anna", "Björnsdóttir, Anna", "billing"])
def test_a_name_alone_names_nobody(query: str) -> None:
    assert not identifiers(query).names_somebody

"""Who may be one person is said when a client is registered and whenever it is asked, and refuses nobody."""

from typing import Any

from tests.support.api import Chain

ANNA = {"name": "Anna Meyer", "birth_date": "1961-04-30", "phone": "+493012345678", "email": "anna@demo.example"}


def likely(chain: Chain, client: Any) -> list[Any]:
    items: list[Any] = chain.desk.get(f"/v1/clients/{client['id']}/duplicates")["items"]
    return items


def test_a_likely_duplicate_is_named_at_registration_with_the_reasons(chain: Chain) -> None:
    first = chain.person(**ANNA)
    assert first["likely_duplicates"] == []
    second = chain.person(name="Anna Mayer", phone=ANNA["phone"], email=None)
    (found,) = second["likely_duplicates"]
    assert (found["id"], found["reasons"]) == (first["id"], ["similar_name", "same_phone"])
    assert likely(chain, second) == [found]
    assert [each["id"] for each in likely(chain, first)] == [second["id"]]


def test_two_annas_with_different_birth_dates_are_two(chain: Chain) -> None:
    chain.person(**ANNA)
    other = {"birth_date": "1987-06-12", "email": None}
    assert chain.person(name="Anna Meyer", **other)["likely_duplicates"] == []


def test_who_is_merged_is_proposed_no_more(chain: Chain) -> None:
    first, second, third = (chain.person(**ANNA) for _ in range(3))
    chain.desk.post(f"/v1/clients/{second['id']}/merge", {"into": first["id"]}, 200)
    assert [each["id"] for each in likely(chain, third)] == [first["id"]]
    assert [each["id"] for each in likely(chain, second)] == [third["id"]]


def test_nobody_of_another_chain_is_proposed(chain: Chain, new_chain: Any) -> None:
    new_chain("another").person(**ANNA)
    assert chain.person(**ANNA)["likely_duplicates"] == []


def test_the_likeliest_comes_first(chain: Chain) -> None:
    possible = chain.person(name="Anna Meyer", email=None)
    strong = chain.person(**ANNA)
    found = chain.person(**ANNA)["likely_duplicates"]
    assert [each["id"] for each in found] == [strong["id"], possible["id"]]
    assert [each["strong"] for each in found] == [True, False]

"""Who may act for whom, entered and ended over HTTP."""

from typing import Any

import pytest

from shared.ids import new_id
from tests.support.api import Chain, at

pytestmark = pytest.mark.one_database


def relate(chain: Chain, client: Any, related: Any, expect: int = 201, **given: Any) -> Any:
    body = {"related_client_id": related["id"], "kind": "guardian", "may": ["book"], "source": "client"}
    return chain.desk.post(f"/v1/clients/{client['id']}/relations", body | given, expect)


def end(chain: Chain, relation: Any, expect: int = 200) -> Any:
    path = f"/v1/clients/{relation['client_id']}/relations/{relation['id']}/end"
    return chain.desk.post(path, {"reason": "custody"}, expect, If_Match=f'"{relation["version"]}"')


def of(chain: Chain, client: Any) -> Any:
    return chain.desk.get(f"/v1/clients/{client['id']}/relations")["items"]


def test_a_relation_is_seen_from_both_ends_until_it_is_ended(chain: Chain) -> None:
    child, mother = chain.person(name="Demo Child"), chain.person(name="Demo Mother")
    relation = relate(
        chain, child, mother, may=["book", "receive_messages"], until=at(900).date().isoformat(), evidence="saw the ID"
    )
    assert (relation["client_name"], relation["related_client_name"]) == ("Demo Child", "Demo Mother")
    assert (relation["may"], relation["holds"], relation["ended"]) == (["book", "receive_messages"], True, False)
    assert of(chain, child) == of(chain, mother) == [relation]
    ended = end(chain, relation)
    assert (ended["holds"], ended["ended"]) == (False, True)
    assert of(chain, child) == [ended]
    assert end(chain, ended, 409)["code"] == "relation_ended"
    relate(chain, child, mother)


def test_a_relation_that_is_over_today_does_not_hold(chain: Chain) -> None:
    relation = relate(chain, chain.person(), chain.person(), kind="carer", until=at(-1).date().isoformat())
    assert not relation["holds"]


def test_nobody_guards_themselves_or_those_who_guard_them(chain: Chain) -> None:
    child, mother = chain.person(), chain.person()
    assert relate(chain, child, child, 409)["code"] == "own_relation"
    relate(chain, child, mother)
    assert relate(chain, child, mother, 409)["code"] == "relation_exists"
    relate(chain, child, mother, kind="carer")


def test_a_circle_of_guardians_is_refused_over_any_distance(chain: Chain) -> None:
    people = [chain.person() for _ in range(3)]
    relate(chain, people[0], people[1])
    relate(chain, people[1], people[2])
    assert relate(chain, people[2], people[0], 409)["code"] == "circular_guardianship"


@pytest.mark.parametrize(
    "given",
    [
        {"may": []},
        {"may": ["book", "book"]},
        {"may": ["pay"]},
        {"kind": "friend"},
        {"source": "rumour"},
        {"until": "soon"},
        {"related_client_id": str(new_id())},
    ],
)
def test_what_cannot_be_understood_is_refused_by_field(chain: Chain, given: dict[str, Any]) -> None:
    problem = relate(chain, chain.person(), chain.person(), 422, **given)
    assert set(problem["fields"]) == set(given)


def test_nobody_is_related_to_another_chains_clients(chain: Chain, new_chain: Any) -> None:
    other: Chain = new_chain("other")
    relate(chain, chain.person(), other.person(), 422)
    relate(chain, other.person(), chain.person(), 404)


def test_a_stale_version_does_not_end_a_relation(chain: Chain) -> None:
    relation = relate(chain, chain.person(), chain.person())
    assert end(chain, relation | {"version": 7}, 412)["code"] == "version_mismatch"


def test_who_is_of_age_gets_no_guardian_and_who_is_not_is_none(chain: Chain) -> None:
    child, mother = chain.person(birth_date=at(-3000).date().isoformat()), chain.person(birth_date="1980-02-29")
    assert relate(chain, mother, child, 409)["code"] == "client_is_adult"
    assert relate(chain, chain.person(), child, 409)["code"] == "guardian_is_minor"
    assert relate(chain, child, mother)["holds"]


def change(chain: Chain, relation: Any, expect: int = 200, **body: Any) -> Any:
    path = f"/v1/clients/{relation['client_id']}/relations/{relation['id']}"
    return chain.desk.patch(path, body, expect, If_Match=f'"{relation["version"]}"')


def test_what_a_relation_allows_and_until_when_can_change(chain: Chain) -> None:
    client, carer = chain.person(), chain.person()
    relation = relate(chain, client, carer, kind="carer", evidence="said so")
    more = change(chain, relation, may=["book", "receive_messages"])
    assert (more["may"], more["until"], more["evidence"], more["version"]) == (
        ["book", "receive_messages"], None, "said so", 2
    )  # fmt: skip
    over = change(chain, more, until=at(-1).date().isoformat(), source="document")
    assert (over["holds"], over["may"], over["source"]) == (False, more["may"], "document")
    again = change(chain, over, until=None)
    assert again["holds"]
    assert change(chain, again)["version"] == again["version"]
    assert of(chain, carer) == [again]


def test_two_who_change_a_relation_do_not_overwrite_each_other(chain: Chain) -> None:
    relation = relate(chain, chain.person(), chain.person())
    change(chain, relation, may=["see_care"])
    assert change(chain, relation, 412, may=["book"])["code"] == "version_mismatch"
    path = f"/v1/clients/{relation['client_id']}/relations/{relation['id']}"
    assert chain.desk.problem("PATCH", path, 428, {})["code"] == "if_match_required"
    assert "may" in change(chain, relation | {"version": 2}, 422, may=[])["fields"]
    stranger = relation | {"client_id": chain.person()["id"]}
    assert change(chain, stranger, 404, may=["book"])["code"] == "not_found"
    assert change(chain, end(chain, relation | {"version": 2}), 409, may=["book"])["code"] == "relation_ended"


def test_a_relation_that_counts_again_must_fit_as_if_it_were_new(chain: Chain) -> None:
    first, second = chain.person(), chain.person()
    lapsed = relate(chain, first, second, until=at(-1).date().isoformat())
    relate(chain, second, first)
    assert change(chain, lapsed, 409, until=None)["code"] == "circular_guardianship"
    twice = relate(chain, second, first, kind="carer", until=at(-1).date().isoformat())
    relate(chain, second, first, kind="carer")
    assert change(chain, twice, 409, until=None)["code"] == "relation_exists"

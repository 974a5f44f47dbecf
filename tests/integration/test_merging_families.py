"""Whatever is merged, taken apart and related, nobody is ever in their own guardianship."""

from random import Random
from typing import Any

import pytest

from tests.integration.test_relations_api import relate
from tests.support.api import Chain

pytestmark = pytest.mark.one_database

STEPS = 40
REFUSED = {409, 422}


def merge(chain: Chain, client: Any, into: Any, expect: int | None = 200) -> Any:
    return chain.desk.call("POST", f"/v1/clients/{client['id']}/merge", expect, {"into": into["id"]}).json


def guards(chain: Chain, clients: list[Any]) -> dict[str, set[str]]:
    """The guardians of each person, as the relations show them."""
    found: dict[str, set[str]] = {}
    for client in clients:
        for relation in chain.desk.get(f"/v1/clients/{client['id']}/relations")["items"]:
            if relation["kind"] == "guardian" and relation["holds"]:
                found.setdefault(relation["client_id"], set()).add(relation["related_client_id"])
    return found


def in_a_circle(found: dict[str, set[str]]) -> set[str]:
    """Those who are above themselves."""

    def above(person: str) -> set[str]:
        known: set[str] = set()
        asked = [person]
        while asked:
            new = found.get(asked.pop(), set()) - known
            known |= new
            asked += new
        return known

    return {person for person in found if person in above(person)}


def test_two_who_would_guard_each_other_over_others_are_not_merged(chain: Chain) -> None:
    child, mother, grandmother = (chain.person() for _ in range(3))
    twin = chain.person()
    relate(chain, child, mother)
    relate(chain, mother, grandmother)
    assert merge(chain, grandmother, child, 409)["code"] == "circular_guardianship"
    assert merge(chain, child, grandmother, 409)["code"] == "circular_guardianship"
    merge(chain, twin, child)
    assert merge(chain, twin, grandmother, 409)["code"] == "client_merged"
    assert merge(chain, grandmother, twin, 409)["code"] == "circular_guardianship"
    assert relate(chain, grandmother, twin, 409)["code"] == "circular_guardianship"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_mix_of_merges_and_relations_ends_in_a_circle(chain: Chain, seed: int) -> None:
    random = Random(seed)
    clients = [chain.person() for _ in range(5)]
    answers = []
    for _ in range(STEPS):
        one, other = random.sample(clients, 2)
        path = f"/v1/clients/{one['id']}"
        related = {"related_client_id": other["id"], "kind": "guardian", "may": ["book"], "source": "client"}
        what, body = random.choice(
            [("merge", {"into": other["id"]}), ("unmerge", {}), ("relations", related), ("relations", related)]
        )
        answers.append(chain.desk.call("POST", f"{path}/{what}", None, body).status_code)
        assert in_a_circle(guards(chain, clients)) == set()
    assert set(answers) <= {200, 201} | REFUSED
    assert {200, 201, 409} <= set(answers)

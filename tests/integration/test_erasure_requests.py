"""Asking to be forgotten over HTTP: what would go, what has to stay until when, and what has to be settled before."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.scheduling.erasure.rules import years_after
from tests.support.api import Chain, NewChain, Ready, at, set_clock

pytestmark = pytest.mark.one_database
ALL = ["contact", "identity", "clinical"]


def ask(chain: Chain, client: Any, **given: Any) -> Any:
    return chain.desk.post(f"/v1/clients/{client['id']}/erasure-requests", given)


def attended(ready: Ready) -> date:
    """Let the client come to a visit tomorrow; gives its day."""
    visit = ready.book(at(1))
    set_clock(ready.chain, at(1, 12))
    arrived = ready.chain.desk.change(visit, "arrive")
    ready.chain.desk.change(arrived, "fulfil")
    return at(1).date()


def test_a_clinic_keeps_records_as_usual_in_its_country_until_the_chain_says_otherwise(chain: Chain) -> None:
    clinic = chain.clinic()
    path = f"/v1/clinics/{clinic['id']}/retention"
    usual = chain.desk.get(path)
    assert (usual["country"], usual["years"], usual["minors_until_age"], usual["set_by"]) == ("DE", 10, None, "country")
    changed = chain.admin.put(path, {"years": 30, "minors_until_age": 28})
    assert (changed["years"], changed["minors_until_age"], changed["set_by"]) == (30, 28, "chain")
    again = chain.admin.put(path, {"years": 12, "minors_until_age": None})
    assert (again["policy_version"], chain.desk.get(path)) == (2, again)
    assert chain.admin.put(path, {"years": 12, "minors_until_age": None})["policy_version"] == 2
    chain.desk.problem("PUT", path, 403, {"years": 1, "minors_until_age": None})


def test_two_admins_do_not_overwrite_each_others_rule_unseen(chain: Chain) -> None:
    path, rule = f"/v1/clinics/{chain.clinic()['id']}/retention", {"years": 30, "minors_until_age": 28}
    seen = chain.admin.call("GET", path, 200).headers["ETag"]
    assert chain.admin.problem("PUT", path, 428, rule)["code"] == "if_match_required"
    chain.admin.put(path, rule, If_Match=seen)
    chain.admin.put(path, rule | {"years": 12}, 412, If_Match=seen)
    assert chain.desk.get(path)["years"] == 30


def test_who_never_came_may_be_forgotten_at_once(chain: Chain) -> None:
    client = chain.person()
    found = ask(chain, client)
    assert (found["state"], found["goes_now"], found["kept"], found["holds"]) == ("open", ALL, [], [])
    assert chain.desk.get(f"/v1/erasure-requests/{found['id']}") == found


def test_who_was_treated_stays_on_record_as_long_as_the_clinic_keeps_it(chain: Chain) -> None:
    ready = chain.ready()
    day = attended(ready)
    found = ask(chain, ready.client)
    until = years_after(day, 10) + timedelta(days=1)
    assert found["goes_now"] == ["contact"]
    assert {(kept["data_class"], kept["until"], kept["clinic_id"]) for kept in found["kept"]} == {
        (each, until.isoformat(), ready.clinic["id"]) for each in ("identity", "clinical")
    }


def test_the_record_of_a_minor_stays_until_the_age_that_the_clinic_says(chain: Chain) -> None:
    ready = chain.ready()
    chain.admin.put(f"/v1/clinics/{ready.clinic['id']}/retention", {"years": 1, "minors_until_age": 25})
    born = date(datetime.now(UTC).year - 10, 1, 31)
    chain.desk.patch(f"/v1/clients/{ready.client['id']}", {"birth_date": born.isoformat()})
    attended(ready)
    assert {kept["until"] for kept in ask(chain, ready.client)["kept"]} == {years_after(born, 25).isoformat()}


def test_what_is_not_settled_is_named_until_it_is_and_asking_again_assesses_anew(chain: Chain) -> None:
    ready = chain.ready()
    visit = ready.book(at(3))
    child = chain.person(name="Demo Child", email=None)
    relation = chain.desk.post(
        f"/v1/clients/{child['id']}/relations",
        {"related_client_id": ready.client["id"], "kind": "carer", "may": ["book"], "source": "client"},
    )
    found = ask(chain, ready.client)
    assert found["holds"] == [{"kind": "visit", "id": visit["id"]}, {"kind": "acts_for", "id": relation["id"]}]
    chain.desk.change(visit, "cancel", initiator="client")
    again = ask(chain, ready.client)
    assert (again["id"], again["holds"]) == (found["id"], [{"kind": "acts_for", "id": relation["id"]}])


def test_one_request_covers_all_ids_of_a_person(chain: Chain) -> None:
    ready = chain.ready()
    other = chain.person(name="Demo Double")
    visit: Any = ready.book(at(4), client_id=other["id"])
    chain.desk.post(f"/v1/clients/{other['id']}/merge", {"into": ready.client["id"]}, 200)
    found = ask(chain, other)
    assert (found["client_id"], found["holds"]) == (ready.client["id"], [{"kind": "visit", "id": visit["id"]}])
    assert ask(chain, ready.client)["id"] == found["id"]


def test_requests_are_listed_page_by_page_until_somebody_decides(chain: Chain) -> None:
    asked = [ask(chain, chain.person())["id"] for _ in range(3)]
    first = chain.desk.get("/v1/erasure-requests?limit=2")
    second = chain.desk.get(f"/v1/erasure-requests?limit=2&cursor={first['next']}")
    assert [each["id"] for each in [*first["items"], *second["items"]]] == asked
    assert second["next"] is None


def test_a_request_is_declined_by_the_chain_with_a_reason_and_only_once(chain: Chain) -> None:
    found = ask(chain, chain.person())
    path = f"/v1/erasure-requests/{found['id']}/decline"
    seen = {"If_Match": f'"{found["version"]}"'}
    chain.desk.problem("POST", path, 403, {"reason": "A dispute is open"}, **seen)
    declined: Any = chain.admin.call("POST", path, 200, {"reason": "A dispute is open"}, **seen).json
    assert declined["state"] == "declined"
    assert chain.admin.problem("POST", path, 409, {"reason": "Again"}, If_Match="*")["code"] == "erasure_decided"
    assert chain.desk.get("/v1/erasure-requests") == {"items": [], "next": None}
    assert chain.desk.get("/v1/erasure-requests?state=declined")["items"] == [declined]


def test_nobody_of_another_chain_sees_or_decides_a_request(new_chain: NewChain) -> None:
    mine, theirs = new_chain("mine"), new_chain("theirs")
    request = ask(mine, mine.person())
    theirs.admin.get(f"/v1/erasure-requests/{request['id']}", 404)
    theirs.admin.problem(
        "POST", f"/v1/erasure-requests/{request['id']}/decline", 404, {"reason": "Mischief"}, If_Match="*"
    )

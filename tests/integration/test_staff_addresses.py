"""Where staff are written to: who says so, who sees it, and that no store has it in plain words."""

from typing import Any

import pytest
from sqlalchemy import text

from shared.http.operations import EXTENSION
from tests.support.api import Api, Chain

pytestmark = pytest.mark.one_database

ADDRESS = {"address": "demo.colleague@demo.example", "locale": "de"}


def add(chain: Chain, role: str, subject: str, **given: Any) -> Any:
    body = {"name": "Demo Colleague", "roles": [{"role": role} | given]}
    person = chain.admin.post("/v1/staff", body)
    return chain.admin.post(f"/v1/staff/{person['id']}/logins", {"issuer": "synergist", "subject": subject})


def of(person: Any) -> str:
    return f"/v1/staff/{person['id']}/address"


def test_a_member_sets_and_sees_their_own_address(chain: Chain) -> None:
    person = add(chain, "therapist", "anna")
    anna = chain.caller("therapist", subject="anna")
    assert anna.get("/v1/my-address")["address"] is None
    shown = anna.put("/v1/my-address", ADDRESS | {"address": "Demo.Colleague@DEMO.example"})
    assert (shown["address"], shown["locale"]) == ("Demo.Colleague@demo.example", "de")
    assert chain.admin.get(of(person)) == shown
    anna.get(of(person), expect=403)


def test_who_is_not_on_the_staff_list_has_no_address(chain: Chain) -> None:
    stranger = chain.caller("therapist", subject="stranger")
    assert stranger.get("/v1/my-address", expect=409)["code"] == "not_on_staff"
    assert stranger.put("/v1/my-address", ADDRESS, expect=409)["code"] == "not_on_staff"


def test_a_manager_decides_about_those_whose_roles_they_may_give(chain: Chain) -> None:
    clinic, other = chain.clinic(), chain.clinic(name="Other")
    manager = chain.caller("manager", clinics=(clinic["id"],), subject="m")
    person = add(chain, "front_desk", "desk", clinics=[clinic["id"]])
    assert manager.put(of(person), ADDRESS)["address"] == ADDRESS["address"]
    for role, where in (("front_desk", {"clinics": [other["id"]]}), ("chain_admin", {})):
        above: Api = manager
        beyond = add(chain, role, f"{role} beyond", **where)
        above.put(of(beyond), ADDRESS, expect=403)
        above.get(of(beyond), expect=403)


@pytest.mark.parametrize(
    "address", ["no address", "a@b", "a@demo.example\r\nBcc: b@demo.example", "ä@demo.example", ""]
)
def test_what_is_no_address_is_refused(chain: Chain, address: str) -> None:
    chain.admin.put(of(add(chain, "front_desk", "anna")), {"address": address}, expect=422)


def test_the_list_says_who_can_be_told_and_not_where(chain: Chain) -> None:
    with_one, without = add(chain, "front_desk", "one"), add(chain, "front_desk", "two")
    chain.admin.put(of(with_one), ADDRESS)
    listed = {each["id"]: each for each in chain.admin.get("/v1/staff")["items"]}
    assert (listed[with_one["id"]]["reachable"], listed[without["id"]]["reachable"]) == (True, False)
    assert ADDRESS["address"] not in str(listed)


def test_an_address_is_taken_away_and_nobody_who_left_gets_one(chain: Chain) -> None:
    person = add(chain, "front_desk", "anna")
    chain.admin.put(of(person), ADDRESS)
    assert chain.admin.put(of(person), {"address": None})["address"] is None
    assert not chain.admin.get(f"/v1/staff/{person['id']}")["reachable"]
    chain.admin.post(f"/v1/staff/{person['id']}/deactivate", None, 200)
    assert chain.admin.put(of(person), ADDRESS, expect=409)["code"] == "staff_inactive"


def test_neither_the_log_nor_a_view_has_an_address_in_plain_words(chain: Chain) -> None:
    person = add(chain, "front_desk", "anna")
    chain.admin.put(of(person), ADDRESS)
    chain.admin.put(of(person), {"address": "another@demo.example"})
    database = chain.app.extensions[EXTENSION].database
    with database.reading(chain.id) as connection:
        kept = connection.execute(
            text("SELECT * FROM staff_addresses WHERE staff_id = :id"), {"id": person["id"]}
        ).one()
        logged = connection.execute(text("SELECT data::text FROM events WHERE data ? 'tells_former'")).scalars().all()
    assert kept.former is not None
    assert not [each for each in (str(kept), *logged) if "demo.example" in each]


def asked(chain: Chain, person: Any, kind: str, clinic_id: str | None = None) -> Any:
    """What the workers are answered about a letter."""
    item = {
        "key": "a key",
        "chain_id": str(chain.id),
        "kind": kind,
        "about": person["id"],
        "staff_id": person["id"],
        "clinic_id": clinic_id,
    }
    [answer] = chain.service.post("/internal/v1/staff-addresses", {"items": [item]}, 200)["items"]
    return answer


def test_a_letter_goes_to_who_still_works_here_in_the_role(chain: Chain) -> None:
    clinic, other = chain.clinic()["id"], chain.clinic(name="Other")["id"]
    person = add(chain, "manager", "m", clinics=[clinic])
    assert asked(chain, person, "staff_glass", clinic)["stop"] == "no_address"
    chain.admin.put(of(person), ADDRESS)
    answer = asked(chain, person, "staff_glass", clinic)
    assert (answer["address"], answer["locale"]) == (ADDRESS["address"], "de")
    assert answer["link"].endswith("/staff/reviews")
    assert asked(chain, person, "staff_glass", other)["stop"] == "gone"
    assert asked(chain, person, "staff_alert", clinic)["stop"] == "gone"
    chain.admin.patch(f"/v1/staff/{person['id']}", {"roles": [{"role": "front_desk"}]})
    assert asked(chain, person, "staff_glass", clinic)["stop"] == "gone"


def test_whoever_manages_by_the_provider_s_word_gets_letters_once_that_was_heard(chain: Chain) -> None:
    clinic, other = chain.clinic()["id"], chain.clinic(name="Other")["id"]
    person = add(chain, "manager", "m")
    chain.admin.patch(f"/v1/staff/{person['id']}", {"roles": None})
    chain.admin.put(of(person), ADDRESS)
    unheard = chain.admin.get(f"/v1/staff/{person['id']}")
    assert (unheard["roles"], unheard["claimed_roles"], unheard["claimed_at"]) == (None, None, None)
    assert asked(chain, person, "staff_glass", clinic)["stop"] == "gone"
    chain.caller("manager", clinics=(clinic,), subject="m").put("/v1/my-address", ADDRESS)
    heard = chain.admin.get(f"/v1/staff/{person['id']}")
    assert (heard["roles"], heard["claimed_roles"]) == (None, [{"role": "manager", "clinics": [clinic]}])
    assert asked(chain, person, "staff_glass", clinic)["address"] == ADDRESS["address"]
    assert asked(chain, person, "staff_glass", other)["stop"] == "gone"
    assert asked(chain, person, "staff_report")["files"] is True
    chain.admin.patch(f"/v1/staff/{person['id']}", {"roles": [{"role": "front_desk"}]})
    assert asked(chain, person, "staff_glass", clinic)["stop"] == "gone"


@pytest.mark.parametrize(
    ("role", "letter", "gone"),
    [("manager", "staff_report", False), ("therapist", "staff_report", False), ("front_desk", "staff_report", True)],
)
def test_a_letter_about_reports_goes_to_who_manages_or_treats_anywhere(
    chain: Chain, role: str, letter: str, *, gone: bool
) -> None:
    person = add(chain, role, role, clinics=[chain.clinic()["id"]])
    chain.admin.put(of(person), ADDRESS)
    answer = asked(chain, person, letter)
    assert ("stop" in answer) is gone
    assert gone or answer["link"].endswith("/reports")


def test_files_go_to_an_address_that_its_owner_has_set(chain: Chain) -> None:
    south = chain.clinic(name="South")
    person = add(chain, "manager", "m", clinics=[south["id"]])
    chain.admin.put(of(person), ADDRESS)
    assert asked(chain, person, "staff_report")["files"] is False
    manager = chain.caller("manager", clinics=(south["id"],), subject="m")
    manager.put("/v1/my-address", ADDRESS)
    assert asked(chain, person, "staff_report")["files"] is True
    chain.admin.put(of(person), {"address": "elsewhere@demo.example"})
    assert asked(chain, person, "staff_report")["files"] is False


def test_letters_know_the_clock_by_which_somebody_works(chain: Chain) -> None:
    chain.clinic()
    chatham = chain.clinic(name="Far", time_zone="Pacific/Chatham")
    limited = add(chain, "manager", "m", clinics=[chatham["id"]])
    treats = add(chain, "therapist", "t")
    therapist = chain.therapist(chatham)
    chain.admin.patch(f"/v1/staff/{treats['id']}", {"therapist_id": therapist["id"]})
    everywhere = add(chain, "chain_admin", "a")
    people = {"limited": limited, "treats": treats, "everywhere": everywhere}
    for person in people.values():
        chain.admin.put(of(person), ADDRESS)
    clocks = {name: asked(chain, person, "staff_report")["time_zone"] for name, person in people.items()}
    assert clocks == {"limited": "Pacific/Chatham", "treats": "Pacific/Chatham", "everywhere": "Europe/Berlin"}


def test_who_has_left_gets_no_letter_and_no_other_chain_finds_them(chain: Chain) -> None:
    person = add(chain, "chain_admin", "m")
    chain.admin.put(of(person), ADDRESS)
    assert "address" in asked(chain, person, "staff_glass")
    chain.admin.post(f"/v1/staff/{person['id']}/deactivate", None, 200)
    assert asked(chain, person, "staff_glass")["stop"] == "gone"


def test_the_former_address_hears_of_the_new_one_and_no_more(chain: Chain) -> None:
    person = add(chain, "front_desk", "m")
    chain.admin.put(of(person), ADDRESS)
    assert asked(chain, person, "staff_former")["stop"] == "gone"
    chain.admin.put(of(person), {"address": "second@demo.example"})
    former = asked(chain, person, "staff_former")
    assert (former["address"], former["link"]) == (ADDRESS["address"], None)
    assert asked(chain, person, "staff_address")["address"] == "second@demo.example"


def test_an_address_that_takes_nothing_is_shown_and_gets_nothing_more(chain: Chain) -> None:
    person = add(chain, "front_desk", "m")
    set_at = chain.admin.put(of(person), ADDRESS)["set_at"]
    said = {
        "chain_id": str(chain.id),
        "staff_id": person["id"],
        "set_at": asked(chain, person, "staff_address")["address_set_at"],
    }
    for _ in range(2):
        chain.service.post("/internal/v1/staff-refusals", {"items": [said]}, 200)
    assert chain.admin.get(of(person))["refused_at"] is not None
    assert asked(chain, person, "staff_address")["stop"] == "refused"
    assert not chain.admin.get(f"/v1/staff/{person['id']}")["reachable"]
    chain.admin.put(of(person), {"address": "second@demo.example"})
    chain.service.post("/internal/v1/staff-refusals", {"items": [said | {"set_at": set_at}]}, 200)
    assert chain.admin.get(of(person))["refused_at"] is None
    assert asked(chain, person, "staff_former")["stop"] == "gone"

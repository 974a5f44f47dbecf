"""Who works here: logins become persons, roles given here go before those that are claimed, and end at once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from shared.http.operations import EXTENSION
from tests.support.api import Chain, Ready, at, set_clock

pytestmark = pytest.mark.one_database

DESK: list[dict[str, Any]] = [{"role": "front_desk"}]
NOWHERE: list[dict[str, Any]] = []


def add(chain: Chain, roles: list[dict[str, Any]] | None, subject: str | None = None, **given: Any) -> Any:
    """A person with a login, who needs no more than a token of the issuer."""
    person = chain.admin.post("/v1/staff", {"name": "Demo Colleague", "roles": roles} | given)
    if subject is not None:
        login = {"issuer": "synergist", "subject": subject}
        return chain.admin.post(f"/v1/staff/{person['id']}/logins", login)
    return person


def act(chain: Chain, person: Any, what: str, body: Any = None, expect: int = 200) -> Any:
    return chain.admin.post(f"/v1/staff/{person['id']}/{what}", body, expect)


@pytest.fixture
def ready(chain: Chain) -> Ready:
    return chain.ready()


def test_roles_that_were_given_here_go_before_those_that_are_claimed(ready: Ready) -> None:
    anna = ready.chain.caller("manager", subject="anna")
    anna.get("/v1/staff")
    add(ready.chain, DESK, "anna")
    anna.get("/v1/staff", expect=403)
    anna.get("/v1/clients")


def test_roles_from_the_provider_hold_while_nothing_else_is_said(ready: Ready) -> None:
    anna = ready.chain.caller("manager", subject="anna")
    person = add(ready.chain, None, "anna")
    anna.get("/v1/staff")
    ready.chain.admin.patch(f"/v1/staff/{person['id']}", {"roles": NOWHERE})
    anna.get("/v1/clients", expect=403)
    ready.chain.admin.patch(f"/v1/staff/{person['id']}", {"roles": None})
    anna.get("/v1/staff")


def test_a_role_at_one_clinic_holds_there_alone(ready: Ready) -> None:
    other = ready.chain.clinic(name="Other")
    anna = ready.chain.caller("front_desk", subject="anna")
    add(ready.chain, [{"role": "front_desk", "clinics": [other["id"]]}], "anna")
    anna.post("/v1/appointments", ready.wish(at(3)), expect=403)


@pytest.mark.parametrize("what", ["deactivate", "revoke", "logins/detach"])
def test_a_token_from_before_is_worthless_at_once(ready: Ready, what: str) -> None:
    anna = ready.chain.caller("front_desk", subject="anna")
    person = add(ready.chain, DESK, "anna")
    anna.get("/v1/clients")
    act(ready.chain, person, what, {"issuer": "synergist", "subject": "anna"} if "logins" in what else None)
    anna.get("/v1/clients", expect=401)
    anna.post("/v1/appointments", ready.wish(at(3)), expect=401)


def test_after_a_revocation_whoever_signs_in_again_comes_in_again(ready: Ready) -> None:
    person = add(ready.chain, DESK, "anna")
    set_clock(ready.chain, datetime.now(UTC) - timedelta(minutes=1))
    act(ready.chain, person, "revoke")
    ready.chain.caller("front_desk", subject="anna").get("/v1/clients")


def test_who_is_reactivated_signs_in_anew(ready: Ready) -> None:
    anna = ready.chain.caller("front_desk", subject="anna")
    person = add(ready.chain, DESK, "anna")
    act(ready.chain, person, "deactivate")
    assert (
        act(ready.chain, person, "logins", {"issuer": "synergist", "subject": "new"}, 409)["code"] == "staff_inactive"
    )
    assert act(ready.chain, person, "reactivate")["active"] is True
    anna.get("/v1/clients", expect=401)


def test_a_login_is_one_persons_and_can_be_given_on(ready: Ready) -> None:
    first, second = add(ready.chain, DESK, "tablet"), add(ready.chain, NOWHERE)
    tablet = {"issuer": "synergist", "subject": "tablet"}
    assert act(ready.chain, second, "logins", tablet, 409)["code"] == "login_taken"
    act(ready.chain, first, "logins/detach", tablet)
    assert act(ready.chain, second, "logins", tablet, 201)["logins"] == [tablet]
    assert ready.chain.admin.get(f"/v1/staff/{first['id']}")["logins"] == []


def test_a_therapist_is_one_persons(ready: Ready) -> None:
    person = add(ready.chain, [{"role": "therapist"}], therapist_id=ready.therapist["id"])
    assert person["therapist_id"] == ready.therapist["id"]
    body = {"name": "Other", "roles": NOWHERE, "therapist_id": ready.therapist["id"]}
    assert ready.chain.admin.post("/v1/staff", body, expect=409)["code"] == "therapist_taken"
    ready.chain.admin.patch(f"/v1/staff/{person['id']}", {"therapist_id": None})
    ready.chain.admin.post("/v1/staff", body)


def test_what_somebody_does_is_recorded_under_the_person_and_not_the_login(ready: Ready) -> None:
    person = add(ready.chain, DESK, "anna")
    visit = ready.chain.caller("front_desk", subject="anna").post("/v1/appointments", ready.wish(at(3)))
    (booked,) = ready.chain.desk.get(f"/v1/appointments/{visit['id']}/history")["items"]
    assert (booked["actor"], booked["role"]) == (person["id"], "front_desk")


def test_nobody_leaves_the_chain_without_an_admin(ready: Ready) -> None:
    boss = add(ready.chain, [{"role": "chain_admin"}], "boss")
    path = f"/v1/staff/{boss['id']}"
    as_boss = ready.chain.caller("front_desk", subject="boss")
    assert as_boss.post(f"{path}/deactivate", expect=409)["code"] == "last_chain_admin"
    assert as_boss.patch(path, {"roles": DESK}, expect=409)["code"] == "last_chain_admin"
    assert as_boss.patch(path, {"roles": None}, expect=409)["code"] == "last_chain_admin"
    login = {"issuer": "synergist", "subject": "boss"}
    assert as_boss.post(f"{path}/logins/detach", login, expect=409)["code"] == "last_chain_admin"
    as_boss.patch(path, {"name": "New Name"})
    second = add(ready.chain, [{"role": "chain_admin"}], "second")
    as_boss.post(f"/v1/staff/{second['id']}/revoke", expect=200)
    as_boss.post(f"{path}/deactivate", expect=200)


def test_an_admin_by_claims_does_not_shut_the_door_behind_themselves(ready: Ready) -> None:
    me = ready.chain.caller("chain_admin", subject="me")
    person = add(ready.chain, DESK)
    login = {"issuer": "synergist", "subject": "me"}
    refused = me.post(f"/v1/staff/{person['id']}/logins", login, expect=409)
    assert refused["code"] == "last_chain_admin"
    provided = add(ready.chain, None)
    me.post(f"/v1/staff/{provided['id']}/logins", login)
    assert me.post(f"/v1/staff/{provided['id']}/deactivate", expect=409)["code"] == "last_chain_admin"
    other = add(ready.chain, [{"role": "chain_admin"}], "other")
    me.post(f"/v1/staff/{other['id']}/deactivate", expect=200)


@pytest.mark.parametrize(
    "roles",
    [
        [{"role": "chain_admin"}],
        [{"role": "manager"}],
        [{"role": "front_desk"}],
        None,
    ],
)
def test_a_manager_of_one_clinic_gives_no_more_than_they_have(ready: Ready, roles: Any) -> None:
    manager = ready.chain.caller("manager", clinics=(ready.clinic["id"],), subject="boss")
    manager.post("/v1/staff", {"name": "Demo", "roles": roles}, expect=403)
    here = [{"role": "manager", "clinics": [ready.clinic["id"]]}]
    person = manager.post("/v1/staff", {"name": "Demo", "roles": here})
    manager.patch(f"/v1/staff/{person['id']}", {"roles": roles}, expect=403)
    theirs = add(ready.chain, roles)
    for what in ("deactivate", "revoke"):
        manager.post(f"/v1/staff/{theirs['id']}/{what}", expect=403)
    manager.patch(f"/v1/staff/{theirs['id']}", {"roles": here}, expect=403)
    manager.post(f"/v1/staff/{person['id']}/deactivate", expect=200)


def test_a_manager_attaches_no_login(ready: Ready) -> None:
    person = add(ready.chain, NOWHERE)
    login = {"issuer": "synergist", "subject": "someone"}
    ready.chain.caller("manager", subject="boss").post(f"/v1/staff/{person['id']}/logins", login, expect=403)


def test_roles_name_what_is_there(ready: Ready) -> None:
    elsewhere = [{"role": "front_desk", "clinics": [ready.therapist["id"]]}]
    assert "roles" in ready.chain.admin.post("/v1/staff", {"name": "X", "roles": elsewhere}, expect=422)["fields"]
    nobody = {"name": "X", "roles": NOWHERE, "therapist_id": ready.clinic["id"]}
    assert "therapist_id" in ready.chain.admin.post("/v1/staff", nobody, expect=422)["fields"]


def test_two_changes_at_once_are_told_apart(ready: Ready) -> None:
    person = add(ready.chain, DESK)
    path = f"/v1/staff/{person['id']}"
    ready.chain.admin.patch(path, {"name": "A", "roles": NOWHERE}, If_Match=f'"{person["version"]}"')
    ready.chain.admin.patch(path, {"name": "B"}, expect=412, If_Match=f'"{person["version"]}"')


def test_knowing_the_caller_costs_one_query(ready: Ready) -> None:
    engine: Engine = ready.chain.app.extensions[EXTENSION].database.engine
    said: list[str] = []

    def hear(*arguments: Any) -> None:
        said.append(arguments[2])

    event.listen(engine, "before_cursor_execute", hear)
    try:
        ready.book(at(3))
    finally:
        event.remove(engine, "before_cursor_execute", hear)
    assert len([statement for statement in said if "logins" in statement or "FROM staff" in statement]) == 1


def test_a_manager_does_not_say_of_themselves_which_therapist_they_are(ready: Ready) -> None:
    """The therapist's visits would open their clients' records, without a glass that somebody reviews."""
    roles = [{"role": "manager"}, {"role": "therapist"}]
    mona, colleague = (add(ready.chain, roles, subject) for subject in ("mona", "colleague"))
    api = ready.chain.caller("manager", subject="mona")
    link = {"therapist_id": ready.therapist["id"]}
    api.patch(f"/v1/staff/{mona['id']}", link, 403)
    api.patch(f"/v1/staff/{mona['id']}", {"name": "Mona"})
    api.patch(f"/v1/staff/{colleague['id']}", link)
    ready.chain.caller("manager", subject="colleague").patch(f"/v1/staff/{colleague['id']}", {"therapist_id": None})

"""Clients whom no message reaches become tasks of the desk: opened once, worked off, closed by what settles them."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.api import Api, Chain, Ready, at

OPEN = "/v1/contact-tasks"


@pytest.fixture
def place(chain: Chain) -> Ready:
    return chain.ready()


def want(place: Ready, visit: Any, cause: str = "undeliverable", because: str = "reminder:1") -> bool:
    """What the workers say of a message that reached nobody."""
    item = {"because": because, "cause": cause, "chain_id": str(place.chain.id), "appointment_id": visit["id"]}
    answer = place.chain.service.post("/internal/v1/contact-tasks", {"items": [item]}, 200)
    return bool(answer["needed"][because])


def tasks(desk: Api, query: str = "") -> list[Any]:
    return list(desk.get(OPEN + query)["items"])


def test_a_message_that_reached_nobody_becomes_one_task_however_often_it_is_told(place: Ready) -> None:
    visit = place.book(at(3))
    assert want(place, visit)
    assert want(place, visit)
    assert want(place, visit, because="reminder:2")
    (task,) = tasks(place.chain.desk)
    assert (task["cause"], task["open"], task["attempts"]) == ("undeliverable", True, 0)
    assert (task["appointment_id"], task["client_name"]) == (visit["id"], "Demo Client")
    assert task["starts_at"] == visit["starts_at"]


def test_attempts_are_noted_and_reaching_the_client_closes_the_task_for_good(place: Ready) -> None:
    desk = place.chain.desk
    visit = place.book(at(3))
    want(place, visit)
    path = f"{OPEN}/{tasks(desk)[0]['id']}"
    tried = desk.post(f"{path}/attempts", {"outcome": "no_answer", "note": "Rang long"})
    assert (tried["open"], tried["attempts"], tried["last_note"]) == (True, 1, "Rang long")
    reached = desk.post(f"{path}/attempts", {"outcome": "reached"})
    assert (reached["open"], reached["closed_by"], reached["attempts"]) == (False, "reached", 2)
    assert tasks(desk) == []
    assert [task["id"] for task in tasks(desk, "?open=false")] == [reached["id"]]
    assert desk.problem("POST", f"{path}/attempts", 409, {"outcome": "reached"})["code"] == "task_closed"
    assert want(place, visit)
    assert tasks(desk) == []
    want(place, visit, because="reminder:2")
    assert len(tasks(desk)) == 1


@pytest.mark.parametrize("change", ["cancel", "reschedule"])
def test_a_task_ends_with_what_it_was_about(place: Ready, change: str) -> None:
    visit = place.book(at(3))
    want(place, visit)
    body: dict[str, Any] = {"starts_at": at(4).isoformat()} if change == "reschedule" else {"initiator": "client"}
    place.chain.desk.change(visit, change, **body)
    assert tasks(place.chain.desk) == []
    (closed,) = tasks(place.chain.desk, "?open=false")
    assert closed["closed_by"] == {"cancel": "cancelled", "reschedule": "moved"}[change]


def test_nobody_is_asked_to_call_about_a_visit_that_needs_it_no_longer(place: Ready) -> None:
    by_client, by_clinic = place.book(at(3)), place.book(at(4))
    place.chain.desk.change(by_client, "cancel", initiator="client")
    place.chain.desk.change(by_clinic, "cancel", initiator="clinic")
    assert not want(place, by_client)
    assert want(place, by_clinic)
    assert not want(place, {"id": str(uuid4())})
    (task,) = tasks(place.chain.desk)
    assert (task["appointment_id"], task["status"]) == (by_clinic["id"], "cancelled")


def test_tasks_are_seen_and_worked_off_only_where_the_role_holds(place: Ready) -> None:
    chain = place.chain
    other = chain.clinic(name="Other")
    want(place, place.book(at(3)))
    here = chain.caller("front_desk", clinics=(place.clinic["id"],))
    elsewhere = chain.caller("front_desk", clinics=(other["id"],))
    (task,) = tasks(here)
    assert tasks(elsewhere) == []
    elsewhere.call("GET", f"{OPEN}?clinic_id={place.clinic['id']}", 403)
    elsewhere.call("GET", f"{OPEN}/{task['id']}", 404)
    elsewhere.call("POST", f"{OPEN}/{task['id']}/attempts", 404, {"outcome": "reached"})
    chain.caller("therapist").call("GET", OPEN, 403)
    assert tasks(chain.desk, f"?clinic_id={other['id']}") == []


def test_the_list_goes_on_where_a_page_ended(place: Ready) -> None:
    for day in range(3, 6):
        want(place, place.book(at(day)))
    first = place.chain.desk.get(f"{OPEN}?limit=2")
    second = place.chain.desk.get(f"{OPEN}?limit=2&cursor={first['next']}")
    assert [len(first["items"]), len(second["items"]), second["next"]] == [2, 1, None]


def test_only_our_own_services_may_want_tasks(place: Ready) -> None:
    place.chain.admin.call("POST", "/internal/v1/contact-tasks", 403, {"items": []})


def test_another_chain_sees_none_of_it(place: Ready, new_chain: Any) -> None:
    want(place, place.book(at(3)))
    (task,) = tasks(place.chain.desk)
    other = new_chain("other")
    assert tasks(other.desk) == []
    other.desk.call("GET", f"{OPEN}/{task['id']}", 404)


def test_the_desk_notes_that_a_client_will_come_and_need_not_call_again(place: Ready) -> None:
    visit = place.book(at(3))
    want(place, visit)
    confirmed = place.chain.desk.post(f"/v1/appointments/{visit['id']}/confirm", None, 200)
    assert confirmed["confirmed"]
    assert tasks(place.chain.desk) == []
    assert not want(place, visit, "unconfirmed")
    place.chain.caller("therapist").call("POST", f"/v1/appointments/{visit['id']}/confirm", 403)

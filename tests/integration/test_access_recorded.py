"""Whoever is shown something about a client stands in the access log, and those who manage the chain can read it there."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from shared.access_log import read
from shared.database import make_engine
from shared.partitions import partition_of
from shared.settings import Settings
from tests.support.api import Chain, NewChain, Ready, at

BOOKING = {"operation": "POST /v1/appointments", "data_class": "identity"}


@pytest.fixture
def ready(chain: Chain) -> Ready:
    return chain.ready()


def looks(chain: Chain, client: Any) -> list[dict[str, Any]]:
    """The entries about a client before this look, the newest first."""
    items: list[dict[str, Any]] = chain.caller("manager").get(f"/v1/clients/{client['id']}/access-log")["items"]
    return items


def operations(chain: Chain, client: Any) -> list[str]:
    return [entry["operation"] for entry in looks(chain, client)]


def test_a_look_says_who_as_what_what_for_and_by_which_request(ready: Ready) -> None:
    anna = ready.chain.caller("therapist", subject="anna")
    asked = anna.call("GET", f"/v1/clients/{ready.client['id']}", 200, X_Request_ID="the-request")
    (entry, *_) = looks(ready.chain, ready.client)
    assert entry.pop("at")
    assert entry == {
        "actor": "synergist anna",
        "role": "therapist",
        "purpose": "administration",
        "operation": "GET /v1/clients/<uuid:client_id>",
        "data_class": "contact",
        "correlation_id": asked.headers["X-Request-ID"],
    }


def test_looking_at_the_access_log_stands_in_it(ready: Ready) -> None:
    ready.chain.caller("chain_admin", subject="head").get(f"/v1/clients/{ready.client['id']}/access-log")
    (entry, *_) = looks(ready.chain, ready.client)
    assert (entry["actor"], entry["purpose"]) == ("synergist head", "audit")


@pytest.mark.parametrize("role", ["therapist", "front_desk"])
def test_only_those_who_manage_read_the_access_log(ready: Ready, role: Any) -> None:
    ready.chain.caller(role).get(f"/v1/clients/{ready.client['id']}/access-log", expect=403)


def test_a_list_and_a_search_are_one_look_at_everybody_in_them_and_keep_nothing_of_what_was_asked(
    ready: Ready, scheduling_settings: Settings
) -> None:
    chain, other = ready.chain, ready.chain.person(name="Quite Unusual")
    chain.desk.get("/v1/clients")
    for client in (ready.client, other):
        assert operations(chain, client)[0] == "GET /v1/clients"
    chain.desk.get("/v1/clients?q=unusual")
    assert operations(chain, other)[0:1] == ["GET /v1/clients"]
    reader = make_engine(scheduling_settings.scheduling.reader)
    with reader.connect() as connection:
        said = connection.execute(
            text("SELECT string_agg(to_jsonb(access_log)::text, '') FROM access_log")
        ).scalar_one()
    reader.dispose()
    assert "unusual" not in said.lower()
    assert "client@demo.example" not in said


def test_an_answer_about_nobody_leaves_no_entry(ready: Ready, scheduling_settings: Settings) -> None:
    before = count(ready.chain, scheduling_settings)
    ready.chain.desk.get("/v1/clients?q=nobodyatall")
    ready.chain.desk.get("/v1/offerings")
    ready.chain.desk.get(f"/v1/clients/{uuid4()}", expect=404)
    assert count(ready.chain, scheduling_settings) == before


def test_a_command_is_a_look_at_whom_its_answer_shows_and_so_is_its_repetition(ready: Ready) -> None:
    wish = ready.wish(at(3))
    for _ in range(2):
        ready.chain.desk.post("/v1/appointments", wish, Idempotency_Key="one-booking")
    assert operations(ready.chain, ready.client)[:2] == ["POST /v1/appointments"] * 2


def test_a_refusal_that_names_visits_is_a_look_at_whose_they_are(ready: Ready) -> None:
    ready.book(at(3))
    desk = ready.chain.caller("front_desk", subject="anna")
    span = {"starts_at": at(3, 8).isoformat(), "ends_at": at(3, 20).isoformat()}
    asked = desk.call("POST", f"/v1/clinics/{ready.clinic['id']}/closures", 409, span)
    entry = looks(ready.chain, ready.client)[0]
    assert (entry["actor"], entry["operation"]) == ("synergist anna", "POST /v1/clinics/<uuid:owner_id>/closures")
    assert (entry["role"], entry["correlation_id"]) == ("front_desk", asked.headers["X-Request-ID"])


def test_a_refusal_that_names_whoever_goes_on_is_a_look_at_them(ready: Ready) -> None:
    chain, other = ready.chain, ready.chain.person(email="another@demo.example")
    chain.desk.post(f"/v1/clients/{other['id']}/merge", {"into": ready.client["id"]}, 200)
    chain.desk.patch(f"/v1/clients/{other['id']}", {"called": "New"}, 409)
    assert operations(chain, ready.client)[0] == "PATCH /v1/clients/<uuid:client_id>"


def test_a_request_to_be_forgotten_that_is_on_hold_is_a_look_at_its_client(ready: Ready) -> None:
    ready.book(at(3))
    asked = ready.chain.desk.post(f"/v1/clients/{ready.client['id']}/erasure-requests", {})
    ready.chain.admin.post(f"/v1/erasure-requests/{asked['id']}/confirm", {}, 409, If_Match='"2"')
    assert operations(ready.chain, ready.client)[0] == "POST /v1/erasure-requests/<uuid:request_id>/confirm"


def test_a_refused_command_that_names_nobody_shows_nobody(ready: Ready) -> None:
    ready.book(at(3))
    before = operations(ready.chain, ready.client)
    ready.book(at(3), expect=409)
    assert operations(ready.chain, ready.client)[1:] == before


def test_the_history_the_contact_points_and_the_permissions_are_looks_at_their_client(ready: Ready) -> None:
    visit = ready.book(at(3))
    desk, person = ready.chain.desk, f"/v1/clients/{ready.client['id']}"
    paths = [f"/v1/appointments/{visit['id']}/history", f"{person}/contact-points", f"{person}/permissions"]
    for path in [*paths, f"{person}/deliveries"]:
        desk.get(path)
    found = [entry.split("/")[-1] for entry in operations(ready.chain, ready.client)[:4]]
    assert found == ["deliveries", "permissions", "contact-points", "history"]


def test_messages_that_are_sent_are_looks_by_our_own_service(ready: Ready) -> None:
    visit = ready.book(at(3))
    ready.chain.service.post(
        "/internal/v1/recipients",
        {
            "items": [
                {
                    "key": "a message",
                    "chain_id": str(ready.chain.id),
                    "client_id": ready.client["id"],
                    "appointment_id": visit["id"],
                    "kind": "reminder",
                }
            ]
        },
        200,
    )
    entry = looks(ready.chain, ready.client)[0]
    assert (entry["actor"], entry["role"], entry["purpose"]) == ("workers", "service", "message")


def test_a_look_under_a_merged_id_is_one_at_the_person_who_goes_on(ready: Ready) -> None:
    chain, other = ready.chain, ready.chain.person(email="another@demo.example")
    chain.caller("therapist", subject="early").get(f"/v1/clients/{other['id']}")
    chain.desk.post(f"/v1/clients/{other['id']}/merge", {"into": ready.client["id"]}, 200)
    chain.caller("therapist", subject="late").get(f"/v1/clients/{other['id']}")
    actors = [entry["actor"] for entry in looks(chain, ready.client)]
    assert {"synergist early", "synergist late"} <= set(actors)
    assert looks(chain, other)[1]["actor"] == actors[0]


def test_the_access_log_comes_in_pages(ready: Ready) -> None:
    manager, path = ready.chain.caller("manager"), f"/v1/clients/{ready.client['id']}/access-log"
    for _ in range(3):
        ready.chain.desk.get(f"/v1/clients/{ready.client['id']}")
    whole = manager.get(path)["items"]
    first = manager.get(f"{path}?limit=3")
    rest = manager.get(f"{path}?limit=50&cursor={first['next']}")
    # each page is itself a look, and newer than what it shows
    assert [*first["items"][1:], *rest["items"]] == whole
    assert rest["next"] is None


def test_another_chain_reads_nothing(ready: Ready, new_chain: NewChain) -> None:
    other = new_chain("other")
    other.caller("manager").get(f"/v1/clients/{ready.client['id']}/access-log", expect=404)


def count(chain: Chain, settings: Settings) -> int:
    reader = make_engine(settings.scheduling.reader)
    with reader.connect() as connection:
        found = len(read(connection, partition_of(chain.id), 0, 10_000))
    reader.dispose()
    return found


def test_the_client_page_is_a_look_by_whoever_has_the_link(ready: Ready) -> None:
    visit = ready.book(at(3))
    (answer,) = ready.chain.service.post(
        "/internal/v1/recipients",
        {
            "items": [
                {
                    "key": "another message",
                    "chain_id": str(ready.chain.id),
                    "client_id": ready.client["id"],
                    "appointment_id": visit["id"],
                    "kind": "reminder",
                }
            ]
        },
        200,
    )["items"]
    browser: FlaskClient = ready.chain.app.test_client()
    path = "/l/" + answer["link"].rpartition("/l/")[2]
    assert browser.get(path).status_code == 200
    entry = looks(ready.chain, ready.client)[0]
    assert entry["actor"] == f"client:{UUID(ready.client['id'])}"
    assert (entry["role"], entry["purpose"], entry["operation"]) == ("client", "client_request", "GET /l/<address>")

"""Who has a role at one clinic browses its clients and visits, and finds anybody of the chain by what names them exactly."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import pytest
from structlog.testing import capture_logs

from shared.http.limits import DAY, Counters, Quota
from shared.http.operations import EXTENSION, Parts
from tests.support.api import Api, Chain, Ready, at, rota_entry

pytestmark = pytest.mark.one_database
BERTA = {
    "name": "Roberta Quist",
    "called": "Berta",
    "birth_date": "1961-04-30",
    "email": "berta@demo.example",
    "phone": "+493012345678",
    "external_ids": {"billing": "K-4711"},
}


@dataclass
class Town:
    """Two clinics of one chain, each with a client of its own: Anna at the first, Berta at the second."""

    chain: Chain
    here: Ready
    there: Ready
    desk: Api

    def names(self, query: str = "") -> set[str]:
        return {each["name"] for each in self.desk.get(f"/v1/clients{query}")["items"]}

    def found(self, q: str) -> set[str]:
        return self.names(f"?q={quote(q)}")


@pytest.fixture
def town(chain: Chain) -> Town:
    first, second = chain.clinic(name="First"), chain.clinic(name="Second")
    rooms, therapist, offering = (
        [chain.room(each) for each in (first, second)],
        chain.therapist(first),
        chain.offering(),
    )
    anna = chain.person(name="Anna Quist", home_clinic=first["id"], phone="+493087654321")
    berta = chain.person(**BERTA, home_clinic=second["id"])
    here = Ready(chain, first, rooms[0], therapist, offering, anna)
    there = Ready(chain, second, rooms[1], chain.therapist(second), offering, berta)
    return Town(chain, here, there, chain.caller("front_desk", clinics=(first["id"],), subject="desk"))


def test_a_list_has_the_clients_of_the_own_clinics_by_home_and_by_visit(town: Town) -> None:
    assert town.names() == town.found("quist") == {"Anna Quist"}
    visitor, mover = (town.chain.person(name=name, home_clinic=town.there.clinic["id"]) for name in ("Vera", "Mo"))
    town.here.book(at(3, 10), client_id=visitor["id"])
    moved = town.there.book(at(3, 10), client_id=mover["id"])
    assert town.names() == {"Anna Quist", "Vera"}
    place = {"clinic_id": town.here.clinic["id"], "therapist_id": town.here.therapist["id"]}
    town.chain.desk.change(moved, "reschedule", starts_at=at(3, 12).isoformat(), **place)
    assert town.names() == {"Anna Quist", "Vera", "Mo"}
    both = town.chain.caller("therapist", clinics=(town.here.clinic["id"], town.there.clinic["id"]))
    everybody = {each["name"] for each in town.chain.desk.get("/v1/clients")["items"]}
    assert {each["name"] for each in both.get("/v1/clients")["items"]} == everybody


def test_another_home_clinic_takes_a_client_along_who_never_had_a_visit(town: Town) -> None:
    path = f"/v1/clients/{town.here.client['id']}"
    town.chain.desk.patch(path, {"home_clinic": town.there.clinic["id"]})
    assert town.names() == set()
    town.chain.desk.patch(path, {"home_clinic": town.here.clinic["id"]})
    town.here.book(at(3, 10))
    town.chain.desk.patch(path, {"home_clinic": town.there.clinic["id"]})
    assert town.names() == {"Anna Quist"}


@pytest.fixture
def three_a_day(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    """Nobody looks beyond their own clinics a fourth time today, at noon of a day that does not go on."""
    parts: Parts = town.chain.app.extensions[EXTENSION]
    noon = Counters(parts.limits.counters.redis, clock=lambda: 20_000.5 * DAY)
    limits = replace(parts.limits, counters=noon, search=Quota("search", 3, DAY))
    monkeypatch.setitem(town.chain.app.extensions, EXTENSION, replace(parts, limits=limits))
    return town


def test_so_often_a_day_somebody_looks_beyond_their_own_clinics(three_a_day: Town) -> None:
    town = three_a_day
    with capture_logs() as logs:
        for q, names in (("K-4711", {"Roberta Quist"}), ("K-4712", set()), ("nobody@demo.example", set())):
            assert town.found(q) == names
        for q in ("K-4711", "K-4713", "K-4714"):
            refused = town.desk.call("GET", f"/v1/clients?q={quote(q)}", 429)
            assert refused.headers["Retry-After"] == str(DAY // 2)
    told = [each for each in logs if each.get("kind") == "exact_search_limit"]
    assert [each["chain_id"] for each in told] == [str(town.chain.id)], "once a day, however often somebody goes on"
    assert town.found("+49 30 87654321") == town.found("quist") == {"Anna Quist"}, "their own are found all day"
    assert town.chain.caller("front_desk", clinics=(town.here.clinic["id"],), subject="b").get("/v1/clients?q=K-4711")
    assert town.chain.desk.get("/v1/clients?q=K-4711")["items"], "whose role holds everywhere is not counted"


def test_what_is_counted_does_not_tell_of_clients_elsewhere(three_a_day: Town) -> None:
    town = three_a_day
    shared = {"home_clinic": town.here.clinic["id"], "phone": BERTA["phone"]}
    town.chain.person(name="Own", **shared)
    for _ in range(5):
        assert town.found(str(BERTA["phone"])) == {"Own"}, (
            "a client of one's own answers, and nobody else is looked for"
        )


def test_likely_duplicates_are_a_look_beyond_and_clients_are_registered_all_the_same(three_a_day: Town) -> None:
    town = three_a_day
    again = {"name": "Roberta Quist", "email": BERTA["email"]}
    made = [town.desk.post("/v1/clients", again) for _ in range(4)]
    elsewhere = town.there.client["id"]
    told = [elsewhere in {found["id"] for found in each["likely_duplicates"]} for each in made]
    assert told == [True, True, True, False]
    town.desk.call("GET", f"/v1/clients/{made[0]['id']}/duplicates", 429)


@pytest.mark.parametrize(
    "q",
    [
        "+49 30 1234-5678",
        "0049 (30) 12345678",
        "Berta@Demo.Example",
        "K-4711",
        "Roberta Quist 1961-04-30",
        "30.4.1961 quist, berta",
        "quist berta@demo.example",
    ],
)
def test_an_exact_identifier_finds_any_client_of_the_chain(town: Town, q: str) -> None:
    assert town.found(q) == {"Roberta Quist"}


@pytest.mark.parametrize(
    "q",
    [
        "030 12345678",
        "5678",
        "+4930123456",
        "berta@demo",
        "roberta quist",
        "1961-04-30",
        "quist 1961-04-30",
        "roberta quist 1961-05-01",
        "K-471",
        "anna berta@demo.example",
    ],
)
def test_a_part_of_one_finds_clients_of_the_own_clinics_alone(town: Town, q: str) -> None:
    assert "Roberta Quist" not in town.found(q)


def test_the_client_s_own_id_is_an_exact_identifier(town: Town) -> None:
    client_id = town.there.client["id"]
    assert town.found(client_id) == {"Roberta Quist"}
    assert town.desk.get(f"/v1/clients/{client_id}")["name"] == "Roberta Quist"


def test_pages_have_the_own_clients_alone_and_end_with_them(town: Town) -> None:
    for number in range(5):
        clinic = (town.here if number % 2 else town.there).clinic["id"]
        town.chain.person(name=f"Quist {number}", home_clinic=clinic)
    for query in ("?limit=1", "?limit=1&q=quist"):
        assert sorted(all_names(town.desk, query)) == ["Anna Quist", "Quist 1", "Quist 3"]


def all_names(desk: Api, query: str) -> list[str]:
    """The names on all pages of a list."""
    seen: list[str] = []
    following: str | None = ""
    while following is not None:
        page = desk.get(f"/v1/clients{query}{following}")
        seen += [each["name"] for each in page["items"]]
        following = page["next"] and f"&cursor={page['next']}"
    return seen


def test_who_was_merged_is_a_client_of_the_clinics_of_both_and_of_their_own_again_afterwards(town: Town) -> None:
    anna, berta = town.here.client, town.there.client
    town.here.book(at(3, 10))
    town.chain.desk.post(f"/v1/clients/{anna['id']}/merge", {"into": berta["id"]}, 200)
    assert town.names() == town.found("roberta") == {"Roberta Quist"}
    town.chain.desk.post(f"/v1/clients/{anna['id']}/unmerge", {}, 200)
    assert town.names() == {"Anna Quist"}
    assert town.found("roberta") == set()


def test_whoever_registers_at_one_clinic_finds_the_client_again(town: Town) -> None:
    town.desk.post("/v1/clients", {"name": "Neu"})
    assert town.found("neu") == {"Neu"}


def test_duplicates_elsewhere_are_told_where_an_exact_identifier_is_the_same(town: Town) -> None:
    alike = {"name": "Roberta Quist", "home_clinic": town.here.clinic["id"]}
    unknown = town.desk.post("/v1/clients", alike)
    assert unknown["likely_duplicates"] == []
    known = town.desk.post("/v1/clients", alike | {"phone": BERTA["phone"]})
    assert {each["id"] for each in known["likely_duplicates"]} == {town.there.client["id"], unknown["id"]}
    listed = town.desk.get(f"/v1/clients/{unknown['id']}/duplicates")["items"]
    assert [each["id"] for each in listed] == [known["id"]]


def test_a_visit_elsewhere_is_neither_listed_nor_there(town: Town) -> None:
    mine, theirs = town.here.book(at(3, 10)), town.there.book(at(3, 13), client_id=town.here.client["id"])
    for query in ("", f"?client_id={town.here.client['id']}", "?limit=1"):
        page = town.desk.get(f"/v1/appointments{query}")
        assert ([each["id"] for each in page["items"]], page["next"]) == ([mine["id"]], None)
    unknown = town.desk.problem("GET", f"/v1/appointments/{town.here.client['id']}", 404)
    for path in (f"appointments/{theirs['id']}", f"appointments/{theirs['id']}/history"):
        assert town.desk.problem("GET", f"/v1/{path}", 404) | {"instance": ""} == unknown | {"instance": ""}
    town.desk.get(f"/v1/bookings/{theirs['booking_id']}", 404)
    town.desk.problem("POST", f"/v1/appointments/{theirs['id']}/confirm", 404, {})
    town.desk.get(f"/v1/appointments?clinic_id={town.there.clinic['id']}", 403)


def test_a_booking_shows_its_visits_at_the_own_clinics(town: Town) -> None:
    visits = [town.here.wish(at(3, 10)), town.there.wish(at(3, 10))]
    booked = town.chain.desk.post("/v1/bookings", {"visits": visits})
    (shown,) = town.desk.get(f"/v1/bookings/{booked['booking_id']}")["visits"]
    assert shown["clinic_id"] == town.here.clinic["id"]


def test_a_free_time_for_a_visit_elsewhere_is_not_searched(town: Town) -> None:
    moving = town.there.book(at(3, 10))["id"]
    span = {"from": at(3, 8).isoformat(), "to": at(3, 9).isoformat(), "offering_id": town.here.offering["id"]}
    query = "&".join(f"{name}={quote(value)}" for name, value in (span | {"moving": moving}).items())
    assert "moving" in town.desk.get(f"/v1/availability?{query}", 422)["fields"]
    town.chain.desk.get(f"/v1/availability?{query}")


def test_two_clients_of_other_clinics_are_not_merged_and_one_of_the_own_is(town: Town) -> None:
    other = town.chain.person(name="Other", home_clinic=town.there.clinic["id"])
    path = f"/v1/clients/{town.there.client['id']}"
    town.desk.post(f"{path}/merge", {"into": other["id"]}, 403)
    town.desk.post(f"{path}/merge", {"into": town.here.client["id"]}, 200)
    town.desk.post(f"{path}/unmerge", {}, 200)
    town.chain.desk.post(f"{path}/merge", {"into": other["id"]}, 200)
    town.desk.post(f"{path}/unmerge", {}, 403)


def test_visits_elsewhere_that_stand_in_the_way_of_a_merge_are_counted_and_not_shown(town: Town) -> None:
    mine, theirs = town.here.book(at(3, 10)), town.there.book(at(3, 10))
    path, into = f"/v1/clients/{town.there.client['id']}/merge", {"into": town.here.client["id"]}
    refused = town.desk.post(path, into, 409)
    assert ([each["id"] for each in refused["conflicts"]], refused["unseen_conflicts"]) == ([mine["id"]], 1)
    assert theirs["id"] not in str(refused)
    whole = town.chain.desk.post(path, into, 409)
    assert (len(whole["conflicts"]), whole["unseen_conflicts"]) == (2, 0)


def test_visits_elsewhere_that_a_time_off_hits_are_counted_and_not_shown(town: Town) -> None:
    therapist = town.here.therapist["id"]
    weekday = at(3).strftime("%a").lower()
    rota = [
        rota_entry(town.here.clinic, weekday, "08:00", "12:00"),
        rota_entry(town.there.clinic, weekday, "14:00", "20:00"),
    ]
    town.chain.admin.put(f"/v1/therapists/{therapist}/rota", rota)
    town.here.book(at(3, 9), therapist_id=therapist)
    town.there.book(at(3, 16), therapist_id=therapist)
    path, span = f"/v1/therapists/{therapist}/time-off", [at(3, hour).isoformat() for hour in (8, 20)]
    body = dict(zip(("starts_at", "ends_at"), span, strict=True))
    refused = town.desk.post(path, body, 409)
    made = town.desk.post(path, body | {"accept_conflicts": True})
    for each in (refused, made, town.desk.get(f"{path}/{made['id']}")):
        assert (len(each["conflicts"]), each["unseen_conflicts"]) == (1, 1)
        assert town.there.clinic["id"] not in str(each)


@pytest.mark.usefixtures("reached")
def test_an_export_needs_a_role_at_every_clinic_of_the_client(town: Town) -> None:
    path = f"/v1/clients/{town.here.client['id']}/exports"
    made = town.desk.post(path, {})
    town.desk.call("GET", made["archive"], 200)
    town.there.book(at(3, 10), client_id=town.here.client["id"])
    town.desk.call("GET", made["archive"], 403)
    town.desk.post(path, {}, 403)
    town.desk.post(f"{path}/link", {}, 403)
    town.chain.desk.post(path, {})


def test_a_request_to_be_forgotten_shows_what_is_at_the_own_clinics(town: Town) -> None:
    mine = town.here.book(at(3, 10))
    theirs = town.there.book(at(3, 13), client_id=town.here.client["id"])
    asked = town.desk.post(f"/v1/clients/{town.here.client['id']}/erasure-requests", {})
    assert (asked["holds"], asked["unseen_holds"]) == ([{"kind": "visit", "id": mine["id"]}], 1)
    assert town.desk.get("/v1/erasure-requests")["items"] == [asked]
    town.desk.get(f"/v1/erasure-requests/{asked['id']}/receipt", 403)
    assert town.chain.desk.get(f"/v1/erasure-requests/{asked['id']}/receipt", 409)["code"] == "nothing_gone"
    whole = town.chain.desk.get(f"/v1/erasure-requests/{asked['id']}")
    assert ({each["id"] for each in whole["holds"]}, whole["unseen_holds"]) == ({mine["id"], theirs["id"]}, 0)
    elsewhere = town.desk.post(f"/v1/clients/{town.there.client['id']}/erasure-requests", {})
    assert town.desk.get(f"/v1/erasure-requests/{elsewhere['id']}") == elsewhere
    assert town.desk.get("/v1/erasure-requests")["items"] == [asked]


def test_who_looked_at_a_client_is_read_where_one_is_a_client(town: Town) -> None:
    manager = town.chain.caller("manager", clinics=(town.here.clinic["id"],))
    manager.get(f"/v1/clients/{town.here.client['id']}/access-log")
    manager.get(f"/v1/clients/{town.there.client['id']}/access-log", 403)


def looks_of(town: Town, client: Any) -> list[tuple[str, str]]:
    items = town.chain.caller("manager").get(f"/v1/clients/{client['id']}/access-log")["items"]
    return [(each["actor"], each["operation"]) for each in items]


def test_a_refusal_is_a_look_at_whom_it_names_and_at_nobody_else(town: Town) -> None:
    town.here.book(at(3, 10))
    town.there.book(at(3, 10))
    path = f"/v1/clients/{town.there.client['id']}/merge"
    for _ in range(2):
        town.desk.post(path, {"into": town.here.client["id"]}, 409, Idempotency_Key="one-merge")
    look = ("synergist desk", "POST /v1/clients/<uuid:client_id>/merge")
    assert looks_of(town, town.here.client)[:2] == [look] * 2
    assert look not in looks_of(town, town.there.client)


@pytest.mark.parametrize("query", ["", "?open=false"], ids=["open", "closed"])
def test_a_task_about_a_visit_that_has_gone_elsewhere_tells_nothing_of_it(town: Town, query: str) -> None:
    visit = town.here.book(at(3, 10))
    item = {"because": "reminder:1", "cause": "undeliverable", "chain_id": str(town.chain.id)}
    town.chain.service.post("/internal/v1/contact-tasks", {"items": [item | {"appointment_id": visit["id"]}]}, 200)
    (task,) = town.desk.get("/v1/contact-tasks")["items"]
    place = {"clinic_id": town.there.clinic["id"], "therapist_id": town.there.therapist["id"]}
    town.chain.desk.change(visit, "reschedule", starts_at=at(4, 13).isoformat(), **place)
    assert town.desk.get(f"/v1/contact-tasks{query}")["items"] == []
    town.desk.get(f"/v1/contact-tasks/{task['id']}", 404)
    (closed,) = town.chain.desk.get(f"/v1/contact-tasks?open=false&clinic_id={town.here.clinic['id']}")["items"]
    assert closed["id"] == task["id"]

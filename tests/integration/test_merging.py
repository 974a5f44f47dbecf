"""Two clients turn out to be one person: visits, claims and searches go together, and come apart again as they were."""

from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import text

from shared.database import Database, make_engine
from shared.event_store import Transaction
from shared.events import scheduling as s
from shared.ids import new_id
from shared.settings import Settings
from tests.support import checker
from tests.support.api import Chain, Ready, at
from tests.support.log import WHO, booked, stream_of


@pytest.fixture
def ready(chain: Chain) -> Ready:
    return chain.ready()


@pytest.fixture
def sound(chain: Chain, scheduling_settings: Settings) -> Any:
    """Holds views and claims against the log after the test."""
    yield
    reader = make_engine(scheduling_settings.scheduling.reader)
    faults = checker.faults(reader, chain.app.extensions["synergist"].database, chain.id)
    reader.dispose()
    assert faults == []


@pytest.fixture
def days() -> Iterator[int]:
    """Days from now, each given once."""
    return iter(count(3))


def merge(ready: Ready, client: Any, into: Any, expect: int = 200) -> Any:
    return ready.chain.desk.post(f"/v1/clients/{client['id']}/merge", {"into": into["id"]}, expect)


def unmerge(ready: Ready, client: Any, expect: int = 200) -> Any:
    return ready.chain.desk.post(f"/v1/clients/{client['id']}/unmerge", expect=expect)


def visits_of(ready: Ready, client: Any) -> list[str]:
    return [visit["id"] for visit in ready.chain.desk.get(f"/v1/appointments?client_id={client['id']}")["items"]]


def state(chain: Chain) -> dict[str, list[str]]:
    """Every row of every read model, but for when somebody was last merged, which taking it back does not unsay."""
    database: Database = chain.app.extensions["synergist"].database
    with database.reading(chain.id) as connection:
        names = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"))
        return {
            name: sorted(
                connection.execute(text(f"SELECT CAST(to_jsonb(t) - 'merged_at' AS text) FROM {name} t")).scalars()
            )
            for name in names.scalars().all()
        }


def test_visits_of_both_are_one_persons(ready: Ready, sound: None) -> None:
    other = ready.chain.person()
    mine, theirs = ready.book(at(3, 10)), ready.book(at(3, 12), client_id=other["id"])
    answer = merge(ready, other, ready.client)
    assert (answer["id"], answer["merged_ids"]) == (ready.client["id"], [other["id"]])
    assert visits_of(ready, ready.client) == visits_of(ready, other) == [mine["id"], theirs["id"]]
    assert ready.chain.desk.get(f"/v1/appointments/{theirs['id']}")["client_id"] == ready.client["id"]
    assert [each["id"] for each in ready.chain.desk.get("/v1/clients")["items"]] == [ready.client["id"]]


def test_the_old_id_answers_with_who_goes_on_and_says_so(ready: Ready) -> None:
    other = ready.chain.person()
    merge(ready, other, ready.client)
    path = f"/v1/clients/{other['id']}"
    answer = ready.chain.desk.get(path)
    assert (answer["id"], answer["merged_into"]) == (ready.client["id"], ready.client["id"])
    assert ready.chain.desk.get(f"/v1/clients/{ready.client['id']}")["merged_into"] is None
    refused = ready.chain.desk.patch(path, {"name": "Demo"}, expect=409, If_Match='"1"')
    assert (refused["code"], refused["merged_into"]) == ("client_merged", ready.client["id"])


def test_whoever_books_for_the_old_id_books_for_the_person(ready: Ready, sound: None) -> None:
    other = ready.chain.person()
    ready.book(at(3, 10))
    merge(ready, other, ready.client)
    colleague = ready.chain.therapist(ready.clinic)
    ready.chain.room(ready.clinic)
    same_time = {"client_id": other["id"], "therapist_id": colleague["id"]}
    assert ready.book(at(3, 10), expect=409, **same_time)["code"] == "client_taken"
    assert ready.book(at(3, 12), **same_time)["client_id"] == ready.client["id"]
    query = f"offering_id={ready.offering['id']}&client_id={other['id']}"
    span = f"from={at(3, 9).isoformat()}&to={at(3, 12).isoformat()}".replace("+", "%2B")
    offered = ready.chain.desk.get(f"/v1/availability?{query}&{span}")["slots"]
    assert at(3, 10).isoformat() not in {slot["starts_at"] for slot in offered}


def test_visits_to_come_that_overlap_are_settled_first(ready: Ready, sound: None) -> None:
    other = ready.chain.person()
    colleague = ready.chain.therapist(ready.clinic)
    ready.chain.room(ready.clinic)
    mine = ready.book(at(3, 10))
    theirs = ready.book(at(3, 10, 30), client_id=other["id"], therapist_id=colleague["id"])
    refused = merge(ready, other, ready.client, expect=409)
    assert refused["code"] == "overlapping_visits"
    assert {visit["id"] for visit in refused["conflicts"]} == {mine["id"], theirs["id"]}
    ready.chain.desk.change(theirs, "cancel")
    merge(ready, other, ready.client)


def test_a_move_while_merged_stays_with_the_one_it_was_booked_for(ready: Ready, sound: None) -> None:
    other = ready.chain.person()
    theirs = ready.book(at(3, 12), client_id=other["id"])
    before = merge(ready, other, ready.client)
    assert before["merged_ids"]
    moved = ready.chain.desk.change(theirs, "reschedule", starts_at=at(4, 9).isoformat())
    assert moved["client_id"] == ready.client["id"]
    meanwhile = ready.book(at(5, 9), client_id=other["id"])
    assert unmerge(ready, other)["id"] == other["id"]
    assert visits_of(ready, other) == [theirs["id"]]
    assert visits_of(ready, ready.client) == [meanwhile["id"]]
    assert ready.chain.desk.get(f"/v1/clients/{other['id']}")["merged_into"] is None


def test_merging_and_taking_it_back_gives_the_very_same_rows(ready: Ready) -> None:
    first, second = ready.chain.person(), ready.chain.person()
    for hour, who in enumerate((ready.client, first, second), start=9):
        ready.book(at(3, hour), client_id=who["id"])
    merge(ready, second, first)
    before = state(ready.chain)
    merge(ready, first, ready.client)
    assert state(ready.chain) != before
    assert set(visits_of(ready, ready.client)) == set(visits_of(ready, second))
    unmerge(ready, first)
    assert state(ready.chain) == before


def test_one_can_be_taken_out_of_the_middle(ready: Ready, sound: None) -> None:
    first, second, third = (ready.chain.person() for _ in range(3))
    merge(ready, first, second)
    merge(ready, second, third)
    assert ready.chain.desk.get(f"/v1/clients/{first['id']}")["id"] == third["id"]
    unmerge(ready, second)
    assert ready.chain.desk.get(f"/v1/clients/{first['id']}")["id"] == second["id"]
    assert ready.chain.desk.get(f"/v1/clients/{third['id']}")["merged_ids"] == []


def test_nobody_is_merged_in_a_circle_or_twice(ready: Ready) -> None:
    first, second, third = (ready.chain.person() for _ in range(3))
    assert merge(ready, first, first, expect=409)["code"] == "merged_into_itself"
    merge(ready, first, second)
    assert merge(ready, second, first, expect=409)["code"] == "merged_into_itself"
    refused = merge(ready, first, third, expect=409)
    assert (refused["code"], refused["merged_into"]) == ("client_merged", second["id"])
    assert merge(ready, first, second)["id"] == second["id"]
    assert unmerge(ready, second, expect=409)["code"] == "not_merged"
    assert merge(ready, third, first)["id"] == second["id"]
    assert ready.chain.desk.get(f"/v1/clients/{second['id']}")["merged_ids"] == sorted([first["id"], third["id"]])


def test_contacts_of_the_old_id_are_the_persons(ready: Ready) -> None:
    old, person, desk = ready.client, ready.chain.person(email="other@demo.example"), ready.chain.desk
    merge(ready, old, person)
    (point,) = desk.get(f"/v1/clients/{old['id']}/contact-points")["items"]
    assert point["address"] == "other@demo.example"
    wish = {"purpose": "appointment", "channel": None}
    desk.post(f"/v1/clients/{old['id']}/permissions/withdraw", wish, 200)
    assert not desk.get(f"/v1/clients/{person['id']}")["reachable"]


def permits(ready: Ready, client: Any, what: str, **body: Any) -> Any:
    path = f"/v1/clients/{client['id']}/permissions/{what}"
    return ready.chain.desk.post(path, {"purpose": "appointment"} | body, 200, If_Match="*")


def is_reached(ready: Ready, client: Any) -> bool:
    answer: bool = ready.chain.desk.get(f"/v1/clients/{client['id']}")["reachable"]
    return answer


def test_who_asked_not_to_be_written_to_under_one_id_is_not_under_the_other(ready: Ready) -> None:
    old, person = (ready.chain.person(email="one@demo.example") for _ in range(2))
    visit = ready.book(at(3, 12), client_id=person["id"])
    permits(ready, old, "withdraw", evidence="Please stop")
    assert "stop" not in told_of(ready, visit)
    merge(ready, old, person)
    assert told_of(ready, visit)["stop"] == "no_consent"
    said = ready.chain.desk.get(f"/v1/clients/{person['id']}/permissions")
    email = next(each for each in said["items"] if each["channel"] == "email")
    assert (said["reachable"], email["given"], email["evidence"]) == (False, False, "Please stop")
    assert email["client_id"] == old["id"]
    unmerge(ready, old)
    assert [is_reached(ready, each) for each in (old, person)] == [False, True]


def test_the_person_as_one_can_permit_again_and_that_holds_for_as_long_as_they_are_one(ready: Ready) -> None:
    old, person = (ready.chain.person(phone="+15005550006") for _ in range(2))
    permits(ready, old, "withdraw")
    merge(ready, old, person)
    assert permits(ready, person, "give", channel="sms")["reachable"]
    channels = {each["channel"]: each["given"] for each in permits(ready, person, "give", channel="sms")["items"]}
    assert channels == {"email": False, "sms": True}
    unmerge(ready, old)
    assert [is_reached(ready, each) for each in (old, person)] == [False, True]
    merge(ready, old, person)
    assert not is_reached(ready, person)


def test_whose_old_ids_disagree_hears_nothing_until_they_say_so_under_the_last(ready: Ready) -> None:
    first, second, third = (ready.chain.person() for _ in range(3))
    permits(ready, first, "withdraw")
    merge(ready, first, second)
    permits(ready, second, "give")
    merge(ready, second, third)
    assert is_reached(ready, third)
    unmerge(ready, first)
    assert [is_reached(ready, each) for each in (first, third)] == [False, True]
    merge(ready, first, third)
    assert not is_reached(ready, third)


def test_a_stop_at_the_old_ids_address_closes_it_for_the_person(ready: Ready) -> None:
    number = "+15005550009"
    old, person = (ready.chain.person(email=None, phone=number) for _ in range(2))
    merge(ready, old, person)
    again = ready.chain.person(email=None, phone=number)
    (point,) = ready.chain.desk.get(f"/v1/clients/{again['id']}/contact-points")["items"]
    path = f"/v1/clients/{again['id']}/contact-points/{point['id']}/block"
    ready.chain.desk.post(path, {"cause": "stop"}, 200)
    assert not is_reached(ready, person)
    unmerge(ready, old)
    assert [is_reached(ready, each) for each in (old, person)] == [False, False]


def test_a_guardian_and_a_child_are_not_merged_by_whatever_id(ready: Ready) -> None:
    mother, child, twice = ready.client, ready.chain.person(), ready.chain.person()
    relations = f"/v1/clients/{child['id']}/relations"
    guardian = {"related_client_id": mother["id"], "kind": "guardian", "may": ["book"], "source": "related"}
    relation = ready.chain.desk.post(relations, guardian)
    merge(ready, twice, child)
    for one, other in ((mother, child), (child, mother), (mother, twice)):
        assert merge(ready, one, other, 409)["code"] == "related_clients"
    ready.chain.desk.post(f"{relations}/{relation['id']}/end", {"reason": "Entered by mistake"}, 200, If_Match='"1"')
    merge(ready, mother, child)


def test_only_the_desk_merges_and_only_clients_of_the_chain(ready: Ready) -> None:
    other = ready.chain.person()
    path = f"/v1/clients/{other['id']}"
    for what, body in (("merge", {"into": ready.client["id"]}), ("unmerge", {})):
        ready.chain.caller("therapist").post(f"{path}/{what}", body, expect=403)
        ready.chain.desk.post(f"/v1/clients/{uuid4()}/{what}", body, expect=404)
    assert "into" in ready.chain.desk.post(f"{path}/merge", {"into": str(new_id())}, expect=422)["fields"]


def told_of(ready: Ready, visit: Any) -> Any:
    """Whom a message about the visit goes to now, and the link in it."""
    asked = {
        "key": "k",
        "chain_id": str(ready.chain.id),
        "client_id": visit["client_id"],
        "appointment_id": visit["id"],
        "kind": "reminder",
    }
    return ready.chain.service.post("/internal/v1/recipients", {"items": [asked]}, expect=200)["items"][0]


def opened(ready: Ready, link: str) -> int:
    return ready.chain.app.test_client().get(link.partition("/l/")[2].join(["/l/", ""])).status_code


def test_the_link_of_the_one_who_was_merged_still_opens_the_visit(ready: Ready) -> None:
    other = ready.chain.person(name="Demo Other")
    theirs = ready.book(at(3, 12), client_id=other["id"])
    own = told_of(ready, theirs)["link"]
    merge(ready, other, ready.client)
    answer = told_of(ready, theirs)
    assert answer["name"] == ready.client["name"]
    assert [opened(ready, link) for link in (own, answer["link"])] == [200, 200]


def test_a_link_from_when_two_were_taken_for_one_opens_the_others_visit_no_more(ready: Ready) -> None:
    other = ready.chain.person(name="Demo Other")
    theirs = ready.book(at(3, 12), client_id=other["id"])
    own = told_of(ready, theirs)["link"]
    merge(ready, other, ready.client)
    strangers = told_of(ready, theirs)["link"]
    unmerge(ready, other)
    assert [opened(ready, link) for link in (own, strangers)] == [200, 404]


def test_the_link_of_a_guardian_ends_with_the_guardianship(ready: Ready) -> None:
    child, mother = ready.chain.person(birth_date="2020-05-01"), ready.chain.person(email="mother@demo.example")
    path = f"/v1/clients/{child['id']}/relations"
    given = {"kind": "guardian", "may": ["receive_messages"], "source": "document", "related_client_id": mother["id"]}
    relation = ready.chain.desk.post(path, given)
    link = told_of(ready, ready.book(at(3, 12), client_id=child["id"]))["link"]
    assert opened(ready, link) == 200
    ready.chain.desk.post(f"{path}/{relation['id']}/end", {}, 200, If_Match="*")
    assert opened(ready, link) == 404


def record(ready: Ready, *events: Any) -> None:
    """Put events into the log that no caller of the API could bring about now."""
    database: Database = ready.chain.app.extensions["synergist"].database
    for event in events:
        database.command(
            ready.chain.id,
            WHO,
            partial(Transaction.append, stream=stream_of(event), expected_version=0, events=[event]),
        )


def of_the_past(ready: Ready, client: Any) -> s.AppointmentBooked:
    """A visit last March, whoever it was with."""
    client_id, therapist_id = UUID(client["id"]), new_id()
    return booked(
        client_id=client_id,
        therapist_id=therapist_id,
        clinic_id=UUID(ready.clinic["id"]),
        occupies=(
            s.Occupied(kind="client", id=client_id, role="client"),
            s.Occupied(kind="therapist", id=therapist_id, role="practitioner"),
        ),
    )


def test_visits_of_the_past_that_overlap_are_set_apart_and_come_back(ready: Ready, sound: None) -> None:
    other, third = ready.chain.person(), ready.chain.person()
    mine, theirs = (of_the_past(ready, each) for each in (ready.client, other))
    record(ready, mine, theirs)
    before = state(ready.chain)
    merge(ready, other, ready.client)
    assert set(visits_of(ready, ready.client)) == {str(mine.appointment_id), str(theirs.appointment_id)}
    merge(ready, ready.client, third)
    unmerge(ready, ready.client)
    unmerge(ready, other)
    assert state(ready.chain) == before


def test_a_visit_that_was_set_apart_is_put_right_like_any_other(ready: Ready, sound: None) -> None:
    other, desk = ready.chain.person(), ready.chain.desk
    mine, theirs = (of_the_past(ready, each) for each in (ready.client, other))
    record(ready, mine, theirs)
    merge(ready, other, ready.client)
    path = f"/v1/appointments/{theirs.appointment_id}"
    tapped = desk.post(f"{path}/fulfil", expect=200)
    back = ready.chain.admin.change(tapped, "correct", to="booked", reason="wrong tap")
    assert back["status"] == "booked"
    ready.chain.admin.change(back, "cancel")
    unmerge(ready, other)
    assert visits_of(ready, other) == [str(theirs.appointment_id)]


def person_of(ready: Ready, client: Any) -> str:
    answer: str = ready.chain.desk.get(f"/v1/clients/{client['id']}")["id"]
    return answer


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["merge", "unmerge", "book", "book", "move", "withdraw"]), st.integers(0, 3), st.integers(0, 3)
    ),
    max_size=14,
)


@given(steps=STEPS)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_mix_of_merges_and_bookings_overlaps_runs_in_a_circle_or_cannot_be_undone(
    ready: Ready, sound: None, days: Iterator[int], steps: list[tuple[str, int, int]]
) -> None:
    day, desk = next(days), ready.chain.desk
    people = [ready.chain.person() for _ in range(4)]
    told: dict[str, str] = {}
    silent: set[str] = set()
    for what, one, two in steps:
        assert not any(is_reached(ready, {"id": each}) for each in silent)
        if what == "merge":
            desk.call("POST", f"/v1/clients/{people[one]['id']}/merge", None, {"into": people[two]["id"]})
        elif what == "unmerge":
            desk.call("POST", f"/v1/clients/{people[one]['id']}/unmerge", None, {})
        elif what == "book":
            answer = desk.call(
                "POST", "/v1/appointments", None, ready.wish(at(day, 9 + two), client_id=people[one]["id"])
            )
            if answer.status_code == 201:
                visit: Any = answer.json
                told[visit["id"]] = visit["client_id"]
        elif what == "withdraw":
            permits(ready, people[one], what)
            silent.add(person_of(ready, people[one]))
        elif told:
            visit = desk.get(f"/v1/appointments/{list(told)[one % len(told)]}")
            body = {"starts_at": at(day, 13 + two).isoformat()}
            desk.call(
                "POST", f"/v1/appointments/{visit['id']}/reschedule", None, body, If_Match=f'"{visit["version"]}"'
            )
    merged = [each for each in people if desk.get(f"/v1/clients/{each['id']}")["merged_into"]]
    for each in merged:
        unmerge(ready, each)
    assert {each["id"] for each in people if not is_reached(ready, each)} == silent
    today = [visit for each in people for visit in desk.get(f"/v1/appointments?client_id={each['id']}")["items"]]
    assert {visit["id"]: visit["client_id"] for visit in today if visit["id"] in told} == told


def test_a_guardian_entered_for_the_one_who_was_merged_goes_on_being_told(ready: Ready) -> None:
    child, again = (ready.chain.person(email=None, birth_date="2020-05-01") for _ in range(2))
    mother, twice = ready.chain.person(email="mother@demo.example"), ready.chain.person(email="twice@demo.example")
    relation = {"kind": "guardian", "may": ["receive_messages"], "source": "document"}
    ready.chain.desk.post(f"/v1/clients/{again['id']}/relations", relation | {"related_client_id": twice["id"]})
    visit = ready.book(at(3, 12), client_id=child["id"])
    path = f"/v1/appointments/{visit['id']}"
    assert ready.chain.desk.get(path)["unreachable_reason"] == "nobody_to_tell"
    merge(ready, again, child)
    merge(ready, twice, mother)
    assert ready.chain.desk.get(path)["reachable"] is True
    asked = {"key": "k", "chain_id": str(ready.chain.id), "client_id": child["id"], "appointment_id": visit["id"]}
    items = {"items": [asked | {"kind": "reminder"}]}
    assert ready.chain.service.post("/internal/v1/recipients", items, 200)["items"][0]["address"] == mother["email"]
    unmerge(ready, again)
    assert ready.chain.desk.get(path)["reachable"] is False

"""The receptionist at half past seven with a sick therapist: who takes the visits, and what is said of the others."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.support.api import Chain, Ready, at

pytestmark = pytest.mark.one_database

PATH = "/v1/reassignments"


@pytest.fixture
def ready(chain: Chain) -> Ready:
    return chain.ready()


def sick(ready: Ready, therapist: Any, days: int = 3) -> Any:
    off = {"starts_at": at(days, 6).isoformat(), "ends_at": at(days, 22).isoformat(), "accept_conflicts": True}
    return ready.chain.desk.post(f"/v1/therapists/{therapist['id']}/time-off", off)


def book(ready: Ready, hour: int, therapist: Any, days: int = 3) -> Any:
    return ready.with_person().book(at(days, hour), therapist_id=therapist["id"])


def reassign(ready: Ready, visits: list[Any], to: Any = "any", keep: str = "time", **headers: str) -> list[Any]:
    body = {"appointments": [visit["id"] for visit in visits], "to": to, "keep": keep}
    items: list[Any] = ready.chain.desk.post(PATH, body, 200, **headers)["items"]
    assert [item["appointment_id"] for item in items] == body["appointments"]
    return items


def seen(ready: Ready, visit: Any) -> Any:
    return ready.chain.desk.get(f"/v1/appointments/{visit['id']}")


def disrupted(ready: Ready) -> list[str]:
    return [visit["id"] for visit in ready.chain.desk.get("/v1/appointments?disrupted=true")["items"]]


def test_each_visit_keeps_id_and_time_with_a_substitute_or_is_refused_with_times(ready: Ready) -> None:
    chain = ready.chain
    chain.room(ready.clinic)
    visits = [book(ready, hour, ready.therapist) for hour in (9, 10, 11)]
    colleague = chain.therapist(ready.clinic)
    busy = book(ready, 10, colleague)
    sick(ready, ready.therapist)
    results = reassign(ready, [visits[2], visits[1], visits[0]])
    assert [result["outcome"] for result in results] == ["reassigned", "refused", "reassigned"]
    for result, visit in ((results[0], visits[2]), (results[2], visits[0])):
        now = seen(ready, visit)
        assert (now["starts_at"], now["room_id"]) == (visit["starts_at"], visit["room_id"])
        assert now["therapist_id"] == result["therapist_id"] == colleague["id"]
        assert (now["version"], now["disrupted"]) == (result["version"], False)
    assert results[1]["code"] == "therapist_taken"
    assert len(results[1]["alternatives"]) == 3
    assert seen(ready, visits[1])["therapist_id"] == ready.therapist["id"]
    assert disrupted(ready) == [visits[1]["id"]]
    assert seen(ready, busy)["version"] == 1


def test_the_least_loaded_of_those_who_may_takes_the_visit(ready: Ready) -> None:
    chain = ready.chain
    for _ in range(3):
        chain.room(ready.clinic)
    visit = book(ready, 10, ready.therapist)
    loaded, light = chain.therapist(ready.clinic), chain.therapist(ready.clinic)
    chain.therapist(ready.clinic, qualifications=[])
    book(ready, 14, loaded)
    sick(ready, ready.therapist)
    assert reassign(ready, [visit])[0]["therapist_id"] == light["id"]


def test_a_therapist_who_is_named_and_cannot_is_not_replaced_by_another(ready: Ready) -> None:
    chain = ready.chain
    visit = book(ready, 10, ready.therapist)
    untrained = chain.therapist(ready.clinic, qualifications=[])
    chain.therapist(ready.clinic)
    sick(ready, ready.therapist)
    refused = reassign(ready, [visit], to=untrained["id"])[0]
    assert (refused["outcome"], refused["code"]) == ("refused", "not_qualified")
    assert refused["detail"]


def test_another_room_is_enough_when_only_the_room_is_out(ready: Ready) -> None:
    chain = ready.chain
    visit = book(ready, 10, ready.therapist)
    chain.therapist(ready.clinic)
    spare = chain.room(ready.clinic)
    outage = {"starts_at": at(3, 6).isoformat(), "accept_conflicts": True}
    chain.desk.post(f"/v1/rooms/{ready.room['id']}/outages", outage)
    result = reassign(ready, [visit])[0]
    assert (result["therapist_id"], result["room_id"]) == (ready.therapist["id"], spare["id"])
    assert disrupted(ready) == []


def test_unless_the_time_is_kept_the_nearest_other_one_is_taken(ready: Ready) -> None:
    chain = ready.chain
    visit = book(ready, 10, ready.therapist)
    colleague = chain.therapist(ready.clinic)
    chain.room(ready.clinic)
    book(ready, 10, colleague)
    sick(ready, ready.therapist)
    assert reassign(ready, [visit], keep="time")[0]["outcome"] == "refused"
    result = reassign(ready, [visit], keep="nothing")[0]
    assert (result["outcome"], result["therapist_id"]) == ("reassigned", colleague["id"])
    assert result["starts_at"] in {at(3, 9).isoformat(), at(3, 11).isoformat()}


def test_when_nobody_comes_that_day_the_next_day_is_near_enough(ready: Ready) -> None:
    visit = book(ready, 10, ready.therapist)
    sick(ready, ready.therapist)
    result = reassign(ready, [visit], keep="nothing")[0]
    assert (result["outcome"], result["therapist_id"]) == ("reassigned", ready.therapist["id"])
    assert result["starts_at"][:10] == at(4).date().isoformat()


def test_only_disrupted_visits_are_reassigned_and_unknown_ones_are_named(ready: Ready) -> None:
    standing = book(ready, 10, ready.therapist)
    over = book(ready, 12, ready.therapist)
    ready.chain.therapist(ready.clinic)
    ready.chain.desk.change(over, "cancel")
    codes = [item["code"] for item in reassign(ready, [standing, over, {"id": ready.clinic["id"]}])]
    assert codes == ["not_disrupted", "appointment_ended", "not_found"]


def test_a_repeated_request_gets_the_same_answer_and_a_second_one_finds_nothing_to_do(ready: Ready) -> None:
    visits = [book(ready, hour, ready.therapist) for hour in (9, 11)]
    ready.chain.therapist(ready.clinic)
    sick(ready, ready.therapist)
    first = reassign(ready, visits, Idempotency_Key="half-past-seven")
    assert reassign(ready, visits, Idempotency_Key="half-past-seven") == first
    assert [item["code"] for item in reassign(ready, visits)] == ["not_disrupted", "not_disrupted"]
    assert [seen(ready, visit)["version"] for visit in visits] == [3, 3]


def test_two_sick_visits_do_not_get_the_same_substitute_at_the_same_time(ready: Ready) -> None:
    chain = ready.chain
    chain.room(ready.clinic)
    second = chain.therapist(ready.clinic)
    visits = [book(ready, 10, ready.therapist), book(ready, 10, second)]
    colleague = chain.therapist(ready.clinic)
    sick(ready, ready.therapist)
    sick(ready, second)
    results = reassign(ready, visits)
    taken = [item["therapist_id"] for item in results if item["outcome"] == "reassigned"]
    assert (taken, [item["outcome"] for item in results].count("refused")) == ([colleague["id"]], 1)


def test_who_may_not_act_at_a_clinic_reassigns_none_of_its_visits(ready: Ready) -> None:
    visit = book(ready, 10, ready.therapist)
    ready.chain.therapist(ready.clinic)
    sick(ready, ready.therapist)
    stranger = ready.chain.caller("front_desk", clinics=(ready.chain.clinic(name="Other")["id"],))
    body = {"appointments": [visit["id"], str(uuid4())], "to": "any", "keep": "time"}
    results = stranger.post(PATH, body, 200)["items"]
    assert [(each["outcome"], each["code"]) for each in results] == [("refused", "not_found")] * 2
    assert disrupted(ready) == [visit["id"]]


@pytest.mark.parametrize(
    "wrong",
    [{"to": "somebody"}, {"to": "00000000-0000-0000-0000-000000000001"}, {"appointments": []}, {"keep": "room"}],
)
def test_what_makes_no_sense_is_refused(ready: Ready, wrong: dict[str, Any]) -> None:
    body = {"appointments": [ready.clinic["id"]], "to": "any", "keep": "time"}
    ready.chain.desk.post(PATH, body | wrong, 422)
    ready.chain.desk.post(PATH, body | {"appointments": [ready.clinic["id"]] * 2}, 422)


def test_a_whole_morning_is_reassigned_at_once(ready: Ready) -> None:
    chain = ready.chain
    short = chain.offering(duration_minutes=30)
    starts = [at(3, 8) + timedelta(minutes=30) * number for number in range(20)]
    visits = [
        ready.with_person().book(start, offering_id=short["id"], therapist_id=ready.therapist["id"]) for start in starts
    ]
    chain.therapist(ready.clinic)
    sick(ready, ready.therapist)
    assert {item["outcome"] for item in reassign(ready, visits)} == {"reassigned"}
    assert disrupted(ready) == []


def test_nobody_loses_their_own_time_to_a_visit_that_must_move_anyway(ready: Ready) -> None:
    chain = ready.chain
    for _ in range(2):
        chain.room(ready.clinic)
    visits = [book(ready, hour, ready.therapist) for hour in (10, 11)]
    colleague = chain.therapist(ready.clinic)
    busy = book(ready, 10, colleague)
    sick(ready, ready.therapist)
    moved, kept = reassign(ready, visits, keep="nothing")
    assert kept["starts_at"] == visits[1]["starts_at"]
    assert moved["starts_at"] not in {visits[1]["starts_at"], busy["starts_at"]}


def test_the_times_named_for_a_refused_visit_are_free_after_all_others_were_placed(ready: Ready) -> None:
    chain = ready.chain
    for _ in range(2):
        chain.room(ready.clinic)
    visits = [book(ready, hour, ready.therapist) for hour in (10, 11)]
    colleague = chain.therapist(ready.clinic)
    book(ready, 10, colleague)
    sick(ready, ready.therapist)
    refused, taken = reassign(ready, visits)
    named = [each["starts_at"] for each in refused["alternatives"]]
    assert len(named) == 3
    assert taken["starts_at"] not in named


def test_a_visit_of_a_merged_client_stays_booked_for_the_id_that_its_events_tell_of(ready: Ready) -> None:
    chain = ready.chain
    visit = book(ready, 10, ready.therapist)
    path = f"/v1/clients/{visit['client_id']}/merge"
    chain.desk.post(path, {"into": chain.person()["id"]}, 200)
    chain.therapist(ready.clinic)
    sick(ready, ready.therapist)
    result = reassign(ready, [visit])[0]
    same = chain.desk.change(seen(ready, visit), "change", duration_minutes=60)
    assert (result["outcome"], same["version"]) == ("reassigned", result["version"])

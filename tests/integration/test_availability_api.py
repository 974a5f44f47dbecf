"""The search for free times over HTTP: whole, in order, page by page, and true to what booking accepts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from tests.support.api import WEEK, Chain, Ready, at, rota_entry

pytestmark = pytest.mark.one_database

HAMBURG = {"latitude": 53.55, "longitude": 9.99}


@pytest.fixture
def ready(chain: Chain) -> Ready:
    return chain.ready()


def search(ready: Ready, since: datetime, until: datetime, **given: Any) -> Any:
    """What the search answers to the desk, or to `api`, with the status that it `expect`s."""
    api, expect = given.pop("api", ready.chain.desk), given.pop("expect", 200)
    wanted = {"offering_id": ready.offering["id"], "from": since.isoformat(), "to": until.isoformat()} | given
    return api.get(f"/v1/availability?{urlencode(wanted, doseq=True)}", expect)


def starts(answer: Mapping[str, Any]) -> list[str]:
    return [slot["starts_at"] for slot in answer["slots"]]


def clocks(first: datetime, *hours: float) -> list[str]:
    return [(first.replace(hour=0) + timedelta(hours=hour)).isoformat() for hour in hours]


def test_lists_free_times_with_the_offset_of_the_clinic(ready: Ready) -> None:
    answer = search(ready, at(3, 8), at(3, 10))
    assert answer["slots"][0] == {
        "starts_at": at(3, 8).isoformat(),
        "ends_at": at(3, 9).isoformat(),
        "clinic_id": ready.clinic["id"],
        "therapist_id": ready.therapist["id"],
    }
    assert starts(answer) == clocks(at(3), 8, 8.5, 9, 9.5)
    assert answer["next"] is None


def test_what_is_booked_is_no_longer_listed_and_comes_back_when_it_is_cancelled(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    assert starts(search(ready, at(3, 9), at(3, 12))) == clocks(at(3), 9, 11, 11.5)
    ready.chain.desk.change(visit, "cancel")
    assert starts(search(ready, at(3, 9), at(3, 12))) == clocks(at(3), 9, 9.5, 10, 10.5, 11, 11.5)


def test_what_is_listed_is_booked_and_what_is_not_listed_is_refused(ready: Ready) -> None:
    ready.book(at(3, 10))
    ready.chain.admin.patch(f"/v1/offerings/{ready.offering['id']}", {"buffer_after_minutes": 15})
    day = [at(3, hour, minute) for hour in range(7, 21) for minute in (0, 30)]
    listed = starts(search(ready, at(3, 7), at(3, 21)))
    accepted = []
    for start in day:
        wish = ready.with_person().wish(start)
        answer = ready.chain.desk.call("POST", "/v1/appointments", None, wish).json or {}
        if "id" in answer:
            accepted.append(answer["starts_at"])
            ready.chain.desk.change(answer, "cancel")
    assert listed == accepted


def test_pages_go_through_all_clinics_in_order(ready: Ready) -> None:
    for name in ("Second", "Third"):
        clinic = ready.chain.clinic(name=name, time_zone="Asia/Kathmandu")
        ready.chain.room(clinic)
        ready.chain.therapist(clinic)
    whole = search(ready, at(3, 0), at(7, 0), limit=500)
    assert whole["next"] is None
    assert len({slot["clinic_id"] for slot in whole["slots"]}) == 3
    order = [
        (datetime.fromisoformat(each["starts_at"]), each["clinic_id"], each["therapist_id"]) for each in whole["slots"]
    ]
    assert order == sorted(order)
    paged: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = search(ready, at(3, 0), at(7, 0), limit=37, **cursor)
        paged += page["slots"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert paged == whole["slots"]


def test_a_page_has_twenty_free_times_unless_more_or_fewer_are_wanted(ready: Ready) -> None:
    assert len(search(ready, at(3, 0), at(9, 0))["slots"]) == 20
    assert len(search(ready, at(3, 0), at(9, 0), limit=3)["slots"]) == 3


def test_named_clinics_and_therapist_narrow_the_search(ready: Ready) -> None:
    other = ready.chain.clinic(name="Other")
    ready.chain.room(other)
    somebody = ready.chain.therapist(other)
    both = search(ready, at(3, 8), at(3, 9), clinic_id=[ready.clinic["id"], other["id"]])
    assert {slot["clinic_id"] for slot in both["slots"]} == {ready.clinic["id"], other["id"]}
    one = search(ready, at(3, 8), at(3, 9), clinic_id=[other["id"]])
    assert {slot["therapist_id"] for slot in one["slots"]} == {somebody["id"]}
    assert search(ready, at(3, 8), at(3, 9), therapist_id=somebody["id"])["slots"] == one["slots"]
    assert search(ready, at(3, 8), at(3, 9), therapist_id=somebody["id"], clinic_id=ready.clinic["id"])["slots"] == []


def test_what_is_farther_than_wanted_is_left_out(ready: Ready) -> None:
    far = ready.chain.clinic(name="Far", **HAMBURG)
    ready.chain.room(far)
    ready.chain.therapist(far)
    near = search(ready, at(3, 8), at(3, 9), near="52.5,13.4", within_km=10)
    assert {slot["clinic_id"] for slot in near["slots"]} == {ready.clinic["id"]}
    wide = search(ready, at(3, 8), at(3, 9), near="52.5,13.4", within_km=300)
    assert {slot["clinic_id"] for slot in wide["slots"]} == {ready.clinic["id"], far["id"]}
    assert search(ready, at(3, 8), at(3, 9), near="52.5,13.4", within_km=10, clinic_id=far["id"])["slots"] == []


def test_a_clinic_is_near_until_it_moves_away(ready: Ready) -> None:
    ready.chain.admin.patch(f"/v1/clinics/{ready.clinic['id']}", HAMBURG | {"valid_from": at(5).date().isoformat()})
    here = search(ready, at(4, 19), at(6, 0), near="52.5,13.4", within_km=10)
    assert starts(here) == [at(4, 19).isoformat()]
    there = search(ready, at(4, 19), at(6, 0), near="53.5,10", within_km=10, limit=1)
    assert starts(there) == [at(5, 8).isoformat()]


def test_a_client_is_not_offered_the_time_of_another_visit(ready: Ready) -> None:
    other = ready.chain.clinic(name="Other")
    ready.chain.room(other)
    ready.chain.therapist(other)
    ready.book(at(3, 10))
    there = {"clinic_id": other["id"]}
    assert at(3, 10).isoformat() in starts(search(ready, at(3, 9), at(3, 12), **there))
    theirs = search(ready, at(3, 9), at(3, 12), client_id=ready.client["id"], **there)
    assert starts(theirs) == clocks(at(3), 9, 11, 11.5)


def test_a_visit_that_moves_may_overlap_itself_and_keeps_its_own_length(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    ready.chain.admin.patch(f"/v1/offerings/{ready.offering['id']}", {"duration_minutes": 90})
    assert starts(search(ready, at(3, 9), at(3, 12))) == clocks(at(3), 11, 11.5)
    moving = search(ready, at(3, 9), at(3, 12), moving=visit["id"])
    assert starts(moving) == clocks(at(3), 9, 9.5, 10, 10.5, 11, 11.5)
    assert moving["slots"][0]["ends_at"] == at(3, 10).isoformat()
    moved = ready.chain.desk.change(visit, "reschedule", starts_at=at(3, 10, 30).isoformat())
    assert moved["ends_at"] == at(3, 11, 30).isoformat()


def test_a_visit_that_moves_does_not_move_onto_another_of_its_client(ready: Ready) -> None:
    other = ready.chain.clinic(name="Other")
    ready.chain.room(other)
    ready.chain.therapist(other)
    visit = ready.book(at(3, 10))
    ready.book(at(3, 12), clinic_id=other["id"])
    moving = search(ready, at(3, 10), at(3, 14), moving=visit["id"], clinic_id=ready.clinic["id"])
    assert starts(moving) == clocks(at(3), 10, 10.5, 11, 13, 13.5)


def test_a_rota_is_listed_through_its_last_day(ready: Ready) -> None:
    first, last = at(3).date().isoformat(), at(4).date().isoformat()
    rota = [rota_entry(ready.clinic, day, "09:00", "10:00") | {"valid_from": first, "valid_to": last} for day in WEEK]
    ready.chain.admin.put(f"/v1/therapists/{ready.therapist['id']}/rota", rota)
    assert starts(search(ready, at(1, 0), at(9, 0))) == [at(3, 9).isoformat(), at(4, 9).isoformat()]


def test_notice_and_horizon_hold_for_the_desk_as_well(ready: Ready) -> None:
    rules = {"min_notice_minutes": 2 * 24 * 60, "horizon_days": 5}
    ready.chain.admin.patch(f"/v1/offerings/{ready.offering['id']}", rules)
    found = starts(search(ready, at(0, 0), at(30, 0), limit=500))
    days = {datetime.fromisoformat(start).date() for start in found}
    assert min(days) >= at(2).date()
    assert max(days) == at(5).date()


def test_a_closure_and_time_off_end_availability_at_once(ready: Ready) -> None:
    closed = {"starts_at": at(3, 0).isoformat(), "ends_at": at(4, 0).isoformat(), "reason": "water damage"}
    away = {"starts_at": at(4, 8).isoformat(), "ends_at": at(4, 19).isoformat(), "reason": "training"}
    ready.chain.admin.post(f"/v1/clinics/{ready.clinic['id']}/closures", closed)
    ready.chain.admin.post(f"/v1/therapists/{ready.therapist['id']}/time-off", away)
    assert starts(search(ready, at(3, 0), at(5, 0))) == clocks(at(4), 19)


def test_the_way_between_two_clinics_is_left_free(ready: Ready) -> None:
    other = ready.chain.clinic(name="Other")
    ready.chain.room(other)
    ways = [{"to_clinic_id": other["id"], "minutes": 45}]
    ready.chain.admin.put(f"/v1/clinics/{ready.clinic['id']}/travel-times", ways)
    rota = [rota_entry(ready.clinic, day, "08:00", "12:00") for day in WEEK]
    rota += [rota_entry(other, day, "12:00", "20:00") for day in WEEK]
    ready.chain.admin.put(f"/v1/therapists/{ready.therapist['id']}/rota", rota)
    ready.book(at(3, 11))
    found = search(ready, at(3, 11), at(3, 14), clinic_id=other["id"])
    assert starts(found) == clocks(at(3), 13, 13.5)
    refused = ready.with_person().book(at(3, 12, 30), clinic_id=other["id"], expect=409)
    assert refused["code"] == "travel_too_short"


def test_a_visit_far_away_counts_though_it_is_days_ago(ready: Ready) -> None:
    far = ready.chain.clinic(name="Far", time_zone="America/New_York", latitude=40.71, longitude=-74.0)
    ready.chain.room(far)
    today, there = WEEK[at(3).weekday()], WEEK[at(8).weekday()]
    rota = [rota_entry(ready.clinic, today, "08:00", "20:00"), rota_entry(far, there, "08:00", "20:00")]
    ready.chain.admin.put(f"/v1/therapists/{ready.therapist['id']}/rota", rota)
    assert starts(search(ready, at(8, 0), at(10, 0), clinic_id=far["id"]))
    ready.book(at(3, 10))
    assert starts(search(ready, at(8, 0), at(10, 0), clinic_id=far["id"])) == []
    that_morning = at(8, 12).astimezone(ZoneInfo("America/New_York")).replace(hour=10)
    refused = ready.with_person().book(that_morning, clinic_id=far["id"], expect=409)
    assert refused["code"] == "travel_too_short"


def test_a_long_way_from_a_visit_before_the_last_is_seen_by_listing_and_booking(ready: Ready) -> None:
    first, between = ready.chain.clinic(name="First"), ready.chain.clinic(name="Between")
    far = {"to_clinic_id": ready.clinic["id"], "minutes": 1440}
    ready.chain.admin.put(f"/v1/clinics/{first['id']}/travel-times", [far])
    rota = [rota_entry(first, day, "08:00", "10:00") for day in WEEK]
    rota += [rota_entry(between, day, "10:00", "12:00") for day in WEEK]
    rota += [rota_entry(ready.clinic, day, "16:00", "20:00") for day in WEEK]
    ready.chain.admin.put(f"/v1/therapists/{ready.therapist['id']}/rota", rota)
    offering = ready.chain.offering(room_kind=None)
    ready = replace(ready, offering=offering)
    ready.book(at(3, 8), clinic_id=first["id"])
    moving = ready.with_person().book(at(3, 10), clinic_id=between["id"])
    here = {"clinic_id": ready.clinic["id"]}
    assert starts(search(ready, at(3, 16), at(3, 20), **here)) == []
    assert starts(search(ready, at(3, 16), at(3, 20), moving=moving["id"], **here)) == []
    assert len(starts(search(ready, at(4, 16), at(4, 20), **here))) == 7
    refused = ready.with_person().book(at(3, 16), **here, expect=409)
    assert refused["code"] == "travel_too_short"


def test_every_member_of_staff_may_search_and_another_chain_sees_nothing(ready: Ready, new_chain: Any) -> None:
    for role in ("therapist", "manager", "chain_admin"):
        assert starts(search(ready, at(3, 8), at(3, 9), api=ready.chain.caller(role)))
    stranger = new_chain("other").desk
    assert search(ready, at(3, 8), at(3, 9), api=stranger, expect=422)["fields"] == {
        "offering_id": ["There is nothing with this id."]
    }


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"offering_id": str(uuid4())}, "offering_id"),
        ({"offering_id": "none"}, "offering_id"),
        ({"clinic_id": str(uuid4())}, "clinic_id"),
        ({"therapist_id": str(uuid4())}, "therapist_id"),
        ({"client_id": str(uuid4())}, "client_id"),
        ({"moving": str(uuid4())}, "moving"),
        ({"to": at(3, 8).isoformat()}, "to"),
        ({"to": at(104, 8).isoformat()}, "to"),
        ({"from": "2026-05-04T09:00:00"}, "from"),
        ({"from": "tomorrow"}, "from"),
        ({"near": "north", "within_km": "3"}, "near"),
        ({"near": "91,0", "within_km": "3"}, "near"),
        ({"near": "nan,0", "within_km": "3"}, "near"),
        ({"near": "1,2,3", "within_km": "3"}, "near"),
        ({"within_km": "3"}, "within_km"),
        ({"near": "52,13", "within_km": "-1"}, "within_km"),
        ({"near": "52,13", "within_km": "nan"}, "within_km"),
        ({"limit": "0"}, "limit"),
        ({"limit": "501"}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwxLDJd"}, "cursor"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_queries_are_told_which_field_is_wrong(ready: Ready, query: dict[str, str], field: str) -> None:
    problem = search(ready, at(3, 8), at(3, 9), expect=422, **query)
    assert problem["code"] == "invalid_fields"
    assert field in problem["fields"]


def test_a_visit_of_another_offering_or_client_cannot_move_here(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    other = ready.chain.offering(name="Second visit")
    span = (at(3, 8), at(3, 9))
    assert search(ready, *span, moving=visit["id"], offering_id=other["id"], expect=422)["fields"]["moving"]
    stranger = ready.with_person().client["id"]
    assert search(ready, *span, moving=visit["id"], client_id=stranger, expect=422)["fields"]["moving"]


def test_a_cursor_beyond_the_span_gives_an_empty_page(ready: Ready) -> None:
    beyond = search(ready, at(20, 8), at(20, 12), limit=1)["next"]
    assert search(ready, at(3, 8), at(3, 9), cursor=beyond) == {"slots": [], "next": None}


def test_a_chain_without_clinics_has_no_free_times(chain: Chain) -> None:
    empty = Ready(chain, {}, {}, {}, chain.offering(), {})
    assert search(empty, at(3, 8), at(3, 9)) == {"slots": [], "next": None}

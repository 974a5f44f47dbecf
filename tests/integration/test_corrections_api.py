"""Wrong taps, longer visits, walk-ins and what is entered afterwards, over HTTP with the real database behind it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.api import Chain, Ready, at

pytestmark = pytest.mark.one_database

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ready(chain: Chain) -> Ready:
    return chain.ready()


def ago(hours: int) -> datetime:
    """A start so many hours ago, at seven minutes past some minute that no grid knows."""
    return (datetime.now(UTC) - timedelta(hours=hours)).replace(minute=7, second=0, microsecond=0)


def history(ready: Ready, visit: Any) -> list[Any]:
    items: list[Any] = ready.chain.desk.get(f"/v1/appointments/{visit['id']}/history")["items"]
    return items


def events(ready: Ready, visit: Any) -> list[str]:
    return [each["name"].split(".")[1].removeprefix("appointment_") for each in history(ready, visit)]


def test_a_cancelled_visit_is_booked_again_with_the_same_id_and_its_history_keeps_both(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    cancelled = ready.chain.desk.change(visit, "cancel")
    back = ready.chain.desk.change(cancelled, "correct", to="booked", reason="The other Anna")
    assert (back["id"], back["status"], back["room_id"]) == (visit["id"], "booked", visit["room_id"])
    assert ready.with_person().book(at(3, 10), expect=409)["code"] == "therapist_taken"
    assert events(ready, visit) == ["booked", "cancelled", "status_corrected"]
    corrected = history(ready, visit)[-1]
    assert corrected["data"]["reason"] == "The other Anna"
    assert corrected["changed"]["status"] == ["cancelled", "booked"]
    moved = ready.chain.desk.change(back, "reschedule", starts_at=at(3, 12).isoformat())
    assert moved["status"] == "booked"


def test_a_time_that_was_given_away_meanwhile_is_refused_with_others(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    cancelled = ready.chain.desk.change(visit, "cancel")
    ready.with_person().book(at(3, 10))
    refusal = ready.chain.desk.change(cancelled, "correct", 409, to="booked", reason="wrong tap")
    assert refusal["code"] == "therapist_taken"
    assert at(3, 11).isoformat() in [each["starts_at"] for each in refusal["alternatives"]]
    assert ready.chain.desk.get(f"/v1/appointments/{visit['id']}")["status"] == "cancelled"


def test_another_room_will_do_when_its_own_was_given_away(ready: Ready) -> None:
    chain = ready.chain
    other_room = chain.room(ready.clinic, name="Other room")
    other = chain.therapist(ready.clinic)
    visit = ready.book(at(3, 10), therapist_id=ready.therapist["id"])
    cancelled = chain.desk.change(visit, "cancel")
    rival = ready.with_person().book(at(3, 10), therapist_id=other["id"])
    back = chain.desk.change(cancelled, "correct", to="booked", reason="wrong tap")
    assert {rival["room_id"], back["room_id"]} == {ready.room["id"], other_room["id"]}


def test_the_wrong_anna_is_put_right_whatever_was_tapped(ready: Ready) -> None:
    desk = ready.chain.desk
    visit = ready.book(ago(2), override_reason="walk-in", therapist_id=ready.therapist["id"])
    path = f"/v1/appointments/{visit['id']}"
    for what, status in (("arrive", "booked"), ("no-show", "arrived"), ("fulfil", "noshow")):
        tapped = desk.post(f"{path}/{what}", expect=200)
        visit = desk.change(tapped, "correct", to=status, reason="wrong Anna")
        assert visit["status"] == status
        if status == "arrived":
            visit = desk.change(visit, "correct", to="booked", reason="not she either")
    assert desk.change(visit, "correct", to="cancelled", reason="Had called", late=True)["late"]


def test_a_correction_needs_a_reason_and_must_be_one(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    assert "reason" in ready.chain.desk.change(visit, "correct", 422, to="cancelled")["fields"]
    refusal = ready.chain.desk.change(visit, "correct", 409, to="cancelled", reason="?")
    assert refusal["code"] == "not_correctable"
    assert (
        ready.chain.caller("therapist").change(visit, "correct", 403, to="booked", reason="?")["code"] == "not_allowed"
    )


def test_sixty_minutes_become_ninety_by_the_rules_of_booking(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    longer = ready.chain.desk.change(visit, "change", duration_minutes=90, reason="Both shoulders")
    assert (longer["id"], longer["starts_at"], longer["ends_at"]) == (
        visit["id"], visit["starts_at"], at(3, 11, 30).isoformat()
    )  # fmt: skip
    assert ready.with_person().book(at(3, 11), expect=409)["code"] == "therapist_taken"
    ready.with_person().book(at(3, 11, 30))
    refusal = ready.chain.desk.change(longer, "change", 409, duration_minutes=120)
    assert refusal["code"] == "therapist_taken"
    assert refusal["alternatives"]
    assert ready.chain.desk.change(longer, "change", 409, duration_minutes=720)["code"] == "clinic_closed"
    assert events(ready, visit) == ["booked", "changed"]


def test_another_offering_brings_its_own_length_version_and_price(ready: Ready) -> None:
    price = {"amount_minor": 14_000, "currency": "EUR"}
    first = ready.chain.offering(name="Long visit", duration_minutes=120, price=price, cancel_notice_minutes=60)
    changed = ready.chain.desk.change(ready.book(at(3, 10)), "change", offering_id=first["id"])
    assert (changed["offering_id"], changed["offering_version"], changed["price"]) == (first["id"], 1, price)
    assert changed["ends_at"] == at(3, 12).isoformat()
    data = history(ready, changed)[-1]["data"]
    assert (data["cancel_notice_minutes"], data["reminder_lead_minutes"]) == (60, [2880, 120])
    assert ready.chain.desk.change(changed, "change", offering_id=first["id"])["version"] == changed["version"]


def test_an_offering_that_the_therapist_may_not_give_is_refused_whatever_the_reason(ready: Ready) -> None:
    special = ready.chain.offering(name="Special", qualification="nkt-9")
    visit = ready.book(at(3, 10))
    refusal = ready.chain.desk.change(visit, "change", 409, offering_id=special["id"], override_reason="please")
    assert refusal["code"] == "not_qualified"


def test_a_visit_gets_the_room_that_is_wished_for_if_it_is_free(ready: Ready) -> None:
    chain = ready.chain
    other = chain.room(ready.clinic, name="Other")
    visit = ready.book(at(3, 10))
    wished = other["id"] if visit["room_id"] == ready.room["id"] else ready.room["id"]
    assert chain.desk.change(visit, "change", room_id=wished)["room_id"] == wished
    gym = chain.room(ready.clinic, name="Gym", kind="gym")
    visit = chain.desk.get(f"/v1/appointments/{visit['id']}")
    assert chain.desk.change(visit, "change", 409, room_id=gym["id"])["code"] == "no_room_of_kind"


def test_a_walk_in_at_seven_past_is_booked_with_a_reason_and_arrives(ready: Ready) -> None:
    start = datetime.now(UTC).replace(second=0, microsecond=0) - MINUTE
    start -= MINUTE * (start.minute % 5 == 0)
    refusal = ready.book(start, expect=409, origin="walk_in")
    assert refusal["code"] == "in_the_past"
    visit = ready.book(start, origin="walk_in", override_reason="Walked in")
    booked = history(ready, visit)[0]
    assert booked["origin"] == "walk_in"
    assert {"in_the_past", "off_grid"} <= set(booked["data"]["overridden"])
    assert "beyond_horizon" not in booked["data"]["overridden"]
    assert ready.chain.desk.post(f"/v1/appointments/{visit['id']}/arrive", expect=200)["status"] == "arrived"
    assert ready.with_person().book(start, expect=409, override_reason="Too")["code"] == "therapist_taken"


def test_a_reason_sets_aside_hours_and_rota_but_never_a_closure(ready: Ready) -> None:
    visit = ready.book(at(3, 6), override_reason="Has a train to catch")
    assert history(ready, visit)[0]["data"]["overridden"] == ["clinic_closed", "therapist_off_rota"]
    closing = {"starts_at": at(4, 8).isoformat(), "ends_at": at(4, 20).isoformat(), "reason": "water"}
    ready.chain.desk.post(f"/v1/clinics/{ready.clinic['id']}/closures", closing)
    assert ready.book(at(4, 10), expect=409, override_reason="Please")["code"] == "clinic_closure"


def test_a_visit_of_this_morning_is_entered_after_the_outage(ready: Ready) -> None:
    visit = ready.book(ago(4), happened=True, therapist_id=ready.therapist["id"])
    assert visit["status"] == "fulfilled"
    booked, fulfilled = history(ready, visit)
    assert (booked["data"]["happened"], booked["data"]["notify"], booked["data"]["overridden"]) == (True, False, [])
    assert fulfilled["name"] == "scheduling.appointment_fulfilled.v1"
    taken = ready.with_person().book(ago(4), expect=409, happened=True, therapist_id=ready.therapist["id"])
    assert taken["code"] == "therapist_taken"
    here = ready.with_person().book(ago(1), happened=True, status="arrived", therapist_id=ready.therapist["id"])
    assert here["status"] == "arrived"


def test_what_is_still_to_come_has_not_happened_and_last_week_is_for_the_manager(ready: Ready) -> None:
    named = {"happened": True, "therapist_id": ready.therapist["id"]}
    assert ready.book(at(3, 10), expect=409, **named)["code"] == "in_the_future"
    assert ready.book(at(-7, 10), expect=409, **named)["code"] == "too_long_ago"
    assert ready.book(at(-7, 10), expect=409, override_reason="Forgotten")["code"] == "too_long_ago"
    manager = ready.chain.caller("manager")
    assert manager.post("/v1/appointments", ready.wish(at(-7, 10), **named))["status"] == "fulfilled"


def test_notify_false_is_in_every_event_that_it_was_said_of(ready: Ready) -> None:
    desk = ready.chain.desk
    visit = ready.book(at(3, 10), notify=False)
    visit = desk.change(visit, "reschedule", starts_at=at(3, 12).isoformat(), notify=False)
    visit = desk.change(visit, "change", duration_minutes=90, notify=False)
    visit = desk.change(visit, "cancel", notify=False)
    visit = desk.change(visit, "correct", to="booked", reason="wrong tap", notify=False)
    assert [each["data"]["notify"] for each in history(ready, visit)] == [False] * 5

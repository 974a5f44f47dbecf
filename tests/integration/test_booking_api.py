"""Booking, moving and ending a visit over HTTP, with the real database behind it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.support.api import WEEK, Chain, Ready, at, rota_entry, set_clock

pytestmark = pytest.mark.one_database


@pytest.fixture
def ready(chain: Chain) -> Ready:
    return chain.ready()


def test_books_a_visit_with_everything_it_needs(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    assert visit["status"] == "booked"
    assert visit["therapist_id"] == ready.therapist["id"]
    assert visit["room_id"] == ready.room["id"]
    assert visit["starts_at"] == at(3, 10).isoformat()
    assert visit["ends_at"] == at(3, 11).isoformat()
    assert ready.chain.desk.get(f"/v1/appointments/{visit['id']}") == visit


def test_refuses_a_visit_that_overlaps_another_and_offers_others(ready: Ready) -> None:
    ready.book(at(3, 10))
    refusal = ready.with_person().book(at(3, 10, 30), expect=409)
    assert refusal["code"] == "therapist_taken"
    starts = [each["starts_at"] for each in refusal["alternatives"]]
    assert at(3, 11).isoformat() in starts
    assert at(3, 10, 30).isoformat() not in starts


def test_a_refusal_offers_times_of_other_clinics_when_the_wished_one_has_too_few(ready: Ready) -> None:
    chain, clinic = ready.chain, ready.clinic
    path = f"/v1/therapists/{ready.therapist['id']}/rota"
    day = at(3).strftime("%a").lower()
    chain.admin.put(path, [rota_entry(clinic, day, "10:00", "12:00")])
    places = [chain.clinic(name=name, latitude=52.52 + far) for name, far in (("Far", 0.9), ("Near", 0.1))]
    for place in places:
        chain.room(place)
        chain.therapist(place, hours=("10:00", "11:00"))
    ready.book(at(3, 10))
    refusal = ready.with_person().book(at(3, 10), expect=409)
    offered = [(each["starts_at"], each["clinic_id"]) for each in refusal["alternatives"]]
    assert offered[0] == (at(3, 11).isoformat(), clinic["id"])
    assert {place for _, place in offered[1:]} == {each["id"] for each in places}
    assert {starts_at for starts_at, _ in offered[1:3]} == {at(3, 10).isoformat()}
    for starts_at, place in offered[1:3]:
        ready.with_person().book(datetime.fromisoformat(starts_at), clinic_id=place)


def test_back_to_back_visits_are_fine(ready: Ready) -> None:
    ready.book(at(3, 10))
    ready.with_person().book(at(3, 11))
    ready.with_person().book(at(3, 9))


@pytest.mark.parametrize(
    ("start", "code"),
    [
        (at(-1, 10), "in_the_past"),
        (at(400, 10), "beyond_horizon"),
        (at(3, 10, 15), "off_grid"),
        (at(3, 19, 30), "clinic_closed"),
        (at(3, 6), "clinic_closed"),
    ],
)
def test_each_rule_refuses_by_its_own_code(ready: Ready, start: datetime, code: str) -> None:
    assert ready.book(start, expect=409)["code"] == code


def test_a_client_cannot_be_at_two_clinics_at_once(ready: Ready) -> None:
    chain = ready.chain
    other = chain.clinic(name="Other")
    chain.room(other)
    chain.therapist(other)
    ready.book(at(3, 10))
    assert ready.book(at(3, 10), clinic_id=other["id"], expect=409)["code"] == "client_taken"


def test_an_expired_or_missing_qualification_refuses(ready: Ready) -> None:
    expiring = {"qualifications": [{"code": "nkt-1", "expires_on": at(3).date().isoformat()}]}
    ready.chain.admin.patch(f"/v1/therapists/{ready.therapist['id']}", expiring)
    ready.book(at(3, 10))
    assert ready.book(at(4, 10), expect=409)["code"] == "not_qualified"


def test_the_front_desk_may_override_notice_with_a_reason(ready: Ready) -> None:
    ready.chain.admin.patch(f"/v1/offerings/{ready.offering['id']}", {"min_notice_minutes": 10_000})
    assert ready.book(at(1, 10), expect=409)["code"] == "notice_too_short"
    visit = ready.book(at(1, 10), override_reason="in pain")
    booked = ready.chain.desk.get(f"/v1/appointments/{visit['id']}/history")["items"][0]
    assert booked["data"]["overridden"] == ["notice_too_short"]
    assert booked["data"]["override_reason"] == "in pain"
    assert booked["data"]["offering_version"] == 2


def test_moves_to_another_clinic_with_the_same_id(ready: Ready) -> None:
    other = ready.chain.clinic(name="Other", latitude=52.6)
    ready.chain.room(other)
    therapist = ready.chain.therapist(other)
    visit = ready.book(at(3, 10))
    moved = ready.chain.desk.change(
        visit, "reschedule", starts_at=at(4, 15).isoformat(), clinic_id=other["id"], therapist_id=therapist["id"]
    )
    assert moved["id"] == visit["id"]
    assert (moved["clinic_id"], moved["starts_at"]) == (other["id"], at(4, 15).isoformat())
    ready.with_person().book(at(3, 10))


def test_the_freed_time_of_a_cancelled_visit_can_be_booked(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    cancelled = ready.chain.desk.change(visit, "cancel", initiator="client", reason="ill")
    assert (cancelled["status"], cancelled["late"]) == ("cancelled", False)
    ready.with_person().book(at(3, 10))
    refusal = ready.chain.desk.change(cancelled, "cancel", expect=409)
    assert refusal["code"] == "appointment_ended"


def test_a_client_who_cancels_inside_the_notice_is_late_and_staff_may_waive_it(ready: Ready) -> None:
    ready.chain.admin.patch(f"/v1/offerings/{ready.offering['id']}", {"cancel_notice_minutes": 20_000})
    visit = ready.book(at(3, 10))
    late = ready.chain.desk.change(visit, "cancel", initiator="client")
    assert late["late"]
    assert not ready.chain.desk.change(late, "waive")["late"]


def test_stale_and_missing_versions_are_refused(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    path = f"/v1/appointments/{visit['id']}/cancel"
    assert ready.chain.desk.problem("POST", path, 428, {})["code"] == "if_match_required"
    assert ready.chain.desk.problem("POST", path, 412, {}, If_Match='"7"')["code"] == "version_mismatch"


@pytest.mark.parametrize(("tag", "status"), [("*", 200), ('"1"', 200), ('W/"1"', 412), ('W/"7"', 412), ('"x"', 400)])
def test_an_entity_tag_is_compared_strongly_and_a_star_matches_whatever_is_there(
    ready: Ready, tag: str, status: int
) -> None:
    path = f"/v1/appointments/{ready.book(at(3, 10))['id']}/cancel"
    ready.chain.desk.call("POST", path, status, {}, If_Match=tag)
    ready.chain.desk.call(
        "POST", f"/v1/appointments/{uuid4()}/cancel", 404 if status == 200 else status, {}, If_Match=tag
    )


def test_what_needs_no_field_needs_no_body(ready: Ready) -> None:
    desk, path = ready.chain.desk, f"/v1/appointments/{ready.book(at(3, 10))['id']}"
    set_clock(ready.chain, at(3, 10, 5))
    for what in ("confirm", "arrive", "fulfil"):
        desk.call("POST", f"{path}/{what}", 200)
    assert (desk.get(path)["status"], desk.get(path)["confirmed"]) == ("fulfilled", True)
    assert "name" in desk.problem("POST", "/v1/clients", 422)["fields"]


def test_the_same_key_gives_the_same_bytes_and_books_once(ready: Ready) -> None:
    wish = ready.wish(at(3, 10))
    key = str(uuid4())
    first = ready.chain.desk.call("POST", "/v1/appointments", 201, wish, Idempotency_Key=key)
    again = ready.chain.desk.call("POST", "/v1/appointments", 201, wish, Idempotency_Key=key)
    assert again.data == first.data
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Idempotent-Replayed"] == "true"
    other = ready.chain.desk.problem("POST", "/v1/appointments", 422, ready.wish(at(3, 12)), Idempotency_Key=key)
    assert other["code"] == "idempotency_key_reused"


def test_a_refusal_is_not_kept_under_its_key(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    key = str(uuid4())
    wish = ready.with_person().wish(at(3, 10))
    ready.chain.desk.call("POST", "/v1/appointments", 409, wish, Idempotency_Key=key)
    ready.chain.desk.change(visit, "cancel")
    ready.chain.desk.call("POST", "/v1/appointments", 201, wish, Idempotency_Key=key)


def test_arrives_is_fulfilled_and_then_stays_so(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    path = f"/v1/appointments/{visit['id']}"
    assert ready.chain.desk.post(f"{path}/arrive", expect=409)["code"] == "too_early"
    assert ready.chain.desk.post(f"{path}/no-show", expect=409)["code"] == "not_started"
    set_clock(ready.chain, at(3, 11))
    done = ready.chain.desk.post(f"{path}/fulfil", expect=200)
    assert done["status"] == "fulfilled"
    for what in ("arrive", "no-show", "fulfil"):
        assert ready.chain.desk.post(f"{path}/{what}", expect=409)["code"] == "appointment_ended"


def test_unknown_ids_in_a_body_are_422_and_in_a_path_404(ready: Ready) -> None:
    for field in ("offering_id", "clinic_id", "client_id", "therapist_id"):
        problem = ready.book(at(3, 10), expect=422, **{field: str(uuid4())})
        assert field in problem["fields"]
    ready.chain.desk.get(f"/v1/appointments/{uuid4()}", expect=404)


def test_history_tells_who_did_what_and_what_it_changed(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    ready.chain.caller("front_desk", subject="desk-7").change(visit, "reschedule", starts_at=at(3, 12).isoformat())
    booked, moved = ready.chain.desk.get(f"/v1/appointments/{visit['id']}/history")["items"]
    assert booked["name"] == "scheduling.appointment_booked.v1"
    assert (moved["actor"], moved["role"]) == ("synergist desk-7", "front_desk")
    assert moved["changed"]["starts_at"] == [at(3, 10).isoformat(), at(3, 12).isoformat()]


def test_history_gives_times_on_the_clock_of_the_clinic_where_the_visit_was_then(ready: Ready) -> None:
    far = ready.chain.clinic(name="Far", time_zone="Asia/Kathmandu")
    ready.chain.room(far)
    colleague = ready.chain.therapist(far)
    there = at(4, 12, zone="Asia/Kathmandu")
    visit = ready.book(at(3, 10))
    move = {"starts_at": there.isoformat(), "clinic_id": far["id"], "therapist_id": colleague["id"]}
    ready.chain.desk.change(visit, "reschedule", **move)
    booked, moved = ready.chain.desk.get(f"/v1/appointments/{visit['id']}/history")["items"]
    assert booked["data"]["starts_at"] == at(3, 10).isoformat()
    assert datetime.fromisoformat(booked["recorded_at"]).utcoffset() == at(0).utcoffset()
    assert moved["data"]["starts_at"] == there.isoformat()
    assert moved["changed"]["starts_at"] == [at(3, 10).isoformat(), there.isoformat()]
    assert moved["recorded_at"].endswith("+05:45")


def test_history_tells_when_a_visit_really_took_place(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    set_clock(ready.chain, at(3, 12))
    actual = {"starts_at": at(3, 10, 5).isoformat(), "ends_at": at(3, 11, 20).isoformat()}
    ready.chain.desk.post(f"/v1/appointments/{visit['id']}/fulfil", actual, expect=200)
    wrong: dict[str, Any] = {"to": "arrived", "reason": "Not over yet"}
    ready.chain.desk.change(ready.chain.desk.get(f"/v1/appointments/{visit['id']}"), "correct", **wrong)
    items = ready.chain.desk.get(f"/v1/appointments/{visit['id']}/history")["items"]
    fulfilled, corrected = (each["changed"] for each in items[1:])
    assert fulfilled["status"] == ["booked", "fulfilled"]
    assert fulfilled["actual_starts_at"] == [None, actual["starts_at"]]
    assert fulfilled["actual_ends_at"] == [None, actual["ends_at"]]
    assert corrected["actual_starts_at"] == [actual["starts_at"], None]


def test_lists_page_by_page_in_order_and_by_filter(ready: Ready) -> None:
    ids = [ready.with_person().book(at(3, hour))["id"] for hour in (14, 9, 11, 16)]
    first = ready.chain.desk.get("/v1/appointments?limit=3")
    second = ready.chain.desk.get(f"/v1/appointments?limit=3&cursor={first['next']}")
    assert (len(first["items"]), second["next"]) == (3, None)
    found = [each["id"] for each in first["items"] + second["items"]]
    assert found == [ids[i] for i in (1, 2, 0, 3)]
    start = at(3, 11).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    page = ready.chain.desk.get(f"/v1/appointments?from={start}&clinic_id={ready.clinic['id']}&status=booked")
    assert [each["id"] for each in page["items"]] == [ids[i] for i in (2, 0, 3)]


def test_a_closure_lists_what_it_hits_and_ends_availability_when_accepted(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    closing = {"starts_at": at(3, 8).isoformat(), "ends_at": at(3, 20).isoformat(), "reason": "water"}
    path = f"/v1/clinics/{ready.clinic['id']}/closures"
    refusal = ready.chain.desk.post(path, closing, expect=409)
    assert [each["id"] for each in refusal["conflicts"]] == [visit["id"]]
    closure = ready.chain.desk.post(path, closing | {"accept_conflicts": True})
    assert [each["id"] for each in closure["conflicts"]] == [visit["id"]]
    assert ready.with_person().book(at(3, 15), expect=409)["code"] == "clinic_closure"
    ready.chain.desk.call("DELETE", f"{path}/{closure['id']}", 200)
    ready.with_person().book(at(3, 15))


def test_time_off_is_not_booked_into(ready: Ready) -> None:
    away = {"starts_at": at(3, 8).isoformat(), "ends_at": at(5, 8).isoformat(), "reason": "private"}
    ready.chain.desk.post(f"/v1/therapists/{ready.therapist['id']}/time-off", away)
    assert ready.book(at(3, 10), expect=409)["code"] == "therapist_time_off"


def test_a_rota_that_strands_visits_lists_them_and_needs_acceptance(ready: Ready) -> None:
    visit = ready.book(at(3, 18))
    shorter = [rota_entry(ready.clinic, day, "08:00", "12:00") for day in WEEK]
    path = f"/v1/therapists/{ready.therapist['id']}/rota"
    refusal = ready.chain.admin.put(path, shorter, expect=409)
    assert [each["id"] for each in refusal["conflicts"]] == [visit["id"]]
    assert ready.chain.admin.get(path)["items"][0]["to"] == "20:00"
    ready.chain.admin.put(f"{path}?accept_conflicts=true", shorter)
    assert ready.book(at(3, 15), expect=409)["code"] == "therapist_off_rota"


def test_a_rota_with_overlapping_entries_is_refused(ready: Ready) -> None:
    london = ready.chain.clinic(time_zone="Europe/London")
    twice = [rota_entry(ready.clinic, "mon", "08:00", "12:00"), rota_entry(london, "mon", "10:30", "15:00")]
    refusal = ready.chain.admin.put(f"/v1/therapists/{ready.therapist['id']}/rota", twice, expect=409)
    assert refusal["code"] == "rota_overlaps"


def test_shorter_opening_hours_need_acceptance_too(ready: Ready) -> None:
    visit = ready.book(at(3, 18))
    shorter = {"opening_hours": [{"weekday": day, "from": "08:00", "to": "12:00"} for day in WEEK]}
    path = f"/v1/clinics/{ready.clinic['id']}"
    assert ready.chain.admin.patch(path, shorter, expect=409)["conflicts"][0]["id"] == visit["id"]
    from_later = shorter | {"valid_from": at(10).date().isoformat()}
    clinic = ready.chain.admin.patch(path, from_later)
    assert clinic["opening_hours"][0]["to"] == "20:00"
    assert clinic["coming_terms"][0]["opening_hours"][0]["to"] == "12:00"
    assert ready.book(at(11, 15), expect=409)["code"] == "clinic_closed"


def test_travel_between_two_clinics_keeps_a_therapist_apart(chain: Chain) -> None:
    here, there = chain.clinic(), chain.clinic(latitude=52.7)
    for clinic in (here, there):
        chain.room(clinic)
    therapist = chain.therapist()
    day = WEEK[at(3).weekday()]
    rota = [rota_entry(here, day, "08:00", "12:00"), rota_entry(there, day, "12:00", "20:00")]
    chain.admin.put(f"/v1/therapists/{therapist['id']}/rota", rota)
    chain.admin.put(f"/v1/clinics/{here['id']}/travel-times", [{"to_clinic_id": there["id"], "minutes": 45}])
    ready = Ready(chain, here, None, therapist, chain.offering(), chain.person())
    ready.book(at(3, 11))
    refusal = ready.with_person().book(at(3, 12, 30), clinic_id=there["id"], expect=409)
    assert refusal["code"] == "travel_too_short"
    ready.with_person().book(at(3, 13), clinic_id=there["id"])


def test_nothing_of_another_chain_is_to_be_seen(ready: Ready, new_chain: object) -> None:
    stranger = new_chain("stranger")  # type: ignore[operator]
    visit = ready.book(at(3, 10))
    for path in (
        f"/v1/appointments/{visit['id']}",
        f"/v1/appointments/{visit['id']}/history",
        f"/v1/clinics/{ready.clinic['id']}",
        f"/v1/therapists/{ready.therapist['id']}/rota",
        f"/v1/clients/{ready.client['id']}",
        f"/v1/offerings/{ready.offering['id']}",
        f"/v1/clinics/{ready.clinic['id']}/rooms",
    ):
        stranger.admin.get(path, expect=404)
    assert stranger.admin.get("/v1/appointments")["items"] == []
    body = ready.wish(at(4, 10))
    assert stranger.desk.post("/v1/appointments", body, expect=422)["code"] == "invalid_fields"


def test_every_route_demands_a_token_and_its_role(ready: Ready) -> None:
    anonymous = ready.chain.app.test_client()
    assert anonymous.get("/v1/clinics").status_code == 401
    assert anonymous.post("/v1/appointments", json={}).status_code == 401
    therapist = ready.chain.caller("therapist")
    assert therapist.post("/v1/appointments", ready.wish(at(3, 10)), expect=403)["code"] == "not_allowed"
    ready.chain.desk.get("/v1/events?partition=0", expect=403)
    ready.chain.service.get("/v1/events?partition=0")


def test_a_role_at_one_clinic_does_not_hold_at_another(ready: Ready) -> None:
    other = ready.chain.clinic(name="Other")
    limited = ready.chain.caller("front_desk", clinics=(other["id"],))
    limited.post("/v1/appointments", ready.wish(at(3, 10)), expect=403)


def test_answers_carry_the_offset_of_the_clinic(chain: Chain) -> None:
    kathmandu = chain.clinic(time_zone="Asia/Kathmandu")
    chain.room(kathmandu)
    ready = Ready(chain, kathmandu, None, chain.therapist(kathmandu), chain.offering(), chain.person())
    visit = ready.book(at(3, 10, zone="Asia/Kathmandu"))
    assert visit["starts_at"].endswith("T10:00:00+05:45")
    assert visit["starts_local"].endswith("T10:00")


def test_a_visit_cannot_be_booked_on_knowledge_that_is_an_hour_old(ready: Ready) -> None:
    soon = datetime.now(UTC) - timedelta(minutes=1)
    assert ready.book(soon, expect=409)["code"] == "in_the_past"


def test_the_chain_s_policy_can_be_changed_in_parts(chain: Chain) -> None:
    assert chain.admin.get("/v1/chain")["reminder_lead_minutes"] == [2880, 120]
    changed = chain.admin.patch("/v1/chain", {"quiet_hours": {"from": "20:00", "to": "09:00"}})
    assert changed["quiet_hours"] == {"from": "20:00", "to": "09:00"}
    changed = chain.admin.patch("/v1/chain", {"reminder_lead_minutes": [60, 1440]})
    assert (changed["reminder_lead_minutes"], changed["quiet_hours"]["from"]) == ([1440, 60], "20:00")
    assert chain.admin.patch("/v1/chain", {})["version"] == changed["version"]


def test_the_reason_of_an_arrival_or_a_finished_visit_is_in_its_history(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    set_clock(ready.chain, at(3, 11))
    ready.chain.desk.post(f"/v1/appointments/{visit['id']}/fulfil", {"reason": "Came by taxi"}, expect=200)
    fulfilled = ready.chain.desk.get(f"/v1/appointments/{visit['id']}/history")["items"][1]
    assert fulfilled["data"]["reason"] == "Came by taxi"


def test_a_visit_is_finished_once_it_has_begun_or_its_client_is_here(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    path = f"/v1/appointments/{visit['id']}"
    set_clock(ready.chain, at(3, 9, 59))
    assert ready.chain.desk.post(f"{path}/fulfil", expect=409)["code"] == "not_started"
    ready.chain.desk.post(f"{path}/arrive", expect=200)
    assert ready.chain.desk.post(f"{path}/fulfil", expect=200)["status"] == "fulfilled"
    other = ready.book(at(3, 12))
    set_clock(ready.chain, at(3, 12, 1))
    early = {"happened_at": at(3, 11, 59).isoformat()}
    assert ready.chain.desk.post(f"/v1/appointments/{other['id']}/fulfil", early, expect=409)["code"] == "not_started"
    assert ready.chain.desk.post(f"/v1/appointments/{other['id']}/fulfil", expect=200)["status"] == "fulfilled"


def test_a_visit_cannot_have_ended_in_the_future(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    actual = {"starts_at": at(3, 10).isoformat(), "ends_at": at(3, 11).isoformat()}
    refusal = ready.chain.desk.post(f"/v1/appointments/{visit['id']}/fulfil", actual, expect=409)
    assert refusal["code"] == "in_the_future"

"""Changes that leave booked visits outside the rules: listed, accepted, marked, and undone when the cause is gone."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from tests.support.api import ADDRESS, WEEK, Chain, Ready, at, rota_entry, set_clock

pytestmark = pytest.mark.one_database

ACCEPTED = {"accept_conflicts": True}
DISRUPTED = "/v1/appointments?disrupted=true"


@pytest.fixture
def ready(chain: Chain) -> Ready:
    return chain.ready()


def seen(ready: Ready, visit: Any) -> Any:
    return ready.chain.desk.get(f"/v1/appointments/{visit['id']}")


def kinds(ready: Ready, visit: Any) -> list[str]:
    return [cause["kind"] for cause in seen(ready, visit)["disrupted_by"]]


def disrupted(ready: Ready, query: str = "") -> list[str]:
    return [visit["id"] for visit in ready.chain.desk.get(DISRUPTED + query)["items"]]


def history(ready: Ready, visit: Any) -> list[str]:
    items = ready.chain.desk.get(f"/v1/appointments/{visit['id']}/history")["items"]
    return [item["name"].removeprefix("scheduling.appointment_").removesuffix(".v1") for item in items]


def span(first: int, last: int, days: int = 3) -> dict[str, str]:
    return {"starts_at": at(days, first).isoformat(), "ends_at": at(days, last).isoformat()}


class Closure:
    """Each cause as the desk meets it: how it comes, and how it goes."""

    kind = "closure"

    def __init__(self, ready: Ready) -> None:
        self.ready, self.admin = ready, ready.chain.admin
        self.path = f"/v1/clinics/{ready.clinic['id']}/closures"

    def come(self, expect: int = 201, **also: Any) -> Any:
        self.made = self.admin.post(self.path, span(9, 12) | also, expect)
        return self.made

    def go(self) -> None:
        self.admin.call("DELETE", f"{self.path}/{self.made['id']}", 200)


class TimeOff(Closure):
    kind = "time_off"

    def __init__(self, ready: Ready) -> None:
        super().__init__(ready)
        self.path = f"/v1/therapists/{ready.therapist['id']}/time-off"


class RoomOutage(Closure):
    kind = "room_outage"

    def __init__(self, ready: Ready) -> None:
        super().__init__(ready)
        self.path = f"/v1/rooms/{ready.room['id']}/outages"


class RoomClosedForGood(RoomOutage):
    def come(self, expect: int = 201, **also: Any) -> Any:
        self.made = self.admin.post(self.path, {"starts_at": at(2, 0).isoformat(), "reason": "mould"} | also, expect)
        return self.made


class Patched(Closure):
    """A cause that is a change of something, taken back by another."""

    change: Mapping[str, Any]
    back: Mapping[str, Any]

    def come(self, expect: int = 201, **also: Any) -> Any:
        return self.admin.patch(self.path, {**self.change, **also}, 200 if expect == 201 else expect)

    def go(self) -> None:
        self.admin.patch(self.path, dict(self.back))


class Hours(Patched):
    kind = "hours"
    change = MappingProxyType({"opening_hours": [{"weekday": day, "from": "14:00", "to": "20:00"} for day in WEEK]})
    back = MappingProxyType({"opening_hours": [{"weekday": day, "from": "08:00", "to": "20:00"} for day in WEEK]})

    def __init__(self, ready: Ready) -> None:
        super().__init__(ready)
        self.path = f"/v1/clinics/{ready.clinic['id']}"


class SpecialDay(Hours):
    back = MappingProxyType({"special_days": []})

    def __init__(self, ready: Ready) -> None:
        super().__init__(ready)
        self.change = MappingProxyType({"special_days": [{"on": at(3).date().isoformat(), "hours": []}]})


class Qualification(Patched):
    kind = "qualification"
    back = MappingProxyType({"qualifications": [{"code": "nkt-1"}]})

    def __init__(self, ready: Ready) -> None:
        super().__init__(ready)
        self.path = f"/v1/therapists/{ready.therapist['id']}"
        self.change = {"qualifications": [{"code": "nkt-1", "expires_on": at(2).date().isoformat()}]}


class LastDay(Qualification):
    kind = "last_day"
    back = MappingProxyType({"leaves_on": None})

    def __init__(self, ready: Ready) -> None:
        super().__init__(ready)
        self.change = {"leaves_on": at(2).date().isoformat()}


class RoomKind(Patched):
    kind = "room_kind"
    change = MappingProxyType({"kind": "gym"})
    back = MappingProxyType({"kind": "treatment"})

    def __init__(self, ready: Ready) -> None:
        super().__init__(ready)
        self.path = f"/v1/clinics/{ready.clinic['id']}/rooms/{ready.room['id']}"


class Rota(Closure):
    kind = "rota"

    def __init__(self, ready: Ready) -> None:
        super().__init__(ready)
        self.path = f"/v1/therapists/{ready.therapist['id']}/rota"

    def come(self, expect: int = 201, **also: Any) -> Any:
        query = "?accept_conflicts=true" if also else ""
        return self.put(query, "14:00", 200 if expect == 201 else expect)

    def go(self) -> None:
        self.put("", "08:00", 200)

    def put(self, query: str, opens: str, expect: int) -> Any:
        entries = [rota_entry(self.ready.clinic, day, opens, "20:00") for day in WEEK]
        return self.admin.put(self.path + query, entries, expect)


CAUSES = (
    Closure,
    TimeOff,
    RoomOutage,
    RoomClosedForGood,
    Hours,
    SpecialDay,
    Qualification,
    LastDay,
    RoomKind,
    Rota,
)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
def test_every_cause_lists_then_disrupts_and_restores_when_it_goes(ready: Ready, cause: type[Closure]) -> None:
    visit = ready.book(at(3, 10))
    change = cause(ready)
    refused = change.come(409)
    assert (refused["code"], [each["id"] for each in refused["conflicts"]]) == ("conflicts", [visit["id"]])
    assert [each["kind"] for each in refused["conflicts"][0]["causes"]] == [cause.kind]
    assert (disrupted(ready), history(ready, visit)) == ([], ["booked"])

    made = change.come(**ACCEPTED)
    assert [each["id"] for each in made["conflicts"]] == [visit["id"]]
    assert (disrupted(ready), kinds(ready, visit)) == ([visit["id"]], [cause.kind])
    assert seen(ready, visit)["status"] == "booked"

    change.go()
    assert (disrupted(ready), kinds(ready, visit)) == ([], [])
    assert history(ready, visit) == ["booked", "disrupted", "restored"]


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
def test_nothing_is_booked_into_a_cause(ready: Ready, cause: type[Closure]) -> None:
    cause(ready).come()
    assert ready.book(at(3, 10), expect=409)["code"] in {
        "clinic_closed",
        "clinic_closure",
        "no_room_of_kind",
        "not_qualified",
        "room_taken",
        "therapist_left",
        "therapist_off_rota",
        "therapist_time_off",
    }


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
def test_a_wrong_tap_put_right_meets_what_came_meanwhile(ready: Ready, cause: type[Closure]) -> None:
    visit = ready.book(at(3, 10))
    cancelled = ready.chain.desk.change(visit, "cancel")
    change = cause(ready)
    change.come()
    back = ready.chain.desk.change(cancelled, "correct", to="booked", reason="The other Anna")
    assert (back["status"], back["room_id"], back["disrupted"]) == ("booked", ready.room["id"], True)
    assert (disrupted(ready), kinds(ready, visit)) == ([visit["id"]], [cause.kind])
    assert ready.with_person().book(at(3, 10), expect=409)["code"] != "conflicts"
    change.go()
    assert (disrupted(ready), kinds(ready, visit)) == ([], [])
    assert ready.with_person().book(at(3, 10), expect=409)["code"] == "therapist_taken"
    assert history(ready, visit) == ["booked", "cancelled", "status_corrected", "disrupted", "restored"]


def test_a_visit_whose_room_is_out_of_service_meanwhile_gets_another_that_is_free(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    other = ready.chain.room(ready.clinic, name="Other")
    cancelled = ready.chain.desk.change(visit, "cancel")
    RoomOutage(ready).come()
    back = ready.chain.desk.change(cancelled, "correct", to="booked", reason="wrong tap")
    assert (back["room_id"], back["disrupted"]) == (other["id"], False)


def test_a_room_that_is_taken_is_nobodys_own_any_more(ready: Ready) -> None:
    colleague = ready.chain.therapist(ready.clinic)
    visit = ready.book(at(3, 10), therapist_id=ready.therapist["id"])
    cancelled = ready.chain.desk.change(visit, "cancel")
    ready.with_person().book(at(3, 10), therapist_id=colleague["id"])
    RoomOutage(ready).come(**ACCEPTED)
    refusal = ready.chain.desk.change(cancelled, "correct", 409, to="booked", reason="wrong tap")
    assert refusal["code"] == "room_taken"
    assert at(3, 12).isoformat() in [each["starts_at"] for each in refusal["alternatives"]]


@pytest.mark.parametrize("cause", [Hours, Rota], ids=lambda cause: cause.__name__)
def test_what_staff_have_let_pass_does_not_disrupt_the_visit_again(ready: Ready, cause: type[Closure]) -> None:
    early = ready.book(at(4, 6), override_reason="Has a train to catch")
    kept = ready.book(at(3, 10))
    cause(ready).come(**ACCEPTED)
    ready.chain.desk.change(seen(ready, kept), "keep", reason="She stays longer")
    for visit in (early, kept):
        cancelled = ready.chain.desk.change(seen(ready, visit), "cancel")
        back = ready.chain.desk.change(cancelled, "correct", to="booked", reason="wrong tap")
        assert back["disrupted_by"] == []


def test_a_visit_that_was_kept_is_disrupted_by_what_comes_later(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    Closure(ready).come(**ACCEPTED)
    ready.chain.desk.change(seen(ready, visit), "keep", reason="The door will be open")
    cancelled = ready.chain.desk.change(seen(ready, visit), "cancel")
    TimeOff(ready).come()
    ready.chain.desk.change(cancelled, "correct", to="booked", reason="wrong tap")
    assert kinds(ready, visit) == ["time_off"]


def test_of_two_causes_the_first_to_go_leaves_the_other(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    closure, away = Closure(ready), TimeOff(ready)
    closure.come(**ACCEPTED)
    assert away.come(409)["code"] == "conflicts"
    away.come(**ACCEPTED)
    assert kinds(ready, visit) == ["closure", "time_off"]
    closure.go()
    assert (kinds(ready, visit), disrupted(ready)) == (["time_off"], [visit["id"]])
    away.go()
    assert history(ready, visit) == ["booked", "disrupted", "disrupted", "disrupted", "restored"]


def test_a_kept_visit_stands_in_spite_of_its_cause(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    closure = Closure(ready)
    closure.come(**ACCEPTED)
    ready.chain.desk.change(seen(ready, visit), "keep", 422)
    kept = ready.chain.desk.change(seen(ready, visit), "keep", reason="The therapist comes in for it")
    assert (kept["disrupted"], kept["status"], disrupted(ready)) == (False, "booked", [])
    assert ready.chain.desk.change(kept, "keep", 409, reason="Again")["code"] == "not_disrupted"
    ready.chain.admin.patch(f"{closure.path}/{closure.made['id']}", {"ends_at": at(3, 13).isoformat()})
    closure.go()
    assert history(ready, visit) == ["booked", "disrupted", "kept"]
    TimeOff(ready).come(**ACCEPTED)
    assert kinds(ready, visit) == ["time_off"]


def test_a_kept_visit_stays_kept_when_its_client_was_marked_as_arrived_by_mistake(ready: Ready) -> None:
    visit, desk = ready.book(at(3, 10)), ready.chain.desk
    Closure(ready).come(**ACCEPTED)
    desk.change(seen(ready, visit), "keep", reason="The therapist comes in for it")
    set_clock(ready.chain, at(3, 9))
    desk.post(f"/v1/appointments/{visit['id']}/arrive", expect=200)
    back = desk.change(seen(ready, visit), "correct", to="booked", reason="It was the other Anna")
    assert (back["status"], back["disrupted"]) == ("booked", False)


def test_a_visit_that_is_moved_or_over_is_settled_and_stays_so_when_the_cause_goes(ready: Ready) -> None:
    moved, cancelled = ready.book(at(3, 10)), ready.with_person().book(at(3, 11))
    closure = Closure(ready)
    closure.come(**ACCEPTED)
    assert disrupted(ready) == [moved["id"], cancelled["id"]]
    ready.chain.desk.change(seen(ready, moved), "reschedule", starts_at=at(4, 10).isoformat())
    ready.chain.desk.change(seen(ready, cancelled), "cancel")
    assert disrupted(ready) == []
    closure.go()
    assert history(ready, moved) == ["booked", "disrupted", "moved"]
    assert history(ready, cancelled) == ["booked", "disrupted", "cancelled"]


def test_a_longer_closure_disrupts_more_and_a_shorter_one_lets_go(ready: Ready) -> None:
    early, late = ready.book(at(3, 10)), ready.with_person().book(at(3, 15))
    closure = Closure(ready)
    closure.come(**ACCEPTED)
    one = f"{closure.path}/{closure.made['id']}"
    ready.chain.admin.patch(one, {"ends_at": at(3, 17).isoformat()}, expect=409)
    ready.chain.admin.patch(one, {"ends_at": at(3, 17).isoformat()} | ACCEPTED)
    assert disrupted(ready) == [early["id"], late["id"]]
    ready.chain.admin.patch(one, {"starts_at": at(3, 12).isoformat()})
    assert disrupted(ready) == [late["id"]]


def test_disrupted_visits_are_listed_by_clinic_and_day_page_by_page(ready: Ready) -> None:
    ready.with_person().book(at(3, 18))
    other = ready.book(at(4, 10))
    visits = [other, *(ready.with_person().book(at(3, 9) + timedelta(hours=hour)) for hour in range(3))]
    Closure(ready).come(**ACCEPTED)
    ready.chain.desk.post(f"/v1/clinics/{ready.clinic['id']}/closures", span(9, 12, 4) | ACCEPTED)
    day = f"&from={at(3, 0):%Y-%m-%dT%H:%M:%S}Z&to={at(3, 23):%Y-%m-%dT%H:%M:%S}Z"
    assert disrupted(ready, day + f"&clinic_id={ready.clinic['id']}") == [visit["id"] for visit in visits[1:]]
    page = ready.chain.desk.get(f"{DISRUPTED}&limit=3")
    assert [visit["id"] for visit in page["items"]] == [visit["id"] for visit in visits[1:]]
    assert disrupted(ready, f"&limit=3&cursor={page['next']}") == [other["id"]]
    assert len(ready.chain.desk.get("/v1/appointments?disrupted=false")["items"]) == 1
    assert len(ready.chain.desk.get("/v1/appointments")["items"]) == 5


def test_a_clinic_that_moves_lists_the_visits_and_tells_each_once(ready: Ready) -> None:
    before, after = ready.book(at(3, 10)), ready.with_person().book(at(10, 10))
    path, new = f"/v1/clinics/{ready.clinic['id']}", ADDRESS | {"line": "New Street 5"}
    change = {"address": new, "valid_from": at(7).date().isoformat()}
    refused = ready.chain.admin.patch(path, change, expect=409)
    assert [(each["id"], each["elsewhere"]) for each in refused["conflicts"]] == [(after["id"], True)]
    ready.chain.admin.patch(path, change | ACCEPTED)
    assert (history(ready, before), history(ready, after)) == (["booked"], ["booked", "place_changed"])
    assert disrupted(ready) == []
    ready.chain.admin.patch(path, change)
    assert history(ready, after) == ["booked", "place_changed"]


def test_a_new_zone_keeps_the_instants_and_promises_its_own_clock(ready: Ready) -> None:
    visit = ready.book(at(3, 12))
    ready.chain.admin.patch(f"/v1/clinics/{ready.clinic['id']}", {"time_zone": "Europe/London"} | ACCEPTED)
    there = seen(ready, visit)
    assert (there["time_zone"], there["starts_local"][-5:]) == ("Europe/London", "11:00")
    assert there["starts_at"][11:16] == "11:00"
    assert history(ready, visit)[-1] == "place_changed"


def test_a_clinic_that_moves_over_the_date_line_and_back_leaves_its_visits_as_they_were(chain: Chain) -> None:
    east, west = "Pacific/Auckland", "Pacific/Honolulu"
    ready = Ready(
        chain, clinic := chain.clinic(time_zone=east), chain.room(clinic), chain.therapist(clinic), chain.offering(),
        chain.person(),
    )  # fmt: skip
    visits = [ready.book(at(days, 10, zone=east)) for days in (4, 5, 6)]
    path, moving = f"/v1/clinics/{clinic['id']}", {"valid_from": at(5, zone=east).date().isoformat()}
    chain.admin.patch(path, moving | {"time_zone": west} | ACCEPTED)
    zones = [seen(ready, visit)["time_zone"] for visit in visits]
    assert zones == [east, east, west]
    assert seen(ready, visits[2])["starts_local"][:10] == at(5, zone=east).date().isoformat()
    chain.admin.patch(path, moving | {"time_zone": east} | ACCEPTED)
    for visit in visits:
        there = seen(ready, visit)
        assert {name: there[name] for name in ("time_zone", "starts_local", "starts_at")} == {
            name: visit[name] for name in ("time_zone", "starts_local", "starts_at")
        }


def test_a_new_zone_disrupts_what_it_leaves_outside_hours_and_rota(ready: Ready) -> None:
    visit = ready.book(at(3, 8))
    path = f"/v1/clinics/{ready.clinic['id']}"
    refused = ready.chain.admin.patch(path, {"time_zone": "Europe/London"}, expect=409)
    assert [each["kind"] for each in refused["conflicts"][0]["causes"]] == ["hours", "rota"]
    ready.chain.admin.patch(path, {"time_zone": "Europe/London"} | ACCEPTED)
    assert kinds(ready, visit) == ["hours", "rota"]
    ready.chain.admin.patch(path, {"time_zone": "Europe/Berlin"} | ACCEPTED)
    assert kinds(ready, visit) == []


def test_a_new_zone_is_refused_when_it_has_a_therapist_at_two_places_at_once(chain: Chain) -> None:
    first, second = chain.clinic(name="First"), chain.clinic(name="Second")
    therapist = chain.therapist(first)
    rota = [rota_entry(first, "mon", "08:00", "12:00"), rota_entry(second, "mon", "12:00", "16:00")]
    chain.admin.put(f"/v1/therapists/{therapist['id']}/rota", rota)
    path = f"/v1/clinics/{second['id']}"
    refused = chain.admin.patch(path, {"time_zone": "Europe/Athens"}, expect=409)
    assert (refused["code"], refused["therapist_id"]) == ("rota_overlaps", therapist["id"])
    chain.admin.patch(path, {"time_zone": "Europe/London"})


def test_who_may_not_act_at_a_rooms_clinic_cannot_take_it_out_of_service(ready: Ready) -> None:
    other = ready.chain.clinic(name="Other")
    stranger = ready.chain.caller("front_desk", clinics=(other["id"],))
    path = f"/v1/rooms/{ready.room['id']}/outages"
    stranger.post(path, span(9, 12), expect=403)
    made = ready.chain.desk.post(path, span(9, 12))
    assert ready.chain.desk.get(path)["items"] == [{k: v for k, v in made.items() if "conflicts" not in k}]


def test_a_visit_that_was_finished_by_a_wrong_tap_is_disrupted_again_when_that_is_put_right(ready: Ready) -> None:
    visit = ready.book(at(3, 10))
    Closure(ready).come(**ACCEPTED)
    set_clock(ready.chain, at(3, 10, 30))
    done = ready.chain.desk.change(seen(ready, visit), "fulfil")
    assert (done["disrupted"], disrupted(ready)) == (False, [])
    ready.chain.desk.change(done, "correct", to="booked", reason="another visit was meant")
    assert kinds(ready, visit) == ["closure"]

"""Changes of the directory beside booked visits: each asks for what is new, and undoes nothing that was said before."""

from typing import Any

import pytest

from tests.support.api import ADDRESS, WEEK, Chain, Ready, at, rota_entry

SHORTER = {"opening_hours": [{"weekday": day, "from": "08:00", "to": "12:00"} for day in WEEK]}


@pytest.fixture
def ready(chain: Chain) -> Ready:
    return chain.ready()


def test_what_was_accepted_once_is_not_asked_again(ready: Ready) -> None:
    path = f"/v1/clinics/{ready.clinic['id']}"
    ready.book(at(3, 18))
    ready.chain.admin.patch(path, SHORTER, expect=409)
    ready.chain.admin.patch(path, SHORTER | {"accept_conflicts": True})
    assert ready.chain.admin.patch(path, {"phone": "+49301112"})["phone"] == "+49301112"
    ready.with_person().book(at(3, 10))
    closed = ready.chain.admin.patch(path, {"opening_hours": []}, expect=409)
    assert len(closed["conflicts"]) == 2


def test_a_rota_asks_only_for_visits_that_were_inside(ready: Ready) -> None:
    path = f"/v1/therapists/{ready.therapist['id']}/rota"
    ready.book(at(3, 18))
    mornings = [rota_entry(ready.clinic, day, "08:00", "12:00") for day in WEEK]
    ready.chain.admin.put(f"{path}?accept_conflicts=true", mornings)
    later = [rota_entry(ready.clinic, day, "09:00", "12:00") for day in WEEK]
    assert len(ready.chain.admin.put(path, later)["conflicts"]) == 1
    ready.with_person().book(at(3, 10))
    assert len(ready.chain.admin.put(path, [], expect=409)["conflicts"]) == 2


def test_a_closure_is_mended_and_shortened_freely_but_not_made_longer_over_visits(ready: Ready) -> None:
    path = f"/v1/clinics/{ready.clinic['id']}/closures"
    ready.book(at(3, 10))
    ready.with_person().book(at(3, 15))
    closing = {"starts_at": at(3, 9).isoformat(), "ends_at": at(3, 12).isoformat(), "accept_conflicts": True}
    closure = ready.chain.desk.post(path, closing)
    one = f"{path}/{closure['id']}"
    assert ready.chain.desk.patch(one, {"reason": "water"})["reason"] == "water"
    assert len(ready.chain.desk.patch(one, {"ends_at": at(3, 11).isoformat()})["conflicts"]) == 1
    ready.chain.desk.patch(one, {"ends_at": at(3, 17).isoformat()}, expect=409)


def test_closures_are_told_on_the_clock_of_their_clinic(chain: Chain) -> None:
    clinic = chain.clinic(time_zone="Asia/Kathmandu")
    path = f"/v1/clinics/{clinic['id']}/closures"
    closing = {"starts_at": "2027-03-01T00:00:00Z", "ends_at": "2027-03-02T00:00:00Z"}
    closure = chain.desk.post(path, closing)
    assert closure["starts_at"] == "2027-03-01T05:45:00+05:45"
    assert chain.desk.get(path)["items"][0]["ends_at"] == "2027-03-02T05:45:00+05:45"
    lifted = chain.desk.call("DELETE", f"{path}/{closure['id']}", 200).json
    assert lifted["starts_at"] == closure["starts_at"]  # type: ignore[index]


def coming(clinic: Any) -> list[tuple[str, str, int]]:
    return [
        (each["valid_from"], each["address"]["line"], len(each["opening_hours"])) for each in clinic["coming_terms"]
    ]


def test_a_clinic_that_moves_today_does_not_move_back_when_its_hours_change(chain: Chain) -> None:
    path = f"/v1/clinics/{chain.clinic()['id']}"
    chain.admin.patch(path, {"opening_hours": [], "valid_from": "2090-02-01"})
    chain.admin.patch(path, {"address": ADDRESS | {"line": "Away 1"}, "valid_from": "2090-03-01"})
    chain.admin.patch(path, {"address": ADDRESS, "valid_from": "2090-04-01"})
    moved = chain.admin.patch(path, {"address": ADDRESS | {"line": "New 5"}})
    assert moved["address"]["line"] == "New 5"
    old = str(ADDRESS["line"])
    assert coming(moved) == [("2090-02-01", "New 5", 0), ("2090-03-01", "Away 1", 0), ("2090-04-01", old, 0)]
    assert chain.admin.patch(path, {"address": ADDRESS | {"line": "New 5"}})["version"] == moved["version"]


@pytest.mark.parametrize("what", ["rota", "travel-times"])
def test_two_who_replace_a_list_do_not_overwrite_each_other(ready: Ready, what: str) -> None:
    owner, other = ready.clinic["id"], ready.chain.clinic(name="Other")["id"]
    path = f"/v1/clinics/{owner}/{what}" if what == "travel-times" else f"/v1/therapists/{ready.therapist['id']}/{what}"
    mine = [{"to_clinic_id": other, "minutes": 20}] if what == "travel-times" else []
    seen = ready.chain.admin.call("GET", path, 200).headers["ETag"]
    assert ready.chain.admin.problem("PUT", path, 428, mine)["code"] == "if_match_required"
    ready.chain.admin.put(path, mine, If_Match=seen)
    assert ready.chain.admin.put(path, mine, 412, If_Match=seen)["code"] == "version_mismatch"

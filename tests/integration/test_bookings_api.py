"""Several visits in one go, and who books, comes, is told and pays, over HTTP."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.test_relations_api import relate
from tests.support.api import Chain, Ready, at

pytestmark = pytest.mark.one_database

ALL = ["book", "receive_messages", "see_care"]


@dataclass(frozen=True)
class Family:
    """A mother with two children at a clinic with two therapists and two rooms."""

    place: Ready
    therapists: tuple[Any, Any]
    mother: Any
    children: tuple[Any, Any]

    @property
    def chain(self) -> Chain:
        return self.place.chain

    def visit(self, child: int, starts_at: Any, **given: Any) -> dict[str, Any]:
        return self.place.wish(starts_at, client_id=self.children[child]["id"], **given)

    def book(self, *visits: dict[str, Any], expect: int = 201, **given: Any) -> Any:
        return self.chain.desk.post("/v1/bookings", {"visits": list(visits)} | given, expect)

    def claims(self) -> list[Any]:
        items: list[Any] = self.chain.desk.get("/v1/appointments")["items"]
        return items


@pytest.fixture
def family(chain: Chain) -> Family:
    place = chain.ready()
    chain.room(place.clinic)
    second = chain.therapist(place.clinic)
    mother = chain.person(name="Demo Mother", birth_date="1985-04-01")
    born_on = at(-3000).date().isoformat()
    children = [chain.person(name=f"Demo Child {number}", birth_date=born_on, email=None) for number in (1, 2)]
    for child in children:
        relate(chain, child, mother, may=ALL)
    return Family(place, (place.therapist, second), mother, (children[0], children[1]))


def test_a_mother_books_both_children_at_the_same_time(family: Family) -> None:
    booking = family.book(family.visit(0, at(3, 10)), family.visit(1, at(3, 10)), booker_client_id=family.mother["id"])
    first, second = booking["visits"]
    assert first["booking_id"] == second["booking_id"] == booking["booking_id"]
    assert [first["client_id"], second["client_id"]] == [child["id"] for child in family.children]
    assert first["therapist_id"] != second["therapist_id"]
    assert first["room_id"] != second["room_id"]
    assert first["booker_client_id"] == family.mother["id"]
    assert family.chain.desk.get(f"/v1/bookings/{booking['booking_id']}") == booking


def test_a_named_therapist_is_not_taken_by_the_visit_that_does_not_mind(family: Family) -> None:
    for therapist in family.therapists:
        booking = family.book(
            family.visit(0, at(3, 10)),
            family.visit(1, at(3, 10), therapist_id=therapist["id"]),
        )
        assert booking["visits"][1]["therapist_id"] == therapist["id"]
        for visit in booking["visits"]:
            family.chain.desk.change(visit, "cancel")


def test_all_visits_are_booked_or_none_and_the_refusal_names_the_one_that_failed(family: Family) -> None:
    named = {"therapist_id": family.therapists[0]["id"]}
    refusal = family.book(family.visit(0, at(3, 10), **named), family.visit(1, at(3, 10, 30), **named), expect=409)
    assert (refusal["code"], refusal["visit"]) == ("therapist_taken", 1)
    assert refusal["alternatives"]
    assert family.claims() == []
    late = family.visit(1, at(3, 6))
    refusal = family.book(family.visit(0, at(3, 10)), late, expect=409)
    assert (refusal["code"], refusal["visit"]) == ("clinic_closed", 1)


def test_one_child_cannot_be_at_two_visits_of_one_booking_at_once(family: Family) -> None:
    refusal = family.book(family.visit(0, at(3, 10)), family.visit(0, at(3, 10, 30)), expect=409)
    assert refusal["code"] == "client_taken"
    one_after_the_other = family.book(family.visit(0, at(3, 10)), family.visit(0, at(3, 11)))
    assert len(one_after_the_other["visits"]) == 2


def test_the_same_key_books_once(family: Family) -> None:
    body = {"visits": [family.visit(0, at(3, 10)), family.visit(1, at(3, 10))]}
    key = str(uuid4())
    first, again = (family.chain.desk.post("/v1/bookings", body, Idempotency_Key=key) for _ in range(2))
    assert first == again
    assert len(family.claims()) == 2


def test_visits_at_several_clinics_are_one_booking(family: Family) -> None:
    chain = family.chain
    other = chain.clinic(name="Other", latitude=52.6)
    chain.room(other)
    chain.therapist(other)
    booking = family.book(family.visit(0, at(3, 10)), family.visit(1, at(3, 10), clinic_id=other["id"]))
    assert [visit["clinic_id"] for visit in booking["visits"]] == [family.place.clinic["id"], other["id"]]


def test_what_cannot_be_understood_is_refused_by_visit(family: Family) -> None:
    problem = family.book(family.visit(0, at(3, 10)), family.visit(1, at(3, 10), clinic_id=str(uuid4())), expect=422)
    assert problem["fields"] == {"visits": {"1": {"clinic_id": ["There is nothing with this id."]}}}
    family.book(expect=422)
    family.book(*[family.visit(0, at(3, 10))] * 11, expect=422)


def test_a_desk_of_one_clinic_does_not_book_at_another(family: Family) -> None:
    chain = family.chain
    desk = chain.caller("front_desk", clinics=(chain.clinic(name="Other")["id"],))
    desk.post("/v1/bookings", {"visits": [family.visit(0, at(3, 10))]}, 403)


def test_who_books_for_another_needs_the_right(family: Family) -> None:
    stranger = family.chain.person()
    visit = family.visit(0, at(3, 10))
    refusal = family.book(visit, booker_client_id=stranger["id"], expect=409)
    assert (refusal["code"], refusal["visit"]) == ("may_not_book", 0)
    told = family.place.book(at(3, 10), told_client_id=stranger["id"], expect=409)
    assert told["code"] == "may_not_be_told"
    family.place.book(at(3, 10), told_client_id=str(uuid4()), expect=422)


def test_a_gift_names_four_people(family: Family) -> None:
    giver, friend, payer = (family.chain.person() for _ in range(3))
    gift = {"booker_client_id": giver["id"], "payer_client_id": payer["id"], "gift": True}
    visit = family.place.book(at(3, 10), client_id=friend["id"], **gift)
    assert (visit["client_id"], visit["booker_client_id"]) == (friend["id"], giver["id"])
    assert (visit["told_client_id"], visit["payer_client_id"], visit["gift"]) == (giver["id"], payer["id"], True)
    assert family.place.book(at(3, 12), gift=True, expect=409)["code"] == "gift_without_giver"


def test_visits_told_to_one_person_share_a_confirmation(family: Family) -> None:
    alone = family.chain.person()
    booking = family.book(
        family.visit(0, at(3, 10)), family.visit(1, at(3, 10)), family.place.wish(at(4, 10), client_id=alone["id"])
    )
    booked = [
        family.chain.desk.get(f"/v1/appointments/{visit['id']}/history")["items"][0]["data"]["confirmed_with"]
        for visit in booking["visits"]
    ]
    assert booked == [None, booking["visits"][0]["id"], None]


def test_a_booking_that_nobody_made_is_not_there(chain: Chain) -> None:
    chain.desk.get(f"/v1/bookings/{uuid4()}", 404)


def readdress(family: Family, visit: Any, person: Any, expect: int = 200, **given: Any) -> Any:
    told = {"told_client_id": person and person["id"]}
    return family.chain.desk.change(visit, "readdress", expect, **told, **given)


def told_of(family: Family, visit: Any) -> Any:
    """Who gets a reminder of the visit that goes out now."""
    item = {
        "key": f"reminder:{visit['id']}:1:120",
        "chain_id": str(family.chain.id),
        "client_id": visit["client_id"],
        "appointment_id": visit["id"],
        "kind": "reminder",
    }
    [answer] = family.chain.service.post("/internal/v1/recipients", {"items": [item]}, 200)["items"]
    return answer["person_id"]


def test_somebody_else_can_be_told_of_a_visit(family: Family) -> None:
    carer = family.chain.person(name="Demo Carer")
    client = family.place.client
    visit = family.place.book(at(3, 10))
    assert told_of(family, visit) == client["id"]
    assert readdress(family, visit, carer, 409)["code"] == "may_not_be_told"
    relation = relate(family.chain, client, carer, kind="carer", may=["receive_messages"])
    changed = readdress(family, visit, carer)
    assert (changed["told_client_id"], changed["version"], told_of(family, visit)) == (carer["id"], 2, carer["id"])
    assert readdress(family, changed, carer)["version"] == 2
    entry = family.chain.desk.get(f"/v1/appointments/{visit['id']}/history")["items"][1]
    assert (entry["name"], entry["changed"]) == (
        "scheduling.appointment_readdressed.v1", {"told_client_id": [None, carer["id"]]}
    )  # fmt: skip
    path = f"/v1/clients/{client['id']}/relations/{relation['id']}"
    family.chain.desk.patch(path, {"may": ["book"]}, If_Match='"1"')
    assert told_of(family, visit) == client["id"]
    assert readdress(family, changed, None)["told_client_id"] is None


def test_two_who_readdress_a_visit_do_not_overwrite_each_other(family: Family) -> None:
    visit = family.place.book(at(3, 10))
    readdress(family, visit, family.place.client)
    assert readdress(family, visit, None, 412)["code"] == "version_mismatch"
    family.chain.desk.change(visit | {"version": 2}, "cancel")
    assert readdress(family, visit | {"version": 3}, None, 409)["code"] == "appointment_ended"
    other = family.place.book(at(4, 10))
    assert "told_client_id" in readdress(family, other, {"id": str(uuid4())}, 422)["fields"]
    far = family.chain.caller("front_desk", clinics=(family.chain.clinic(name="Other")["id"],))
    far.change(other, "readdress", 404, told_client_id=None)


def test_of_a_gift_another_can_be_told_and_without_a_name_the_giver_is(family: Family) -> None:
    giver, friend, other = (family.chain.person() for _ in range(3))
    visit = family.place.book(at(3, 10), client_id=friend["id"], booker_client_id=giver["id"], gift=True)
    changed = readdress(family, visit, other)
    assert told_of(family, visit) == other["id"]
    assert readdress(family, changed, None)["told_client_id"] == giver["id"]


def test_a_visit_of_a_booking_that_is_readdressed_leaves_the_common_confirmation(family: Family) -> None:
    booking = family.book(family.visit(0, at(3, 10)), family.visit(1, at(3, 10)), booker_client_id=family.mother["id"])
    first, second = booking["visits"]
    item = {
        "key": f"confirmation:{first['id']}:1",
        "chain_id": str(family.chain.id),
        "client_id": first["client_id"],
        "appointment_id": first["id"],
        "kind": "confirmation",
        "announcement": "booked",
    }

    def also() -> list[str]:
        [answer] = family.chain.service.post("/internal/v1/recipients", {"items": [item]}, 200)["items"]
        return [each["visit"]["id"] for each in answer.get("also", ())]

    assert also() == [second["id"]]
    readdress(family, second, family.mother)
    assert also() == []

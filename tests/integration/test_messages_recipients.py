"""What scheduling answers about recipients is what senders understand, over HTTP and with a service token."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from shared.embedded.processes import free_port
from shared.ids import new_id
from shared.minting import mint_service_token
from tests.support.api import Chain, Keys, at
from tests.support.messages import due
from tests.support.providers import served
from workers.messages.model import Due, ErasureReceipt, Letter, Recipient, Unreachable, Way
from workers.messages.recipients import Recipients, SchedulingAway
from workers.messages.texts import mail
from workers.messages.verdict import verdict

SOON = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def recipients(scheduling_app: Flask, keys: Keys) -> Iterator[Recipients]:
    with served(scheduling_app) as url:
        asked = Recipients(url, lambda: mint_service_token(keys.service, subject="workers", to="scheduling"))
        yield asked
        asked.close()


def about(visit: dict[str, str], chain: Chain) -> Due:
    starts_at = datetime.fromisoformat(visit["starts_at"])
    return due(
        key=f"confirmation:{visit['id']}:1",
        chain_id=chain.id,
        client_id=UUID(visit["client_id"]),
        about=UUID(visit["id"]),
        visit_starts_at=starts_at,
        not_after=starts_at,
    )


def test_a_booked_visit_is_answered_with_all_that_a_message_needs(recipients: Recipients, chain: Chain) -> None:
    place = chain.ready()
    visit = place.book(at(3))
    row = about(visit, chain)
    answer = recipients.ask([row])[row.key]
    assert isinstance(answer, Recipient)
    assert (answer.name, answer.address, answer.channel) == ("Demo Client", "client@demo.example", "email")
    assert (answer.time_zone, answer.locale, answer.chain_name) == ("Europe/Berlin", "en", "Demo demo")
    assert answer.link.startswith("http")
    assert answer.visit.starts_at == row.visit_starts_at
    assert (answer.visit.id, answer.visit.status, answer.visit.version) == (row.about, "booked", visit["version"])
    assert (answer.visit.clinic_name, answer.visit.address.line) == ("Clinic", "Demo Street 1")
    assert (answer.visit.latitude_e6, answer.visit.time_zone) == (52_520_000, "Europe/Berlin")
    assert answer.visit.initiator is None
    assert verdict(row, answer, SOON) is None


def test_a_letter_is_answered_with_all_that_it_needs(recipients: Recipients, chain: Chain) -> None:
    client = chain.person()
    point = client["contact_points"][0]
    wish = chain.desk.post(f"/v1/clients/{client['id']}/contact-points/{point['id']}/check")
    row = due(kind="contact_check", chain_id=chain.id, about=UUID(wish["id"]), visit_starts_at=None)
    answer = recipients.ask([row])[row.key]
    assert isinstance(answer, Letter)
    assert (answer.address, answer.channel, answer.locale) == ("client@demo.example", "email", "en")
    assert answer.link.endswith("/address")
    assert answer.good_until == datetime.fromisoformat(wish["good_until"])
    assert verdict(row, answer, SOON) is None


def test_somebody_who_permits_it_is_asked_how_they_are_at_their_address_and_others_are_not(
    recipients: Recipients, chain: Chain
) -> None:
    client = chain.person()
    row = due(kind="check_in", key=f"check_in:{new_id()}:0", chain_id=chain.id, client_id=UUID(client["id"]))
    stranger = replace(row, key=f"check_in:{new_id()}:0", client_id=new_id())
    path = f"/v1/clients/{client['id']}/permissions"
    chain.desk.post(f"{path}/give", {"purpose": "care"}, 200, If_Match="*")
    found = recipients.addresses([row, stranger])
    way = found[row.key]
    assert isinstance(way, Way)
    assert (way.address, way.channel, way.time_zone, way.locale) == (
        "client@demo.example",
        "email",
        "Europe/Berlin",
        "en",
    )
    assert found[stranger.key] == Unreachable("gone")
    chain.desk.post(f"{path}/withdraw", {"purpose": "care"}, 200, If_Match="*")
    assert recipients.addresses([row]) == {row.key: Unreachable("no_consent")}


def test_only_where_others_read_or_are_told_is_it_said_whose_a_message_is_and_by_an_initial(
    recipients: Recipients, chain: Chain
) -> None:
    anna, ben = chain.person(name="Anna Demo", email="both@demo.example"), chain.person(name="Ben Demo")
    child = chain.person(name="Zoe Demo", email=None, birth_date="2020-05-01")
    may = ["receive_messages", "see_care"]
    relation = {"related_client_id": ben["id"], "kind": "guardian", "may": may, "source": "document"}
    chain.desk.post(f"/v1/clients/{child['id']}/relations", relation)
    for each in (anna, ben):
        chain.desk.post(f"/v1/clients/{each['id']}/permissions/give", {"purpose": "care"}, 200, If_Match="*")

    def whose() -> list[str | None]:
        rows = [
            due(kind="homework", key=f"homework:{new_id()}:1", chain_id=chain.id, client_id=UUID(each["id"]))
            for each in (anna, ben, child)
        ]
        ways = recipients.addresses(rows)
        return [way.whose if isinstance(way := ways[row.key], Way) else way.reason for row in rows]

    assert whose() == [None, None, "Z."]
    chain.person(name="Carl Demo", email="both@demo.example")
    assert whose() == ["A.", None, "Z."]


def test_a_receipt_of_an_erasure_is_answered_until_it_is_settled(recipients: Recipients, chain: Chain) -> None:
    client = chain.person(locale="de")
    request = chain.desk.post(f"/v1/clients/{client['id']}/erasure-requests")
    chain.admin.post(f"/v1/erasure-requests/{request['id']}/confirm", {}, 200, If_Match="*")
    row = due(kind="erasure", chain_id=chain.id, about=UUID(request["id"]), visit_starts_at=None)
    answer = recipients.ask([row])[row.key]
    assert isinstance(answer, ErasureReceipt)
    assert (answer.address, answer.channel, answer.locale) == ("client@demo.example", "email", "de")
    assert "contact" in answer.erased.classes
    assert "Ihre Daten wurden gelöscht" in mail(row, answer).text
    assert verdict(row, answer, SOON) is None
    recipients.settle_receipts([{"chain_id": str(chain.id), "request_id": request["id"], "outcome": "sent"}])
    assert recipients.ask([row])[row.key] == Unreachable("gone")


def test_a_cancelled_visit_says_so_and_who_cancelled(recipients: Recipients, chain: Chain) -> None:
    visit = chain.ready().book(at(3))
    chain.desk.change(visit, "cancel", initiator="clinic")
    row = replace(about(visit, chain), announcement="cancelled")
    answer = recipients.ask([row])[row.key]
    assert isinstance(answer, Recipient)
    assert (answer.visit.status, answer.visit.initiator) == ("cancelled", "clinic")
    assert verdict(row, answer, SOON) is None


@pytest.mark.parametrize(
    ("client", "reason"),
    [
        ({"email": None}, "no_contact"),
        ({"preferred_channel": "sms", "fallback_channel": "none"}, "no_contact"),
        ({"preferred_channel": "none"}, "no_consent"),
    ],
)
def test_a_client_who_cannot_be_reached_is_answered_with_the_reason(
    recipients: Recipients, chain: Chain, client: dict[str, str], reason: str
) -> None:
    place = replace(chain.ready(), client=chain.person(**client))
    row = about(place.book(at(3)), chain)
    assert recipients.ask([row]) == {row.key: Unreachable(reason)}


def test_a_visit_that_nobody_knows_is_gone(recipients: Recipients, chain: Chain) -> None:
    row = due(chain_id=chain.id, about=new_id())
    assert recipients.ask([row]) == {row.key: Unreachable("gone")}


def test_several_chains_are_asked_about_together(
    recipients: Recipients, new_chain: Iterator[Chain], chain: Chain
) -> None:
    other: Chain = new_chain("other")  # type: ignore[operator]
    rows = [about(each.ready().book(at(3)), each) for each in (chain, other)]
    answers = recipients.ask(rows)
    names = [answer.chain_name for answer in (answers[row.key] for row in rows) if isinstance(answer, Recipient)]
    assert names == ["Demo demo", "Demo other"]


@pytest.mark.parametrize("token", ["", "not.a.token"])
def test_a_refused_token_and_a_closed_door_count_as_away(scheduling_app: Flask, chain: Chain, token: str) -> None:
    with served(scheduling_app) as url:
        asked = Recipients(url, lambda: token)
        with pytest.raises(SchedulingAway):
            asked.ask([due(chain_id=chain.id)])
        asked.close()
    asked = Recipients(f"http://127.0.0.1:{free_port()}", lambda: token)
    with pytest.raises(SchedulingAway):
        asked.ask([due(chain_id=chain.id)])
    asked.close()


def asked_about(visit: Any, chain: Chain, announcement: Any = "booked") -> Due:
    return replace(about(visit, chain), announcement=announcement)


def relate(chain: Chain, client: Any, related: Any, **given: Any) -> Any:
    body = {"related_client_id": related["id"], "kind": "guardian", "may": ["receive_messages"], "source": "client"}
    return chain.desk.post(f"/v1/clients/{client['id']}/relations", body | given)


@pytest.fixture
def child(chain: Chain) -> Any:
    born_on = at(-3000).date().isoformat()
    return chain.person(name="Demo Child", email=None, birth_date=born_on)


def test_a_message_about_a_child_goes_to_the_guardian_and_names_the_child(
    recipients: Recipients, chain: Chain, child: Any
) -> None:
    mother = chain.person(name="Demo Mother", email="mother@demo.example", locale="de", time_zone="Asia/Tokyo")
    relation = relate(chain, child, mother)
    place = replace(chain.ready(), client=child)
    visit = place.book(at(3))
    assert (visit["reachable"], visit["unreachable_reason"]) == (True, None)
    row = asked_about(visit, chain)
    told = recipients.ask([row])[row.key]
    assert isinstance(told, Recipient)
    assert (told.name, told.address, told.locale, told.time_zone) == (
        "Demo Mother", "mother@demo.example", "de", "Asia/Tokyo",
    )  # fmt: skip
    assert told.visit.client_name == "Demo Child"
    chain.desk.post(
        f"/v1/clients/{child['id']}/relations/{relation['id']}/end", {}, 200, If_Match=f'"{relation["version"]}"'
    )
    assert recipients.ask([row])[row.key] == Unreachable("nobody_to_tell")
    shown = chain.desk.get(f"/v1/appointments/{visit['id']}")
    assert (shown["reachable"], shown["unreachable_reason"]) == (False, "nobody_to_tell")
    assert not chain.desk.get(f"/v1/clients/{child['id']}")["reachable"]


def test_a_second_guardian_is_told_when_the_first_cannot_be_reached(
    recipients: Recipients, chain: Chain, child: Any
) -> None:
    silent, father = chain.person(email=None), chain.person(name="Demo Father", email="father@demo.example")
    for guardian in (silent, father):
        relate(chain, child, guardian)
    row = asked_about(replace(chain.ready(), client=child).book(at(3)), chain)
    told = recipients.ask([row])[row.key]
    assert isinstance(told, Recipient)
    assert told.name == "Demo Father"


def test_of_a_gift_the_giver_is_told_and_the_one_who_comes_is_not(recipients: Recipients, chain: Chain) -> None:
    giver = chain.person(name="Demo Giver", email="giver@demo.example")
    row = asked_about(chain.ready().book(at(3), booker_client_id=giver["id"], gift=True), chain)
    told = recipients.ask([row])[row.key]
    assert isinstance(told, Recipient)
    assert (told.address, told.visit.client_name) == ("giver@demo.example", "Demo Client")


def test_visits_made_in_one_go_are_answered_together_each_with_a_link_of_its_own(
    recipients: Recipients, chain: Chain, child: Any
) -> None:
    mother = chain.person(name="Demo Mother", email="mother@demo.example")
    relate(chain, child, mother)
    place = chain.ready()
    wishes = [place.wish(at(3, hour), client_id=child["id"]) for hour in (10, 12, 14)]
    booking = chain.desk.post("/v1/bookings", {"visits": [*wishes, place.wish(at(4))]})
    first, second, third, alone = booking["visits"]
    chain.desk.change(second, "cancel")
    row = asked_about(first, chain)
    told = recipients.ask([row])[row.key]
    assert isinstance(told, Recipient)
    assert [each.visit.id for each in told.together] == [UUID(first["id"]), UUID(third["id"])]
    assert len({each.link for each in (told, *told.also)}) == 3
    assert {each.name for each in told.also} == {"Demo Mother"}
    assert verdict(row, told, SOON) is None
    moved = asked_about(first, chain, "moved")
    answer = recipients.ask([moved])[moved.key]
    assert isinstance(answer, Recipient)
    assert answer.also == ()
    own = asked_about(alone, chain)
    answer = recipients.ask([own])[own.key]
    assert isinstance(answer, Recipient)
    assert (answer.name, answer.also) == ("Demo Client", ())


def test_a_relation_lasts_when_one_of_the_two_is_merged_into_another_client(
    recipients: Recipients, chain: Chain, child: Any
) -> None:
    mother, same_mother = (
        chain.person(name=name, email="mother@demo.example") for name in ("Demo Mother", "Demo Mother again")
    )
    relate(chain, child, mother)
    row = asked_about(replace(chain.ready(), client=child).book(at(3)), chain)
    chain.desk.post(f"/v1/clients/{mother['id']}/merge", {"into": same_mother["id"]}, 200)
    told = recipients.ask([row])[row.key]
    assert isinstance(told, Recipient)
    assert told.name == "Demo Mother again"
    assert [each["related_client_id"] for each in chain.desk.get(f"/v1/clients/{mother['id']}/relations")["items"]] == [
        same_mother["id"]
    ]

"""What scheduling answers about recipients is what senders understand, over HTTP and with a service token."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask import Flask

from shared.auth import mint_service_token
from shared.embedded.processes import free_port
from shared.ids import new_id
from tests.support.api import Chain, Keys, at
from tests.support.messages import due
from tests.support.providers import served
from workers.messages.model import Due, Recipient, Unreachable
from workers.messages.recipients import Recipients, SchedulingAway
from workers.messages.verdict import verdict

SOON = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def recipients(scheduling_app: Flask, keys: Keys) -> Iterator[Recipients]:
    with served(scheduling_app) as url:
        asked = Recipients(url, lambda: mint_service_token(keys.service, subject="workers"))
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

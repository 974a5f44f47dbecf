"""Messages of homework: one when it stands, replaced by a newer one, withdrawn when it is over, with a link each."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from shared.events import treatment_homework as h
from shared.events.scheduling_erasure import ClientErased
from shared.events.scheduling_people import ClientsMerged
from shared.events.treatment_links import ClientLinkAsked
from shared.events.treatment_sessions import SessionSigned
from shared.ids import new_id
from shared.settings import DatabaseSettings
from tests.contracts.examples import EXAMPLES
from tests.support.asking import WAY
from tests.support.messages import CHAIN, at
from tests.support.sending import NOON, Office, an_office
from tests.support.workers import client, policy
from workers.rebuild import plan_again

GIVEN: h.HomeworkAssigned = EXAMPLES["treatment.homework_assigned.v1"]
REVISED: h.HomeworkRevised = EXAMPLES["treatment.homework_revised.v1"]
STOPPED: h.HomeworkStopped = EXAMPLES["treatment.homework_stopped.v1"]
SIGNED: SessionSigned = EXAMPLES["treatment.session_signed.v1"]


@pytest.fixture
def office(workers_db: DatabaseSettings) -> Iterator[Office]:
    with an_office(workers_db) as office:
        yield office


def tell(office: Office, event: Any) -> None:
    office.workers.tell(event, office.clock.now, stream=f"homework-{event.homework_id}")


def given(office: Office, **fields: Any) -> h.HomeworkAssigned:
    """Homework of a session that is not signed, for somebody who is reached by mail."""
    own: dict[str, Any] = {"homework_id": new_id(), "client_id": new_id(), "session_id": new_id()}
    event = replace(GIVEN, **own | {"until": date(2026, 11, 30)} | fields)
    office.scheduling.answers[event.client_id] = WAY
    tell(office, event)
    return event


def sign(office: Office, event: h.HomeworkAssigned) -> None:
    own: dict[str, Any] = {"session_id": event.session_id, "client_id": event.client_id}
    signed = replace(SIGNED, **own)
    office.workers.tell(signed, office.clock.now, stream=f"session-{event.session_id}")


def revise(office: Office, event: h.HomeworkAssigned) -> None:
    tell(office, replace(REVISED, homework_id=event.homework_id, client_id=event.client_id, until=event.until))


def stop(office: Office, event: h.HomeworkAssigned) -> None:
    tell(office, replace(STOPPED, homework_id=event.homework_id, client_id=event.client_id))


def states(office: Office, event: h.HomeworkAssigned) -> list[tuple[str, str | None]]:
    return [(row["state"], row["reason"]) for row in office.workers.rows(event.homework_id)]


def send_at(office: Office, wall: str) -> int:
    """How many mails have gone out by then."""
    office.clock.now = at(wall)
    office.send()
    return len(office.mail.taken)


def test_it_is_told_of_once_half_an_hour_after_the_session_was_signed(office: Office) -> None:
    event = given(office)
    assert office.workers.rows() == []
    for _ in range(2):
        sign(office, event)
    assert send_at(office, "2026-11-10 12:29") == 0
    assert [send_at(office, "2026-11-10 12:30"), send_at(office, "2026-11-10 12:31")] == [1, 1]
    assert office.treatment.asked == [str(event.homework_id)]
    assert office.scheduling.asked[-1][0]["purpose"] == "care"
    body = message_from_bytes(office.mail.taken[0][1], policy=default).get_body(("plain",))
    assert body is not None
    assert "https://care.demo.example/c/demo.1" in body.get_content()


def test_what_is_given_in_the_evening_goes_out_in_the_morning(office: Office) -> None:
    event = given(office)
    office.clock.now = at("2026-11-10 20:45")
    sign(office, event)
    assert send_at(office, "2026-11-10 21:15") == 0
    assert send_at(office, "2026-11-11 07:59") == 0
    assert send_at(office, "2026-11-11 08:00") == 1


def test_where_no_session_is_named_or_it_was_signed_before_nothing_is_waited_for(office: Office) -> None:
    given(office, session_id=None)
    late = given(office)
    sign(office, late)
    tell(office, replace(late, homework_id=new_id(), client_id=late.client_id))
    assert send_at(office, "2026-11-10 12:30") == 2


def test_what_is_changed_before_it_goes_out_is_told_of_once_and_afterwards_again(office: Office) -> None:
    event = given(office)
    revise(office, event)
    sign(office, event)
    office.clock.now = at("2026-11-10 12:20")
    revise(office, event)
    assert send_at(office, "2026-11-10 12:30") == 0
    assert send_at(office, "2026-11-10 12:50") == 1
    revise(office, event)
    assert send_at(office, "2026-11-10 13:20") == 2
    assert sorted(states(office, event)) == [("sent", None), ("sent", None), ("withdrawn", "replaced")]


def test_newer_homework_takes_the_place_of_what_has_not_gone_out(office: Office) -> None:
    first = given(office, session_id=None)
    second = given(office, session_id=None, client_id=first.client_id)
    assert states(office, first) == [("withdrawn", "replaced")]
    stop(office, second)
    assert [states(office, each) for each in (first, second)] == [[("pending", None)], [("withdrawn", "stopped")]]
    assert send_at(office, "2026-11-10 12:30") == 1
    assert office.treatment.asked == [str(first.homework_id)]


def test_what_is_stopped_over_or_of_somebody_who_was_erased_is_told_of_no_more(office: Office) -> None:
    stopped, over, erased = given(office, session_id=None), given(office, until=date(2026, 11, 9)), given(office)
    stop(office, stopped)
    sign(office, over)
    sign(office, erased)
    gone: ClientErased = EXAMPLES["scheduling.client_erased.v1"]
    ids: dict[str, Any] = {"client_id": erased.client_id, "client_ids": (erased.client_id,)}
    office.workers.tell(replace(gone, **ids), NOON, stream=f"erasure-{erased.client_id}")
    assert send_at(office, "2026-11-10 12:30") == 0
    assert [states(office, each) for each in (stopped, over, erased)] == [
        [("withdrawn", "stopped")],
        [],
        [("withdrawn", "erased")],
    ]


def test_treatment_knows_first_that_there_is_nothing_to_do(office: Office) -> None:
    event = given(office, session_id=None)
    office.treatment.stops[event.homework_id] = "stopped"
    assert send_at(office, "2026-11-10 12:30") == 0
    assert states(office, event) == [("withdrawn", "stopped")]


def test_the_mail_and_the_page_say_whose_it_is_where_several_read(office: Office) -> None:
    event = given(office, session_id=None)
    office.scheduling.answers[event.client_id] = WAY | {"whose": "A."}
    send_at(office, "2026-11-10 12:30")
    assert office.treatment.named == ["A."]
    assert b"Subject: For you to do at home (A.)" in office.mail.taken[0][1]


def test_whom_nothing_reaches_is_told_nothing_and_no_link_is_made(office: Office) -> None:
    event = given(office, session_id=None)
    office.scheduling.answers[event.client_id] = "no_consent"
    assert send_at(office, "2026-11-10 12:30") == 0
    assert states(office, event) == [("stopped", "no_consent")]
    assert office.treatment.asked == []


def test_who_was_merged_is_one_person_and_hears_of_what_came_last(office: Office) -> None:
    one, other = given(office, session_id=None), given(office, session_id=None)
    merged = ClientsMerged(client_id=one.client_id, into_id=other.client_id)
    office.workers.tell(merged, office.clock.now, stream=f"client-{one.client_id}")
    assert [states(office, each)[0][0] for each in (one, other)] == ["withdrawn", "pending"]


def test_who_has_lost_the_link_gets_another_at_once_and_newer_homework_does_not_stop_it(office: Office) -> None:
    event = given(office, session_id=None)
    send_at(office, "2026-11-10 12:30")
    office.clock.now = at("2026-11-10 23:30")
    fresh = ClientLinkAsked(
        request_id=new_id(),
        client_id=event.client_id,
        purpose="homework",
        about=event.homework_id,
        asked_at=office.clock.now,
    )
    for _ in range(2):
        office.workers.tell(fresh, office.clock.now, stream=f"client_links-{event.client_id}")
    given(office, session_id=None, client_id=event.client_id)
    assert send_at(office, "2026-11-10 23:31") == 2
    assert office.treatment.asked == [str(event.homework_id)] * 2


def test_quiet_hours_of_the_chain_and_the_clients_clock_count_for_what_waits(office: Office) -> None:
    event = given(office, session_id=None)
    office.workers.tell(policy("12:00", "14:00"), NOON, stream=f"chain-{CHAIN}")
    office.workers.tell(client(event.client_id, "Asia/Tokyo"), NOON, stream=f"client-{event.client_id}")
    [row] = office.workers.rows(event.homework_id)
    assert (row["quiet_from"], row["quiet_to"]) == (720, 840)
    assert row["not_after"] < at("2026-12-01 00:00", "Asia/Tokyo")


def test_a_rebuild_adds_what_is_missing_and_still_ahead(office: Office) -> None:
    event = given(office, session_id=None)
    office.workers.change("UPDATE due_messages SET key = 'gone:' || key, about = client_id")
    plan_again(office.workers.engine, at("2026-11-10 12:31"))
    assert office.workers.rows(event.homework_id) == []
    plan_again(office.workers.engine, NOON)
    assert [row["due_at"] for row in office.workers.rows(event.homework_id)] == [at("2026-11-10 12:30")]

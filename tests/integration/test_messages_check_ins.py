"""Messages of check-ins: planned once, sent once with a link that treatment has given, withdrawn, and told back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.events import treatment_check_ins as c
from shared.events.scheduling_contacts import MessageFailed
from shared.events.scheduling_erasure import ClientErased
from shared.events.treatment_links import ClientLinkAsked
from shared.ids import new_id
from shared.settings import DatabaseSettings
from tests.contracts.examples import EXAMPLES
from tests.contracts.examples_of_check_ins import FILLED
from tests.support.asking import WAY
from tests.support.messages import CHAIN, NUMBER, at
from tests.support.sending import NOON, Office, an_office
from tests.support.workers import client, client_changed, policy
from workers.messages.telling import tell_outcomes
from workers.rebuild import plan_again

EVENING = at("2026-11-10 18:00")
PLAN: c.CheckInPlanned = next(event for event in FILLED if isinstance(event, c.CheckInPlanned))


@pytest.fixture
def office(workers_db: DatabaseSettings) -> Iterator[Office]:
    with an_office(workers_db) as office:
        yield office


def planned(office: Office, **fields: Any) -> c.CheckInPlanned:
    """A question for the evening of the tenth, to somebody who is reached by mail."""
    own: dict[str, Any] = {"check_in_id": new_id(), "client_id": new_id(), "due_on": EVENING.date()}
    event = replace(PLAN, **own | fields)
    office.scheduling.answers[event.client_id] = WAY
    tell(office, event)
    return event


def tell(office: Office, event: Any) -> None:
    office.workers.tell(event, office.clock.now, stream=f"check_ins-{event.client_id}")


def cancelled(event: c.CheckInPlanned, cause: c.CancelReason = "replaced") -> c.CheckInCancelled:
    return c.CheckInCancelled(
        check_in_id=event.check_in_id, client_id=event.client_id, cause=cause, cancelled_at=EVENING
    )


def answered(event: c.CheckInPlanned) -> c.CheckInAnswered:
    told = next(each for each in FILLED if isinstance(each, c.CheckInAnswered))
    return replace(told, check_in_id=event.check_in_id, client_id=event.client_id)


def states(office: Office, event: c.CheckInPlanned) -> list[tuple[str, str | None]]:
    return [(row["state"], row["reason"]) for row in office.workers.rows(event.check_in_id)]


def send_at(office: Office, wall: str) -> None:
    office.clock.now = at(wall)
    office.send()


def test_an_invitation_goes_out_once_in_the_evening_with_a_fresh_link(office: Office) -> None:
    event = planned(office)
    tell(office, event)
    send_at(office, "2026-11-10 17:59")
    assert office.mail.taken == []
    send_at(office, "2026-11-10 18:00")
    send_at(office, "2026-11-10 18:01")
    assert len(office.mail.taken) == 1
    assert office.treatment.asked == [str(event.check_in_id)]
    assert [state for state, _ in states(office, event)] == ["sent", "pending", "pending"]
    [question] = office.scheduling.asked[-1]
    assert question == {
        "key": f"check_in:{event.check_in_id}:0",
        "chain_id": str(CHAIN),
        "client_id": str(event.client_id),
        "purpose": "care",
    }


def test_two_reminders_follow_and_then_nothing(office: Office) -> None:
    planned(office)
    for day in range(10, 20):
        send_at(office, f"2026-11-{day} 18:00")
    assert len(office.mail.taken) == 3


@pytest.mark.parametrize("settled", ["answered", "cancelled"])
def test_who_has_answered_or_is_not_asked_any_more_gets_no_reminder(office: Office, settled: str) -> None:
    event = planned(office)
    send_at(office, "2026-11-10 18:00")
    tell(office, answered(event) if settled == "answered" else cancelled(event, "opted_out"))
    send_at(office, "2026-11-11 18:00")
    reason = "answered" if settled == "answered" else "opted_out"
    assert states(office, event) == [("sent", None), ("withdrawn", reason), ("withdrawn", reason)]
    assert len(office.mail.taken) == 1


def test_treatment_knows_first_that_a_question_is_not_asked_any_more(office: Office) -> None:
    event = planned(office)
    office.treatment.stops[event.check_in_id] = "answered"
    send_at(office, "2026-11-10 18:00")
    assert states(office, event)[0] == ("withdrawn", "answered")
    assert office.mail.taken == []


def test_while_treatment_is_away_questions_wait_and_all_else_is_sent(office: Office) -> None:
    event = planned(office)
    visit = office.book()
    office.treatment.away = True
    send_at(office, "2026-11-10 18:00")
    assert office.confirmation(visit)["state"] == "sent"
    first, *_ = office.workers.rows(event.check_in_id)
    assert (first["state"], first["attempts"]) == ("pending", 0)
    office.treatment.away = False
    send_at(office, "2026-11-10 18:01")
    assert states(office, event)[0] == ("sent", None)


def test_no_message_without_a_link_and_none_to_who_does_not_want_it(office: Office) -> None:
    event = planned(office)
    office.scheduling.answers[event.client_id] = "no_consent"
    send_at(office, "2026-11-10 18:00")
    assert states(office, event)[0] == ("stopped", "no_consent")
    assert office.mail.taken == []
    assert office.treatment.asked == [], "whom nothing reaches is not asked for nothing"


def test_one_question_that_treatment_cannot_answer_keeps_no_other_back(office: Office) -> None:
    broken, fine = planned(office), planned(office)
    office.treatment.silent.add(broken.check_in_id)
    send_at(office, "2026-11-10 18:00")
    assert states(office, fine)[0] == ("sent", None)
    assert states(office, broken)[0] == ("pending", "not_understood")


def test_a_number_is_asked_by_sms(office: Office) -> None:
    event = planned(office)
    office.scheduling.answers[event.client_id] = WAY | {"channel": "sms", "address": NUMBER}
    send_at(office, "2026-11-10 18:00")
    assert states(office, event)[0] == ("sent", None)
    assert len(office.sms.taken) == 1


def test_it_is_evening_on_the_clock_of_a_client_who_moves(office: Office) -> None:
    event = planned(office)
    office.workers.tell(client(event.client_id), NOON, stream=f"client-{event.client_id}")
    office.workers.tell(client_changed(event.client_id, "Asia/Tokyo"), NOON, stream=f"client-{event.client_id}")
    first, *_ = office.workers.rows(event.check_in_id)
    assert first["due_at"] == at("2026-11-10 18:00", "Asia/Tokyo")


def test_quiet_hours_of_the_chain_count_for_what_is_planned(office: Office) -> None:
    event = planned(office)
    office.workers.tell(policy("17:00", "08:00"), NOON, stream=f"chain-{CHAIN}")
    first, *_ = office.workers.rows(event.check_in_id)
    assert first["due_at"] == at("2026-11-10 16:45")


def test_who_was_erased_is_asked_nothing(office: Office) -> None:
    event = planned(office)
    gone: ClientErased = EXAMPLES["scheduling.client_erased.v1"]
    ids: dict[str, Any] = {"client_id": event.client_id, "client_ids": (event.client_id,)}
    office.workers.tell(replace(gone, **ids), NOON, stream=f"erasure-{event.client_id}")
    send_at(office, "2026-11-10 18:00")
    assert {state for state, _ in states(office, event)} == {"withdrawn"}


def fresh_link(event: c.CheckInPlanned) -> ClientLinkAsked:
    return ClientLinkAsked(
        request_id=new_id(), client_id=event.client_id, purpose="check_in", about=event.check_in_id, asked_at=EVENING
    )


def test_who_has_lost_a_link_gets_another_at_once_and_treatment_is_told_of_one_invitation(office: Office) -> None:
    event = planned(office)
    send_at(office, "2026-11-10 18:00")
    office.clock.now = at("2026-11-10 23:30")
    asked = fresh_link(event)
    for _ in range(2):
        office.workers.tell(asked, office.clock.now, stream=f"client_links-{event.client_id}")
    office.send()
    office.send()
    assert len(office.mail.taken) == 2, "also at night, since somebody waits for it"
    assert office.treatment.asked == [str(event.check_in_id)] * 2
    assert told(office) == [(0, "sent", "email")]


def test_no_other_link_goes_out_once_the_question_is_answered(office: Office) -> None:
    event = planned(office)
    send_at(office, "2026-11-10 18:00")
    office.workers.tell(fresh_link(event), office.clock.now, stream=f"client_links-{event.client_id}")
    tell(office, answered(event))
    office.send()
    assert len(office.mail.taken) == 1


def told(office: Office) -> list[tuple[int, str, str | None]]:
    sender = office.sender()
    tell_outcomes(sender.engine, sender.treatment, office.clock.now)
    return [
        (item["ordinal"], item["outcome"], item.get("channel") or item.get("cause"))
        for item in office.treatment.outcomes
    ]


def test_treatment_is_told_once_what_was_sent_and_again_when_it_did_not_arrive(office: Office) -> None:
    event = planned(office)
    send_at(office, "2026-11-10 18:00")
    assert told(office) == told(office) == [(0, "sent", "email")]
    failed = MessageFailed(
        message_key=f"check_in:{event.check_in_id}:0",
        appointment_id=None,
        client_id=event.client_id,
        contact_point_id=new_id(),
        channel="email",
        code="5.1.1 gone\nto nobody" + "é" * 200,
    )
    for _ in range(2):
        office.workers.tell(failed, office.clock.now, stream=f"message-{failed.message_key}")
    assert (
        told(office)
        == told(office)
        == [(0, "sent", "email")] * 2 + [(0, "undeliverable", "bounced_5.1.1_gone_to_nobody_")]
    )


def test_an_outcome_that_treatment_refuses_holds_up_no_other_and_is_told_again(office: Office) -> None:
    events = [planned(office), planned(office)]
    send_at(office, "2026-11-10 18:00")
    office.treatment.refused = {events[0].check_in_id}
    assert told(office) == told(office) == [(0, "sent", "email")]
    assert [each["check_in_id"] for each in office.treatment.outcomes] == [str(events[1].check_in_id)]
    office.treatment.refused = set()
    assert told(office) == [(0, "sent", "email")] * 2


def test_treatment_is_told_of_what_could_not_be_sent(office: Office) -> None:
    event = planned(office)
    office.scheduling.answers[event.client_id] = "no_contact"
    send_at(office, "2026-11-10 18:00")
    send_at(office, "2026-11-15 20:00")
    office.treatment.away = True
    assert told(office) == []
    office.treatment.away = False
    found = told(office)
    assert {outcome for _, outcome, _ in found} == {"undeliverable"}
    assert [cause for _, _, cause in found] == ["no_contact", "too_late", "too_late"]


def test_a_rebuild_adds_what_is_missing_and_still_ahead(office: Office) -> None:
    event = planned(office)
    office.workers.change("UPDATE due_messages SET key = 'gone:' || key, about = client_id")
    plan_again(office.workers.engine, EVENING + timedelta(hours=1))
    rows = office.workers.rows(event.check_in_id)
    assert [row["due_at"] for row in rows] == [at("2026-11-11 18:00"), at("2026-11-13 18:00")]

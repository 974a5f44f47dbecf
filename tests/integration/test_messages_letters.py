"""Letters, messages about no visit, are planned once, sent once, and not after their time."""

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from uuid import UUID

import pytest

from shared.erasure_receipt.receipt import Emptied, Erased
from shared.events.scheduling_erasure import ClientErased, ErasureReceiptCompleted
from shared.events.scheduling_links import AddressNoticeAsked, ContactCheckAsked, ExportLinkAsked
from shared.ids import new_id
from shared.settings import DatabaseSettings
from tests.support.messages import CHAIN, letter, staff_notice
from tests.support.sending import NOON, Office, an_office
from workers.erasures import tell_erasures
from workers.messages.model import ErasureReceipt
from workers.messages.settling import settle_receipts

CLIENT, POINT = new_id(), new_id()


@pytest.fixture
def office(workers_db: DatabaseSettings) -> Iterator[Office]:
    with an_office(workers_db) as office:
        yield office


def asked(office: Office, event_class: type = ExportLinkAsked) -> UUID:
    """The id of a link that was asked for at noon."""
    wish = new_id()
    event = event_class(
        request_id=wish, client_id=CLIENT, contact_point_id=POINT, asked_at=NOON, good_until=NOON + timedelta(days=7)
    )
    office.workers.tell(event, NOON, stream=f"links-{CLIENT}")
    office.workers.tell(event, NOON, stream=f"links-{CLIENT}")
    return wish


def states(office: Office) -> list[tuple[str, str, str | None]]:
    return [(row["kind"], row["state"], row["reason"]) for row in office.workers.rows()]


@pytest.mark.parametrize(("event", "kind"), [(ExportLinkAsked, "export"), (ContactCheckAsked, "contact_check")])
def test_a_letter_goes_out_once_without_a_calendar_entry(office: Office, event: type, kind: str) -> None:
    office.scheduling.knows(asked(office, event), letter())
    office.send()
    office.send()
    assert states(office) == [(kind, "sent", None)]
    [(address, content)] = office.mail.taken
    sent = message_from_bytes(content, policy=policy.default)
    assert (address, sent["To"]) == ("client@demo.example", "client@demo.example")
    assert [part.get_content_type() for part in sent.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    [question] = office.scheduling.asked[0]
    assert set(question) == {"key", "chain_id", "kind", "about"}


def test_an_address_that_was_left_hears_of_it_in_few_words(office: Office) -> None:
    office.scheduling.knows(asked(office, AddressNoticeAsked), staff_notice(link=None, address_set_at=None))
    office.send()
    assert states(office) == [("address_notice", "sent", None)]
    [(_, content)] = office.mail.taken
    sent = message_from_bytes(content, policy=policy.default)
    body = sent.get_body(("plain",))
    assert body is not None
    assert "call your clinic" in body.get_content()
    assert "http" not in body.get_content()


def test_a_number_is_asked_by_sms(office: Office) -> None:
    office.scheduling.knows(asked(office, ContactCheckAsked), letter(channel="sms"))
    office.send()
    assert states(office) == [("contact_check", "sent", None)]
    assert len(office.sms.taken) == 1


def test_a_letter_that_may_not_go_any_more_ends_with_the_reason(office: Office) -> None:
    asked(office)
    office.send()
    assert states(office) == [("export", "stopped", "gone")]


def test_a_letter_that_nobody_waits_for_any_more_stays_here(office: Office) -> None:
    office.scheduling.knows(asked(office), letter())
    office.clock.pass_by(hours=25)
    office.send()
    assert states(office) == [("export", "expired", "too_late")]
    assert office.mail.taken == []


def forgotten(office: Office) -> UUID:
    """A client was forgotten at noon, and is to get a receipt."""
    wish = new_id()
    completed = ErasureReceiptCompleted(request_id=wish, client_id=CLIENT, until=NOON + timedelta(hours=72))
    for event in (erased(wish), completed):
        office.workers.tell(event, NOON, stream=f"erasure-{wish}")
    return wish


def erased(request_id: UUID) -> ClientErased:
    return ClientErased(
        request_id=request_id,
        client_id=CLIENT,
        client_ids=(CLIENT,),
        classes=("contact",),
        kept=(),
        undecided=(),
        keys=1,
        swept=(),
        erased_at=NOON,
    )


def receipt() -> ErasureReceipt:
    content = Erased(
        number=CLIENT, on=NOON.date(), classes=("contact",), stores=(Emptied(store="links", rows=1),), kept=()
    )
    return ErasureReceipt(
        address="client@demo.example", channel="email", locale="en", chain_name="Demo", erased=content
    )


def settled(office: Office) -> int:
    sender = office.sender()
    return settle_receipts(sender.engine, sender.recipients, NOON)


def test_what_went_here_is_told_to_scheduling_once_and_not_lost_while_it_is_away(office: Office) -> None:
    asked(office)
    gone = erased(new_id())
    for _ in range(2):
        office.workers.tell(gone, NOON, stream=f"erasure-{gone.request_id}")
    office.scheduling.away = True
    assert told(office) == 0
    office.scheduling.away = False
    assert [told(office), told(office)] == [2, 0]
    one, again = office.scheduling.followed
    assert (one["request_id"], one["classes"]) == (str(gone.request_id), ["contact"])
    assert [each["stores"] for each in (one, again)] == [{"due_messages": 1}, {}]


def told(office: Office) -> int:
    sender = office.sender()
    return tell_erasures(sender.engine, sender.recipients)


def test_who_was_forgotten_gets_one_receipt_and_scheduling_hears_of_it_once(office: Office) -> None:
    wish = forgotten(office)
    office.scheduling.knows(wish, receipt())
    assert settled(office) == 0
    office.send()
    assert states(office) == [("erasure", "sent", None)]
    [(_, content)] = office.mail.taken
    assert b"X-Synergist-Receipt" not in content
    office.scheduling.away = True
    assert settled(office) == 0
    office.scheduling.away = False
    assert [settled(office), settled(office)] == [1, 0]
    assert office.scheduling.receipts == [
        {"chain_id": str(CHAIN), "request_id": str(wish), "outcome": "sent"},
    ]


def test_a_receipt_that_is_refused_is_told_as_failed_and_closes_nothing(office: Office) -> None:
    office.scheduling.knows(forgotten(office), receipt())
    office.mail.rcpt_replies["client@demo.example"] = "550 5.1.1 no such mailbox"
    office.send()
    assert [row["state"] for row in office.workers.rows()] == ["stopped"]
    settled(office)
    assert [each["outcome"] for each in office.scheduling.receipts] == ["failed"]
    assert office.scheduling.refused == []


def test_letters_and_messages_about_visits_go_in_one_batch(office: Office) -> None:
    office.book()
    office.scheduling.knows(asked(office), letter())
    assert office.send() == 2
    assert len(office.mail.taken) == 2

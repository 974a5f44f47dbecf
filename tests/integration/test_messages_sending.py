"""What is due goes out once, late or not at all, whatever the others do meanwhile."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from shared.ids import new_id
from shared.settings import DatabaseSettings
from tests.support.log import booked, cancelled, moved
from tests.support.messages import at, recipient, visit_shown
from tests.support.sending import NOON, Office, an_office
from tests.support.workers import STARTS_AT, client_changed
from workers.messages.leases import LEASE, MOST_ATTEMPTS
from workers.messages.sending import AWAY


@pytest.fixture
def office(workers_db: DatabaseSettings) -> Iterator[Office]:
    with an_office(workers_db) as made:
        yield made


def address(appointment_id: object) -> str:
    return f"{appointment_id}@demo.example"


@pytest.mark.postgres15
def test_a_due_message_is_sent_and_noted(office: Office) -> None:
    visit = office.book()
    assert office.send() == 1
    assert office.mail.addresses() == [address(visit)]
    row = office.confirmation(visit)
    assert (row["state"], row["channel"], row["sent_at"], row["attempts"]) == ("sent", "email", NOON, 1)
    assert office.send() == 0
    assert office.seen == ["sent"]


def test_the_message_carries_its_words_and_its_calendar_entry(office: Office) -> None:
    visit = office.book(locale="de")
    office.send()
    letter = message_from_bytes(office.mail.taken[0][1], policy=policy.default)
    assert isinstance(letter, EmailMessage)
    assert letter["Subject"] == "Ihr Termin am Dienstag, 24. November 2026 um 10:00 Uhr ist gebucht"
    [entry] = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
    assert f"UID:{visit}@visits.synergist" in entry.get_content()


def test_scheduling_is_asked_once_for_a_batch_with_a_service_token(office: Office) -> None:
    visits = {office.book() for _ in range(5)}
    office.send()
    [items] = office.scheduling.asked
    assert {item["appointment_id"] for item in items} == {str(visit) for visit in visits}
    assert {item["kind"] for item in items} == {"confirmation"}
    assert office.scheduling.tokens == ["Bearer a-token"]
    assert office.mail.connections == 1


def test_what_is_not_due_waits(office: Office) -> None:
    visit = office.book()
    office.send()
    office.clock.now = at("2026-11-22 09:59")
    assert office.send() == 0
    office.clock.now = at("2026-11-22 10:00")
    assert office.send() == 1
    assert office.workers.states(visit)["reminder:1:2880"] == ("sent", None)


def test_one_client_with_an_odd_address_keeps_none_of_the_others_waiting(office: Office) -> None:
    visits = [
        office.book(address="two,of@them.example" if number == 0 else f"client{number}@demo.example")
        for number in range(20)
    ]
    office.send()
    assert len(office.mail.taken) == 19
    assert office.workers.states(visits[0])["confirmation:1"] == ("stopped", "invalid_address")
    assert {office.confirmation(visit)["state"] for visit in visits[1:]} == {"sent"}


@pytest.mark.parametrize("reason", ["no_contact", "no_consent", "gone"])
def test_scheduling_may_stop_a_message_with_its_reason(office: Office, reason: str) -> None:
    good, stopped = office.book(), office.book()
    office.scheduling.knows(stopped, reason)
    office.send()
    assert office.mail.addresses() == [address(good)]
    assert office.workers.states(stopped)["confirmation:1"] == ("stopped", reason)


def test_a_refused_address_is_told_to_scheduling_before_its_message_ends(office: Office) -> None:
    good, bad = office.book(), office.book()
    office.mail.rcpt_replies[address(bad)] = "550 5.1.1 no such user"
    office.send()
    assert office.scheduling.refused == [
        {"reference": "demo.receipt", "code": "address_refused_550", "cause": "bounce"}
    ]
    assert office.workers.states(bad)["confirmation:1"] == ("stopped", "address_refused_550")
    assert office.confirmation(good)["state"] == "sent"


def test_a_refusal_that_scheduling_could_not_be_told_is_tried_and_told_again(office: Office) -> None:
    bad = office.book()
    office.mail.rcpt_replies[address(bad)] = "550 5.1.1 no such user"
    office.mail.at_rcpt = lambda: setattr(office.scheduling, "away", True)
    office.send()
    assert office.workers.states(bad)["confirmation:1"] == ("pending", "address_refused_550")
    office.mail.at_rcpt, office.scheduling.away = (lambda: None), False
    office.clock.pass_by(minutes=2)
    office.send()
    assert len(office.scheduling.refused) == 1
    assert office.workers.states(bad)["confirmation:1"] == ("stopped", "address_refused_550")


def test_an_sms_names_where_the_provider_reports(office: Office) -> None:
    office.book(channel="sms", status_url="https://visits.demo.example/hooks/sms/status/demo.receipt")
    office.send()
    assert office.sms.taken[0]["StatusCallback"] == "https://visits.demo.example/hooks/sms/status/demo.receipt"


def test_a_mail_carries_the_reference_by_which_reports_find_it(office: Office) -> None:
    office.book()
    office.send()
    [(_, content)] = office.mail.taken
    assert b"X-Synergist-Receipt: demo.receipt\r\n" in content


def test_an_answer_that_cannot_be_understood_concerns_its_own_message_only(office: Office) -> None:
    good, odd = office.book(), office.book()
    office.scheduling.answers[odd] = {"name": 7}
    office.send()
    assert office.mail.addresses() == [address(good)]
    row = office.confirmation(odd)
    assert (row["state"], row["reason"], row["attempts"]) == ("pending", "not_understood", 1)
    assert row["next_at"] > NOON


def test_a_message_that_cannot_be_written_concerns_itself_only(office: Office) -> None:
    good, odd, lost = office.book(), office.book(), office.book()
    office.scheduling.knows(odd, recipient(visit_shown(id=odd, latitude_e6=10**400)))
    office.scheduling.knows(lost, recipient(visit_shown(id=lost), time_zone="No/Where"))
    office.send()
    assert office.mail.addresses() == [address(good)]
    assert office.confirmation(odd)["reason"] == "cannot_be_written"
    assert office.confirmation(lost)["reason"] == "cannot_be_written"
    office.clock.now = at("2026-11-22 10:00")
    office.send()
    assert office.workers.states(good)["reminder:1:2880"] == ("sent", None)
    assert office.workers.states(lost)["reminder:1:2880"] == ("pending", "cannot_be_written")


def test_a_visit_moved_between_claim_and_send_is_not_told_its_old_time(office: Office) -> None:
    visit = booked(starts_at=STARTS_AT)
    office.workers.tell(visit, NOON)
    office.scheduling.knows(visit.appointment_id)

    def move() -> None:
        if office.workers.versions[f"appointment-{visit.appointment_id}"] == 1:
            office.workers.tell(moved(visit, STARTS_AT + timedelta(days=1)), NOON)

    office.scheduling.before_answering = move
    office.send()
    assert office.mail.taken == []
    assert office.workers.states()["confirmation:1"] == ("withdrawn", "moved")
    later = visit_shown(id=visit.appointment_id, starts_at=STARTS_AT + timedelta(days=1))
    office.scheduling.knows(visit.appointment_id, recipient(later))
    office.send()
    assert office.workers.states()["confirmation:2"] == ("sent", None)


def test_a_visit_that_scheduling_has_moved_but_nobody_here_knows_of_is_not_told_its_old_time(office: Office) -> None:
    visit = office.book()
    office.scheduling.knows(visit, recipient(visit_shown(id=visit, starts_at=STARTS_AT + timedelta(days=1))))
    office.send()
    assert office.mail.taken == []
    assert office.workers.states(visit)["confirmation:1"] == ("withdrawn", "moved")


def test_a_visit_cancelled_between_claim_and_send_is_not_confirmed(office: Office) -> None:
    visit = booked(starts_at=STARTS_AT)
    office.workers.tell(visit, NOON)
    office.scheduling.knows(visit.appointment_id)
    office.scheduling.before_answering = lambda: office.workers.tell(cancelled(visit), NOON)
    office.send()
    assert office.mail.taken == []


def test_a_visit_cancelled_while_its_message_goes_out_is_not_tried_again(office: Office) -> None:
    visit = booked(starts_at=STARTS_AT)
    office.workers.tell(visit, NOON)
    office.scheduling.knows(visit.appointment_id)
    office.mail.data_replies[address(visit.appointment_id)] = "451 try again"
    office.mail.at_data = lambda _: office.workers.tell(cancelled(visit), NOON)
    office.send()
    assert office.workers.states()["confirmation:1"] == ("withdrawn", "cancelled")


def test_two_senders_never_send_the_same_message(office: Office) -> None:
    visits = {address(office.book()) for _ in range(150)}
    start = threading.Barrier(4)

    def race() -> None:
        sender = office.sender()
        start.wait()
        while sender.send_batch():
            pass

    racers = [threading.Thread(target=race) for _ in range(4)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(office.mail.addresses()) == sorted(visits)
    assert {row["state"] for row in office.workers.rows() if row["kind"] == "confirmation"} == {"sent"}


def test_the_rows_of_a_sender_that_died_go_to_another_after_its_lease(office: Office) -> None:
    visit = office.book()
    office.workers.change(
        "UPDATE due_messages SET state = 'leased', lease_token = :token, next_at = :until WHERE kind = 'confirmation'",
        token=new_id(),
        until=NOON + LEASE,
    )
    office.clock.now = NOON + LEASE - timedelta(seconds=1)
    assert office.send() == 0
    office.clock.now = NOON + LEASE
    assert office.send() == 1
    assert office.confirmation(visit)["state"] == "sent"


def died_while_sending(office: Office, channel: str) -> None:
    office.workers.change(
        "UPDATE due_messages SET state = 'sending', lease_token = :token, next_at = :until, channel = :channel,"
        " attempts = 1 WHERE kind = 'confirmation'",
        token=new_id(),
        until=NOON,
        channel=channel,
    )


def test_an_email_whose_sender_died_is_sent_again_under_the_same_id(office: Office) -> None:
    visit = office.book()
    died_while_sending(office, "email")
    office.send()
    row = office.confirmation(visit)
    assert (row["state"], row["attempts"]) == ("sent", 2)


def test_a_text_message_whose_sender_died_is_in_doubt_and_not_sent_again(office: Office) -> None:
    visit = office.book(channel="sms")
    died_while_sending(office, "sms")
    assert office.send() == 0
    assert office.sms.taken == []
    assert office.workers.states(visit)["confirmation:1"] == ("in_doubt", "sender_died")


def test_a_message_that_may_have_gone_out_and_is_unwanted_now_is_in_doubt(office: Office) -> None:
    visit = booked(starts_at=STARTS_AT)
    office.workers.tell(visit, NOON)
    died_while_sending(office, "email")
    office.workers.tell(cancelled(visit), NOON)
    office.send()
    assert office.workers.states()["confirmation:1"] == ("in_doubt", "sender_died")


def test_a_late_sender_expires_what_no_longer_makes_sense(office: Office) -> None:
    visit = office.book()
    office.clock.now = STARTS_AT
    assert office.send() == 0
    assert set(office.workers.states(visit).values()) == {("expired", "too_late")}
    assert office.mail.taken == []


def test_a_late_sender_still_sends_what_makes_sense(office: Office) -> None:
    visit = office.book()
    office.clock.now = at("2026-11-24 09:30")
    office.send()
    assert {state for state, _ in office.workers.states(visit).values()} == {"sent"}


def test_a_reminder_that_is_late_waits_for_the_morning_of_the_client(office: Office) -> None:
    visit = office.book(time_zone="America/New_York")
    changed = client_changed(next(row["client_id"] for row in office.workers.rows()), "America/New_York")
    office.workers.tell(changed, NOON, stream="client-1")
    office.send()
    office.clock.now = at("2026-11-22 22:00", "America/New_York")
    assert office.send() == 1
    [row] = [row for row in office.workers.rows(visit) if row["key"].endswith(":2880")]
    assert (row["state"], row["attempts"], row["next_at"]) == ("pending", 0, at("2026-11-23 08:00", "America/New_York"))
    office.clock.now = row["next_at"]
    office.send()
    assert office.workers.states(visit)["reminder:1:2880"] == ("sent", None)


def test_a_reminder_whose_morning_would_come_too_late_expires(office: Office) -> None:
    visit = office.workers.book(NOON, starts_at=at("2026-11-24 07:30"))
    office.scheduling.knows(
        visit.appointment_id, recipient(visit_shown(id=visit.appointment_id, starts_at=visit.starts_at))
    )
    office.clock.now = at("2026-11-23 21:30")
    office.send()
    assert office.workers.states()["reminder:1:120"] == ("expired", "quiet_until_too_late")


def test_scheduling_away_costs_time_and_nothing_else(office: Office) -> None:
    visit = office.book()
    office.scheduling.away = True
    assert office.send() == 0
    row = office.confirmation(visit)
    assert (row["state"], row["attempts"], row["lease_token"]) == ("pending", 0, None)
    assert NOON < row["next_at"] < NOON + 2 * AWAY
    office.scheduling.away = False
    office.clock.now = row["next_at"]
    office.send()
    assert office.confirmation(visit)["state"] == "sent"


def test_what_keeps_failing_is_given_up_with_its_last_reason(office: Office) -> None:
    visit = office.book()
    office.mail.data_replies[address(visit)] = "451 try again"
    waits = []
    for _ in range(MOST_ATTEMPTS):
        office.send()
        waits.append(office.confirmation(visit)["next_at"] - office.clock.now)
        office.clock.now += waits[-1]
    office.send()
    assert office.workers.states(visit)["confirmation:1"] == ("stopped", "gave_up: message_refused_451")
    assert waits[0] < timedelta(minutes=1) < timedelta(minutes=40) < waits[-1]
    assert len(set(waits)) > 2


def test_a_sender_lets_go_of_what_it_cannot_send_within_its_lease(office: Office) -> None:
    visits = [office.book() for _ in range(3)]
    office.mail.at_data = lambda _: office.clock.pass_by(seconds=15)
    office.send()
    assert len(office.mail.taken) == 1
    states = sorted(office.confirmation(visit)["state"] for visit in visits)
    assert states == ["pending", "pending", "sent"]
    office.mail.at_data = lambda _: None
    assert office.send() == 2


def test_outcomes_wait_for_a_database_that_is_locked_for_a_moment(office: Office) -> None:
    visit = office.book()
    with office.workers.engine.connect() as other:
        freed = threading.Timer(0.3, other.rollback)

        def lock(_: str) -> None:
            other.exec_driver_sql("SELECT * FROM due_messages FOR UPDATE")
            freed.start()

        office.mail.at_data = lock
        office.sender(options="-c lock_timeout=50").send_batch()
        freed.join()
    assert office.confirmation(visit)["state"] == "sent"


def test_outcomes_are_written_although_the_database_has_cut_every_connection(
    office: Office, workers_db: DatabaseSettings
) -> None:
    visits = [office.book() for _ in range(3)]
    everybody = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'workers_api'"

    def cut(_: str) -> None:
        with psycopg.connect(workers_db.api) as own:
            own.execute(f"{everybody} AND datname = current_database() AND pid <> pg_backend_pid()")

    office.mail.at_data = cut
    with pytest.raises(OperationalError):
        office.send()
    office.mail.at_data = lambda _: None
    office.workers.engine.dispose()
    assert sorted(office.confirmation(visit)["state"] for visit in visits) == ["pending", "pending", "sent"]
    assert office.send() == 2
    assert len(office.mail.taken) == 3


def test_a_sender_that_was_stopped_for_long_still_says_what_it_sent(office: Office) -> None:
    visit = office.book(channel="sms")

    def doubted() -> None:
        office.clock.pass_by(seconds=61)
        office.sender().send_batch()
        assert office.confirmation(visit)["state"] == "in_doubt"

    office.sms.at_request = doubted
    office.send()
    assert office.confirmation(visit)["state"] == "sent"
    assert len(office.sms.taken) == 1

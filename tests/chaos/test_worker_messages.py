"""Real workers that send, and are killed, doubled, cut off: nothing is lost, and nothing doubled beyond the guarantee."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from typing import Any
from uuid import UUID

import httpx
import psutil
import pytest

from shared.embedded.mailbox import Mailbox
from shared.events.treatment_check_ins import CheckInPlanned
from shared.ids import new_id
from shared.settings import DatabaseSettings
from tests.contracts.examples_of_check_ins import FILLED
from tests.support.asking import WAY, an_asking
from tests.support.log import moved
from tests.support.messages import CHAIN, recipient, visit_shown
from tests.support.processes import Launcher, Running, wait_until
from tests.support.providers import MailServer, Scheduling, SmsProvider, a_mail_server, a_scheduling, an_sms_provider
from tests.support.servers import PrivateRedis
from tests.support.workers import Workers, a_workers, policy

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
STARTS_AT = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)


@pytest.fixture
def workers(workers_db: DatabaseSettings) -> Iterator[Workers]:
    with a_workers(workers_db) as made:
        yield made


@pytest.fixture
def scheduling(launch: Launcher) -> Iterator[Scheduling]:
    with a_scheduling(int(launch.environ["SYNERGIST_SCHEDULING_PORT"])) as made:
        yield made


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with a_mail_server() as server:
        yield server


@pytest.fixture
def sms() -> Iterator[SmsProvider]:
    with an_sms_provider() as provider:
        yield provider


def book(workers: Workers, scheduling: Scheduling, number: int, **answer: object) -> list[UUID]:
    """Visits whose confirmations are due now; scheduling knows of a visit before any sender can ask."""
    made = []
    for place in range(number):
        visit = new_id()
        shown = visit_shown(id=visit, starts_at=STARTS_AT)
        scheduling.knows(
            visit,
            recipient(shown, address=f"+4915{place:08}" if "channel" in answer else f"{visit}@demo.example", **answer),
        )
        workers.book(datetime.now(UTC), starts_at=STARTS_AT, appointment_id=visit)
        made.append(visit)
    return made


def confirmations(workers: Workers) -> Counter[str]:
    return Counter(row["state"] for row in workers.rows() if row["kind"] == "confirmation")


def all_sent(workers: Workers, number: int, seconds: float = 30.0) -> None:
    wait_until(lambda: confirmations(workers) == Counter(sent=number), seconds, f"{number} messages sent")


def let_leases_end(workers: Workers) -> None:
    """What a minute does."""
    workers.change("UPDATE due_messages SET next_at = now() WHERE state IN ('leased', 'sending')")


def start(launch: Launcher, *commands: str, **settings: str) -> list[Running]:
    """Processes of the workers, ticking five times a second."""
    started = [launch("workers", command, port=None, TICK_SECONDS="0.2", **settings) for command in commands]
    return [running.wait_ready() for running in started]


def through(mail: MailServer) -> dict[str, str]:
    return {"SMTP_PORT": str(mail.port)}


def children_of(running: Running) -> list[psutil.Process]:
    return list(psutil.Process(running.process.pid).children(recursive=True))


def test_what_is_due_reaches_the_mailbox_once(
    launch: Launcher, workers: Workers, scheduling: Scheduling, mailbox: Mailbox
) -> None:
    sender, beat = start(launch, "send", "beat")
    visits = book(workers, scheduling, 30)
    all_sent(workers, 30)
    shown = httpx.get(f"http://127.0.0.1:{mailbox.http_port}/messages").json()
    assert sorted(message["to"] for message in shown) == sorted(f"{visit}@demo.example" for visit in visits)
    metrics = httpx.get(f"{sender.url}/metrics").text
    assert 'synergist_messages_total{outcome="sent"} 30.0' in metrics
    assert "synergist_messages_due 0.0" in metrics
    assert "synergist_messages_due_oldest_seconds 0.0" in metrics
    assert (sender.terminate(), beat.terminate()) == (0, 0)


def test_two_beats_and_two_workers_send_each_message_once(
    launch: Launcher, workers: Workers, scheduling: Scheduling, mail: MailServer
) -> None:
    start(launch, "send", "send", "beat", "beat", **through(mail))
    visits = book(workers, scheduling, 250)
    all_sent(workers, 250)
    assert Counter(mail.addresses()) == Counter(f"{visit}@demo.example" for visit in visits)


def test_a_worker_killed_while_sending_loses_nothing(
    launch: Launcher, workers: Workers, scheduling: Scheduling, mail: MailServer
) -> None:
    visits = book(workers, scheduling, 60)
    reached, go_on = threading.Event(), threading.Event()

    def stand_still(_to: str) -> None:
        if len(mail.taken) >= 30:
            reached.set()
            go_on.wait(30)

    mail.at_data = stand_still
    [killed, _] = start(launch, "send", "beat", **through(mail))
    assert reached.wait(30)
    killed.kill()
    mail.at_data = lambda _: None
    go_on.set()
    let_leases_end(workers)
    start(launch, "send", **through(mail))
    all_sent(workers, 60)
    ids: dict[str, set[str]] = {}
    for to, content in mail.taken:
        ids.setdefault(to, set()).add(message_from_bytes(content)["Message-ID"])
    assert set(ids) == {f"{visit}@demo.example" for visit in visits}
    assert {len(each) for each in ids.values()} == {1}
    assert len(mail.taken) <= 60 + 2 * 21


def test_a_client_is_asked_once_whatever_is_killed_or_told_again(
    launch: Launcher, workers: Workers, scheduling: Scheduling, mail: MailServer
) -> None:
    """The sender dies with treatment's link in its hands, while the mail server waits for the message."""
    event = due_question(workers, scheduling)
    reached, go_on = threading.Event(), threading.Event()

    def stand_still() -> None:
        reached.set()
        go_on.wait(30)

    mail.at_rcpt = stand_still
    with an_asking(int(launch.environ["SYNERGIST_TREATMENT_PORT"])) as treatment:
        [killed, _] = start(launch, "send", "beat", **through(mail))
        assert reached.wait(30)
        killed.kill()
        mail.at_rcpt = lambda: None
        go_on.set()
        workers.tell(event, datetime.now(UTC), stream=f"check_ins-{event.client_id}")
        let_leases_end(workers)
        start(launch, "send", **through(mail))
        wait_until(lambda: len(treatment.outcomes) > 0, 30, "treatment was told")
        told = {(each["check_in_id"], each["ordinal"], each["outcome"]) for each in treatment.outcomes}
        assert told == {(str(event.check_in_id), 0, "sent")}, "told once or, by two ticks at a time, twice the same"
        assert set(treatment.asked) == {str(event.check_in_id)}
    assert mail.addresses() == [WAY["address"]]


def due_question(workers: Workers, scheduling: Scheduling) -> CheckInPlanned:
    """A question that has been due for a minute; nobody's quiet hours keep it back."""
    due = datetime.now(UTC) - timedelta(minutes=1)
    plan = next(event for event in FILLED if isinstance(event, CheckInPlanned))
    clock: dict[str, Any] = {"due_on": due.date(), "due_time": f"{due:%H:%M}", "time_zone": "UTC"}
    event = replace(plan, **clock)
    scheduling.answers[event.client_id] = WAY | {"time_zone": "UTC"}
    workers.tell(policy("00:00", "00:00"), due, stream=f"chain-{CHAIN}")
    workers.tell(event, due, stream=f"check_ins-{event.client_id}")
    return event


def test_a_text_message_whose_sender_was_killed_is_in_doubt_and_all_others_go_out(
    launch: Launcher, workers: Workers, scheduling: Scheduling, sms: SmsProvider
) -> None:
    book(workers, scheduling, 10, channel="sms")
    reached, go_on = threading.Event(), threading.Event()

    def stand_still() -> None:
        if len(sms.taken) >= 4:
            reached.set()
            go_on.wait(30)

    sms.at_request = stand_still
    [killed, _] = start(launch, "send", "beat", SMS_URL=sms.url)
    assert reached.wait(30)
    killed.kill()
    sms.at_request = lambda: None
    go_on.set()
    let_leases_end(workers)
    start(launch, "send", SMS_URL=sms.url)
    wait_until(lambda: confirmations(workers) == Counter(sent=9, in_doubt=1), 30)
    wait_until(lambda: len(sms.taken) == 10)
    assert len({taken["To"] for taken in sms.taken}) == 10


def test_a_child_that_is_killed_is_replaced(
    launch: Launcher, workers: Workers, scheduling: Scheduling, mail: MailServer
) -> None:
    [sender, _] = start(launch, "send", "beat", **through(mail))
    killed = children_of(sender)
    assert killed
    for child in killed:
        with suppress(psutil.NoSuchProcess):
            child.kill()
    book(workers, scheduling, 5)
    all_sent(workers, 5, 60)


def test_a_worker_that_was_stopped_in_the_middle_and_goes_on_later_doubles_no_text_message(
    launch: Launcher, workers: Workers, scheduling: Scheduling, sms: SmsProvider
) -> None:
    book(workers, scheduling, 3, channel="sms")
    reached, go_on = threading.Event(), threading.Event()

    def stand_still() -> None:
        reached.set()
        go_on.wait(30)

    sms.at_request = stand_still
    [slow, _] = start(launch, "send", "beat", SMS_URL=sms.url)
    assert reached.wait(30)
    stopped = [slow.process.pid, *(child.pid for child in children_of(slow))]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    sms.at_request = lambda: None
    go_on.set()
    let_leases_end(workers)
    start(launch, "send", SMS_URL=sms.url)
    wait_until(lambda: confirmations(workers)["sent"] == 2, 30)
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    all_sent(workers, 3)
    assert len(sms.taken) == 3


def test_a_broker_that_forgets_everything_and_one_that_is_away_cost_only_time(
    launch: Launcher, workers: Workers, scheduling: Scheduling, mail: MailServer, private_redis: PrivateRedis
) -> None:
    assert private_redis.server is not None
    own = {"BROKER_URL": private_redis.server.database(1), **through(mail)}
    start(launch, "send", "beat", **own)
    book(workers, scheduling, 5)
    all_sent(workers, 5)
    private_redis.kill()
    book(workers, scheduling, 5)
    private_redis.start()
    all_sent(workers, 10, 90)
    assert len(mail.taken) == 10


def test_urgent_changes_reach_every_channel_and_then_a_person_though_workers_die(
    launch: Launcher, workers: Workers, scheduling: Scheduling, mail: MailServer
) -> None:
    soon = datetime.now(UTC) + timedelta(hours=3)
    long_ago = datetime.now(UTC) - timedelta(hours=2)
    visits = []
    for _ in range(10):
        visit = new_id()
        scheduling.knows(visit, recipient(visit_shown(id=visit, starts_at=soon), address=f"{visit}@demo.example"))
        booked = workers.book(long_ago, starts_at=soon + timedelta(hours=1), appointment_id=visit)
        workers.tell(moved(booked, soon, initiator="clinic"), long_ago + timedelta(hours=1))
        visits.append(visit)
    reached, go_on = threading.Event(), threading.Event()

    def stand_still() -> None:
        reached.set()
        go_on.wait(30)

    scheduling.after_tasks = stand_still
    [killed, *_] = start(launch, "send", "beat", "beat", **through(mail))
    assert reached.wait(60)
    killed.kill()
    scheduling.after_tasks = lambda: None
    go_on.set()
    let_leases_end(workers)
    workers.change("UPDATE due_messages SET next_at = now() WHERE kind = 'unconfirmed' AND handed_at IS NULL")
    start(launch, "send", "send", **through(mail))

    def settled() -> bool:
        rows = [row for row in workers.rows() if row["version"] == 2 and row["kind"] != "reminder"]
        return Counter((row["kind"], row["via"], row["state"]) for row in rows) == {
            ("confirmation", "email", "sent"): 10,
            ("confirmation", "sms", "sent"): 10,
            ("unconfirmed", "any", "sent"): 10,
        }

    wait_until(settled, 60, "every message sent and every look handed over")
    handed = Counter(UUID(item["appointment_id"]) for item in scheduling.wanted_tasks)
    assert set(handed) == set(visits)
    assert max(handed.values()) <= 2
    assert {item["cause"] for item in scheduling.wanted_tasks} == {"unconfirmed"}

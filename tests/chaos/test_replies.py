"""Answers that arrive while visits are cancelled and readers are killed: one outcome for each, and none lost."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import psycopg
import pytest

from services.scheduling.app import create_app
from services.scheduling.chains import create_chain
from services.scheduling.views import VIEWS
from shared.database import Database, make_engine
from shared.embedded.mailbox.imap import Folders, Imap
from shared.embedded.processes import free_port
from shared.settings import Settings
from tests.support.api import Chain, Keys, Ready, at
from tests.support.keys import sealer
from tests.support.processes import Launcher, Running, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NUMBER = 20


@dataclass
class Answered:
    """Visits whose clients were reminded, the mailbox that their answers arrive in, and the log that must be right."""

    ready: Ready
    imap: Imap
    settings: Settings
    visits: list[Any]

    def reply_to(self, visit: Any) -> str:
        item = {
            "key": f"reminder:{visit['id']}",
            "chain_id": str(self.ready.chain.id),
            "client_id": visit["client_id"],
            "appointment_id": visit["id"],
            "kind": "reminder",
        }
        (told,) = self.ready.chain.service.post("/internal/v1/recipients", {"items": [item]}, 200)["items"]
        return str(told["reply_to"])

    def confirm(self, visit: Any, to: str) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Message-ID"] = "client@demo.example", to, f"<{visit['id']}@demo.example>"
        mail.set_content("C")
        self.imap.folders.deliver(mail.as_bytes())

    def all_filed(self) -> None:
        wait_until(lambda: not self.imap.folders.contents(), 60, "every answer is filed")

    def names(self) -> Counter[str]:
        """How often each event stands in the log of the chain."""
        with psycopg.connect(self.settings.scheduling.reader) as connection:
            sql = "SELECT name, count(*) FROM events WHERE chain_id = %s GROUP BY name"
            return Counter(dict(connection.execute(sql, [self.ready.chain.id]).fetchall()))


@pytest.fixture
def answered(launch: Launcher) -> Iterator[Answered]:
    imap = Imap(free_port(), "replies", "demo-password", Folders())
    imap.start()
    launch.environ = {
        **launch.environ,
        "SYNERGIST_REPLY_ADDRESS": "reply@clinic.example",
        "SYNERGIST_IMAP_HOST": "127.0.0.1",
        "SYNERGIST_IMAP_PORT": str(imap.server_address[1]),
        "SYNERGIST_IMAP_USER": "replies",
        "SYNERGIST_IMAP_PASSWORD": "demo-password",
        "SYNERGIST_IMAP_TLS": "none",
        "SYNERGIST_IMAP_POLL_SECONDS": "0.1",
    }
    settings = Settings.read(launch.environ)
    app = create_app(settings)
    database = Database(make_engine(settings.scheduling.api), sealer=sealer(), views=VIEWS)
    keys = Keys(settings.auth.issuer_key, settings.auth.service_key)
    ready = Chain(app, keys, create_chain(database, "answers", "Demo Answers")).ready()
    visits = [ready.book(at(3 + number // 10, 9 + number % 10)) for number in range(NUMBER)]
    yield Answered(ready, imap, settings, visits)
    imap.stop()
    app.extensions["synergist"].close()
    database.engine.dispose()


def readers(launch: Launcher, number: int) -> list[Running]:
    started = [launch("scheduling", "replies") for _ in range(number)]
    return [each.wait_ready() for each in started]


def test_an_answer_and_a_cancellation_at_once_have_one_outcome_and_lose_nothing(
    launch: Launcher, answered: Answered
) -> None:
    readers(launch, 2)
    addresses = [answered.reply_to(visit) for visit in answered.visits]
    desk = answered.ready.chain.desk

    def both(number: int) -> int:
        visit = answered.visits[number]
        answered.confirm(visit, addresses[number])
        path = f"/v1/appointments/{visit['id']}/cancel"
        while (status := desk.call("POST", path, None, {}, If_Match=tag(desk, visit)).status_code) == 412:
            pass
        return status

    with ThreadPoolExecutor(4) as pool:
        assert Counter(pool.map(both, range(NUMBER))) == Counter({200: NUMBER})
    answered.all_filed()
    names = answered.names()
    assert names["scheduling.appointment_cancelled.v1"] == NUMBER
    assert names["scheduling.reply_received.v1"] == NUMBER
    confirmed, tasks = names["scheduling.appointment_confirmed.v1"], names["scheduling.contact_task_opened.v1"]
    assert confirmed + tasks == NUMBER
    open_tasks = desk.get("/v1/contact-tasks")["items"]
    assert [task["status"] for task in open_tasks] == ["cancelled"] * tasks


def tag(desk: Any, visit: Any) -> str:
    return str(desk.call("GET", f"/v1/appointments/{visit['id']}", 200).headers["ETag"])


def test_readers_killed_between_effect_and_filing_take_each_answer_once(launch: Launcher, answered: Answered) -> None:
    for visit in answered.visits:
        answered.confirm(visit, answered.reply_to(visit))
    filings = 0
    victim: list[Running] = []

    def kill_at_times(command: str) -> None:
        nonlocal filings
        if command in {"UID COPY", "UID STORE", "EXPUNGE"}:
            filings += 1
            if filings in {3, 8, 13} and victim:
                victim.pop().kill()

    answered.imap.on_command = kill_at_times
    answered.imap.handle_error = lambda *_: None  # type: ignore[method-assign]
    for _ in range(4):
        running = launch("scheduling", "replies")
        victim.append(running)
        wait_until(lambda: not victim or not answered.imap.folders.contents(), 60, "killed, or all filed")
    answered.all_filed()
    names = answered.names()
    assert filings > 13
    assert names["scheduling.reply_received.v1"] == NUMBER
    assert names["scheduling.appointment_confirmed.v1"] == NUMBER
    assert names["scheduling.contact_task_opened.v1"] == 0

"""From the closing of a month to the mail in a mailbox: each reader is written to once, and the link leads to the report."""

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import islice
from uuid import UUID

import pytest
import redis
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine, text

from services.scheduling.app import create_app as create_scheduling
from services.scheduling.chains import chain_called
from services.treatment.app import create_app as create_treatment
from shared.database import make_engine
from shared.http.operations import EXTENSION
from shared.reports.ids import period_id_of
from shared.reports.periods import dates_of, months_until
from shared.reports.shown import of_days
from shared.reports.words import words_of
from shared.settings import Settings
from tests.support.api import Chain, Keys
from tests.support.browser import phone
from tests.support.log import Log, a_log, arrived, booked
from tests.support.processes import Launcher, Running, launch_api, wait_until
from tests.support.providers import MailServer, a_mail_server
from tests.support.site import Site, enter, zone_at_noon
from tests.support.treatment import follow
from tests.support.workers import hear
from workers.celery_app import PREFIX, QUEUE, SEND_DUE, make_app
from workers.reports.due import rows
from workers.reports.due.planning import Planned
from workers.reports.due.turn import Closing, close_due
from workers.reports.moments import APART
from workers.reports.tasks import Reporter, open_reporter
from workers.reports.window import period_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CLOCK = zone_at_noon()
LAST_MONTH, MONTH_BEFORE = islice(months_until(datetime.now(UTC).date()), 1, 3)
LETTERS = text("""
    SELECT count(*) FILTER (WHERE state = 'sent') AS sent,
      count(*) FILTER (WHERE state IN ('pending', 'leased', 'sending') AND next_at <= now()) AS due
    FROM due_messages WHERE about = :about AND kind = 'staff_report'
""")
RULES = {"time_zone": None, "closing_day": 5, "weekly": True, "monthly": True, "attach_files": True}
NAMES = ("Ada", "Demo Therapist", "Demo Manager", "Demo North", "Demo South")
MANAGER, THERAPIST, DESK = (f"{who}@demo.example" for who in ("manager", "therapist", "desk"))


@dataclass
class Office:
    """A chain whose months are closed by the workers' own code, and a process of theirs that writes letters."""

    launch: Launcher
    settings: Settings
    chain_id: UUID
    treatment: Chain
    logs: dict[str, Engine]
    reporter: Reporter
    mail: MailServer

    def close(self, period: str) -> None:
        """As of now, a minute from now, and let it be heard."""
        as_of_at = datetime.now(UTC)
        self.hear()
        with self.reporter.engine.begin() as connection:
            rows.plan(connection, self.chain_id, Planned(period_of(period, CLOCK), as_of_at))
        reporter, later = self.reporter, as_of_at + APART
        turn = Closing(reporter.engine, reporter.treatment, reporter.heads, lambda: later, lambda: False)
        assert close_due(turn) == 1
        self.hear()

    def hear(self) -> None:
        hear(self.reporter.engine, self.logs)

    def sender(self) -> Running:
        return self.launch("workers", "send", port=None, SMTP_PORT=str(self.mail.port))

    def tick(self) -> None:
        """Wake a sender, unless one is about to be woken."""
        with redis.Redis.from_url(self.settings.redis.broker_url) as broker, make_app(self.settings) as app:
            if not broker.llen(f"{PREFIX}{QUEUE}"):
                app.send_task(SEND_DUE)

    def lease_ends(self) -> None:
        """What a minute does."""
        with self.reporter.engine.begin() as connection:
            connection.execute(text("UPDATE due_messages SET next_at = now() WHERE state IN ('leased', 'sending')"))

    def sent(self, period: str) -> int:
        """How many letters about a period have gone out; whoever could not send one is made to try again."""
        values = {"about": period_id_of(self.chain_id, period)}
        with self.reporter.engine.connect() as connection:
            found = connection.execute(LETTERS, values).one()
        if found.due:
            self.tick()
        return int(found.sent)

    def letters(self, period: str) -> dict[str, EmailMessage]:
        """Those about a period, by whom they went to; nobody has two."""
        about = [
            (to, mail)
            for to, mail in ((to, parsed(content)) for to, content in self.mail.taken)
            if f"/reports?period={period}" in body(mail, "plain")
        ]
        assert len({to for to, _ in about}) == len(about)
        return dict(about)


def parsed(content: bytes) -> EmailMessage:
    found = message_from_bytes(content, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def files(mail: EmailMessage) -> list[str]:
    return [str(each.get_filename()) for each in mail.iter_attachments()]


def pictures(mail: EmailMessage) -> int:
    return len([part for part in mail.walk() if part.get_content_type() == "image/png"])


def shown(mail: EmailMessage) -> str:
    """All that a mail says without being opened further: its subject, its words, and those instead of pictures."""
    page = body(mail, "html")
    words = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
    return " ".join([mail["Subject"], body(mail, "plain"), words, *re.findall(r'alt="([^"]*)"', page)])


@pytest.fixture
def office(site: Site, launch: Launcher, keys: Keys) -> Iterator[Office]:
    settings = Settings.read(launch.environ)
    with ExitStack() as stack:
        scheduling, treatment = create_scheduling(settings), create_treatment(settings)
        for app in (scheduling, treatment):
            stack.callback(app.extensions[EXTENSION].close)
        chain_id = chain_called(scheduling.extensions[EXTENSION].database.engine, "demo")
        assert chain_id is not None
        chain = Chain(scheduling, keys, chain_id, settings.auth.issuer)
        therapist_id = chain.desk.get("/v1/appointments")["items"][0]["therapist_id"]
        hire(chain, site.clinic["id"], therapist_id)
        log = stack.enter_context(a_log(settings.scheduling))
        for period in (MONTH_BEFORE, LAST_MONTH):
            treated(log, chain_id, UUID(site.clinic["id"]), UUID(therapist_id), period)
        follow(treatment, settings.scheduling)
        logs = {"scheduling": log.reader, "treatment": make_engine(settings.treatment.reader)}
        stack.callback(logs["treatment"].dispose)
        reporter = open_reporter(settings)
        stack.callback(reporter.close)
        mail = stack.enter_context(a_mail_server())
        yield Office(launch, settings, chain_id, replace(chain, app=treatment), logs, reporter, mail)


def hire(chain: Chain, clinic_id: str, therapist_id: str) -> None:
    """A manager who has set their own address, and a therapist and a front desk whose addresses others have set."""
    at_clinic = {"clinics": [clinic_id]}
    manager, therapist, desk = (
        chain.admin.post("/v1/staff", {"name": f"Demo {role}", "roles": [{"role": role} | where]} | more)
        for role, where, more in (
            ("manager", at_clinic, {}),
            ("therapist", {}, {"therapist_id": therapist_id}),
            ("front_desk", at_clinic, {}),
        )
    )
    login = {"issuer": chain.issuer, "subject": "local:manager"}
    chain.admin.post(f"/v1/staff/{manager['id']}/logins", login)
    chain.caller("manager", subject="local:manager").put("/v1/my-address", {"address": MANAGER, "locale": "en"})
    chain.admin.put(f"/v1/staff/{therapist['id']}/address", {"address": THERAPIST, "locale": "de"})
    chain.admin.put(f"/v1/staff/{desk['id']}/address", {"address": DESK, "locale": "en"})


def treated(log: Log, chain_id: UUID, clinic_id: UUID, therapist_id: UUID, period: str) -> None:
    """Three visits of a month, which their clients came to."""
    for number in range(3):
        starts_at = period_of(period, CLOCK).starts_at + timedelta(days=number, hours=10)
        visit = booked(therapist_id=therapist_id, clinic_id=clinic_id, starts_at=starts_at)
        log.record(chain_id, visit, arrived(visit))


def test_each_reader_of_a_closed_month_gets_one_mail_that_leads_to_it_though_the_worker_dies_before(
    office: Office, browser: Browser
) -> None:
    first = office.sender()
    launch_api(office.launch, "treatment")
    office.close(MONTH_BEFORE)
    wait_until(lambda: office.sent(MONTH_BEFORE) == 2, 30, "the letters about the first month")
    letters = office.letters(MONTH_BEFORE)
    assert set(letters) == {MANAGER, THERAPIST}
    for mail in letters.values():
        assert (files(mail), pictures(mail)) == ([], 0), "the chain has not allowed any"

    office.treatment.caller("chain_admin").put("/v1/report-rules", RULES)
    with held(office) as reached:
        office.close(LAST_MONTH)
        office.tick()
        wait_until(reached.is_set, 30, "a letter that is about to be handed over")
        first.kill()
    assert office.letters(LAST_MONTH) == {}
    office.lease_ends()
    office.sender()
    wait_until(lambda: office.sent(LAST_MONTH) == 2, 30, "the letters about the second month")
    letters = office.letters(LAST_MONTH)
    assert set(letters) == {MANAGER, THERAPIST}
    assert [name.rpartition(".")[2] for name in files(letters[MANAGER])] == ["pdf", "csv"]
    assert pictures(letters[MANAGER]) > 0
    assert (files(letters[THERAPIST]), pictures(letters[THERAPIST])) == ([], 0), "others have set this address"
    for to, language in ((MANAGER, "en"), (THERAPIST, "de")):
        must_tell_nothing(letters[to], language)
    must_lead_to_the_report(letters[MANAGER], browser)


@contextmanager
def held(office: Office) -> Iterator[threading.Event]:
    """The mail server lets nobody hand anything over; set once somebody tries."""
    reached, go_on = threading.Event(), threading.Event()

    def stand_still() -> None:
        reached.set()
        go_on.wait(60)

    office.mail.at_rcpt = stand_still
    try:
        yield reached
    finally:
        office.mail.at_rcpt = lambda: None
        go_on.set()


def must_tell_nothing(mail: EmailMessage, language: str) -> None:
    """But which chain, which period, and where the reports are."""
    said = shown(mail)
    for name in NAMES:
        assert name not in said
    title = of_days(*dates_of(LAST_MONTH), words_of(language))
    assert title in said
    for known in (title, link_of(mail), *files(mail)):
        said = said.replace(known, "")
    assert not re.search(r"[0-9]", said), said


def link_of(mail: EmailMessage) -> str:
    [link] = set(re.findall(r"https?://[^\s<>\"]+", body(mail, "plain")))
    return str(link)


def must_lead_to_the_report(mail: EmailMessage, browser: Browser) -> None:
    with phone(browser) as page:
        enter(page, link_of(mail), "Demo Manager")
        expect(page.get_by_role("heading", level=2).first).to_have_text(of_days(*dates_of(LAST_MONTH), words_of("en")))
        page.get_by_role("link", name="The clinic", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Demo North")
        expect(page.get_by_text("This report is closed")).to_be_visible()
        expect(page.get_by_text("Attended visits").first).to_be_visible()

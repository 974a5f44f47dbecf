"""Whatever somebody types is text: on every page, in every mail and calendar entry, in headers and in addresses.

Pages are those of the table of operations, which every app holds against its routes when it starts; messages and their
templates are those of the sender. A new one is tried here, or this file fails until it can be.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlencode
from uuid import UUID

import pytest
from flask import Flask
from prometheus_client import REGISTRY
from werkzeug.test import TestResponse

from services.permissions.table import OPERATIONS
from services.scheduling import staff_pages, web
from services.scheduling.chains import create_chain
from services.scheduling.erasure.rules import CLASSES
from services.scheduling.erasure.stores import DELETED, EMPTIED
from services.scheduling.errands.fitness import SETTLED_AFTER
from services.treatment import web as questions
from shared import client_web, staff_web
from shared.duties import StaffLetter
from shared.erasure_receipt import receipt
from shared.erasure_receipt.receipt import Emptied, Erased, KeptOn
from shared.http.limits import Quota
from shared.http.operations import EXTENSION
from shared.http.permissions import Operation
from shared.ids import new_id
from shared.languages import LANGUAGES, templates
from shared.links import parse
from shared.settings import Settings
from shared.staff_web.sessions import form_token
from tests.support.api import Chain, Keys, at, set_clock
from tests.support.homework import exercising
from tests.support.hostile import (
    ELSEWHERE,
    LINES,
    LONG,
    MARKUP,
    SIGNS,
    VALUES,
    entries_in,
    must_be_inert,
    must_be_one_entry,
    must_be_one_mail,
    must_lead_home,
    parameters,
)
from tests.support.messages import due, letter, recipient, report_notice, staff_notice, visit_shown
from tests.support.pages import link_to
from tests.support.questions import Asked, asked as asked_about_pain
from tests.support.staff import HERE, StaffBrowser, Staffed
from tests.support.tablets import proof
from tests.support.treatment import Treatment, reach
from workers.messages import texts
from workers.messages.envelope import RECEIPT, envelope
from workers.messages.invitation import invitations
from workers.messages.model import Address, Due, ErasureReceipt, Message
from workers.messages.plan import Announcement, CareKind, Kind, LetterKind
from workers.messages.texts import mail, short_text

MACHINES = ("/health/", "/metrics", "/docs", "/openapi.json")
PAGES = [
    row
    for row in OPERATIONS
    if row.service == "scheduling" or row.rule.startswith("/c/")
    if row.kind in {"link", "session", "shift", "tablet"}
    or (row.kind == "public" and not row.rule.startswith(MACHINES))
]
SHOWN = [row for row in PAGES if row.method == "GET"]
SENT = [row for row in PAGES if row.method == "POST"]
OF_SESSIONS = [row for row in SENT if row.kind in {"session", "shift", "tablet"}]

LINKS = {"everything": "export", "address": "contact_check", "again": "past", "homework": "homework"}
"""Which link opens a page, by the last word of its rule; all others are of the visit to come, or of a question."""

NO_PAGES: dict[str, int] = {
    "/l/": 404,
    "/l/<path:anything>": 404,
    "/c/": 404,
    "/c/<path:anything>": 404,
    "/staff/<path:anything>": 404,
    "/staff/": 303,
    "/staff/sign-in/<slug>/go": 303,
    "/staff/sign-in/<slug>/here": 400,
    "/staff/signed-in": 502,
    "/staff/signed-in/<slug>": 502,
}
"""What answers with something else than a page that shows something."""

SAYS_NO_NAME = {"/staff/sign-in", "/staff/staff.js"}
"""What shows nothing that anybody has typed."""

PACKAGES = {"staff": (staff_pages, staff_web), "l": (web, client_web), "c": (questions, client_web)}
"""Where what a page reads is written, by what its address begins with."""

TYPED = {"/staff/drafts", "/staff/contact-tasks/<uuid:task_id>/attempts"}
"""What takes the form of a contact task, and keeps what was typed into it."""

FINE = {200, 204, 303, 400, 403, 404, 409, 422, 502}
VISITORS = iter(range(1, 60_000))


def named(row: Operation) -> str:
    return f"{row.method} {row.rule}"


def elsewhere() -> dict[str, str]:
    """Another internet address each time, because one may not ask so often."""
    number = next(VISITORS)
    return {"REMOTE_ADDR": f"10.8.{number // 250}.{number % 250}"}


def is_of_treatment(row: Operation) -> bool:
    return row.rule.startswith("/c/")


@dataclass(frozen=True)
class House:
    """A chain in which every name is hostile, and the way to each of its pages."""

    staffed: Staffed
    clinic: Any
    issuer: str
    ids: dict[str, str]
    links: dict[str, str]
    asked: Asked

    def path(self, row: Operation) -> str:
        """The address of a page; KeyError for a rule with something that is not known here."""
        of_what = LINKS.get(row.rule.rpartition("/")[2], "question" if is_of_treatment(row) else "visit")
        link = self.links[of_what]
        known = self.ids | {"address": link, "slug": self.staffed.slug, "anything": "nothing/here"}
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: known[found[1]], row.rule)

    def browser(self) -> StaffBrowser:
        """A browser that is a shared tablet, with its manager signed in."""
        browser = self.staffed.browser
        browser.sign_in()
        form = {"form": proof(browser.get("/staff/devices")), "clinic": self.clinic["id"], "name": MARKUP[:60]}
        assert browser.post("/staff/devices", form).status_code == 303
        return browser

    def ask(self, row: Operation, browser: StaffBrowser, path: str, form: dict[str, str] | None = None) -> TestResponse:
        """Open a page, or send a form to it; whatever comes must be harmless."""
        client = self.asked.browser if is_of_treatment(row) else browser.client
        answer = client.open(path, base_url=HERE, environ_base=elsewhere(), method=row.method, data=form, buffered=True)
        assert answer.status_code in FINE, answer.status
        self.must_be_harmless(row, answer)
        return answer

    def must_be_harmless(self, row: Operation, answer: TestResponse) -> None:
        for name, value in answer.headers:
            assert not set(value) & {"\r", "\n", "\x00"}, name
        assert "X-Evil" not in answer.headers
        if "Location" in answer.headers:
            must_lead_home(answer.headers["Location"], self.issuer)
        if answer.mimetype == "text/html":
            must_be_inert(answer.text, self.issuer)
            assert "script-src 'unsafe" not in answer.headers["Content-Security-Policy"]
        if answer.mimetype == "text/calendar":
            must_be_one_entry(answer.data, people=0)
        if row.rule.startswith(("/l", "/c")):
            assert "Set-Cookie" not in answer.headers, "no page of clients knows anybody but by the link"


@pytest.fixture(scope="module")
def house(staff_app: Flask, staff_settings: Settings, treatment_app: Flask, keys: Keys) -> Iterator[House]:
    reach(staff_app, treatment_app, keys)
    parts = staff_app.extensions[EXTENSION]
    plenty = replace(parts.limits, address=Quota("address", 10**6, 60), link=Quota("link", 10**6, 60))
    staff_app.extensions[EXTENSION] = replace(parts, limits=plenty)
    slug = f"demo-{new_id().hex[-12:]}"
    chain = Chain(staff_app, keys, create_chain(parts.database, slug, MARKUP), staff_settings.auth.issuer)
    clinic = chain.clinic(
        name=MARKUP, address={"line": MARKUP, "city": MARKUP, "region": MARKUP, "postal_code": "1", "country": "DE"}
    )
    chain.room(clinic, name=MARKUP)
    therapist, offering = chain.therapist(clinic, name=MARKUP), chain.offering(name=MARKUP)
    client = chain.person(name=MARKUP, called=MARKUP)
    wish = {"offering_id": offering["id"], "clinic_id": clinic["id"], "client_id": client["id"]}
    past, visit = (
        chain.desk.post("/v1/appointments", wish | {"therapist_id": therapist["id"], "starts_at": day.isoformat()})
        for day in (at(2, 12), at(3, 12))
    )
    chain.desk.change(past, "cancel", initiator="client", reason=MARKUP)
    because = {"because": "reminder:1", "cause": "undeliverable", "appointment_id": visit["id"]}
    chain.service.post("/internal/v1/contact-tasks", {"items": [because | {"chain_id": str(chain.id)}]}, 200)
    (task,) = chain.desk.get("/v1/contact-tasks")["items"]
    chain.desk.post(f"/v1/contact-tasks/{task['id']}/attempts", {"outcome": "no_answer", "note": MARKUP})
    point = f"/v1/clients/{client['id']}/contact-points/{client['contact_points'][0]['id']}"
    set_clock(chain, at(3, 9) - SETTLED_AFTER)
    chain.desk.post(f"{point}/verify", {}, 200)
    set_clock(chain, at(3, 9))
    asked = {
        "export": chain.desk.post(f"/v1/clients/{client['id']}/exports/link"),
        "contact_check": chain.desk.post(f"{point}/check"),
    }
    items = [
        {"key": kind, "chain_id": str(chain.id), "kind": kind, "about": wish["id"]} for kind, wish in asked.items()
    ]
    letters = chain.service.post("/internal/v1/letters", {"items": items}, 200)["items"]
    links = {each["key"]: each["link"].split("/l/")[1].partition("/")[0] for each in letters}
    links |= {name: link_to(chain, each).removeprefix("/l/") for name, each in (("visit", visit), ("past", past))}
    parts_of_treatment = treatment_app.extensions[EXTENSION]
    treatment_app.extensions[EXTENSION] = replace(
        parts_of_treatment, limits=replace(parts_of_treatment.limits, address=plenty.address, link=plenty.link)
    )
    links["homework"] = exercising(Treatment(treatment_app, keys), name=MARKUP, instructions=MARKUP).link.split("/")[2]
    person = asked_about_pain(Treatment(treatment_app, keys), name=MARKUP)
    person.tap(4)
    links["question"] = person.link.removeprefix("/c/")
    ids = {"task_id": task["id"]}
    made = House(Staffed(chain, slug), clinic, staff_settings.auth.issuer, ids, links, person)
    device = re.search(r"/staff/devices/([0-9a-f-]+)/revoke", made.browser().get("/staff/devices").text)
    assert device is not None
    yield replace(made, ids=made.ids | {"device_id": device[1]})
    staff_app.extensions[EXTENSION] = parts


@pytest.fixture(scope="module")
def tablet(house: House) -> StaffBrowser:
    """A shared tablet that stays as it is."""
    return house.browser()


def read_by(row: Operation, where: str) -> list[str]:
    """What the pages of that kind read from an address or a form, and what providers send back."""
    packages = PACKAGES[row.rule.split("/")[1]]
    found = set().union(*(parameters(Path(package.__path__[0]), where) for package in packages))
    assert found
    return sorted(found | {"next", "state", "code"})


def form_of(house: House, row: Operation, browser: StaffBrowser, value: str) -> dict[str, str]:
    """A form of ours with a hostile value in all that is typed; ids that would end it at once are those of the page."""
    form = dict.fromkeys(read_by(row, "form"), value)
    if row.kind in {"session", "shift"}:
        form |= {"form": proof(browser.get("/staff/day")), "clinic": house.clinic["id"]}
    if row.rule in TYPED:
        page = f"/staff/contact-tasks/{house.ids['task_id']}"
        form |= browser.form(page, "/attempts").fields | {"outcome": "no_answer", "note": value}
    if is_of_treatment(row):
        form |= {"seen": house.asked.form()["seen"], "score": "4"}
    if row.rule.endswith("/more"):
        form = {name: form[name] for name in ("seen", "score", "note")} | {"edition": "1"}
    return form if row.kind != "tablet" else form | {"form": proof_of(browser)}


def proof_of(browser: StaffBrowser) -> str:
    """What the forms of a locked tablet carry."""
    cookie = browser.client.get_cookie("synergist-tablet", domain="127.0.0.1")
    found = parse(cookie.value if cookie else "")
    assert found is not None
    return form_token(found[1])


def noticed(kind: str) -> float:
    return REGISTRY.get_sample_value("synergist_security_events_total", {"kind": kind}) or 0.0


def test_there_is_no_page_that_is_not_tried() -> None:
    others = {row.rule for row in OPERATIONS if row.service == "scheduling" and row not in PAGES}
    assert all(rule.startswith(("/v1/", "/internal/v1/", "/hooks/", *MACHINES)) for rule in others)
    assert set(NO_PAGES) | SAYS_NO_NAME <= {row.rule for row in PAGES}


@pytest.mark.parametrize("row", SHOWN, ids=named)
def test_names_on_a_page_are_text(house: House, tablet: StaffBrowser, redis_url: str, row: Operation) -> None:
    answer = house.ask(row, tablet, house.path(row))
    assert answer.status_code == NO_PAGES.get(row.rule, 200)
    if row.rule not in NO_PAGES and row.rule not in SAYS_NO_NAME:
        assert "alert(4711)" in answer.text, "the names are there, or this would prove nothing"


@pytest.mark.parametrize("row", SHOWN, ids=named)
def test_whatever_stands_in_an_address_is_text_and_leads_nowhere_else(
    house: House, tablet: StaffBrowser, redis_url: str, row: Operation
) -> None:
    path = house.path(row)
    for name in read_by(row, "args"):
        for value in (MARKUP, LINES[0], SIGNS[0], *ELSEWHERE[:4]):
            house.ask(row, tablet, f"{path}?{urlencode({name: value})}")


@pytest.mark.parametrize("row", SENT, ids=named)
def test_whatever_is_sent_in_a_form_is_text_and_leads_nowhere_else(
    house: House, redis_url: str, row: Operation
) -> None:
    browser = house.staffed.browser
    if row.rule in {*TYPED, "/staff/devices"}:
        browser.sign_in()
    for value in (MARKUP, LINES[0], *LINES[4:6], *SIGNS[:2], LONG, *ELSEWHERE[:2]):
        if row.kind in {"session", "shift", "tablet"} and browser.get("/staff/day").status_code != 200:
            browser = house.browser()
        form = form_of(house, row, browser, value)
        answer = house.ask(row, browser, house.path(row), form)
        assert answer.status_code != 403 or row.kind == "tablet", "the form was one of ours"
        if row.rule in TYPED:
            must_be_inert(browser.get(f"/staff/contact-tasks/{house.ids['task_id']}").text)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=["token", "origin", "no origin", "cross-site", "same-site"],
)
@pytest.mark.parametrize("row", OF_SESSIONS, ids=named)
def test_a_form_that_another_page_sends_is_refused_and_noticed(
    house: House, tablet: StaffBrowser, redis_url: str, row: Operation, headers: dict[str, str]
) -> None:
    """Without a header the token is at fault: there is none, it is guessed, or of another session."""
    browser, other = tablet, house.staffed.browser
    other.sign_in()
    own = proof_of(browser) if row.kind == "tablet" else proof(browser.get("/staff/day"))
    tokens: tuple[str | None, ...] = (own,) if headers else (None, "", "guess", proof(other.get("/staff/day")))
    for token in tokens:
        before = noticed("csrf_refused")
        form = {"who": str(new_id())} | ({} if token is None else {"form": token})
        answer = browser.client.post(house.path(row), base_url=HERE, data=form, headers=headers)
        assert answer.status_code == 403
        assert noticed("csrf_refused") == before + 1
    assert browser.get("/staff/day").status_code == 200, "nothing was done"


@pytest.mark.parametrize("path", ["", "?state=x&code=y", "?error=access_denied"])
def test_a_failed_sign_in_is_noticed_without_what_came_along(
    house: House, redis_url: str, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = noticed("sign_in_failed")
    browser = house.staffed.browser
    browser.question()
    assert browser.get(f"/staff/signed-in{path}&secret=canary4711").status_code in {404, 502}
    assert browser.get(f"/staff/signed-in{path}").status_code == 502
    assert noticed("sign_in_failed") >= before + 1
    assert "canary4711" not in capsys.readouterr().out


@pytest.mark.parametrize("sign", [*LINES[:3], LINES[5], *SIGNS], ids=range(len(SIGNS) + 4))
def test_names_and_reasons_with_control_characters_are_not_taken(house: House, redis_url: str, sign: str) -> None:
    chain = house.staffed.chain
    chain.desk.problem("POST", "/v1/clients", 422, {"name": sign, "time_zone": "Europe/Berlin"})
    chain.admin.problem("POST", "/v1/therapists", 422, {"name": sign})
    chain.admin.problem("PATCH", f"/v1/clinics/{house.clinic['id']}", 422, {"name": sign}, If_Match="*")
    away = {"starts_at": at(20, 8).isoformat(), "ends_at": at(20, 9).isoformat(), "reason": sign}
    chain.desk.problem("POST", f"/v1/clinics/{house.clinic['id']}/closures", 422, away)


def test_names_that_are_too_long_are_not_taken(house: House, redis_url: str) -> None:
    chain = house.staffed.chain
    chain.desk.problem("POST", "/v1/clients", 422, {"name": LONG, "time_zone": "Europe/Berlin"})
    chain.admin.problem("POST", "/v1/therapists", 422, {"name": LONG})


SENDER, READER = "visits@demo.example", "client@demo.example"
HEADERS = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}
NOTICES = (*get_args(StaffLetter), "address_notice")
KINDS_OF_LETTERS = (*get_args(CareKind), *get_args(LetterKind), *get_args(StaffLetter))
OF_VISITS = [
    *(("confirmation", announcement) for announcement in get_args(Announcement)),
    *(
        (kind, None)
        for kinds in get_args(Kind)
        for kind in get_args(kinds)
        if kind not in {"confirmation", *KINDS_OF_LETTERS}
    ),
]


def messages(value: str, language: str) -> Iterator[tuple[Due, Message]]:
    """Every message there is, with a hostile value wherever somebody's word stands."""
    told: dict[str, Any] = {"name": value, "chain_name": value, "locale": language, "asks": True}
    place = Address(line=value, city=value, region=value, postal_code="1", country="DE")
    shown = visit_shown(therapist_name=value, clinic_name=value, clinic_phone=value, address=place)
    for kind in KINDS_OF_LETTERS:
        yield due(kind=kind, announcement=None, visit_starts_at=None), of_letter(kind, value, language)
    for kind, announcement in OF_VISITS:
        for who, initiator in ((None, "client"), (value, "clinic"), (value, None)):
            visit = replace(shown, client_name=who, initiator=initiator)
            yield due(kind=kind, announcement=announcement), recipient(visit, **told)
    several = recipient(shown, **told, also=(recipient(replace(shown, client_name=value), **told),))
    yield due(announcement="booked"), several


def of_letter(kind: str, value: str, language: str) -> Message:
    if kind == "staff_report":
        told = report_notice(chain_name=value, locale=language)
        named = tuple(replace(each, title=value) for each in told.reports.figures)
        return replace(told, reports=replace(told.reports, title=value, figures=named))
    if kind in NOTICES:
        return staff_notice(chain_name=value, locale=language, link="https://demo.example/staff/alerts")
    if kind != "erasure":
        return letter(chain_name=value, locale=language, whose=value if kind in get_args(CareKind) else None)
    stores = tuple(Emptied(store=store, rows=3) for store in (*EMPTIED, *DELETED, value))
    kept = tuple(KeptOn(data_class=each, until=date(2037, 3, 2), years=10) for each in CLASSES)
    erased = Erased(number=UUID(int=1), on=date(2027, 3, 1), classes=tuple(CLASSES), stores=stores, kept=kept)
    return ErasureReceipt(address=READER, channel="email", locale=language, chain_name=value, erased=erased)


@pytest.mark.parametrize(
    ("value", "language"),
    [(value, LANGUAGES[number % len(LANGUAGES)]) for number, value in enumerate(VALUES)],
    ids=range(len(VALUES)),
)
def test_names_in_a_message_are_text(value: str, language: str) -> None:
    now = datetime(2026, 11, 10, 11, tzinfo=UTC)
    for row, to in messages(value, language):
        written, entries = mail(row, to), invitations(row, to, SENDER, now)
        content = envelope(
            row.key,
            written,
            entries,
            sender=SENDER,
            sender_name=to.chain_name,
            to=READER,
            receipt=to.receipt,
            now=now,
            reply_to=to.reply_to,
        )
        found = must_be_one_mail(content, HEADERS | ({RECEIPT} if to.receipt else set()), READER, SENDER)
        page = found.get_body(preferencelist=("html",))
        assert page is not None
        must_be_inert(page.get_content(), "https://demo.example/", "https://care.demo.example/reports")
        for entry in entries_in(found):
            must_be_one_entry(entry, people=1)
        assert not set(short_text(row, to)) & {"\r", "\n"}


@pytest.mark.parametrize("folder", [texts.FOLDER, receipt.FOLDER], ids=lambda folder: folder.name)
def test_there_is_no_template_of_a_message_that_is_not_tried(folder: Path) -> None:
    for language in LANGUAGES:
        cache = templates(folder, language).cache
        assert cache is not None
        cache.clear()
        for row, to in messages(MARKUP, language):
            mail(row, to)
            short_text(row, to)
        tried = {name for _, name in cache.keys()}  # noqa: SIM118 - no mapping
        assert tried == {each.name for each in (folder / "templates").iterdir()}

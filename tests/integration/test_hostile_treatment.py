"""Names, words and addresses that mean harm, on treatment's pages of staff: shown as text, and leading nowhere else."""

import re
from dataclasses import replace
from urllib.parse import urlencode
from uuid import UUID

import pytest

from services.permissions.table import OPERATIONS
from shared.http.permissions import Operation
from shared.ids import new_id
from tests.integration.test_treatment_pages import alerted
from tests.support.api import at
from tests.support.both import Both, BothBrowser, Care, care_of
from tests.support.hostile import ELSEWHERE, LINES, LONG, MARKUP, SIGNS, must_be_inert, must_lead_home
from tests.support.published import last_month, publish
from tests.support.staff import HERE, THERE

PAGES = [row for row in OPERATIONS if row.service == "treatment" and row.rule.startswith("/staff")]
SHOWN = [row for row in PAGES if row.kind == "session" and row.method == "GET"]
SENT = [row for row in PAGES if row.kind == "session" and row.method == "POST"]
NAMELESS = {
    "/staff/reviews",
    "/staff/overdue",
    "/staff/reports/rules",
    *(f"/staff/reports/<uuid:report_id>/{file}" for file in ("pdf", "csv")),
}
"""Nothing waits there in this house, or nobody is named."""
PUBLIC = [row for row in PAGES if row.kind == "public"]
ASKED = ("next", "chain", "at", "state", "tablet", "code", "after", "clinic", "therapist", "period", "with")
TYPED = (
    "action",
    "note",
    "outcome",
    "reason",
    "next",
    "whose",
    "period",
    "as_of",
    "version",
    "closing_day",
    "time_zone",
    "weekly",
)


def named(row: Operation) -> str:
    return f"{row.method} {row.rule}"


@pytest.fixture
def house(both: Both) -> tuple[Care, dict[str, str], BothBrowser]:
    """A chain in which every name is hostile, what its pages are about, and the therapist's browser."""
    care = care_of(both, clinic=MARKUP, therapist=MARKUP)
    chain = both.staffed.chain
    chain.desk.call("PATCH", f"/v1/clients/{care.client_id}", 200, {"name": MARKUP}, If_Match="*")
    session = care.start()
    care.therapist.post(f"{session}/notes", {"section": "free", "body": MARKUP})
    ids = {"alert_id": alerted(care).rpartition("/")[2], "client_id": care.client_id, "break_id": str(new_id())}
    ids |= {"report_id": of_last_month(care), "cover_id": str(new_id())}
    browser = both.browser
    browser.sign_in("local:therapist")
    return care, ids | {"slug": both.staffed.slug, "anything": "nothing/here"}, browser


def of_last_month(care: Care) -> str:
    """A report about the therapist."""
    theirs = replace(care.both.staffed.chain, app=care.both.app)
    now, admin = at(3, 9), theirs.caller("chain_admin")
    return publish(theirs, admin, "therapist", UUID(care.visit["therapist_id"]), last_month(now), now).id


def path_of(row: Operation, ids: dict[str, str]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: ids[found[1]], row.rule)


def harmless(browser: BothBrowser, row: Operation, path: str, form: dict[str, str] | None = None) -> str:
    answer = browser.client.open(path, base_url=THERE, method=row.method, data=form)
    assert answer.status_code < 500 or answer.status_code == 502, answer.status
    if "Location" in answer.headers and not answer.location.startswith("http://127.0.0.1"):
        must_lead_home(answer.location, THERE)
    if answer.mimetype == "text/html":
        must_be_inert(answer.text, THERE, HERE)
    return str(answer.data, errors="replace")


def test_names_and_words_are_text_on_every_page(house: tuple[Care, dict[str, str], BothBrowser]) -> None:
    _, ids, browser = house
    for row in SHOWN:
        page = harmless(browser, row, path_of(row, ids))
        assert row.rule in NAMELESS or "alert(4711)" in page, row.rule


def test_whatever_stands_in_an_address_is_text(house: tuple[Care, dict[str, str], BothBrowser]) -> None:
    _, ids, browser = house
    for row in (*SHOWN, *PUBLIC):
        for value in (MARKUP, LINES[0], SIGNS[0], ELSEWHERE[0]):
            harmless(browser, row, f"{path_of(row, ids)}?{urlencode(dict.fromkeys(ASKED, value))}")


def test_whatever_is_sent_in_a_form_is_text(house: tuple[Care, dict[str, str], BothBrowser]) -> None:
    _, ids, browser = house
    form = browser.form("/staff/day", "/sign-out").fields
    for row in SENT:
        if row.rule == "/staff/sign-out":
            continue
        for value in (MARKUP, LINES[0], SIGNS[0], LONG):
            harmless(browser, row, path_of(row, ids), dict.fromkeys(TYPED, value) | form)
            harmless(browser, row, path_of(row, ids), dict.fromkeys(TYPED, value) | form | {"action": "called"})
    assert "alert(4711)" in harmless(browser, SHOWN[0], f"/staff/alerts/{ids['alert_id']}")


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}], ids=str)
def test_a_form_of_another_page_is_refused(
    house: tuple[Care, dict[str, str], BothBrowser], headers: dict[str, str]
) -> None:
    _, ids, browser = house
    own = browser.form("/staff/day", "/sign-out").fields if headers else {"form": "guess"}
    for row in SENT:
        answer = browser.client.post(path_of(row, ids), base_url=THERE, data=own, headers=headers)
        assert answer.status_code == 403, named(row)
    assert browser.get("/staff/day").status_code == 200

"""What staff see at treatment: their day by name, and a record, opened by what opens it and by nothing else."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from services.treatment.check_ins.loading import stream_of
from services.treatment.staff_pages.scheduling import EXTENSION as SCHEDULING, Scheduling
from shared.access_log import NEWEST, accesses_of
from shared.event_store import Metadata
from shared.http.operations import EXTENSION
from shared.ids import new_id
from tests.contracts.examples import EXAMPLES
from tests.integration.test_sessions_api import FREE, TEST
from tests.support.alerts import an_alert
from tests.support.api import set_clock
from tests.support.both import Both, Care, care_of
from tests.support.staff import HERE

DAY = "/staff/day"
PLACE = {"target": "gluteus_maximus", "side": "right"}


def alerted(care: Care) -> str:
    """The address of a page about an alert of the client."""
    ids = {"client_id": care.client_id, "clinic_id": care.clinic["id"], "therapist_id": care.visit["therapist_id"]}
    alert = an_alert(**{name: UUID(each) for name, each in ids.items()})
    metadata = Metadata(actor="client", role="client", origin="link", correlation_id="a-test")
    database = care.both.app.extensions[EXTENSION].database
    chain_id = care.both.staffed.chain.id
    database.command(chain_id, metadata, lambda tx: tx.append(f"alert-{alert.alert_id}", 0, [alert]))
    return f"/staff/alerts/{alert.alert_id}"


@pytest.fixture
def care(both: Both) -> Care:
    return care_of(both)


def looks(care: Care, app: Flask) -> set[tuple[str, ...]]:
    """Who has looked at the client, in a service's access log."""
    with app.extensions[EXTENSION].database.reading(care.both.staffed.chain.id) as connection:
        found = accesses_of(connection, [UUID(care.client_id)], before=NEWEST, most=50)
    return {(each.operation, each.purpose, each.role, each.data_class) for each in found}


def of_pages(care: Care) -> set[tuple[str, ...]]:
    return {each for each in looks(care, care.both.app) if each[0].startswith("GET /staff/records/")}


def test_the_day_names_who_comes_and_leads_to_the_record(care: Care) -> None:
    browser = care.both.browser
    browser.sign_in("local:therapist")
    page = browser.get(DAY)
    for said in ("Ada Demo-Client", "Demo North", "12:00", "booked", "Nothing waits to be charted."):
        assert said in page.text
    assert f'href="/staff/records/{care.client_id}"' in page.text
    assert ("GET /staff/day", "treatment", "therapist", "identity") in looks(care, care.both.app)
    assert ("POST /internal/v1/names", "treatment", "therapist", "identity") in looks(care, care.both.staffed.chain.app)


def test_what_is_charted_and_not_signed_stands_on_the_day(care: Care) -> None:
    care.start()
    browser = care.both.browser
    browser.sign_in("local:therapist")
    page = browser.get(DAY).text
    assert "being charted" in page
    assert "Nothing waits for your signature." not in page


def test_whoever_treats_nobody_is_told_so(care: Care) -> None:
    browser = care.both.browser
    browser.sign_in("local:manager")
    page = browser.get(DAY)
    assert page.status_code == 200
    assert "not linked to a therapist" in page.text
    assert "Ada" not in page.text


def test_while_scheduling_is_away_all_but_the_names_is_there(care: Care) -> None:
    browser = care.both.browser
    browser.sign_in("local:therapist")
    before = care.both.app.extensions[SCHEDULING]
    care.both.app.extensions[SCHEDULING] = Scheduling("http://127.0.0.1:9", before.token)
    try:
        day, record = browser.get(DAY), browser.get(f"/staff/records/{care.client_id}")
    finally:
        care.both.app.extensions[SCHEDULING] = before
    for page in (day, record):
        assert page.status_code == 200
        assert "scheduling does not answer" in page.text
        assert "Ada" not in page.text
    assert "12:00" in day.text


def test_a_visit_opens_the_record_to_its_therapist_and_the_look_is_recorded(care: Care) -> None:
    session = care.start()
    care.therapist.post(f"{session}/tests", TEST)
    care.therapist.post(f"{session}/releases", FREE)
    care.therapist.post(f"{session}/pain-scores", {"value": 6, "when": "before", "source": "client"} | PLACE)
    care.therapist.post(f"{session}/notes", {"section": "free", "body": "Walks <b>better</b>."})
    browser = care.both.browser
    browser.sign_in("local:therapist")
    page = browser.get(f"/staff/records/{care.client_id}")
    assert page.status_code == 200
    for said in (
        "Ada Demo-Client",
        "Demo Therapist One",
        "not signed",
        "Release: soleus, right, sustained pressure",
        "Pain before: 6",
        "Walks &lt;b&gt;better&lt;/b&gt;.",
    ):
        assert said in page.text
    assert "The glass is broken" not in page.text
    (look,) = of_pages(care)
    assert look[1:] == ("treatment", "therapist", "clinical")


def test_who_cannot_be_asked_is_to_be_asked_by_telephone(care: Care) -> None:
    database, chain = care.both.app.extensions[EXTENSION].database, care.both.staffed.chain
    metadata = Metadata(actor="workers", role="service", origin="messages", correlation_id="a-test")
    ids: dict[str, Any] = {"client_id": UUID(care.client_id), "check_in_id": new_id()}
    planned = replace(EXAMPLES["treatment.check_in_planned.v1"], **ids)
    failed = replace(EXAMPLES["treatment.check_in_undeliverable.v1"], **ids, cause="no_consent")
    database.command(chain.id, metadata, lambda tx: tx.append(stream_of(ids["client_id"]), 0, [planned, failed]))
    browser = care.both.browser
    browser.sign_in("local:therapist")
    page = browser.get(f"/staff/records/{care.client_id}").text
    assert "has not permitted messages about their care. Please ask by telephone" in page


def test_a_manager_without_a_basis_reads_what_there_is_to_be_done(care: Care) -> None:
    browser = care.both.browser
    browser.sign_in("local:manager")
    page = browser.get(f"/staff/records/{care.client_id}")
    assert page.status_code == 403
    assert "This record is not open to you" in page.text
    assert "Break the glass" in page.text
    assert "Ada" not in page.text
    assert not of_pages(care)


def test_a_broken_glass_cannot_be_overlooked(care: Care) -> None:
    theirs = replace(care.both.staffed.chain, app=care.both.app)
    set_clock(theirs, datetime.now(UTC))
    manager = theirs.caller("manager", subject="local:manager")
    manager.post("/v1/break-glass", {"client_id": care.client_id, "reason": "Fainted in the waiting room."})
    browser = care.both.browser
    browser.sign_in("local:manager")
    page = browser.get(f"/staff/records/{care.client_id}")
    assert page.status_code == 200
    assert "The glass is broken." in page.text
    assert [each[1] for each in of_pages(care)] == ["break_glass"]
    assert ("POST /internal/v1/names", "break_glass", "manager", "identity") in looks(care, care.both.staffed.chain.app)


def test_a_client_who_is_not_there_is_not_there(care: Care) -> None:
    browser = care.both.browser
    browser.sign_in("local:therapist")
    assert browser.get(f"/staff/records/{new_id()}").status_code == 404
    assert browser.get("/staff/records/nonsense").status_code == 404


def test_an_alert_is_taken_care_of_and_closed(care: Care) -> None:
    path, browser = alerted(care), care.both.browser
    browser.sign_in("local:therapist")
    assert f'href="{path}"' in browser.get("/staff/alerts").text
    page = browser.get(path).text
    for said in ("Ada Demo-Client", "Demo Therapist One", "emergency", "Pain 6 of 10", "numb between the legs"):
        assert said in page
    form = browser.form(path, "/acknowledge")
    assert browser.post(form.action, form.fields | {"action": "dance"}).status_code == 422
    assert browser.post(form.action, {"action": "called"}).status_code == 403
    assert browser.post(form.action, form.fields | {"action": "called", "note": "On her <b>way</b>."}).location == path
    assert "On her &lt;b&gt;way&lt;/b&gt;." in browser.get(path).text
    form = browser.form(path, "/close")
    assert browser.post(form.action, form.fields | {"outcome": "overridden"}).status_code in {409, 422}
    assert browser.post(form.action, form.fields | {"outcome": "booked"}).location == path
    assert "a visit was booked" in browser.get(path).text
    assert "Nothing waits." in browser.get("/staff/alerts").text


def test_an_alert_names_the_earliest_free_time(care: Care) -> None:
    path, browser = alerted(care), care.both.browser
    browser.sign_in("local:therapist")
    page = browser.get(path).text
    assert "Earliest free time" in page
    assert f'href="{HERE}/staff/day?clinic={care.clinic["id"]}"' in page


def test_a_manager_sees_that_somebody_waits_and_not_what_was_answered(care: Care) -> None:
    path, browser = alerted(care), care.both.browser
    browser.sign_in("local:manager")
    page = browser.get(path).text
    assert "emergency" in page
    assert "which is not open to you" in page
    assert "Pain 6" not in page
    assert "numb" not in page
    desk = care.both.browser
    desk.sign_in("local:front_desk")
    assert desk.get(path).status_code == 403
    assert browser.get(f"/staff/alerts/{new_id()}").status_code == 404


def test_an_alert_of_a_record_that_was_broken_open_says_so(care: Care) -> None:
    path = alerted(care)
    theirs = replace(care.both.staffed.chain, app=care.both.app)
    set_clock(theirs, datetime.now(UTC))
    manager = theirs.caller("manager", subject="local:manager")
    manager.post("/v1/break-glass", {"client_id": care.client_id, "reason": "Fainted in the waiting room."})
    browser = care.both.browser
    browser.sign_in("local:manager")
    page = browser.get(path).text
    assert "The glass is broken." in page
    assert "Pain 6 of 10" in page

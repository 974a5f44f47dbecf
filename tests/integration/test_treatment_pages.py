"""What staff see at treatment: their day by name, and a record, opened by what opens it and by nothing else."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask import Flask

from services.treatment.staff_pages.scheduling import EXTENSION as SCHEDULING, Scheduling
from shared.access_log import NEWEST, accesses_of
from shared.http.operations import EXTENSION
from shared.ids import new_id
from tests.integration.test_sessions_api import TEST
from tests.support.api import set_clock
from tests.support.both import Both, Care, care_of

DAY = "/staff/day"


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
    care.therapist.post(f"{session}/notes", {"section": "free", "body": "Walks <b>better</b>."})
    browser = care.both.browser
    browser.sign_in("local:therapist")
    page = browser.get(f"/staff/records/{care.client_id}")
    assert page.status_code == 200
    for said in ("Ada Demo-Client", "Demo Therapist One", "not signed", "Walks &lt;b&gt;better&lt;/b&gt;."):
        assert said in page.text
    assert "The glass is broken" not in page.text
    (look,) = of_pages(care)
    assert look[1:] == ("treatment", "therapist", "clinical")


def test_a_manager_without_a_basis_reads_what_there_is_to_be_done(care: Care) -> None:
    browser = care.both.browser
    browser.sign_in("local:manager")
    page = browser.get(f"/staff/records/{care.client_id}")
    assert page.status_code == 403
    assert "This record is not open to you" in page.text
    assert "break the glass" in page.text
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

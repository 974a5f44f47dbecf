"""A record that is not open is opened from its page: by breaking the glass, or by saying that one covers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.api import set_clock
from tests.support.both import Both, BothBrowser, Care, care_of
from tests.support.pages import Reader

REASON = "Fainted in the <b>waiting</b> room."
COVERS = "/staff/covers"


@pytest.fixture
def care(both: Both) -> Care:
    return care_of(both)


def clock(care: Care, now: datetime) -> None:
    set_clock(replace(care.both.staffed.chain, app=care.both.app), now)


def record(care: Care) -> str:
    return f"/staff/records/{care.client_id}"


def manager_in_a_hurry(care: Care) -> BothBrowser:
    """A manager who has signed in just now, at a time when no visit opens the record to anybody."""
    clock(care, datetime.now(UTC))
    browser = care.both.browser
    browser.sign_in("local:manager", record(care))
    return browser


def glasses(care: Care) -> list[Any]:
    api = replace(care.both.staffed.chain.admin, client=care.both.app.test_client())
    found: list[Any] = api.get("/v1/break-glass")["items"]
    return found


def test_a_manager_who_has_just_signed_in_breaks_the_glass_for_a_reason(care: Care) -> None:
    browser = manager_in_a_hurry(care)
    form = browser.form(record(care), "/glass")
    answer = browser.post(form.action, form.fields | {"reason": REASON})
    assert (answer.status_code, answer.location) == (303, record(care))
    page = browser.get(record(care))
    assert page.status_code == 200
    assert "The glass is broken." in page.text
    [glass] = glasses(care)
    assert (glass["reason"], glass["role"], glass["client_id"]) == (REASON, "manager", care.client_id)


def test_pressing_the_button_twice_breaks_one_glass(care: Care) -> None:
    browser = manager_in_a_hurry(care)
    form = browser.form(record(care), "/glass")
    for _ in range(2):
        assert browser.post(form.action, form.fields | {"reason": REASON}).status_code == 303
    assert len(glasses(care)) == 1


def test_after_half_an_hour_the_record_is_closed_again(care: Care) -> None:
    browser = manager_in_a_hurry(care)
    form = browser.form(record(care), "/glass")
    browser.post(form.action, form.fields | {"reason": REASON})
    for minutes, status in ((29, 200), (31, 403)):
        clock(care, datetime.now(UTC) + timedelta(minutes=minutes))
        assert browser.get(record(care)).status_code == status


@pytest.mark.parametrize("reason", ["", "hurry", "x" * 1001])
def test_without_a_reason_that_says_something_nothing_opens(care: Care, reason: str) -> None:
    browser = manager_in_a_hurry(care)
    form = browser.form(record(care), "/glass")
    answer = browser.post(form.action, form.fields | {"reason": reason})
    assert answer.status_code == 422
    assert "Please say why" in answer.text
    assert reason in answer.text
    assert not glasses(care)


def test_whoever_signed_in_a_while_ago_signs_in_again_first_and_loses_no_word(care: Care) -> None:
    clock(care, datetime.now(UTC) - timedelta(minutes=4))
    browser = care.both.browser
    browser.sign_in("local:manager")
    form = browser.form(record(care), "/glass")
    clock(care, datetime.now(UTC) + timedelta(minutes=2))
    refused = browser.post(form.action, form.fields | {"reason": REASON})
    assert refused.status_code == 403
    assert "The glass is not broken." in refused.text
    assert "Fainted in the &lt;b&gt;waiting&lt;/b&gt; room." in refused.text
    assert not glasses(care)
    again = browser.come_back(again_in(refused.text))
    asked = browser.come_back(browser.desk.come_back(again.location).location)
    assert "prompt=login" in asked.location
    assert "max_age=0" in asked.location
    clock(care, datetime.now(UTC))
    back = browser.come_back(browser.desk.choice(asked.location, "local:manager"))
    assert back.location == record(care)
    form = browser.form(record(care), "/glass")
    assert browser.post(form.action, form.fields | {"reason": REASON}).status_code == 303


def again_in(page: str) -> str:
    reader = Reader()
    reader.feed(page)
    return next(link for link in reader.links if "again=yes" in link)


def test_the_page_shows_no_form_to_whoever_signed_in_a_while_ago(care: Care) -> None:
    clock(care, datetime.now(UTC) - timedelta(minutes=6))
    browser = care.both.browser
    browser.sign_in("local:manager")
    clock(care, datetime.now(UTC))
    page = browser.get(record(care))
    assert "/glass" not in page.text
    assert "within the last 5 minutes" in page.text


def test_a_therapist_covers_from_the_record_and_ends_it(care: Care) -> None:
    browser = colleague(care)
    closed = browser.get(record(care))
    assert closed.status_code == 403
    assert f'href="{COVERS}?record={care.client_id}"' in closed.text
    form = browser.form(f"{COVERS}?record={care.client_id}", COVERS)
    sent = form.fields | {"clinic": care.clinic["id"], "until": "17:00"}
    assert browser.post(form.action, sent).location == record(care)
    page = browser.get(record(care))
    assert page.status_code == 200
    assert "because you cover, until" in page.text
    assert "5:00" in page.text
    listed = browser.get(COVERS).text
    assert "Demo North" in listed
    assert "You cover until" in listed
    form = browser.form(COVERS, "/end")
    assert browser.post(form.action, form.fields).location == COVERS
    assert "Nobody covers just now." in browser.get(COVERS).text
    assert browser.get(record(care)).status_code == 403


def colleague(care: Care) -> BothBrowser:
    """Another therapist of the chain, who has no visits, on the morning of the visit."""
    browser = care.both.browser
    chain = care.both.staffed.chain
    [login] = chain.admin.get(f"/v1/staff/{care.staff_id}")["logins"]
    named = {"issuer": login["issuer"], "subject": login["subject"]}
    chain.admin.post(f"/v1/staff/{care.staff_id}/logins/detach", named, expect=200)
    added = {"name": "Demo Colleague", "roles": [{"role": "therapist"}]}
    other = chain.admin.post("/v1/staff", added)["id"]
    chain.admin.post(f"/v1/staff/{other}/logins", named)
    care.both.follow()
    browser.sign_in("local:therapist")
    return browser


@pytest.mark.parametrize(("until", "status"), [("08:00", 422), ("noon", 400)])
def test_a_cover_ends_later_and_today(care: Care, until: str, status: int) -> None:
    browser = colleague(care)
    form = browser.form(COVERS, COVERS)
    answer = browser.post(form.action, form.fields | {"clinic": care.clinic["id"], "until": until})
    assert answer.status_code == status
    assert "Nobody covers just now." in browser.get(COVERS).text
    if status == 422:
        assert "The end must be later than now, and today." in answer.text


def test_a_cover_for_what_is_no_record_does_not_begin(care: Care) -> None:
    browser = colleague(care)
    form = browser.form(COVERS, COVERS)
    sent = form.fields | {"clinic": care.clinic["id"], "until": "", "record": "nobody"}
    assert browser.post(form.action, sent).status_code == 404
    assert "Nobody covers just now." in browser.get(COVERS).text


def test_a_manager_sees_who_covers_and_ends_it_and_cannot_cover(care: Care) -> None:
    care.therapist.post("/v1/covers", {"clinic_id": care.clinic["id"]})
    browser = care.both.browser
    browser.sign_in("local:manager")
    page = browser.get(COVERS).text
    assert "Demo Therapist One covers until" in page
    assert "I am covering today" not in page
    form = browser.form(COVERS, "/end")
    assert browser.post(COVERS, form.fields | {"clinic": care.clinic["id"]}).status_code == 403
    assert browser.post(form.action, form.fields).status_code == 303
    assert browser.post(form.action, form.fields).status_code == 409

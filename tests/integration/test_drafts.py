"""What somebody types into a form of the staff's pages is theirs: kept over a lock, shown to nobody else, then gone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from shared.http.limits import Quota
from shared.http.operations import EXTENSION
from tests.support.api import Chain, set_clock
from tests.support.staff import StaffBrowser, Staffed
from tests.support.tablets import heading, keep, lock, note_in, proof, shared_tablet, task_of, unlock, work_of

DESK, MANAGER, THERAPIST = "local:front_desk", "local:manager", "local:therapist"
WORDS = "Rang twice,\nher sister answered"
DAY, UNLOCK = "/staff/day", "/staff/unlock"


@pytest.fixture
def tablet(staffed: Staffed) -> StaffBrowser:
    """A tablet at which the manager can come back, and the front desk is in."""
    return shared_tablet(staffed, staffed.chain.clinic(), MANAGER, DESK)


def drafts(chain: Chain) -> list[tuple[Any, ...]]:
    engine = chain.app.extensions["synergist"].database.engine
    with psycopg.connect(engine.url.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        connection.execute("SELECT enter_chain(%s, false)", [chain.id])
        return connection.execute("SELECT drafts::text FROM drafts WHERE content IS NOT NULL").fetchall()


def attempts(chain: Chain) -> list[Any]:
    return [task["attempts"] for task in chain.desk.get("/v1/contact-tasks")["items"]]


def test_a_client_is_contacted_from_the_page_as_from_the_api(staffed: Staffed) -> None:
    task, path = task_of(staffed.chain)
    browser = staffed.browser
    browser.sign_in(DESK)
    assert "Demo Client a message did not arrive" in heading(browser, "/staff/contact-tasks")
    fields = work_of(browser, path)
    assert browser.post(f"{path}/attempts", fields | {"outcome": ""}).status_code == 422
    typed = {"outcome": "no_answer", "note": WORDS}
    for _ in range(2):
        assert browser.post(f"{path}/attempts", fields | typed).location == "/staff/contact-tasks"
    noted = staffed.chain.desk.get(f"/v1/contact-tasks/{task['id']}")
    assert (noted["attempts"], noted["last_note"]) == (1, "Rang twice, her sister answered")
    assert "Last attempt no answer: Rang twice, her sister answered" in heading(browser, path)
    browser.post(f"{path}/attempts", work_of(browser, path) | {"outcome": "reached"})
    assert "Nobody is waiting." in heading(browser, "/staff/contact-tasks")
    assert "This is settled." in heading(browser, path)
    assert drafts(staffed.chain) == []


def test_whoever_looks_at_the_pages_is_in_the_access_log(staffed: Staffed) -> None:
    task, path = task_of(staffed.chain)
    browser = staffed.browser
    browser.sign_in(DESK)
    for page in ("/staff/contact-tasks", path):
        browser.get(page)
    looks = staffed.chain.admin.get(f"/v1/clients/{task['client_id']}/access-log")["items"]
    seen = {each["operation"] for each in looks if each["role"] == "front_desk"}
    assert {"GET /staff/contact-tasks", "GET /staff/contact-tasks/<uuid:task_id>"} <= seen


def test_tasks_are_for_the_desk_where_its_role_holds(staffed: Staffed) -> None:
    _, path = task_of(staffed.chain)
    elsewhere = staffed.chain.clinic(name="A Clinic Elsewhere")
    other, therapist = staffed.browser, staffed.browser
    other.sign_in(f"{DESK}:{elsewhere['id']}")
    therapist.sign_in(THERAPIST)
    assert "Nobody is waiting." in heading(other, "/staff/contact-tasks")
    assert therapist.get("/staff/contact-tasks").status_code == 403
    desk = staffed.browser
    desk.sign_in(DESK)
    for browser, refused in ((other, 404), (therapist, 403)):
        fields = work_of(desk, path) | {"form": proof(browser.get(DAY)), "outcome": "reached", "note": WORDS}
        assert browser.get(path).status_code == refused
        assert browser.post(f"{path}/attempts", fields).status_code == refused
        assert keep(browser, fields).status_code == 204
    assert attempts(staffed.chain) == [0]
    assert drafts(staffed.chain) == []


def test_what_was_typed_waits_for_whoever_typed_it_and_for_nobody_else(staffed: Staffed, tablet: StaffBrowser) -> None:
    _, path = task_of(staffed.chain)
    fields = work_of(tablet, path)
    assert lock(tablet, path, outcome="left_message", note=WORDS).location == UNLOCK
    assert unlock(tablet, MANAGER).location == DAY
    assert note_in(tablet, path) == ""
    assert "Rang twice" not in tablet.get(path).text
    lock(tablet, path, note="The manager was here")
    assert unlock(tablet, DESK).location == path
    assert note_in(tablet, path) == WORDS
    assert '<option value="left_message" selected>' in tablet.get(path).text
    elsewhere = staffed.browser
    elsewhere.sign_in(DESK)
    assert note_in(elsewhere, path) == WORDS
    now = work_of(tablet, path)
    assert tablet.post(f"{path}/attempts", now | {"outcome": "no_answer", "note": WORDS}).status_code == 303
    assert keep(tablet, now, note=WORDS).status_code == 204
    assert note_in(elsewhere, path) == ""
    assert attempts(staffed.chain) == [1]
    assert keep(elsewhere, fields | {"form": proof(elsewhere.get(DAY))}, note="Again").status_code == 204
    assert note_in(elsewhere, path) == "Again"


def test_a_form_that_is_sent_from_a_tablet_that_has_locked_itself_is_kept_and_not_carried_out(
    staffed: Staffed, tablet: StaffBrowser
) -> None:
    _, path = task_of(staffed.chain)
    fields = work_of(tablet, path)
    set_clock(staffed.chain, datetime.now(UTC) + timedelta(minutes=5))
    typed = {"outcome": "reached", "note": WORDS}
    assert tablet.post(f"{path}/attempts", fields | typed | {"form": "x"}).location == UNLOCK
    assert drafts(staffed.chain) == []
    assert tablet.post(f"{path}/attempts", fields | typed).location == UNLOCK
    assert attempts(staffed.chain) == [0]
    unlock(tablet, DESK)
    assert note_in(tablet, path) == WORDS


def test_a_locked_tablet_keeps_no_more_than_its_person_may_ask(staffed: Staffed, tablet: StaffBrowser) -> None:
    _, path = task_of(staffed.chain)
    fields = work_of(tablet, path)
    set_clock(staffed.chain, datetime.now(UTC) + timedelta(minutes=5))
    parts = staffed.chain.app.extensions[EXTENSION]
    limits = replace(parts.limits, user=Quota("user", 3, 600))
    staffed.chain.app.extensions[EXTENSION] = replace(parts, limits=limits)
    typed = [{"outcome": "reached", "note": f"{WORDS} {number}"} for number in range(12)]
    statuses = [tablet.post(f"{path}/attempts", fields | each).status_code for each in typed]
    staffed.chain.app.extensions[EXTENSION] = parts
    assert statuses[-1] == 429
    assert len(drafts(staffed.chain)) <= 1
    assert not [each for each in statuses if each not in {303, 429}]


def test_a_session_that_was_left_too_long_keeps_what_was_typed_into_any_browser(staffed: Staffed) -> None:
    _, path = task_of(staffed.chain)
    browser = staffed.browser
    browser.sign_in(DESK)
    fields = work_of(browser, path)
    set_clock(staffed.chain, datetime.now(UTC) + timedelta(minutes=31))
    answer = browser.post(f"{path}/attempts", fields | {"outcome": "reached", "note": WORDS})
    assert answer.location == f"/staff/sign-in/{staffed.slug}"
    browser.sign_in(DESK)
    assert note_in(browser, path) == WORDS


def test_a_draft_is_sealed_cut_off_and_gone_after_a_week_or_when_nothing_is_left_of_it(
    staffed: Staffed, tablet: StaffBrowser
) -> None:
    _, path = task_of(staffed.chain)
    fields = work_of(tablet, path)
    keep(tablet, fields, note="x" * 3000)
    assert len(note_in(tablet, path)) == 2000
    assert "xxx" not in drafts(staffed.chain)[0][0]
    assert keep(tablet, fields, note="", outcome="").status_code == 204
    assert drafts(staffed.chain) == []
    keep(tablet, fields, note=WORDS)
    later = datetime.now(UTC) + timedelta(days=7, minutes=1)
    set_clock(staffed.chain, later)
    other = staffed.browser
    other.sign_in(DESK)
    assert note_in(other, path) == ""


@pytest.mark.parametrize("name", ["draft-subject", "draft-page"])
def test_what_no_page_of_ours_wrote_is_no_draft(staffed: Staffed, tablet: StaffBrowser, name: str) -> None:
    _, path = task_of(staffed.chain)
    fields = work_of(tablet, path) | {"note": WORDS}
    assert keep(tablet, fields | {name: "x"}).status_code == 400
    assert keep(tablet, fields | {"draft-form": "x"}).status_code == 204
    assert keep(tablet, fields | {"draft-subject": fields["draft-page"]}).status_code == 204
    assert drafts(staffed.chain) == []


def test_html_that_was_typed_stays_text(staffed: Staffed, tablet: StaffBrowser) -> None:
    _, path = task_of(staffed.chain)
    keep(tablet, work_of(tablet, path), note="</textarea><b>bold</b>")
    assert "<b>" not in tablet.get(path).text
    assert note_in(tablet, path) == "&lt;/textarea&gt;&lt;b&gt;bold&lt;/b&gt;"


def test_an_attempt_that_cannot_be_noted_any_more_keeps_its_words(staffed: Staffed, tablet: StaffBrowser) -> None:
    task, path = task_of(staffed.chain)
    fields = work_of(tablet, path)
    staffed.chain.desk.post(f"/v1/contact-tasks/{task['id']}/attempts", {"outcome": "reached"})
    typed = {"outcome": "no_answer", "note": WORDS}
    assert tablet.post(f"{path}/attempts", fields | typed).status_code == 409
    assert len(drafts(staffed.chain)) == 1


def test_nothing_is_left_of_what_was_typed_about_a_client_who_is_erased(staffed: Staffed, tablet: StaffBrowser) -> None:
    task, path = task_of(staffed.chain)
    keep(tablet, work_of(tablet, path), note=WORDS)
    desk, admin = staffed.chain.desk, staffed.chain.admin
    visit = desk.get(f"/v1/appointments/{task['appointment_id']}")
    desk.change(visit, "cancel", initiator="client")
    request = desk.post(f"/v1/clients/{task['client_id']}/erasure-requests", {})
    confirm = f"/v1/erasure-requests/{request['id']}/confirm"
    swept = admin.post(confirm, {}, 200, If_Match=f'"{request["version"]}"')["swept"]
    assert {"service": "scheduling", "store": "drafts", "rows": 1} in swept
    assert drafts(staffed.chain) == []

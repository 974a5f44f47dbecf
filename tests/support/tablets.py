"""Shared tablets in tests: a browser that is one, people who come in and go, and a form into which they type."""

import re
from typing import Any

from werkzeug.test import TestResponse

from tests.support.api import Chain, at
from tests.support.pages import Page
from tests.support.staff import StaffBrowser, Staffed

PINS = {"local:manager": "804217", "local:front_desk": "361948", "local:therapist": "592703"}
NAMES = {"local:manager": "Demo M.", "local:front_desk": "Demo D.", "local:therapist": "Demo T."}


def proof(page: TestResponse) -> str:
    """What forms of a page carry to show where they come from."""
    found = re.search(r'name="form" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def shared_tablet(staffed: Staffed, clinic: Any, *people: str) -> StaffBrowser:
    """A browser that the manager has made a shared tablet; then each of `people` signs in, and sets a PIN."""
    browser = staffed.browser
    browser.sign_in("local:manager")
    form = {"form": proof(browser.get("/staff/devices")), "clinic": clinic["id"], "name": "Tablet of room 2"}
    assert browser.post("/staff/devices", form).location == "/staff/pin"
    for person in people:
        browser.sign_in(person)
        assert set_pin(browser, PINS[person]).status_code == 303
    return browser


def set_pin(browser: StaffBrowser, pin: str, again: str | None = None) -> TestResponse:
    form = {"form": proof(browser.get("/staff/day")), "pin": pin, "again": again or pin}
    return browser.post("/staff/pin", form)


def lock(browser: StaffBrowser, path: str = "/staff/day", **typed: str) -> TestResponse:
    """Press the button on a page, with what was typed into its form."""
    fields = work_of(browser, path) if typed else {"form": proof(browser.get(path))}
    return browser.post("/staff/lock", fields | typed, Referer=f"http://127.0.0.1:8001{path}")


def work_of(browser: StaffBrowser, path: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    return browser.form(path, "/attempts").fields


def people(browser: StaffBrowser) -> dict[str, str]:
    """Who may come in at a locked tablet, by what they are called, with their ids."""
    page = browser.get("/staff/unlock")
    assert page.status_code == 200, page.text
    return {name: key for key, name in re.findall(r'href="/staff/unlock\?who=([0-9a-f-]+)"[^>]*>([^<]+)<', page.text)}


def unlock(browser: StaffBrowser, person: str, pin: str | None = None) -> TestResponse:
    found = people(browser)
    who = found.get(NAMES[person]) or found["Demo"]
    return try_pin(browser, who, pin or PINS[person])


def try_pin(browser: StaffBrowser, who: str, pin: str, form: str | None = None) -> TestResponse:
    form = form or proof(browser.get(f"/staff/unlock?who={who}"))
    return browser.post("/staff/unlock", {"form": form, "who": who, "pin": pin})


def keep(browser: StaffBrowser, fields: dict[str, str], **typed: str) -> TestResponse:
    """What the script does while somebody types."""
    return browser.post("/staff/drafts", fields | typed)


def note_in(browser: StaffBrowser, path: str) -> str:
    """What stands in the note of a task's page."""
    answer = browser.get(path)
    assert answer.status_code == 200, answer.status
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", answer.text, re.DOTALL)
    assert found is not None
    return found[1]


def task_of(chain: Chain) -> tuple[Any, str]:
    """A task to contact a client, and its page."""
    ready = chain.ready()
    visit = ready.book(at(3))
    item = {"because": "reminder:1", "cause": "undeliverable", "chain_id": str(chain.id), "appointment_id": visit["id"]}
    chain.service.post("/internal/v1/contact-tasks", {"items": [item]}, 200)
    (task,) = chain.desk.get("/v1/contact-tasks")["items"]
    return task, f"/staff/contact-tasks/{task['id']}"


def heading(browser: StaffBrowser, path: str) -> str:
    return Page(browser.client, browser.get(path)).text

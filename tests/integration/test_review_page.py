"""The page on which a manager looks at the records that were opened without anything that opens them."""

from dataclasses import replace
from typing import Any

from tests.support.api import Api
from tests.support.both import Both, BothBrowser

REVIEWS = "/staff/reviews"
REASON = "The client is unconscious & alone <b>here</b>"


def at_treatment(both: Both, caller: Api) -> Api:
    return replace(caller, client=both.app.test_client())


def broken(both: Both, caller: Api | None = None) -> Any:
    """A glass that was broken for a client of the chain."""
    client = both.staffed.chain.person(name="Ada Demo-Client")
    both.follow()
    who = caller or both.staffed.chain.caller("therapist", subject="somebody")
    return at_treatment(both, who).post("/v1/break-glass", {"client_id": client["id"], "reason": REASON})


def manager(both: Both) -> BothBrowser:
    browser = both.browser
    browser.sign_in(target=REVIEWS)
    return browser


def send(browser: BothBrowser, glass: Any, **fields: str) -> int:
    form = browser.form(REVIEWS, glass["id"])
    return browser.post(form.action, form.fields | fields).status_code


def test_a_manager_reads_why_and_says_that_it_was_right(both: Both) -> None:
    glass = broken(both)
    browser = manager(both)
    page = browser.get(REVIEWS).text
    for said in ("Ada Demo-Client", "a therapist", "by breaking the glass", "&lt;b&gt;here&lt;/b&gt;"):
        assert said in page
    assert send(browser, glass, outcome="justified", note="I called her.") == 303
    assert "Nothing waits for your review." in browser.get(REVIEWS).text
    [found] = at_treatment(both, both.staffed.chain.admin).get("/v1/break-glass?reviewed=true")["items"]
    assert (found["outcome"], found["note"]) == ("justified", "I called her.")


def test_what_is_no_outcome_and_what_comes_from_elsewhere_changes_nothing(both: Both) -> None:
    glass = broken(both)
    browser = manager(both)
    assert send(browser, glass, outcome="perhaps") == 422
    assert browser.post(f"{REVIEWS}/{glass['id']}", {"outcome": "justified"}).status_code == 403
    assert "Ada Demo-Client" in browser.get(REVIEWS).text


def test_nobody_reviews_what_they_have_opened_themselves(both: Both) -> None:
    glass = broken(both, both.staffed.chain.caller("manager", subject="local:manager"))
    page = manager(both).get(REVIEWS).text
    assert "somebody else reviews it" in page
    assert f"{REVIEWS}/{glass['id']}" not in page


def test_therapists_do_not_see_it_and_find_no_way_to_it(both: Both) -> None:
    browser = both.browser
    browser.sign_in("local:therapist")
    assert REVIEWS not in browser.get("/staff/day").text
    assert browser.get(REVIEWS).status_code == 403
    assert REVIEWS in manager(both).get("/staff/day").text


def test_the_look_is_in_the_access_log(both: Both) -> None:
    glass = broken(both)
    manager(both).get(REVIEWS)
    path = f"/v1/clients/{glass['client_id']}/access-log"
    looks = at_treatment(both, both.staffed.chain.admin).get(path)["items"]
    assert ("audit", "manager") in [(each["purpose"], each["role"]) for each in looks]

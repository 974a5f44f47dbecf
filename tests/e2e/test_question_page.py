"""A client answers on a small phone, in a real browser with and without script, with a finger or the keyboard alone."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize, expect
from werkzeug.serving import make_server

from services.treatment.web.chart import spots
from tests.support.browser import PHONE, SMALLEST, is_as_wide_as_the_screen, phone, sticking_out, too_small_for_a_finger
from tests.support.homework import exercising
from tests.support.questions import asked
from tests.support.treatment import Treatment

pytestmark = [pytest.mark.slow, pytest.mark.one_database]
RULES = {"resultTypes": ["violations"]}
CORNER = re.compile(r"([\d.]+)% ([\d.]+)%")


@pytest.fixture(scope="module")
def site(treatment_app: Flask) -> Iterator[str]:
    """Where the pages answer over HTTP."""
    server = make_server("127.0.0.1", 0, treatment_app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def shoot(tmp_path: Path) -> Callable[[Page, str], None]:
    """Keeps a picture of the whole page in the test's folder."""

    def picture(page: Page, name: str) -> None:
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)

    return picture


def press(page: Page, view: str, place: str) -> None:
    """Put a finger into the middle of a shape."""
    spot = next(each for each in spots() if (each.view, each.place.code) == (view, place))
    corners = [(float(x), float(y)) for x, y in CORNER.findall(spot.outline)]
    x, y = (sum(each) / len(corners) for each in zip(*corners, strict=True))
    shape = page.locator(f".{view}.{place}")
    shape.scroll_into_view_if_needed()
    box = shape.bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + box["width"] * x / 100, box["y"] + box["height"] * y / 100)


def colour(page: Page, view: str, place: str) -> str:
    found: str = page.locator(f".{view}.{place}").evaluate("each => getComputedStyle(each).backgroundColor")
    return found


@pytest.mark.parametrize("script", [False, True], ids=["without script", "with script"])
def test_answers_by_one_tap_and_says_where_it_hurts_on_a_picture(
    treatment: Treatment, site: str, browser: Browser, shoot: Callable[[Page, str], None], *, script: bool
) -> None:
    person = asked(treatment)
    with phone(browser, script=script) as page:
        page.goto(site + person.link)
        assert person.answers() == [], "to open it is no answer"
        shoot(page, "1-question")
        page.get_by_role("button", name="4", exact=True).tap()
        expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, we have your answer")
        assert person.answers() == ["check_in_answered"]

        press(page, "front", "knee-left")
        expect(page.locator("#knee-left")).to_be_checked()
        assert colour(page, "back", "knee-left") == colour(page, "front", "knee-left")
        assert colour(page, "back", "knee-left") != colour(page, "back", "knee-right")
        page.get_by_label("A line for the next visit").fill("worse on the stairs")
        danger = page.get_by_text("This may be an emergency and cannot wait")
        expect(danger).to_be_hidden()
        page.get_by_label("Trouble passing or holding urine or stool").check()
        expect(danger).to_be_visible()
        shoot(page, "2-more")
        page.get_by_role("button", name="Send").tap()
        expect(page.get_by_role("heading", name="Please get help now")).to_be_in_viewport()
        shoot(page, "3-help")
        [said] = [each["answer"] for each in person.care.check_ins() if each["status"] == "answered"]
        assert (said["score"], said["places"], said["note"]) == (4, ["knee-left"], "worse on the stairs")

        page.get_by_role("button", name="Stop asking me").tap()
        expect(page.get_by_text("We will not ask you any more")).to_be_visible()
        shoot(page, "4-stopped")
        page.get_by_role("button", name="Do ask me, after all").tap()
        expect(page.get_by_role("button", name="Stop asking me")).to_be_visible()
    assert person.happened()[-1] != "check_ins_stopped"


def test_works_with_the_keyboard_alone(treatment: Treatment, site: str, browser: Browser) -> None:
    person = asked(treatment)
    with phone(browser) as page:
        page.goto(site + person.link)
        for _ in range(8):
            page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="7", exact=True)).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(".score")).to_have_text("7 of 10")
        tab_to(page, "details:has(.region) summary")
        page.keyboard.press("Enter")
        tab_to(page, "#lower_back-right")
        page.keyboard.press("Space")
        expect(page.get_by_role("checkbox", name="Lower back, right")).to_be_checked()
        outline = page.locator(".tick:has(#lower_back-right)").evaluate("each => getComputedStyle(each).outlineStyle")
        assert outline == "solid"
        tab_to(page, "form.card > button")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").first).to_contain_text("Noted")
    assert person.answers() == ["check_in_answered", "check_in_corrected"]


def tab_to(page: Page, selector: str) -> None:
    wanted = page.locator(selector)
    for _ in range(80):
        if wanted.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not come to {selector}")


@pytest.mark.parametrize(
    ("viewport", "locale"),
    [(SMALLEST, "de"), (PHONE, "en"), ({"width": 1280, "height": 800}, "de")],
    ids=["small", "phone", "desk"],
)
def test_fits_every_screen_and_finger_and_can_be_used_by_everybody(
    treatment: Treatment, site: str, browser: Browser, viewport: ViewportSize, locale: str
) -> None:
    person = asked(treatment, locale=locale)
    with phone(browser, viewport, script=True, dark=locale == "de") as page:
        page.goto(site + person.link)
        must_be_fine(page, "question")
        page.locator("button[value='8']").tap()
        expect(page.locator(".score")).to_contain_text("8")
        page.locator("input[name=flag]").first.check()
        for each in page.locator("summary").all():
            each.tap()
        must_be_fine(page, "more")
        page.locator("form.card > button").tap()
        expect(page.locator("section.danger")).to_be_visible()
        page.locator(".quiet button").tap()
        expect(page.locator(".quiet button")).to_be_hidden()
        must_be_fine(page, "stopped")
        page.goto(f"{site}/c/nothing")
        must_be_fine(page, "no link")


@pytest.mark.parametrize(("viewport", "locale"), [(SMALLEST, "de"), (PHONE, "en")], ids=["small", "phone"])
def test_homework_is_read_and_reported_by_one_tap(
    treatment: Treatment,
    site: str,
    browser: Browser,
    shoot: Callable[[Page, str], None],
    viewport: ViewportSize,
    locale: str,
) -> None:
    person = exercising(treatment, locale=locale)
    with phone(browser, viewport, script=True, dark=locale == "de") as page:
        page.goto(site + person.link)
        must_be_fine(page, "homework")
        page.locator("button[value=some]").tap()
        expect(page.locator("button[value=some]")).to_have_attribute("aria-pressed", "true")
        must_be_fine(page, "reported")
        shoot(page, f"homework-{locale}")
        assert [each["done"] for each in person.homework()["reports"]] == ["some"]
        other = person.more(per_day=4)
        page.goto(site + urlsplit(person.asked(whose="D.")["link"]).path)
        expect(page.locator("header")).to_contain_text("D.")
        expect(page.locator("form")).to_have_count(2)
        must_be_fine(page, "several")
        shoot(page, f"several-{locale}")
        for each in (person, other):
            each.care.api.post(f"{each.path}/stop", {}, 200, If_Match="*")
        page.goto(site + person.link)
        must_be_fine(page, "stopped")
        expect(page.locator("form")).to_have_count(0)


def must_be_fine(page: Page, name: str) -> None:
    assert is_as_wide_as_the_screen(page), name
    assert sticking_out(page) == [], name
    assert too_small_for_a_finger(page) == [], name
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == [], name

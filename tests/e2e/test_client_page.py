"""A client on a small phone, in a real browser without script: confirm, move, cancel, book again."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize, expect
from werkzeug.serving import make_server

from tests.support.browser import PHONE, SMALLEST, is_as_wide_as_the_screen, phone, sticking_out, too_small_for_a_finger
from tests.support.pages import Scene, link_to, on

pytestmark = pytest.mark.slow
Shoot = Callable[[Page, str], None]
RULES = {"resultTypes": ["violations"]}


@pytest.fixture(scope="module")
def site(pages_app: Flask) -> Iterator[str]:
    """Where the pages answer over HTTP."""
    server = make_server("127.0.0.1", 0, pages_app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def shoot(tmp_path: Path) -> Shoot:
    """Keeps a picture of the whole page in the test's folder."""

    def picture(page: Page, name: str) -> None:
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)

    return picture


def test_confirms_moves_and_cancels_on_a_phone(scene: Scene, site: str, browser: Browser, shoot: Shoot) -> None:
    with phone(browser) as page:
        page.goto(site + link_to(scene.chain, scene.visit))
        expect(page.get_by_role("heading", level=1)).to_have_text("Your visit")
        shoot(page, "1-visit")
        expect(page.get_by_text("Wednesday, March 3, 2027")).to_be_visible()

        page.get_by_role("button", name="Confirm: I will come").tap()
        expect(page.get_by_text("Booked and confirmed")).to_be_visible()
        shoot(page, "2-confirmed")

        page.get_by_role("link", name="Move to another time").tap()
        expect(page.get_by_role("heading", level=1)).to_have_text("Choose another time")
        shoot(page, "3-times")
        page.get_by_text("Thursday, March 4").first.tap()
        shoot(page, "4-times-of-a-day")
        page.get_by_role("button", name="1:30 PM, Demo Own, Thursday, March 4, Demo Clinic Home").tap()
        expect(page.get_by_role("status")).to_contain_text("your visit has moved")
        shoot(page, "5-moved")
        expect(page.get_by_text("Thursday, March 4, 2027")).to_be_visible()
        assert scene.fresh()["starts_at"] == on(4, 13, 30).isoformat()

        page.get_by_role("link", name="Cancel the visit").tap()
        expect(page.get_by_role("heading", level=1)).to_have_text("Cancel your visit?")
        shoot(page, "6-cancel")
        assert scene.fresh()["status"] == "booked"
        page.get_by_role("button", name="Yes, cancel it").tap()
        expect(page.get_by_text("This visit is cancelled, as you wished.")).to_be_visible()
        shoot(page, "7-cancelled")
        assert scene.fresh()["status"] == "cancelled"

        page.go_back()
        page.reload()
        expect(page.get_by_text("This visit is cancelled, as you wished.")).to_be_visible()

        page.get_by_role("link", name="Book another visit").tap()
        page.get_by_role("button", name="Monday, March 1, Demo Clinic Home").first.tap()
        expect(page.get_by_role("status")).to_contain_text("your new visit is booked")
        shoot(page, "8-booked-again")


def test_a_late_cancellation_is_warned_of(
    new_scene: Callable[..., Scene], site: str, browser: Browser, shoot: Shoot
) -> None:
    scene = new_scene(locale="de")
    scene.clock.now = on(2, 12)
    with phone(browser) as page:
        page.goto(f"{site}{link_to(scene.chain, scene.visit)}/cancel")
        expect(page.get_by_role("alert")).to_contain_text("mindestens 24 Stunden vorher")
        shoot(page, "1-late")
        page.get_by_role("button", name="Kurzfristig absagen").tap()
        expect(page.get_by_text("gilt als kurzfristig")).to_be_visible()
        shoot(page, "2-cancelled-late")
    assert scene.fresh()["late"] is True


def test_a_time_that_was_taken_is_said_with_the_nearest_others(
    scene: Scene, site: str, browser: Browser, shoot: Shoot
) -> None:
    with phone(browser) as page:
        page.goto(f"{site}{link_to(scene.chain, scene.visit)}/move")
        page.get_by_text("Tuesday, March 2").first.tap()
        scene.ready.book(on(2, 10), client_id=scene.chain.person()["id"], therapist_id=scene.ready.therapist["id"])
        page.get_by_role("button", name="10:00 AM, Demo Own, Tuesday, March 2").tap()
        expect(page.get_by_role("alert")).to_contain_text("somebody else has just taken this time")
        shoot(page, "1-taken")
        nearest = page.locator("section", has_text="Nearest free times")
        nearest.get_by_role("button", name="9:00 AM, Demo Own, Tuesday, March 2").tap()
        expect(page.get_by_role("status")).to_contain_text("your visit has moved")
    assert scene.fresh()["starts_at"] == on(2, 9).isoformat()


def test_works_with_the_keyboard_alone(scene: Scene, site: str, browser: Browser) -> None:
    with phone(browser) as page:
        page.goto(site + link_to(scene.chain, scene.visit))
        page.keyboard.press("Tab")
        button = page.get_by_role("button", name="Confirm: I will come")
        expect(button).to_be_focused()
        assert button.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        expect(page.get_by_text("Booked and confirmed")).to_be_visible()
        page.goto(f"{page.url}/move")
        summary = page.locator("summary").nth(1)
        for _ in range(40):
            page.keyboard.press("Tab")
            if summary.evaluate("each => each === document.activeElement"):
                break
        expect(summary).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("your visit has moved")


@pytest.mark.parametrize("viewport", [SMALLEST, PHONE, {"width": 1280, "height": 800}], ids=["small", "phone", "desk"])
@pytest.mark.parametrize("locale", ["en", "de"])
def test_fits_every_screen_and_finger(
    new_scene: Callable[..., Scene], site: str, browser: Browser, shoot: Shoot, viewport: ViewportSize, locale: str
) -> None:
    scene = new_scene(locale=locale, time_zone="America/New_York", name="Ada-With-A-Very-Long-First-Name-Indeed Demo")
    base = site + link_to(scene.chain, scene.visit)
    with phone(browser, viewport) as page:
        for path in ("", "/cancel", "/move", "/nothing"):
            page.goto(base + path)
            shoot(page, f"page{path.replace('/', '-')}")
            assert is_as_wide_as_the_screen(page), path
            assert sticking_out(page) == []
            assert too_small_for_a_finger(page) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_keeps_anybody_out(scene: Scene, site: str, browser: Browser, shoot: Shoot, dark: bool) -> None:
    link = site + link_to(scene.chain, scene.visit)
    scene.clock.now = on(2, 12)
    with phone(browser, script=True, dark=dark) as page:
        for path in ("", "?said=changed", "/cancel", "/move", "/nothing", "/move?from=x"):
            page.goto(link + path)
            shoot(page, f"page{path.replace('/', '-').replace('?', '-')}")
            assert found_by_axe(page) == []
        scene.chain.desk.change(scene.visit, "cancel", initiator="client")
        for path in ("", "/again"):
            page.goto(link + path)
            assert found_by_axe(page) == []


def found_by_axe(page: Page) -> list[str]:
    """What the rules of WCAG 2.2 AA and good practice find wrong."""
    results = Axe().run(page, options=RULES).response
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in results["violations"]]


def test_goes_nowhere_else(scene: Scene, site: str, browser: Browser) -> None:
    asked: list[str] = []
    with phone(browser) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{site}{link_to(scene.chain, scene.visit)}/move")
        page.locator("button[name=time]").first.tap()
        expect(page.get_by_role("status")).to_be_visible()
    assert all(url.startswith(f"{site}/l/") for url in asked)

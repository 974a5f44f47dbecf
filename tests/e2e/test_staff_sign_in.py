"""Staff at a real browser and real processes: sign in, see the day, sign out; with the keyboard, on any screen."""

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.support.browser import PHONE, SMALLEST, is_as_wide_as_the_screen, phone, too_small_for_a_finger
from tests.support.site import Shoot, Site, found_by_axe, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
DESK: ViewportSize = {"width": 1280, "height": 800}


def test_somebody_signs_in_sees_the_day_and_signs_out(site: Site, browser: Browser, shoot: Shoot) -> None:
    with phone(browser, DESK) as page:
        page.goto(f"{site.url}/staff/day")
        page.get_by_label("Short name of your chain").fill("demo")
        shoot(page, "1-chain")
        page.get_by_role("button", name="Next").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Demo Chain")
        shoot(page, "2-sign-in")
        page.get_by_role("link", name="Sign in").click()
        expect(page.get_by_text("for development only")).to_be_visible()
        shoot(page, "3-who")
        page.get_by_role("button", name="Demo Manager").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Demo North")
        expect(page.get_by_text("Demo Therapist Ada")).to_be_visible()
        shoot(page, "4-day")
        page.get_by_role("link", name="Demo South").click()
        expect(page.get_by_text("No visits today.")).to_be_visible()
        shoot(page, "5-other-clinic")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Short name of your chain")).to_be_visible()
        shoot(page, "6-signed-out")
        page.go_back()
        page.goto(f"{site.url}/staff/day")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Demo Chain")


def test_works_with_the_keyboard_alone_and_asks_nobody_else(site: Site, browser: Browser) -> None:
    asked: list[str] = []
    with phone(browser, DESK) as page:
        page.on("request", lambda request: asked.append(request.url))
        sign_in(page, site, "Demo Manager")
        expect(page.get_by_role("heading", level=1)).to_have_text("Demo North")
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Sign out")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Demo South")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Demo South")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_label("Short name of your chain")).to_be_visible()
    assert {url.split("/")[2].partition(":")[0] for url in asked} == {"127.0.0.1"}
    assert len({url.split("/")[2] for url in asked}) == 2


def test_nothing_keeps_anybody_out(site: Site, browser: Browser, shoot: Shoot) -> None:
    for viewport, dark in ((SMALLEST, False), (PHONE, True), (DESK, False)):
        with phone(browser, viewport, script=True, dark=dark) as page:
            sign_in(page, site, "Demo Front Desk of Demo North")
            for path in ("day", "sign-in", "sign-in/demo", "nothing"):
                page.goto(f"{site.url}/staff/{path}")
                shoot(page, f"{path.replace('/', '-')}-{viewport['width']}")
                assert found_by_axe(page) == []
                assert is_as_wide_as_the_screen(page), path
                assert too_small_for_a_finger(page) == []

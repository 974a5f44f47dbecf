"""A shared tablet in a real browser: one types and locks, another comes in by a PIN, the first finds the words again."""

import re

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.support.browser import is_as_wide_as_the_screen, phone, too_small_for_a_finger
from tests.support.site import Shoot, Site, found_by_axe

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
TABLET: ViewportSize = {"width": 834, "height": 1112}
DESK_PIN, MANAGER_PIN = "361948", "804217"
WORDS = "Rang twice, her sister will tell her"


def declare(page: Page, site: Site) -> None:
    """The manager makes the browser a shared tablet."""
    page.goto(f"{site.url}/staff/sign-in/demo")
    come_in_at_provider(page, "Demo Manager")
    page.get_by_role("link", name="Shared tablets").click()
    page.get_by_label("What you call it").fill("Tablet of room 2")
    page.get_by_role("button", name="Make it a shared tablet").click()


def come_in_at_provider(page: Page, name: str) -> None:
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name=name).first.click()


def set_pin(page: Page, pin: str) -> None:
    page.get_by_label("New PIN").fill(pin)
    page.get_by_label("Once more").fill(pin)
    page.get_by_role("button", name="Keep this PIN").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Demo North")


def desk_signs_in(page: Page) -> None:
    """The front desk comes in fully at the locked tablet, and sets a PIN."""
    page.get_by_role("button", name="Lock").click()
    page.get_by_role("link", name="Sign in").click()
    come_in_at_provider(page, "Demo Front Desk")
    page.get_by_role("link", name="Your PIN").click()
    set_pin(page, DESK_PIN)


def open_task(page: Page) -> None:
    page.get_by_role("link", name="To be contacted").click()
    page.get_by_role("link", name="Open: Demo Client").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Demo Client")


def unlock(page: Page, name: str, pin: str) -> None:
    page.get_by_role("link", name=name).click()
    page.get_by_label(f"PIN of {name}").fill(pin)
    page.keyboard.press("Enter")


def is_locked(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Locked")
    assert "Rang twice" not in page.content()


def looks_right(page: Page, shoot: Shoot, name: str) -> None:
    shoot(page, name)
    assert found_by_axe(page) == []
    assert is_as_wide_as_the_screen(page)
    assert too_small_for_a_finger(page) == []


def test_one_types_another_comes_in_and_the_first_goes_on_where_they_were(
    site: Site, browser: Browser, shoot: Shoot
) -> None:
    with phone(browser, TABLET, script=True) as page:
        page.clock.install()
        declare(page, site)
        looks_right(page, shoot, "1-pin")
        set_pin(page, MANAGER_PIN)
        desk_signs_in(page)
        open_task(page)
        page.get_by_label("What came of it").select_option("no_answer")
        with page.expect_response(re.compile("/staff/drafts$")) as kept:
            page.get_by_label("Note").fill(WORDS)
            page.clock.fast_forward(5_000)
        assert kept.value.status == 204
        looks_right(page, shoot, "2-typed")
        page.clock.fast_forward(4 * 60_000)
        is_locked(page)
        looks_right(page, shoot, "3-locked")
        unlock(page, "Demo M.", "999999")
        expect(page.get_by_role("alert")).to_contain_text("That was not the PIN")
        looks_right(page, shoot, "4-wrong")
        unlock(page, "Demo M.", MANAGER_PIN)
        expect(page.get_by_role("heading", level=1)).to_have_text("Demo North")
        page.go_back()
        assert WORDS not in page.content()
        page.goto(f"{site.url}/staff/day")
        open_task(page)
        expect(page.get_by_label("Note")).to_have_value("")
        page.get_by_role("button", name="Lock").click()
        unlock(page, "Demo D.", DESK_PIN)
        expect(page.get_by_label("Note")).to_have_value(WORDS)
        expect(page.get_by_label("What came of it")).to_have_value("no_answer")
        page.get_by_role("button", name="Note it").click()
        looks_right(page, shoot, "5-tasks")
        page.get_by_role("link", name="Open: Demo Client").click()
        expect(page.get_by_text(WORDS)).to_be_visible()
        expect(page.get_by_label("Note")).to_have_value("")
        page.goto(f"{site.url}/staff/devices")
        looks_right(page, shoot, "6-devices")
    with phone(browser, TABLET) as page:
        locks_without_script(page, site)


def locks_without_script(page: Page, site: Site) -> None:
    """The button takes along what was typed."""
    declare(page, site)
    set_pin(page, MANAGER_PIN)
    open_task(page)
    page.get_by_label("Note").fill(WORDS)
    page.get_by_role("button", name="Lock").click()
    is_locked(page)
    page.go_back()
    assert WORDS not in page.content()
    page.goto(f"{site.url}/staff/unlock")
    unlock(page, "Demo", MANAGER_PIN)
    expect(page.get_by_label("Note")).to_have_value(WORDS)

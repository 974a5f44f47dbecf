"""A real browser for tests: Chromium without a window, the system's own, on a small phone and without script."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # tests without a browser do not wait for it
    from playwright.sync_api import Browser, Locator, Page, ViewportSize

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PHONE: "ViewportSize" = {"width": 360, "height": 740}
SMALLEST: "ViewportSize" = {"width": 320, "height": 568}
FINGER = 44
TAPPED = "a, button, summary, input:not([type=hidden], [type=checkbox], [type=radio]), label:has(input)"
"""A box is as large as the label that holds it."""

STICKS_OUT = """each => {
  const own = each.getBoundingClientRect(), card = each.closest(".card").getBoundingClientRect();
  return own.left < card.left || own.right > card.right;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        program = next(filter(None, map(shutil.which, PROGRAMS)), own if Path(own).exists() else None)
        if program is None:
            missing = "there is no Chromium here (Debian: apt install chromium; elsewhere: playwright install chromium)"
            if os.environ.get("CI"):
                pytest.fail(missing)
            pytest.skip(missing)
        found = playwright.chromium.launch(executable_path=program)
        yield found
        found.close()


@contextmanager
def phone(
    browser: "Browser", viewport: "ViewportSize" = PHONE, *, script: bool = False, dark: bool = False
) -> Iterator["Page"]:
    """A page on a phone, by default without script."""
    context = browser.new_context(
        viewport=viewport,
        java_script_enabled=script,
        color_scheme="dark" if dark else "light",
        has_touch=True,
        reduced_motion="reduce",
    )
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def is_as_wide_as_the_screen(page: "Page") -> bool:
    """Whether nothing has to be scrolled sideways."""
    wide: bool = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    return wide


def sticking_out(page: "Page") -> list[str]:
    """What can be tapped and reaches over the edge of its card."""
    return [
        repr(each.inner_text())
        for each in page.locator(".card a, .card button, .card input:not([type=hidden])").all()
        if each.is_visible() and each.evaluate(STICKS_OUT)
    ]


def too_small_for_a_finger(page: "Page") -> list[str]:
    """What can be tapped and is less than 44 pixels high."""
    return [
        f"{each.inner_text()!r} is {height:.0f} px high"
        for each in page.locator(TAPPED).all()
        if each.is_visible() and (height := height_of(each)) < FINGER
    ]


def height_of(element: "Locator") -> float:
    box = element.bounding_box()
    return box["height"] if box else 0

"""Staff at a real browser and real processes: sign in, see the day, sign out; with the keyboard, on any screen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from services.scheduling.app import create_app
from services.scheduling.chains import create_chain
from shared.embedded.processes import free_port
from shared.http.operations import EXTENSION
from shared.settings import Settings
from tests.support.api import Chain, Keys
from tests.support.browser import PHONE, SMALLEST, is_as_wide_as_the_screen, phone, too_small_for_a_finger
from tests.support.processes import Launcher, launch_api

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
Shoot = Callable[[Page, str], None]
RULES = {"resultTypes": ["violations"]}
DESK: ViewportSize = {"width": 1280, "height": 800}


@dataclass(frozen=True)
class Site:
    """Where the pages answer, and what there is to see."""

    url: str
    clinic: Any
    other: Any


@pytest.fixture
def site(launch: Launcher, keys: Keys) -> Site:
    """The scheduling service and the local issuer as processes, and a chain with a visit this afternoon."""
    port = free_port()
    settings = Settings.read(launch.environ)
    settings.folder.mkdir()
    launch.environ = {
        **launch.environ,
        **keys.variables(settings.folder),
        "SYNERGIST_ISSUER": f"http://127.0.0.1:{port}",
        "SYNERGIST_ISSUER_PORT": str(port),
        "SYNERGIST_CLIENT_SECRET": "a secret for tests",
        "SYNERGIST_PUBLIC_URL": settings.address.scheduling_url,
    }
    launch("issuer", port=port)
    app = create_app(Settings.read(launch.environ))
    parts = app.extensions[EXTENSION]
    chain = Chain(app, keys, create_chain(parts.database, "demo", "Demo Chain"), f"http://127.0.0.1:{port}")
    clinics = [chain.clinic(name=name, time_zone=zone_at_noon()) for name in ("Demo North", "Demo South")]
    book_this_afternoon(chain, clinics[0])
    parts.close()
    launch_api(launch, "scheduling")
    return Site(settings.address.scheduling_url, *clinics)


def zone_at_noon() -> str:
    """A time zone in which it is around noon, so that there is an afternoon to come."""
    offset = 12 - datetime.now(UTC).hour
    return "Etc/GMT" if offset == 0 else f"Etc/GMT{-offset:+d}"


def book_this_afternoon(chain: Chain, clinic: Any) -> None:
    now = datetime.now(UTC)
    starts_at = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=3)
    chain.room(clinic, name="Demo Room")
    therapist = chain.therapist(clinic, name="Demo Therapist Ada")
    wish = {
        "offering_id": chain.offering()["id"],
        "clinic_id": clinic["id"],
        "client_id": chain.person()["id"],
        "therapist_id": therapist["id"],
        "starts_at": starts_at.isoformat(),
    }
    chain.desk.post("/v1/appointments", wish)


@pytest.fixture
def shoot(tmp_path: Path) -> Shoot:
    def picture(page: Page, name: str) -> None:
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)

    return picture


def found_by_axe(page: Page) -> list[str]:
    results = Axe().run(page, options=RULES).response
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in results["violations"]]


def sign_in(page: Page, site: Site, name: str) -> None:
    page.goto(f"{site.url}/staff/sign-in/demo")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name=name).first.click()


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

"""The staff's pages as they are used: the service and the local issuer as processes, and people who sign in there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from services.scheduling.app import create_app
from services.scheduling.chains import create_chain
from shared.embedded.processes import free_port
from shared.http.operations import EXTENSION
from shared.settings import Settings
from tests.support.api import Chain, Keys
from tests.support.processes import Launcher, launch_api

if TYPE_CHECKING:  # tests without a browser do not wait for it
    from playwright.sync_api import Page

Shoot = Callable[["Page", str], None]
RULES = {"resultTypes": ["violations"]}


@dataclass(frozen=True)
class Site:
    """Where the pages answer, and what there is to see."""

    url: str
    clinic: Any
    other: Any


@pytest.fixture
def site(launch: Launcher, keys: Keys) -> Site:
    """The scheduling service and the local issuer as processes, and a chain with a visit this afternoon, about which nobody could be told."""
    port = free_port()
    settings = Settings.read(launch.environ)
    settings.folder.mkdir()
    launch.environ = {
        **launch.environ,
        **keys.variables(settings.folder),
        "SYNERGIST_ISSUER": f"http://127.0.0.1:{port}",
        "SYNERGIST_ISSUER_PORT": str(port),
        "SYNERGIST_CLIENT_SECRET": "a secret for tests",
        "SYNERGIST_TREATMENT_CLIENT_SECRET": "another secret for tests",
        "SYNERGIST_PUBLIC_URL": settings.address.scheduling_url,
    }
    launch("issuer", port=port)
    app = create_app(Settings.read(launch.environ))
    parts = app.extensions[EXTENSION]
    chain = Chain(app, keys, create_chain(parts.database, "demo", "Demo Chain"), f"http://127.0.0.1:{port}")
    clinics = [chain.clinic(name=name, time_zone=zone_at_noon()) for name in ("Demo North", "Demo South")]
    want_contact(chain, book_this_afternoon(chain, clinics[0]))
    parts.close()
    launch_api(launch, "scheduling")
    return Site(settings.address.scheduling_url, *clinics)


def zone_at_noon() -> str:
    """A time zone in which it is around noon, so that there is an afternoon to come."""
    offset = 12 - datetime.now(UTC).hour
    return "Etc/GMT" if offset == 0 else f"Etc/GMT{-offset:+d}"


def book_this_afternoon(chain: Chain, clinic: Any) -> Any:
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
    return chain.desk.post("/v1/appointments", wish)


def want_contact(chain: Chain, visit: Any) -> None:
    """Say of a visit, as the workers do, that no message about it reached anybody."""
    item = {"because": "demo", "cause": "undeliverable", "chain_id": str(chain.id), "appointment_id": visit["id"]}
    chain.service.post("/internal/v1/contact-tasks", {"items": [item]}, 200)


@pytest.fixture
def shoot(tmp_path: Path) -> Shoot:
    def picture(page: "Page", name: str) -> None:
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)

    return picture


def found_by_axe(page: "Page") -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    results = Axe().run(page, options=RULES).response
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in results["violations"]]


def sign_in(page: "Page", site: Site, name: str) -> None:
    page.goto(f"{site.url}/staff/sign-in/demo")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name=name).first.click()


def enter(page: "Page", address: str, name: str) -> None:
    """Go to a page of treatment by way of signing in."""
    page.goto(address)
    page.get_by_label("Short name of your chain").fill("demo")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name=name).first.click()

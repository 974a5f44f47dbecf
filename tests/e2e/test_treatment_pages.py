"""Staff at treatment in a real browser: signed in at one service they are known at the other, and read and act there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from services.scheduling.app import create_app as create_scheduling
from services.scheduling.chains import chain_called
from services.treatment.app import create_app as create_treatment
from shared.event_store import Metadata
from shared.http.operations import EXTENSION
from shared.ids import new_id
from shared.settings import Settings
from tests.support.alerts import an_alert
from tests.support.api import Chain, Keys
from tests.support.browser import SMALLEST, is_as_wide_as_the_screen, phone, too_small_for_a_finger
from tests.support.processes import Launcher, launch_api
from tests.support.site import Shoot, Site, found_by_axe, sign_in
from tests.support.treatment import follow

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
DESK: ViewportSize = {"width": 1280, "height": 900}
TABLET: ViewportSize = {"width": 834, "height": 1112}
MEMBERS = [
    {"target": "psoas_major", "side": "right", "role": "overactive"},
    {"target": "gluteus_maximus", "side": "right", "role": "inhibited"},
]
EPISODE = {"target": "gluteus_maximus", "side": "right", "opened_from": "visit", "complaint": "Hip hurts on stairs."}


@dataclass(frozen=True)
class Treated:
    """Where treatment answers, and a client with a record and an alert."""

    site: Site
    url: str
    client_id: str
    alert_id: UUID


@pytest.fixture
def treated(site: Site, launch: Launcher, keys: Keys) -> Iterator[Treated]:
    """The treatment service as a process beside the others, and what a therapist has charted there."""
    settings = Settings.read(launch.environ)
    scheduling, treatment = create_scheduling(settings), create_treatment(settings)
    try:
        engine = scheduling.extensions[EXTENSION].database.engine
        chain_id = chain_called(engine, "demo")
        assert chain_id is not None
        chain = Chain(scheduling, keys, chain_id, settings.auth.issuer)
        visit = chain.desk.get("/v1/appointments")["items"][0]
        known_as_therapist(chain, visit["therapist_id"])
        follow(treatment, settings.scheduling)
        at_treatment = replace(chain, app=treatment)
        alert_id = chart(at_treatment, visit)
        launch_api(launch, "treatment")
        yield Treated(site, settings.address.treatment_url, visit["client_id"], alert_id)
    finally:
        for app in (scheduling, treatment):
            app.extensions[EXTENSION].close()


def known_as_therapist(chain: Chain, therapist_id: str) -> None:
    person = {"name": "Demo", "roles": [{"role": "therapist"}], "therapist_id": therapist_id}
    made = chain.admin.post("/v1/staff", person)
    chain.admin.post(f"/v1/staff/{made['id']}/logins", {"issuer": chain.issuer, "subject": "local:therapist"})


def chart(chain: Chain, visit: Any) -> UUID:
    """An episode, a session with a loop, a pattern, and an alert about the client."""
    api, client = chain.caller("therapist", subject="local:therapist"), visit["client_id"]
    episode = api.post("/v1/episodes", EPISODE | {"client_id": client, "appointment_id": visit["id"]})
    started = (datetime.now(UTC) - timedelta(minutes=20)).isoformat()
    body = {"id": str(new_id()), "client_id": client, "clinic_id": visit["clinic_id"], "started_at": started}
    session = api.post("/v1/sessions", body | {"appointment_id": visit["id"], "episode_id": episode["id"]})["id"]
    place = {"target": "gluteus_maximus", "side": "right"}
    api.post(f"/v1/sessions/{session}/pain-scores", {"value": 6, "when": "before", "source": "client"} | place)
    test = api.post(f"/v1/sessions/{session}/tests", place | {"response": "fails"})["entries"][0]
    free = {"target": "soleus", "side": "right", "technique": "sustained-pressure", "seconds": 60}
    api.post(f"/v1/sessions/{session}/releases", free)
    api.post(f"/v1/sessions/{session}/activations", place | {"exercise": "bridge", "reps": 8})
    api.post(f"/v1/sessions/{session}/retests", place | {"of_test_id": test["id"], "response": "holds"})
    api.post("/v1/patterns", {"client_id": client, "members": MEMBERS, "episode_id": episode["id"]})
    alert = an_alert(
        client_id=UUID(client), clinic_id=UUID(visit["clinic_id"]), therapist_id=UUID(visit["therapist_id"])
    )
    metadata = Metadata(actor="client", role="client", origin="link", correlation_id="a-test")
    database = chain.app.extensions[EXTENSION].database
    database.command(chain.id, metadata, lambda tx: tx.append(f"alert-{alert.alert_id}", 0, [alert]))
    return alert.alert_id


def enter(page: Page, treated: Treated, path: str) -> None:
    """Go to a page of treatment's, by way of signing in there."""
    page.goto(f"{treated.url}{path}")
    page.get_by_label("Short name of your chain").fill("demo")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("link", name="Sign in").click()


def test_whoever_is_signed_in_at_scheduling_is_not_asked_again(
    treated: Treated, browser: Browser, shoot: Shoot
) -> None:
    with phone(browser, DESK) as page:
        sign_in(page, treated.site, "Demo Therapist")
        expect(page.get_by_role("heading", level=1)).to_have_text("Demo North")
        enter(page, treated, "/staff/alerts")
        expect(page.get_by_role("heading", level=1)).to_have_text("Alerts")
        page.get_by_role("link", name="My day").click()
        page.get_by_role("link", name="Demo Client").first.click()
        expect(page.get_by_role("heading", name="What the next session begins with")).to_be_visible()
        page.goto(f"{treated.url}/staff/alerts/{treated.alert_id}")
        page.get_by_label("What you have done, or do").select_option("called")
        page.get_by_role("button", name="I take care of it").click()
        expect(page.get_by_label("What came of it")).to_be_visible()
        page.get_by_label("What came of it").select_option("booked")
        page.get_by_role("button", name="Close it").click()
        expect(page.get_by_text("a visit was booked")).to_be_visible()
        shoot(page, "closed")
        page.goto(f"{treated.site.url}/staff/day")
        expect(page.get_by_role("heading", level=1)).to_have_text("Demo North")
        page.goto(f"{treated.url}/staff/day")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Short name of your chain")).to_be_visible()
        page.goto(f"{treated.url}/staff/day")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Demo Chain")


def test_nothing_keeps_anybody_out(treated: Treated, browser: Browser, shoot: Shoot) -> None:
    pages = ("day", "alerts", f"alerts/{treated.alert_id}", f"records/{treated.client_id}", "covers", "nothing")
    for viewport, dark in ((SMALLEST, False), (TABLET, True), (TABLET, False), (DESK, False)):
        with phone(browser, viewport, script=True, dark=dark) as page:
            enter(page, treated, "/staff/day")
            page.get_by_role("button", name="Demo Therapist").first.click()
            for path in pages:
                answer = page.goto(f"{treated.url}/staff/{path}")
                assert answer is not None
                assert answer.status == (404 if path == "nothing" else 200), path
                shoot(
                    page,
                    f"{path.split('/')[0]}{'-one' if '/' in path else ''}-{viewport['width']}{'-dark' if dark else ''}",
                )
                assert found_by_axe(page) == [], path
                assert is_as_wide_as_the_screen(page), path
                assert too_small_for_a_finger(page) == [], path


def test_a_record_that_is_not_open_says_so_and_what_opens_it(treated: Treated, browser: Browser, shoot: Shoot) -> None:
    with phone(browser, SMALLEST, script=True) as page:
        enter(page, treated, f"/staff/records/{treated.client_id}")
        page.get_by_role("button", name="Demo Manager").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("This record is not open to you")
        shoot(page, "refused")
        assert found_by_axe(page) == []
        assert is_as_wide_as_the_screen(page)
        page.get_by_label("Why you need it now").fill("Fainted in the waiting room.")
        page.get_by_role("button", name="Break the glass").click()
        expect(page.get_by_text("The glass is broken.")).to_be_visible()
        shoot(page, "broken")
        assert found_by_axe(page) == []
    with phone(browser, SMALLEST) as page:
        enter(page, treated, "/staff/covers")
        page.get_by_role("button", name="Demo Therapist").first.click()
        page.get_by_label("Clinic", exact=True).select_option("Demo North")
        page.get_by_role("button", name="I am covering today").click()
        expect(page.get_by_role("heading", name="Demo North")).to_be_visible()
        shoot(page, "covering")
        page.get_by_role("button", name="End it now").click()
        expect(page.get_by_text("Nobody covers just now.")).to_be_visible()

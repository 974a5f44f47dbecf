"""Reports in a real browser: read on a laptop and on a phone, with and without script, by keys alone, in both languages."""

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
from shared.http.operations import EXTENSION
from shared.reports.periods import dates_of
from shared.settings import Settings
from tests.support.api import Chain, Keys
from tests.support.browser import SMALLEST, is_as_wide_as_the_screen, phone, too_small_for_a_finger
from tests.support.processes import Launcher, launch_api
from tests.support.published import BERLIN, Published, close_period, last_month, publish, publish_for_closing, restate
from tests.support.site import Shoot, Site, enter, found_by_axe
from tests.support.treatment import follow

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
LAPTOP: ViewportSize = {"width": 1280, "height": 900}


@dataclass(frozen=True)
class Reported:
    """Where treatment answers, and reports of the last month; `closed` is the therapist's of the month before."""

    url: str
    of_therapist: Published
    the_day_before: Published
    closed: Published


@pytest.fixture
def reported(site: Site, launch: Launcher, keys: Keys) -> Iterator[Reported]:
    """The treatment service as a process beside the others, with reports that were published and somebody to be called."""
    settings = Settings.read(launch.environ)
    scheduling, treatment = create_scheduling(settings), create_treatment(settings)
    try:
        chain_id = chain_called(scheduling.extensions[EXTENSION].database.engine, "demo")
        assert chain_id is not None
        chain = Chain(scheduling, keys, chain_id, settings.auth.issuer)
        visit = chain.desk.get("/v1/appointments")["items"][0]
        person = {"name": "Demo", "roles": [{"role": "therapist"}], "therapist_id": visit["therapist_id"]}
        made = chain.admin.post("/v1/staff", person)
        chain.admin.post(f"/v1/staff/{made['id']}/logins", {"issuer": chain.issuer, "subject": "local:therapist"})
        follow(treatment, settings.scheduling)
        at_treatment = replace(chain, app=treatment)
        leave_overdue(at_treatment, chain, visit)
        follow(treatment, settings.scheduling)
        found = reports(at_treatment, UUID(site.clinic["id"]), UUID(visit["therapist_id"]))
        launch_api(launch, "treatment")
        yield Reported(settings.address.treatment_url, *found)
    finally:
        for app in (scheduling, treatment):
            app.extensions[EXTENSION].close()


def leave_overdue(chain: Chain, scheduling: Chain, visit: Any) -> None:
    """The client of the visit was to come two weeks ago, and the visit is called off."""
    api, now = chain.caller("therapist", subject="local:therapist"), datetime.now(UTC)
    said_at = (now - timedelta(minutes=20)).isoformat()
    about = {"client_id": visit["client_id"], "appointment_id": visit["id"], "opened_from": "visit"}
    place = {"target": "gluteus_maximus", "side": "right", "complaint": "Hip hurts on stairs."}
    episode = api.post("/v1/episodes", about | place | {"happened_at": said_at})
    day = (now - timedelta(days=14)).date().isoformat()
    api.put(f"/v1/episodes/{episode['id']}/next-visit", {"on": day, "happened_at": said_at})
    scheduling.desk.call("POST", f"/v1/appointments/{visit['id']}/cancel", 200, {"initiator": "client"}, If_Match="*")


def reports(chain: Chain, clinic_id: UUID, therapist_id: UUID) -> tuple[Published, Published, Published]:
    admin, now = chain.caller("chain_admin"), datetime.now(UTC)
    period = last_month(now)
    known_at = end_of(period)
    publish(chain, admin, "clinic", clinic_id, period, known_at)
    before = publish(chain, admin, "therapist", therapist_id, period, known_at - timedelta(days=1), more=-2)
    made = publish(chain, admin, "therapist", therapist_id, period, known_at)
    earlier = last_month(known_at - timedelta(days=1))
    closed = publish_for_closing(chain, "therapist", therapist_id, earlier, end_of(earlier))
    close_period(chain, closed, now)
    restate(chain, closed, now)
    return made, before, closed


def end_of(period: str) -> datetime:
    end = dates_of(period)[2]
    return datetime(end.year, end.month, end.day, tzinfo=BERLIN)


def test_nothing_keeps_a_manager_or_a_therapist_out(reported: Reported, browser: Browser, shoot: Shoot) -> None:
    pages = {
        "comparison": f"/staff/reports/{reported.of_therapist.id}/comparison?with={reported.the_day_before.id}",
        "reports": f"/staff/reports?period={reported.closed.others.period.name}",
        "report": f"/staff/reports/{reported.closed.id}",
        "rules": "/staff/reports/rules",
        "overdue": "/staff/overdue",
    }
    for viewport, dark, person in (
        (SMALLEST, False, "Demo Therapist"),
        (LAPTOP, False, "Demo Manager"),
        (LAPTOP, True, "Demo Administrator"),
    ):
        with phone(browser, viewport, script=True, dark=dark) as page:
            enter(page, f"{reported.url}/reports", person)
            for name, path in pages.items():
                answer = page.goto(f"{reported.url}{path}")
                assert answer is not None
                assert answer.status == 200, path
                shoot(page, f"{name}-{viewport['width']}{'-dark' if dark else ''}")
                assert found_by_axe(page) == [], path
                assert is_as_wide_as_the_screen(page), path
                assert too_small_for_a_finger(page) == [], path
            page.goto(f"{reported.url}{pages['report']}")
            expect(page.get_by_text("This report is closed")).to_be_visible()
            expect(page.locator("#since + p + ul > li")).to_have_count(2)


def test_by_keys_alone_a_report_is_found_read_kept_and_asked_for(
    reported: Reported, browser: Browser, shoot: Shoot
) -> None:
    with phone(browser, LAPTOP) as page:
        enter(page, f"{reported.url}/staff/reports", "Demo Manager")
        expect(page.get_by_role("heading", level=1)).to_have_text("Reports")
        page.get_by_label("Month or week").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("no report yet").first).to_be_visible()
        page.go_back()
        page.get_by_role("link", name="Demo Therapist Ada").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Caseload of a therapist: Demo Therapist Ada")
        for file in ("PDF", "CSV"):
            page.get_by_role("link", name=file).focus()
            with page.expect_download() as coming:
                page.keyboard.press("Enter")
            assert coming.value.suggested_filename.startswith("caseload-therapist-")
        must_agree(page, reported.of_therapist)
        page.get_by_role("button", name="Make it of what is known now").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("is being made")
        shoot(page, "asked")


def must_agree(page: Page, published: Published) -> None:
    """What the marks of a figure say, and the rows of the table under it, which a key unfolds."""
    section = page.locator("section", has=page.locator("#utilisation"))
    drawn = section.locator("svg title").all_text_contents()[1:]
    section.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(section.get_by_role("table")).to_be_visible()
    rows = [row.locator("th, td").all_inner_texts() for row in section.locator("tbody tr").all()]
    assert drawn == [f"{day}: {share}" for day, _, _, share in rows]
    days = published.others.series.utilisation
    assert [(float(attended), float(on_offer)) for _, attended, on_offer, _ in rows] == [
        (each.attended, each.capacity) for each in days
    ]

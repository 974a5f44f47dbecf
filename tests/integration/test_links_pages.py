"""What a client sees behind a link, and what nobody sees behind a wrong one."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import text

from services.scheduling.app import create_app
from shared.database import make_engine
from shared.embedded.processes import free_port
from shared.settings import Settings
from tests.support.pages import Scene, link_to, on, open_link

PAGES = ("", "/cancel", "/move", "/move?from=2027-03-08", "/again", "/again?from=2027-03-08", "/visit.ics", "/messages")
ASIDE = {"X-Request-ID", "Content-Length"}


@pytest.fixture
def rows(pages_settings: Settings) -> Iterator[Any]:
    """How many rows a table has, in all chains."""
    engine = make_engine(pages_settings.scheduling.reader)

    def count() -> int:
        with engine.connect() as connection:
            found: int = connection.execute(text("SELECT count(*) FROM events")).scalar_one()
            return found

    yield count
    engine.dispose()


def test_shows_when_where_and_with_whom(scene: Scene) -> None:
    page = scene.open()
    assert page.status == 200
    for said in (
        "Wednesday, March 3, 2027",
        "10:00",
        "11:00",
        "Demo Clinic Home",
        "Demo Street 1",
        "10115 Demo Town",
        "Demo Own",
        "Booked",
        "Hello Ada,",
        "+4930123456",
    ):
        assert said in page.text.replace("\u202f", " ")
    for ending in ("/confirm", "/move", "/cancel", "/visit.ics"):
        assert page.offers(ending)
    assert not page.offers("/again")


def test_shows_no_more_than_is_needed(scene: Scene) -> None:
    for path in PAGES:
        html = scene.open().get(scene.open().path + path).response.text
        for kept in ("Kept to ourselves", "Demo-Client", "client@demo.example", "nkt-1", scene.ready.client["id"]):
            assert kept not in html


def test_tells_the_clinics_clock_and_names_its_zone_to_a_client_elsewhere(new_scene: Any) -> None:
    page = new_scene(time_zone="America/New_York").open()
    assert "10:00" in page.text
    assert "Central European Standard Time, the clinic\u2019s clock" in page.text
    assert "Times are on the clinic\u2019s clock: Central European Standard Time." in page.get(f"{page.path}/move").text


def test_does_not_name_the_zone_where_the_clients_clock_shows_the_same(scene: Scene) -> None:
    page = scene.open()
    assert "clock" not in page.text
    assert "clock" not in page.get(f"{page.path}/move").text


def test_speaks_the_clients_language(new_scene: Any) -> None:
    page = new_scene(locale="de-AT").open()
    assert 'lang="de"' in page.response.text
    for said in ("Mittwoch, 3. März 2027", "Guten Tag Ada", "Bestätigen: Ich komme", "Termin absagen"):
        assert said in page.text
    moved = page.get(f"{page.path}/move").text
    assert "Bei Demo Own" in moved
    assert "Spätere Zeiten zeigen" in moved


def test_looking_changes_nothing(scene: Scene, rows: Any) -> None:
    client, link = scene.chain.app.test_client(), link_to(scene.chain, scene.visit)
    before = rows()
    for _ in range(2):
        for path in PAGES:
            assert client.get(link + path).status_code in {200, 303}
            assert client.head(link + path).status_code in {200, 303}
        scene.clock.now = on(3, 12)
    assert rows() == before


@pytest.mark.parametrize("path", ["", "/confirm", "/cancel", "/move", "/again", "/visit.ics", "/messages"])
def test_a_link_that_does_not_work_says_nothing_about_why(scene: Scene, new_pages_chain: Any, path: str) -> None:
    client, link = scene.chain.app.test_client(), link_to(scene.chain, scene.visit)
    chain, _, token = link.removeprefix("/l/").partition(".")
    revoked = link_to(scene.chain, scene.visit)
    other = urlsafe_b64encode(new_pages_chain("other").id.bytes).decode().rstrip("=")
    with scene.chain.app.extensions["synergist"].database.reading(scene.chain.id) as connection:
        revoke = text("UPDATE links SET revoked_at = now() WHERE created_at = (SELECT max(created_at) FROM links)")
        assert connection.execute(revoke).rowcount == 1
    wrong = [
        f"/l/{chain}.{changed(token, 0)}",
        f"/l/{chain}.{changed(token, len(token) - 1)}",
        f"/l/{changed(chain, 3)}.{token}",
        f"/l/{other}.{token}",
        f"/l/{chain}.{token}=",
        f"/l/{chain}.{token[:-1]}",
        f"/l/{chain}.%00{token}",
        f"/l/{chain}.",
        "/l/.",
        "/l/nothing",
        f"/l/{'A' * 3000}",
        revoked,
    ]
    answers = [client.open(each + path, method=method) for each in wrong for method in ("GET", "POST")]
    answers += [
        client.get("/l"),
        client.get("/l/"),
        client.delete(link),
        client.get(f"{link}/nothing"),
        client.put("/l/a/b/c"),
    ]
    scene.clock.now = on(3, 11).astimezone(UTC) + timedelta(days=90, minutes=1)
    answers += [client.get(link), client.get(f"{link}/move")]
    kinds = {
        (each.status_code, each.data, tuple(item for item in each.headers if item[0] not in ASIDE)) for each in answers
    }
    assert len(kinds) == 1
    assert answers[0].status_code == 404
    assert "Dieser Link funktioniert nicht" in answers[0].text


def changed(text_: str, index: int) -> str:
    return text_[:index] + ("B" if text_[index] != "B" else "C") + text_[index + 1 :]


def test_every_answer_is_kept_to_itself(scene: Scene) -> None:
    client, link = scene.chain.app.test_client(), link_to(scene.chain, scene.visit)
    answers = [client.get(link + path) for path in PAGES]
    answers += [
        client.get("/l/nothing"),
        client.post(f"{link}/move"),
        client.post(f"{link}/confirm", data={"seen": "0" * 16}),
    ]
    for answer in answers:
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        policy = answer.headers["Content-Security-Policy"]
        for rule in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
            assert rule in policy
        assert "unsafe" not in policy
        assert "Set-Cookie" not in answer.headers
    assert {answer.status_code for answer in answers} == {200, 303, 400, 404}


def test_pages_are_whole_without_script_and_without_anybody_elses_server(scene: Scene) -> None:
    client, link = scene.chain.app.test_client(), link_to(scene.chain, scene.visit)
    for path in ("", "/cancel", "/move", "/nothing"):
        html = client.get(link + path).text
        assert not re.search(r"<script|\ssrc=|\son\w+=|\sstyle=|<link|https?:", html)
        assert "</html>" in html


def test_the_first_link_still_works_after_two_moves(scene: Scene) -> None:
    first = link_to(scene.chain, scene.visit)
    scene.chain.desk.change(scene.visit, "reschedule", starts_at=on(4, 11).isoformat())
    moved = scene.chain.desk.change(scene.fresh(), "reschedule", starts_at=on(9, 14).isoformat())
    page = open_link(scene.chain, first)
    assert moved["version"] == 3
    assert "Tuesday, March 9, 2027" in page.text
    assert page.offers("/move")


def test_the_calendar_file_is_the_same_entry_as_in_the_mail(scene: Scene) -> None:
    page = scene.open()
    answer = page.get(f"{page.path}/visit.ics").response
    assert answer.mimetype == "text/calendar"
    assert "attachment" in answer.headers["Content-Disposition"]
    event: Any = Calendar.from_ical(answer.data).walk("VEVENT")[0]
    assert event["UID"] == f"{scene.visit['id']}@visits.synergist"
    assert event["SEQUENCE"] == scene.visit["version"]
    assert event["DTSTART"].dt == on(3, 10)
    assert event["DTEND"].dt == on(3, 11)
    assert event["LOCATION"] == "Demo Clinic Home, Demo Street 1, 10115 Demo Town"
    assert event["SUMMARY"] == "Visit at Demo Clinic Home"
    assert event["URL"].endswith(page.path)
    assert event["URL"].startswith("http")


def test_during_a_visit_there_is_nothing_to_do(scene: Scene) -> None:
    page = scene.open()
    scene.clock.now = on(3, 10, 5)
    now = page.get(page.path)
    assert "please call the clinic" in now.text
    assert not any(now.offers(ending) for ending in ("/confirm", "/move", "/cancel", "/again", "/visit.ics"))
    assert "please call the clinic" in now.get(f"{page.path}/move").text


def test_after_a_visit_another_can_be_booked_and_nothing_else(scene: Scene) -> None:
    page = scene.open()
    scene.clock.now = on(3, 11)
    over = page.get(page.path)
    assert "This visit is over." in over.text
    assert over.offers("/again")
    assert not any(over.offers(ending) for ending in ("/confirm", "/move", "/cancel", "/visit.ics"))
    for ending in ("/move", "/cancel", "/visit.ics"):
        assert "This visit is over." in over.get(page.path + ending).text


def test_a_visit_that_the_clinic_cancelled_says_so_and_offers_another(scene: Scene) -> None:
    scene.chain.desk.change(scene.visit, "cancel", initiator="clinic", reason="a burst pipe")
    page = scene.open()
    assert "We had to cancel this visit" in page.text
    assert "pipe" not in page.text
    assert page.offers("/again")
    assert not page.offers("/confirm")


def test_a_missed_visit_is_over_without_reproach(scene: Scene) -> None:
    scene.clock.now = on(3, 10, 30)
    scene.chain.desk.post(f"/v1/appointments/{scene.visit['id']}/no-show", expect=200)
    page = scene.open()
    assert "This visit is over." in page.text
    assert page.offers("/again")


def test_names_cannot_bring_markup_into_the_page(scene: Scene) -> None:
    chain = scene.chain
    chain.admin.patch(f"/v1/clinics/{scene.ready.clinic['id']}", {"name": "<b>Clinic</b> %(x)s & {{ base }}"})
    chain.admin.patch(f"/v1/therapists/{scene.ready.therapist['id']}", {"name": '"><script>alert(1)</script>'})
    page = scene.open()
    for each in (page, page.get(f"{page.path}/move"), page.get(f"{page.path}/cancel")):
        assert "<script" not in each.response.text
        assert "<b>" not in each.response.text
    assert "<b>Clinic</b> %(x)s & {{ base }}" in page.text


def test_says_so_plainly_when_the_database_is_away(pages_settings: Settings, scene: Scene) -> None:
    away = f"postgresql://scheduling_api:x@127.0.0.1:{free_port()}/scheduling"
    settings = replace(pages_settings, scheduling=replace(pages_settings.scheduling, api=away))
    app: Flask = create_app(settings)
    answer = app.test_client().get(link_to(scene.chain, scene.visit))
    app.extensions["synergist"].database.engine.dispose()
    assert answer.status_code == 503
    assert answer.mimetype == "text/html"
    assert answer.headers["Retry-After"]
    assert "Please wait a moment" in answer.text

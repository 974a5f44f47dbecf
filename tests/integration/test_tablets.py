"""Shared tablets: who makes one, how it locks, who comes back in by a PIN, and who does not."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from prometheus_client import REGISTRY

from services.scheduling.devices.pins import MOST_WRONG
from shared.settings import Settings
from tests.support.api import at, set_clock
from tests.support.staff import StaffBrowser, Staffed
from tests.support.tablets import (
    PINS,
    heading,
    keep,
    lock,
    people,
    proof,
    set_pin,
    shared_tablet,
    task_of,
    try_pin,
    unlock,
)

DAY = "/staff/day"
UNLOCK = "/staff/unlock"
DESK, MANAGER, THERAPIST = "local:front_desk", "local:manager", "local:therapist"


@pytest.fixture
def clinic(staffed: Staffed) -> Any:
    return staffed.chain.clinic(name="Demo North")


def rows(settings: Settings, staffed: Staffed, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(settings.scheduling.api) as connection:
        connection.execute("SELECT enter_chain(%s, false)", [staffed.chain.id])
        return connection.execute(query.encode()).fetchall()


def noticed(kind: str) -> float:
    return REGISTRY.get_sample_value("synergist_security_events_total", {"kind": kind}) or 0.0


def test_a_browser_becomes_a_shared_tablet_is_listed_and_is_revoked(
    staffed: Staffed, clinic: Any, staff_settings: Settings
) -> None:
    browser = shared_tablet(staffed, clinic)
    cookie = browser.client.get_cookie("synergist-tablet", domain="127.0.0.1")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Lax", "/")
    assert "Tablet of room 2 (this one)" in heading(browser, "/staff/devices")
    kept = rows(staff_settings, staffed, "SELECT device_tokens::text, shifts::text FROM device_tokens, shifts")
    assert cookie.value.partition(".")[2] not in str(kept)
    assert "Demo Manager" not in str(kept)
    form = browser.form("/staff/devices", "/revoke")
    again = {"form": form.fields["form"], "clinic": clinic["id"], "name": "Again"}
    assert browser.post("/staff/devices", again).status_code == 409
    assert browser.post(form.action, form.fields).status_code == 303
    assert browser.get(DAY).location == f"/staff/sign-in/{staffed.slug}?next=/staff/day"
    assert browser.get(UNLOCK).location == f"/staff/sign-in/{staffed.slug}"
    names = "SELECT name FROM events WHERE stream LIKE 'device-%' ORDER BY position"
    with psycopg.connect(staff_settings.scheduling.reader) as connection:
        found = connection.execute(f"{names}".encode()).fetchall()
    assert found[-2:] == [("scheduling.device_declared.v1",), ("scheduling.device_revoked.v1",)]


def test_the_desk_declares_where_its_role_holds_and_nobody_else_does(staffed: Staffed, clinic: Any) -> None:
    south = staffed.chain.clinic(name="Demo South")
    therapist, desk = staffed.browser, staffed.browser
    therapist.sign_in(THERAPIST)
    form = {"form": proof(therapist.get(DAY)), "clinic": clinic["id"], "name": "Mine"}
    assert therapist.get("/staff/devices").status_code == 403
    assert therapist.post("/staff/devices", form).status_code == 403
    desk.sign_in(f"{DESK}:{clinic['id']}")
    form["form"] = proof(desk.get(DAY))
    assert "Demo South" not in heading(desk, "/staff/devices")
    assert desk.post("/staff/devices", form | {"clinic": south["id"]}).status_code == 403
    assert desk.post("/staff/devices", form | {"clinic": "x"}).status_code == 400
    assert desk.post("/staff/devices", form | {"name": " "}).status_code == 422
    other = shared_tablet(staffed, south)
    (revoke,) = {other.form("/staff/devices", "/revoke").action}
    assert desk.post(revoke, form).status_code == 403
    assert "Tablet of room 2" not in heading(desk, "/staff/devices")
    assert other.get(DAY).status_code == 200


def test_a_locked_tablet_answers_nothing_but_who_may_come_in(staffed: Staffed, clinic: Any) -> None:
    browser = shared_tablet(staffed, clinic, DESK)
    form = proof(browser.get(DAY))
    assert lock(browser).location == UNLOCK
    for path in (DAY, "/staff/devices", "/staff/pin", "/staff/contact-tasks"):
        assert browser.get(path).location == UNLOCK
    for path in ("/staff/lock", "/staff/sign-out", "/staff/devices", "/staff/drafts"):
        assert browser.post(path, {"form": form}).location == UNLOCK
    assert browser.get("/v1/clinics").status_code == 401
    page = browser.get(UNLOCK)
    assert page.headers["Cache-Control"] == "no-store"
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert list(people(browser)) == ["Demo D."]
    assert "Front Desk" not in page.text


def test_without_script_a_page_goes_away_by_itself_unless_somebody_types_into_it(staffed: Staffed, clinic: Any) -> None:
    leaves = '<noscript><meta http-equiv="refresh" content="185; url=/staff/unlock"></noscript>'
    _, task = task_of(staffed.chain)
    browser, ordinary = shared_tablet(staffed, clinic, DESK), staffed.browser
    ordinary.sign_in(DESK)
    assert leaves in browser.get(DAY).text
    assert 'data-lock-seconds="180"' in browser.get(DAY).text
    assert "http-equiv" not in browser.get(task).text
    assert "http-equiv" not in ordinary.get(DAY).text
    script = browser.get("/staff/staff.js")
    assert (script.status_code, script.mimetype) == (200, "text/javascript")


def test_it_locks_by_itself_after_the_minutes_that_the_chain_wants(staffed: Staffed, clinic: Any) -> None:
    start = datetime.now(UTC)
    set_clock(staffed.chain, start)
    browser = shared_tablet(staffed, clinic, DESK)
    fields = {"form": proof(browser.get(DAY))}

    def after(seconds: int) -> None:
        set_clock(staffed.chain, start + timedelta(seconds=seconds))

    after(179)
    assert browser.get(DAY).status_code == 200
    after(179 + 170)
    assert keep(browser, fields).status_code == 204
    after(179 + 170 + 179)
    assert browser.get(DAY).status_code == 200
    after(179 + 170 + 179 + 180)
    assert browser.get(DAY).location == UNLOCK
    staffed.chain.admin.patch("/v1/chain", {"lock_after_minutes": 10})
    assert unlock(browser, DESK).status_code == 303
    after(179 + 170 + 179 + 180 + 599)
    assert browser.get(DAY).status_code == 200


def test_whoever_comes_in_gets_a_session_of_their_own(staffed: Staffed, clinic: Any, staff_settings: Settings) -> None:
    browser = shared_tablet(staffed, clinic, DESK, THERAPIST)
    of_therapist, form = browser.session_cookie(), proof(browser.get(DAY))
    lock(browser)
    assert unlock(browser, DESK).location == DAY
    assert browser.session_cookie() != of_therapist
    assert "Demo Front Desk" in heading(browser, DAY)
    assert proof(browser.get(DAY)) != form
    assert browser.post("/staff/sign-out", {"form": form}).status_code == 403
    old = staffed.browser
    old.client.set_cookie("synergist-session", of_therapist or "", domain="127.0.0.1")
    assert old.get(DAY).status_code == 303
    assert rows(staff_settings, staffed, "SELECT method FROM staff_sessions") == [("pin",)]


def test_five_wrong_tries_at_once_end_a_pin_and_are_all_counted(staffed: Staffed, clinic: Any) -> None:
    browser = shared_tablet(staffed, clinic, DESK)
    lock(browser)
    (who,) = people(browser).values()
    form = proof(browser.get(f"{UNLOCK}?who={who}"))
    refused, ended = noticed("pin_refused"), noticed("pin_ended")

    def wrong(number: int) -> int:
        copy = StaffBrowser(staffed.chain.app.test_client(), staffed.slug)
        for name in ("synergist-tablet", "synergist-session"):
            cookie = browser.client.get_cookie(name, domain="127.0.0.1")
            assert cookie is not None
            copy.client.set_cookie(name, cookie.value, domain="127.0.0.1")
        return try_pin(copy, who, f"99{number:04}", form).status_code

    with ThreadPoolExecutor(MOST_WRONG) as pool:
        assert list(pool.map(wrong, range(MOST_WRONG))) == [403] * MOST_WRONG
    assert (noticed("pin_refused"), noticed("pin_ended")) == (refused + MOST_WRONG - 1, ended + 1)
    assert people(browser) == {}
    late = try_pin(browser, who, PINS[DESK], form)
    assert late.status_code == 403
    assert "Please sign in" in late.text
    browser.sign_in(DESK)
    assert people(browser) == {}
    set_pin(browser, PINS[DESK])
    assert list(people(browser)) == ["Demo D."]


def test_a_right_pin_in_between_begins_the_count_anew(staffed: Staffed, clinic: Any) -> None:
    browser = shared_tablet(staffed, clinic, DESK)
    for _ in range(2):
        lock(browser)
        for _ in range(MOST_WRONG - 1):
            assert "That was not the PIN" in unlock(browser, DESK, "999999").text
        assert unlock(browser, DESK).status_code == 303


def test_of_two_who_come_in_at_once_one_is_in(staffed: Staffed, clinic: Any, staff_settings: Settings) -> None:
    browser = shared_tablet(staffed, clinic, DESK, THERAPIST)
    lock(browser)
    form, tablet = (
        proof(browser.get(f"{UNLOCK}?who={people(browser)['Demo D.']}")),
        browser.client.get_cookie("synergist-tablet", domain="127.0.0.1"),
    )
    assert tablet is not None
    known = people(browser)

    def come_in(person: tuple[str, str]) -> StaffBrowser:
        copy = StaffBrowser(staffed.chain.app.test_client(), staffed.slug)
        copy.client.set_cookie("synergist-tablet", tablet.value, domain="127.0.0.1")
        assert try_pin(copy, known[person[0]], PINS[person[1]], form).status_code == 303
        return copy

    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(come_in, [("Demo D.", DESK), ("Demo T.", THERAPIST)]))
    assert sorted(each.get(DAY).status_code for each in both) == [200, 303]
    assert rows(staff_settings, staffed, "SELECT count(*) FROM staff_sessions") == [(1,)]


@pytest.mark.parametrize("how", ["deactivate", "revoke", "roles"])
def test_whoever_is_revoked_while_it_is_locked_does_not_come_back(staffed: Staffed, clinic: Any, how: str) -> None:
    admin = staffed.chain.admin
    person = admin.post("/v1/staff", {"name": "Demo Desk", "roles": [{"role": "front_desk"}]})
    path = f"/v1/staff/{person['id']}"
    admin.post(f"{path}/logins", {"issuer": staffed.chain.issuer, "subject": DESK})
    browser = shared_tablet(staffed, clinic, DESK)
    lock(browser)
    if how == "roles":
        admin.patch(path, {"roles": []})
    else:
        admin.post(f"{path}/{how}", None, 200)
    answer = unlock(browser, DESK)
    assert answer.status_code == 403
    assert "Please sign in" in answer.text
    assert browser.get(DAY).location == UNLOCK


def test_a_tablet_that_is_revoked_while_it_is_locked_lets_nobody_in(staffed: Staffed, clinic: Any) -> None:
    browser, manager = shared_tablet(staffed, clinic, DESK), staffed.browser
    manager.sign_in(MANAGER)
    lock(browser)
    who, form = people(browser)["Demo D."], proof(browser.get(f"{UNLOCK}?who={people(browser)['Demo D.']}"))
    revoke = manager.form("/staff/devices", "/revoke")
    manager.post(revoke.action, revoke.fields)
    assert try_pin(browser, who, PINS[DESK], form).location.startswith("/staff/sign-in")
    assert browser.get(DAY).location.startswith("/staff/sign-in")


def test_a_pin_counts_at_its_own_tablet_alone_and_for_twelve_hours(staffed: Staffed, clinic: Any) -> None:
    start = datetime.now(UTC)
    set_clock(staffed.chain, start)
    one, other = shared_tablet(staffed, clinic, DESK), shared_tablet(staffed, clinic, THERAPIST)
    lock(one)
    lock(other)
    who = people(one)["Demo D."]
    form = proof(other.get(f"{UNLOCK}?who={people(other)['Demo T.']}"))
    assert try_pin(other, who, PINS[DESK], form).status_code == 403
    assert try_pin(one, who, PINS[DESK], form).status_code == 403
    own = proof(one.get(f"{UNLOCK}?who={who}"))
    set_clock(staffed.chain, start + timedelta(hours=12))
    assert people(one) == {}
    late = try_pin(one, who, PINS[DESK], own)
    assert late.status_code == 403
    assert "Please sign in" in late.text


def test_a_session_by_pin_ends_with_the_shift_however_much_it_is_used(staffed: Staffed, clinic: Any) -> None:
    start = datetime.now(UTC)
    set_clock(staffed.chain, start)
    browser = shared_tablet(staffed, clinic, DESK)
    lock(browser)
    set_clock(staffed.chain, start + timedelta(hours=11, minutes=59))
    assert unlock(browser, DESK).status_code == 303
    assert browser.get(DAY).status_code == 200
    set_clock(staffed.chain, start + timedelta(hours=12))
    assert browser.get(DAY).location == UNLOCK


def test_a_pin_is_set_by_whoever_has_just_signed_in_fully(staffed: Staffed, clinic: Any) -> None:
    start = datetime.now(UTC)
    set_clock(staffed.chain, start)
    browser = shared_tablet(staffed, clinic)
    browser.sign_in(DESK)
    for pin, again, said in (
        ("12345", None, "6 to 12 digits"),
        ("1234567890123", None, "6 to 12 digits"),
        ("80421x", None, "6 to 12 digits"),
        ("123456", None, "too easy"),
        ("804217", "804218", "not the same"),
    ):
        answer = set_pin(browser, pin, again)
        assert answer.status_code == 422
        assert said in answer.text
    assert set_pin(browser, "804217").status_code == 303
    lock(browser)
    assert unlock(browser, DESK, "804217").status_code == 303
    assert set_pin(browser, "592703").status_code == 422
    browser.sign_in(DESK)
    staffed.chain.admin.patch("/v1/chain", {"lock_after_minutes": 15})
    set_clock(staffed.chain, start + timedelta(minutes=14))
    assert set_pin(browser, "592703").status_code == 303
    set_clock(staffed.chain, start + timedelta(minutes=16))
    assert set_pin(browser, "361948").status_code == 422
    elsewhere = staffed.browser
    elsewhere.sign_in(DESK)
    assert elsewhere.get("/staff/pin").status_code == 404
    assert lock(elsewhere).status_code == 404


def test_a_full_sign_in_at_a_tablet_is_asked_for_anew_and_takes_the_place_of_whoever_was_in(
    staffed: Staffed, clinic: Any
) -> None:
    browser, ordinary = shared_tablet(staffed, clinic, DESK), staffed.browser
    asked = parse_qs(urlsplit(browser.question()).query)
    assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
    assert "prompt" not in parse_qs(urlsplit(ordinary.question()).query)
    before = browser.session_cookie()
    browser.sign_in(THERAPIST)
    assert "Demo Therapist" in heading(browser, DAY)
    browser.client.set_cookie("synergist-session", before or "", domain="127.0.0.1")
    assert browser.get(DAY).location == UNLOCK


def test_what_a_provider_still_knew_of_somebody_is_no_sign_in_at_a_tablet(staffed: Staffed, clinic: Any) -> None:
    browser, ordinary = shared_tablet(staffed, clinic), staffed.browser
    set_clock(staffed.chain, at(1, 9))
    assert ordinary.sign_in().status_code == 303
    assert browser.sign_in().status_code == 502


def test_whoever_signs_out_has_gone_home(staffed: Staffed, clinic: Any) -> None:
    browser = shared_tablet(staffed, clinic, DESK)
    assert browser.post("/staff/sign-out", {"form": proof(browser.get(DAY))}).status_code == 200
    assert people(browser) == {}
    browser.sign_in(DESK)
    lock(browser)
    assert unlock(browser, DESK).status_code == 303


def test_nobody_else_can_unlock_or_lock_for_somebody(staffed: Staffed, clinic: Any) -> None:
    browser = shared_tablet(staffed, clinic, DESK)
    form = proof(browser.get(DAY))
    assert browser.post("/staff/lock", {"form": "x"}).status_code == 403
    assert browser.post("/staff/lock", {"form": form}, Origin="https://evil.example").status_code == 403
    assert browser.get(DAY).status_code == 200
    lock(browser)
    who = people(browser)["Demo D."]
    assert try_pin(browser, who, PINS[DESK], "x").status_code == 403
    there = {"form": proof(browser.get(f"{UNLOCK}?who={who}")), "who": who, "pin": PINS[DESK]}
    assert browser.post(UNLOCK, there, Sec_Fetch_Site="cross-site").status_code == 403
    assert browser.post(UNLOCK, there | {"who": "x"}).status_code == 400
    stranger = staffed.browser
    stranger.client.set_cookie("synergist-tablet", "AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA", domain="127.0.0.1")
    assert stranger.get(UNLOCK).location == "/staff/sign-in"
    assert stranger.post(UNLOCK, there).location == "/staff/sign-in"


def test_a_tablet_of_one_chain_is_any_browser_to_another(new_staffed: Callable[[], Staffed]) -> None:
    one, other = new_staffed(), new_staffed()
    browser = shared_tablet(one, one.chain.clinic(), DESK)
    abroad = StaffBrowser(browser.client, other.slug)
    abroad.sign_in(MANAGER)
    assert "Lock" not in heading(abroad, DAY)
    assert lock(abroad).status_code == 404

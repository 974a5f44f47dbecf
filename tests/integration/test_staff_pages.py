"""Staff sign in at a real provider, see the day at their clinics, and nobody gets in by a side door."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import psycopg
import pytest

from shared.settings import Settings
from shared.staff_web.visiting import EXTENSION
from tests.support.api import at, set_clock
from tests.support.staff import HERE, Staffed, visit_on_the_day

DAY = "/staff/day"


@pytest.fixture
def clinic(staffed: Staffed) -> Any:
    return staffed.chain.clinic(name="Demo North")


def test_whoever_has_signed_in_sees_the_day_and_not_who_comes(staffed: Staffed, clinic: Any) -> None:
    visit_on_the_day(staffed.chain, clinic, name="Demo Therapist One")
    browser = staffed.browser
    came = browser.sign_in()
    assert (came.status_code, came.location) == (303, DAY)
    page = browser.page()
    assert page.status == 200
    for said in ("Demo Chain", "Demo Manager", "Demo North", "Demo Therapist One", "Demo Room", "booked", "12:00"):
        assert said in page.text
    assert "Ada" not in page.response.text


def test_the_page_speaks_the_language_of_the_browser(staffed: Staffed, clinic: Any) -> None:
    visit_on_the_day(staffed.chain, clinic)
    browser = staffed.browser
    browser.sign_in()
    german = browser.get(DAY, Accept_Language="fr;q=0.3, de-AT, en;q=0.5").text
    assert '<html lang="de">' in german
    assert "gebucht" in german
    assert '<html lang="en">' in browser.get(DAY, Accept_Language="fr").text


def test_a_role_at_one_clinic_shows_that_clinic_alone(staffed: Staffed, clinic: Any) -> None:
    south = staffed.chain.clinic(name="Demo South")
    browser = staffed.browser
    browser.sign_in(f"local:front_desk:{clinic['id']}")
    page = browser.page()
    assert "Demo North" in page.text
    assert "Demo South" not in page.text
    assert browser.get(f"{DAY}?clinic={south['id']}").status_code == 404
    assert browser.get(f"{DAY}?clinic=nonsense").status_code == 404
    everywhere = staffed.browser
    everywhere.sign_in("local:therapist")
    assert "Demo South" in everywhere.page(f"{DAY}?clinic={south['id']}").text


def test_a_clinic_of_another_chain_is_not_there(new_staffed: Callable[[], Staffed], clinic: Any) -> None:
    other = new_staffed()
    browser = other.browser
    browser.sign_in()
    assert "Your roles hold at no clinic" in browser.page().text
    assert browser.get(f"{DAY}?clinic={clinic['id']}").status_code == 404


@pytest.mark.parametrize("cookie", [None, "", "nonsense", "a.b", "AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA"])
def test_without_a_session_one_is_asked_to_sign_in(staffed: Staffed, cookie: str | None) -> None:
    browser = staffed.browser
    if cookie is not None:
        browser.client.set_cookie("synergist-session", cookie, domain="127.0.0.1")
    answer = browser.get(DAY)
    assert answer.status_code == 303
    assert answer.location == "/staff/sign-in?next=/staff/day"


def test_a_session_of_one_chain_opens_no_other(new_staffed: Callable[[], Staffed]) -> None:
    one, other = new_staffed(), new_staffed()
    browser = one.browser
    browser.sign_in()
    mine = browser.session_cookie() or ""
    other_browser = other.browser
    other_browser.sign_in()
    theirs = other_browser.session_cookie() or ""
    mixed = f"{theirs.partition('.')[0]}.{mine.partition('.')[2]}"
    browser.client.set_cookie("synergist-session", mixed, domain="127.0.0.1")
    assert browser.get(DAY).status_code == 303


def test_the_cookie_is_out_of_reach_and_only_its_hash_is_kept(staffed: Staffed, staff_settings: Settings) -> None:
    browser = staffed.browser
    came = browser.sign_in()
    (header,) = [each for each in came.headers.getlist("Set-Cookie") if each.startswith("synergist-session=")]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(header.split("; "))
    token = (browser.session_cookie() or "").partition(".")[2]
    with psycopg.connect(staff_settings.scheduling.api) as connection:
        connection.execute("SELECT enter_chain(%s, false)", [staffed.chain.id])
        rows = connection.execute("SELECT staff_sessions::text FROM staff_sessions").fetchall()
    assert len(rows) == 1
    assert token not in rows[0][0]
    assert "Demo" not in rows[0][0]
    with psycopg.connect(staff_settings.scheduling.api) as connection:
        assert connection.execute("SELECT count(*) FROM staff_sessions").fetchone() == (0,)


def test_signing_in_again_gives_a_new_session_and_ends_the_old(staffed: Staffed) -> None:
    browser = staffed.browser
    browser.sign_in()
    old = browser.session_cookie() or ""
    browser.sign_in("local:therapist")
    assert browser.session_cookie() != old
    assert "Demo Therapist" in browser.page().text
    browser.client.set_cookie("synergist-session", old, domain="127.0.0.1")
    assert browser.get(DAY).status_code == 303


def test_a_session_ends_when_it_is_not_used_and_after_a_working_day(staffed: Staffed) -> None:
    start = at(1, 8)
    set_clock(staffed.chain, start)
    browser, used = staffed.browser, staffed.browser
    browser.sign_in()
    used.sign_in()
    for minutes in range(20, 12 * 60, 20):
        set_clock(staffed.chain, start + timedelta(minutes=minutes))
        assert used.get(DAY).status_code == 200
        if minutes == 40:
            assert browser.get(DAY).status_code == 303
    set_clock(staffed.chain, start + timedelta(hours=12))
    assert used.get(DAY).status_code == 303


def test_signing_out_ends_the_session_here_and_leads_to_the_provider(staffed: Staffed) -> None:
    browser = staffed.browser
    browser.sign_in()
    cookie = browser.session_cookie() or ""
    answer = browser.post("/staff/sign-out", browser.form(DAY, "/sign-out").fields, Origin=HERE)
    assert answer.status_code == 200
    assert "You are signed out" in answer.text
    leads = urlsplit(answer.headers["Refresh"].partition("url=")[2])
    assert leads.path == "/end-session"
    assert parse_qs(leads.query)["post_logout_redirect_uri"] == [f"{HERE}/staff/sign-in"]
    assert browser.session_cookie() is None
    browser.client.set_cookie("synergist-session", cookie, domain="127.0.0.1")
    assert browser.get(DAY).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_a_form_of_another_site_is_refused(staffed: Staffed, headers: dict[str, str]) -> None:
    browser = staffed.browser
    browser.sign_in()
    fields = browser.form(DAY, "/sign-out").fields
    assert browser.post("/staff/sign-out", fields, **headers).status_code == 403
    assert browser.get(DAY).status_code == 200


def test_a_form_without_the_token_of_its_session_is_refused(staffed: Staffed) -> None:
    browser, other = staffed.browser, staffed.browser
    browser.sign_in()
    other.sign_in()
    for fields in ({}, {"form": ""}, {"form": "guess"}, other.form(DAY, "/sign-out").fields):
        assert browser.post("/staff/sign-out", fields).status_code == 403
    assert browser.get(DAY).status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "http://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/staff//evil.example",
        "/staff/../l/x",
        "/staff/day?next=http://evil.example",
        "javascript:alert(1)",
        "/staff/day\r\nSet-Cookie: a=b",
        "/staffed",
        "/v1/clients",
    ],
)
def test_after_signing_in_one_goes_to_a_page_of_ours_alone(staffed: Staffed, target: str) -> None:
    browser = staffed.browser
    answer = browser.get(f"/staff/sign-in/{staffed.slug}/go?{urlencode({'next': target})}")
    came = browser.come_back(browser.choice(answer.location, "local:manager"))
    assert came.location == DAY


def test_after_signing_in_one_goes_where_one_wanted_to(staffed: Staffed, clinic: Any) -> None:
    wanted = f"{DAY}?clinic={clinic['id']}"
    browser = staffed.browser
    page = browser.get(browser.get(wanted).location)
    assert page.status_code == 200
    assert browser.sign_in(target=wanted).location == wanted


def refused(browser: Any, address: str) -> None:
    answer = browser.come_back(address)
    assert answer.status_code == 502, answer.text
    assert "You could not be signed in" in answer.text
    assert browser.session_cookie() is None


def test_an_answer_counts_in_the_browser_that_asked_alone(staffed: Staffed) -> None:
    asked, other = staffed.browser, staffed.browser
    address = asked.choice(asked.question(), "local:manager")
    refused(other, address)
    other.question()
    refused(other, address)


@pytest.mark.parametrize("changed", [{"state": "x"}, {"state": ""}, {"code": "x"}, {"iss": "http://evil.example"}])
def test_an_answer_that_was_changed_signs_nobody_in(staffed: Staffed, changed: dict[str, str]) -> None:
    browser = staffed.browser
    parts = urlsplit(browser.choice(browser.question(), "local:manager"))
    given = {name: values[0] for name, values in parse_qs(parts.query).items()} | changed
    refused(browser, f"{parts.path}?{urlencode(given)}")


def test_an_answer_counts_once(staffed: Staffed) -> None:
    browser = staffed.browser
    address = browser.choice(browser.question(), "local:manager")
    assert browser.come_back(address).status_code == 303
    browser.client.delete_cookie("synergist-session", domain="127.0.0.1")
    refused(browser, address)


def test_a_refusal_of_the_provider_is_no_sign_in(staffed: Staffed) -> None:
    browser = staffed.browser
    state = parse_qs(urlsplit(browser.question()).query)["state"][0]
    refused(browser, f"/staff/signed-in?{urlencode({'state': state, 'error': 'access_denied'})}")


def test_somebody_of_another_chain_is_not_let_into_this_one(new_staffed: Callable[[], Staffed]) -> None:
    one, other = new_staffed(), new_staffed()
    browser = one.browser
    question = browser.question().replace(one.slug, other.slug)
    refused(browser, browser.choice(question, "local:manager"))


def test_a_chain_that_does_not_exist_is_not_there(staffed: Staffed) -> None:
    for slug in ("nobody", "Not-A-Slug", "x" * 41):
        assert staffed.browser.get(f"/staff/sign-in/{slug}").status_code == 404
        assert staffed.browser.get(f"/staff/sign-in/{slug}/go").status_code == 404


def test_html_in_a_name_stays_text(staffed: Staffed) -> None:
    clinic = staffed.chain.clinic(name="<script>alert(1)</script>")
    visit_on_the_day(staffed.chain, clinic, name="<b>Bold</b>")
    browser = staffed.browser
    browser.sign_in()
    answer = browser.get(DAY)
    assert "<script>" not in answer.text
    assert answer.text.count("<script") == 1
    assert "<b>" not in answer.text
    assert "&lt;script&gt;" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(staffed: Staffed) -> None:
    discovery = staffed.chain.app.extensions[EXTENSION].providers.of_operator().discovery
    usual = discovery.endpoints()
    discovery.found = replace(usual, secret_in_form=True)
    assert staffed.browser.sign_in().status_code == 303
    discovery.found = usual


def known(staffed: Staffed, roles: Any) -> str:
    """The demo's manager as a person of the chain; the path of that person."""
    admin = staffed.chain.admin
    person = admin.post("/v1/staff", {"name": "Demo Manager", "roles": roles})
    path = f"/v1/staff/{person['id']}"
    admin.post(f"{path}/logins", {"issuer": staffed.chain.issuer, "subject": "local:manager"})
    admin.post("/v1/staff", {"name": "Demo Administrator", "roles": [{"role": "chain_admin"}]})
    return path


@pytest.mark.parametrize("how", ["deactivate", "revoke", "logins/detach"])
def test_an_open_session_ends_at_once_when_its_person_is_not_to_come_in(staffed: Staffed, how: str) -> None:
    path = known(staffed, None)
    browser = staffed.browser
    browser.sign_in()
    assert browser.get(DAY).status_code == 200
    login = {"issuer": staffed.chain.issuer, "subject": "local:manager"} if how == "logins/detach" else None
    staffed.chain.admin.post(f"{path}/{how}", login, 200)
    assert browser.get(DAY).status_code == 303
    again = browser.sign_in()
    assert (again.status_code, browser.get(DAY).status_code) == ((303, 200) if how == "revoke" else (403, 303))


def test_a_role_that_was_changed_holds_in_an_open_session_at_once(staffed: Staffed, clinic: Any) -> None:
    south = staffed.chain.clinic(name="Demo South")
    path = known(staffed, None)
    browser = staffed.browser
    browser.sign_in()
    assert "Demo South" in browser.page().text
    here_alone = [{"role": "front_desk", "clinics": [clinic["id"]]}]
    staffed.chain.admin.patch(path, {"roles": here_alone})
    assert "Demo South" not in browser.page().text
    assert browser.get(f"{DAY}?clinic={south['id']}").status_code == 404
    staffed.chain.admin.patch(path, {"roles": []})
    assert browser.get(DAY).status_code == 403


def test_the_desk_sees_where_nobody_would_hear_of_what_waits(staffed: Staffed, clinic: Any) -> None:
    visit_on_the_day(staffed.chain, clinic)
    browser = staffed.browser
    browser.sign_in()
    assert "Nobody hears by mail" in browser.get("/staff/day").text
    roles = [{"role": "manager", "clinics": [clinic["id"]]}]
    person = staffed.chain.admin.post("/v1/staff", {"name": "Demo Manager", "roles": roles})
    staffed.chain.admin.put(f"/v1/staff/{person['id']}/address", {"address": "manager@demo.example"})
    assert "by mail" not in browser.get("/staff/day").text
    staffed.chain.admin.put(f"/v1/staff/{person['id']}/address", {"address": None})
    staffed.chain.admin.post("/v1/staff", {"name": "Demo", "roles": [{"role": "chain_admin"}]})
    therapist = staffed.browser
    therapist.sign_in("local:therapist")
    assert "by mail" not in therapist.get("/staff/day").text
    assert "Nobody hears by mail" in browser.get("/staff/day").text

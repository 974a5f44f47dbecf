"""Staff sign in at treatment: with the provider's word, in a browser of their own, and never at a shared tablet."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from shared.http.operations import EXTENSION
from tests.support.both import Both
from tests.support.foreign import OWNER, SECRET, ForeignProvider, leave_all, running
from tests.support.staff import HERE, THERE
from tests.support.tablets import proof

DAY = "/staff/day"


def test_somebody_signs_in_and_comes_to_the_page_that_was_wanted(both: Both) -> None:
    browser = both.browser
    asked = browser.get(DAY)
    assert asked.location == "/staff/sign-in?next=/staff/day"
    came = browser.sign_in(target="/staff/nothing")
    assert (came.status_code, came.location) == (303, "/staff/nothing")
    page = browser.get(DAY)
    assert page.status_code == 200
    for said in ("Demo Chain", "Demo Manager", "My day"):
        assert said in page.text


def test_what_the_provider_claims_for_whoever_comes_in_is_known_at_scheduling(both: Both) -> None:
    chain = both.staffed.chain
    person = chain.admin.post("/v1/staff", {"name": "Demo Manager", "roles": None})
    chain.admin.post(f"/v1/staff/{person['id']}/logins", {"issuer": chain.issuer, "subject": "local:manager"})
    both.follow()
    both.browser.sign_in()
    [claimed] = chain.admin.get(f"/v1/staff/{person['id']}")["claimed_roles"]
    assert claimed["role"] == "manager"


def test_treatment_is_a_client_of_its_own_at_the_provider(both: Both) -> None:
    browser = both.browser
    asked = parse_qs(urlsplit(browser.come_back(browser.told()).location).query)
    assert asked["client_id"] == ["synergist-treatment"]
    assert asked["redirect_uri"] == [f"{THERE}/staff/signed-in"]
    assert "prompt" not in asked


def test_sessions_of_one_service_are_worth_nothing_at_the_other(both: Both) -> None:
    browser = both.browser
    browser.sign_in()
    browser.desk.sign_in()
    theirs, ours = browser.cookie() or "", browser.desk.session_cookie() or ""
    assert theirs
    assert ours
    browser.client.set_cookie("synergist-session", ours, domain="127.0.0.1")
    assert browser.get(DAY).status_code == 200, "a cookie of scheduling's on the same host does no harm"
    browser.client.set_cookie("synergist-treatment-session", ours, domain="127.0.0.1")
    assert browser.get(DAY).status_code == 303
    browser.desk.client.set_cookie("synergist-session", theirs, domain="127.0.0.1")
    assert browser.desk.get(DAY).status_code == 303


def test_only_a_hash_of_the_session_is_kept_and_no_name(both: Both) -> None:
    browser = both.browser
    came = browser.sign_in()
    (header,) = [each for each in came.headers.getlist("Set-Cookie") if each.startswith("synergist-treatment-session=")]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(header.split("; "))
    token = (browser.cookie() or "").partition(".")[2]
    with psycopg.connect(both.settings.treatment.api) as connection:
        connection.execute("SELECT enter_chain(%s, false)", [both.staffed.chain.id])
        (row,) = connection.execute("SELECT staff_sessions::text FROM staff_sessions").fetchall()
    assert token not in row[0]
    assert "Demo" not in row[0]
    with psycopg.connect(both.settings.treatment.api) as connection:
        assert connection.execute("SELECT count(*) FROM staff_sessions").fetchone() == (0,)


def test_signing_out_ends_the_session_and_leads_to_the_provider(both: Both) -> None:
    browser = both.browser
    browser.sign_in()
    cookie = browser.cookie() or ""
    answer = browser.post("/staff/sign-out", browser.form(DAY, "/sign-out").fields, Origin=THERE)
    assert "You are signed out" in answer.text
    leads = parse_qs(urlsplit(answer.headers["Refresh"].partition("url=")[2]).query)
    assert leads == {"client_id": ["synergist-treatment"], "post_logout_redirect_uri": [f"{THERE}/staff/sign-in"]}
    browser.client.set_cookie("synergist-treatment-session", cookie, domain="127.0.0.1")
    assert browser.get(DAY).status_code == 303


@pytest.mark.parametrize("headers", [{"Origin": HERE}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}], ids=str)
def test_a_form_of_scheduling_s_page_is_refused_as_any_other_site_s(both: Both, headers: dict[str, str]) -> None:
    browser = both.browser
    browser.sign_in()
    form = browser.form(DAY, "/sign-out").fields
    assert browser.client.post("/staff/sign-out", base_url=THERE, data=form, headers=headers).status_code == 403
    browser.desk.sign_in()
    foreign = {"form": proof(browser.desk.get(DAY))}
    assert browser.post("/staff/sign-out", foreign, Origin=THERE).status_code == 403
    assert browser.get(DAY).status_code == 200


def test_whoever_is_revoked_is_out_with_the_next_page(both: Both) -> None:
    person = both.staffed.chain.admin.post("/v1/staff", {"name": "Demo Manager", "roles": [{"role": "manager"}]})
    login = {"issuer": both.staffed.chain.issuer, "subject": "local:manager"}
    both.staffed.chain.admin.post(f"/v1/staff/{person['id']}/logins", login)
    both.follow()
    browser = both.browser
    browser.sign_in()
    assert browser.get(DAY).status_code == 200
    both.staffed.chain.admin.post(f"/v1/staff/{person['id']}/deactivate", {}, 200)
    both.follow()
    assert browser.get(DAY).status_code == 303
    assert browser.sign_in().status_code == 403


def test_a_desk_has_no_pages_at_treatment(both: Both) -> None:
    browser = both.browser
    assert browser.sign_in("local:front_desk").status_code == 303
    page = browser.get(DAY)
    assert page.status_code == 403
    assert "This is not for your role" in page.text


def test_a_session_ends_when_it_is_not_used(both: Both) -> None:
    browser, now = both.browser, datetime.now(UTC)
    browser.sign_in()
    set_clock_of(both, now + timedelta(minutes=29))
    assert browser.get(DAY).status_code == 200
    set_clock_of(both, now + timedelta(minutes=60))
    assert browser.get(DAY).status_code == 303


def set_clock_of(both: Both, now: datetime) -> None:
    both.app.extensions[EXTENSION] = replace(both.app.extensions[EXTENSION], clock=lambda: now)


def test_nobody_is_signed_in_at_a_shared_tablet(both: Both) -> None:
    clinic = both.staffed.chain.clinic(name="Demo North")
    both.follow()
    browser = both.browser
    browser.sign_in()
    browser.desk.sign_in()
    form = {"form": proof(browser.desk.get("/staff/devices")), "clinic": clinic["id"], "name": "Room 2"}
    assert browser.desk.post("/staff/devices", form).status_code == 303
    both.follow()
    assert browser.get(DAY).status_code == 303, "who made it a tablet is out"
    refused = browser.come_back(browser.told())
    assert refused.status_code == 403
    assert "This is a shared tablet" in refused.text
    assert browser.come_back(browser.told().replace("tablet=yes", "tablet=perhaps")).status_code == 400
    elsewhere = both.browser
    assert elsewhere.sign_in().status_code == 303, "the same person in a browser of their own"
    assert elsewhere.get(DAY).status_code == 200


@pytest.mark.parametrize("state", ["", "x", "A" * 43, "ä" * 43], ids=range(4))
def test_what_was_told_in_another_browser_counts_nothing(both: Both, state: str) -> None:
    browser, other = both.browser, both.browser
    browser.told()
    assert browser.get(f"/staff/sign-in/{both.staffed.slug}/on").status_code == 502
    assert browser.get(f"/staff/sign-in/{both.staffed.slug}/on?tablet=no&state={state}").status_code == 502
    assert browser.come_back(other.told()).status_code == 502


def test_a_chain_of_another_name_is_not_there(new_both: Callable[[], Both]) -> None:
    one, other = new_both(), new_both()
    assert one.browser.get("/staff/sign-in/nobody").status_code == 404
    browser = one.browser
    browser.sign_in()
    mine = browser.cookie() or ""
    second = other.browser
    second.sign_in()
    mixed = f"{(second.cookie() or '').partition('.')[0]}.{mine.partition('.')[2]}"
    second.client.set_cookie("synergist-treatment-session", mixed, domain="127.0.0.1")
    assert second.get(DAY).status_code == 303


@pytest.fixture
def provider(both: Both) -> Iterator[ForeignProvider]:
    """The chain's own, which knows treatment's address, too."""
    both.staffed.chain.clinic(name="Demo North")
    back = f"{THERE}/staff/signed-in/{both.staffed.slug}"
    with running(ForeignProvider(), callback=back, after_sign_out=f"{THERE}/staff/sign-in") as provider:
        both.staffed.chain.admin.put("/v1/identity-provider", provider.settings())
        both.follow()
        yield provider
    leave_all(both.staffed.chain.app)


def test_somebody_signs_in_at_the_chains_own_provider_without_its_secret_leaving_scheduling(
    both: Both, provider: ForeignProvider
) -> None:
    browser = both.browser
    asked = browser.come_back(browser.told()).location
    assert asked.startswith(provider.issuer)
    assert browser.sign_in(OWNER.subject).location == DAY
    assert "Demo Owner" in browser.get(DAY).text
    with psycopg.connect(both.settings.treatment.migrate) as connection:
        connection.execute("SELECT enter_chain(%s, false)", [both.staffed.chain.id])
        rows = connection.execute("SELECT identity_providers::text FROM identity_providers").fetchall()
    assert rows
    assert SECRET not in str(rows)


def test_a_code_that_the_provider_does_not_know_lets_nobody_in(both: Both, provider: ForeignProvider) -> None:
    browser = both.browser
    asked = browser.come_back(browser.told()).location
    came = urlsplit(browser.desk.choice(asked, OWNER.subject))
    query = parse_qs(came.query)
    assert browser.get(f"{came.path}?state={query['state'][0]}&code=guess").status_code == 502
    stopped = provider.settings(enabled=False)
    both.staffed.chain.admin.put("/v1/identity-provider", stopped)
    assert browser.get(f"{came.path}?{came.query}").status_code == 502, "scheduling knows before treatment has heard"


def test_a_provider_that_is_shut_ends_sessions_at_treatment(both: Both, provider: ForeignProvider) -> None:
    browser = both.browser
    browser.sign_in(OWNER.subject)
    assert browser.get(DAY).status_code == 200
    both.staffed.chain.admin.put("/v1/identity-provider", provider.settings(enabled=False))
    both.follow()
    assert browser.get(DAY).status_code == 303

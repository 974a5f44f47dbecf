"""Staff sign in at their chain's own provider, and one that is shut or speaks for others opens nothing."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from shared.remote_json import NoDocument
from shared.staff_web.visiting import EXTENSION
from tests.support.foreign import DESK, NOBODY, OWNER, ForeignProvider, leave_all, running
from tests.support.staff import HERE, Staffed

DAY = "/staff/day"
PATH = "/v1/identity-provider"


@pytest.fixture
def provider(staffed: Staffed) -> Iterator[ForeignProvider]:
    callback = f"{HERE}/staff/signed-in/{staffed.slug}"
    with running(ForeignProvider(), callback=callback, after_sign_out=f"{HERE}/staff/sign-in") as provider:
        yield provider
    leave_all(staffed.chain.app)


@pytest.fixture
def own(staffed: Staffed, provider: ForeignProvider) -> Staffed:
    """A chain whose staff sign in at its own provider."""
    staffed.chain.clinic(name="Demo North")
    staffed.chain.admin.put(PATH, provider.settings())
    return staffed


def refused(answer: Any) -> None:
    assert answer.status_code == 502, answer.text
    assert "You could not be signed in" in answer.text


def test_somebody_signs_in_at_the_chains_own_provider_and_out_again(own: Staffed, provider: ForeignProvider) -> None:
    browser = own.browser
    page = browser.get(f"/staff/sign-in/{own.slug}")
    assert "identity provider</a>" in page.text
    question = urlsplit(browser.question())
    asked = parse_qs(question.query)
    assert f"{question.scheme}://{question.netloc}" == provider.issuer
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["nonce"]
    assert "chain" not in asked
    assert browser.sign_in(OWNER.subject).location == DAY
    assert "Demo Owner" in browser.page().text
    out = browser.post("/staff/sign-out", browser.form(DAY, "/sign-out").fields, Origin=HERE)
    leads = out.headers["Refresh"].partition("url=")[2]
    assert leads.startswith(f"{provider.issuer}/end-session?")
    assert httpx.get(leads, trust_env=False).headers["Location"] == f"{HERE}/staff/sign-in"


def test_without_a_group_of_the_map_nobody_comes_in(own: Staffed) -> None:
    assert own.browser.sign_in(NOBODY.subject).status_code == 403
    browser = own.browser
    assert browser.sign_in(DESK.subject).status_code == 303
    assert browser.get(DAY).status_code == 200


def test_what_its_groups_say_of_somebody_on_the_staff_is_known_once_they_came_in(
    own: Staffed, provider: ForeignProvider
) -> None:
    browser = own.browser
    browser.sign_in(OWNER.subject)
    assert "You are not on the list of the staff" in browser.get(DAY).text
    admin = own.chain.admin
    person = admin.post("/v1/staff", {"name": "Demo Owner", "roles": None})
    path = f"/v1/staff/{person['id']}"
    admin.post(f"{path}/logins", {"issuer": provider.issuer, "subject": OWNER.subject})
    assert admin.get(path)["claimed_roles"] is None
    browser.sign_in(OWNER.subject)
    assert admin.get(path)["claimed_roles"] == [{"role": "chain_admin", "clinics": None}]
    assert "You are not on the list" not in browser.get(DAY).text


def test_the_operators_provider_stays_a_way_in(own: Staffed) -> None:
    browser = own.browser
    answer = browser.get(f"/staff/sign-in/{own.slug}/go?at=operator")
    came = browser.come_back(browser.choice(answer.location, "local:chain_admin"))
    assert came.location == DAY
    assert browser.get(DAY).status_code == 200


@pytest.mark.parametrize("how", ["disabled", "removed", "map"])
def test_open_sessions_end_at_once_with_what_let_them_in(own: Staffed, provider: ForeignProvider, how: str) -> None:
    browser, others = own.browser, own.browser
    browser.sign_in(DESK.subject)
    answer = others.get(f"/staff/sign-in/{own.slug}/go?at=operator")
    others.come_back(others.choice(answer.location, "local:manager"))
    assert browser.get(DAY).status_code == 200
    admin = own.chain.admin
    match how:
        case "disabled":
            admin.put(PATH, provider.settings(enabled=False))
        case "removed":
            admin.call("DELETE", PATH, 200, If_Match="*")
        case _:
            admin.put(PATH, provider.settings(roles=[{"group": "owners", "role": "chain_admin"}]))
    assert browser.get(DAY).status_code == 303
    assert others.get(DAY).status_code == 200
    if how == "map":
        assert browser.sign_in(DESK.subject).status_code == 403
    else:
        assert urlsplit(browser.question()).netloc == urlsplit(own.chain.issuer).netloc


def test_whoever_was_asking_when_it_was_shut_is_not_let_in(own: Staffed, provider: ForeignProvider) -> None:
    browser = own.browser
    address = browser.choice(browser.question(), DESK.subject)
    own.chain.admin.put(PATH, provider.settings(enabled=False))
    refused(browser.come_back(address))


def test_a_provider_whose_keys_cannot_be_read_signs_nobody_in(own: Staffed, provider: ForeignProvider) -> None:
    def away() -> dict[str, Any]:
        raise NoDocument("away")

    _, keys = own.chain.app.extensions[EXTENSION].providers.of_chain.sources.known(provider.issuer)
    keys.read = away
    refused(own.browser.sign_in(OWNER.subject))


def test_the_answer_of_one_provider_is_none_of_another(own: Staffed) -> None:
    browser = own.browser
    address = urlsplit(browser.choice(browser.question(), OWNER.subject))
    refused(browser.get(f"/staff/signed-in?{address.query}"))
    asked = browser.get(f"/staff/sign-in/{own.slug}/go?at=operator")
    local = urlsplit(browser.choice(asked.location, "local:manager"))
    assert local.path == "/staff/signed-in"
    refused(browser.get(f"/staff/signed-in/{own.slug}?{local.query}"))


def test_a_provider_of_one_chain_lets_nobody_into_another(
    own: Staffed, new_staffed: Callable[[], Staffed], provider: ForeignProvider
) -> None:
    other = new_staffed()
    assert urlsplit(other.browser.question()).netloc != urlsplit(provider.issuer).netloc
    browser = own.browser
    address = browser.choice(browser.question(), OWNER.subject)
    refused(browser.get(address.removeprefix(HERE).replace(own.slug, other.slug)))
    refused(other.browser.get(address.removeprefix(HERE).replace(own.slug, other.slug)))


def test_the_issuer_of_the_settings_cannot_be_taken(staffed: Staffed) -> None:
    taken = ForeignProvider().settings(issuer=staffed.chain.issuer, enabled=False)
    assert staffed.chain.admin.problem("PUT", PATH, 409, taken, If_Match="*")["code"] == "issuer_taken"

"""A chain lets its own identity provider vouch for its staff: for this chain alone, and never past the last way in."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from services.scheduling.identity.issuers import disconnect, issuers
from shared.decider import NotThere
from shared.embedded.secrets import new_key
from shared.http.operations import EXTENSION
from shared.settings import Settings
from tests.support.api import Api, Chain, NewChain, set_clock
from tests.support.foreign import DESK, NOBODY, OWNER, RULES, SECRET, ForeignProvider, leave_all, running

PATH = "/v1/identity-provider"
pytestmark = pytest.mark.one_database


@pytest.fixture
def provider(chain: Chain) -> Iterator[ForeignProvider]:
    with running(ForeignProvider()) as provider:
        yield provider
    leave_all(chain.app)


def connected(chain: Chain, provider: ForeignProvider, **changed: Any) -> Any:
    return chain.admin.put(PATH, provider.settings(**changed))


def as_owner(chain: Chain, provider: ForeignProvider, **claims: Any) -> Api:
    return Api(chain.app.test_client(), provider.token(**claims))


def test_what_was_set_is_shown_without_the_secret(chain: Chain, provider: ForeignProvider) -> None:
    chain.admin.problem("GET", PATH, 404)
    said = chain.admin.call("PUT", PATH, 200, provider.settings(), If_Match="*")
    shown = chain.admin.call("GET", PATH, 200)
    assert said.headers["ETag"] == shown.headers["ETag"] == '"1"'
    content: Any = shown.json
    assert said.json == content
    assert (content["issuer"], content["enabled"]) == (provider.issuer, True)
    assert content["roles"] == [rule | {"clinics": None} for rule in RULES]
    for text in (said.text, shown.text):
        assert SECRET not in text
        assert "secret" not in text


def test_the_secret_is_sealed_wherever_it_is_kept(
    chain: Chain, provider: ForeignProvider, pages_settings: Settings
) -> None:
    connected(chain, provider)
    with psycopg.connect(pages_settings.scheduling.api) as connection:
        connection.execute("SELECT enter_chain(%s, false)", [chain.id])
        rows = connection.execute("SELECT row_to_json(events)::text FROM events WHERE chain_id = %s", [chain.id])
        logged = [row[0] for row in rows.fetchall()]
        kept = connection.execute("SELECT row_to_json(identity_applications)::text FROM identity_applications")
        stored = [*logged, *(row[0] for row in kept.fetchall())]
        answers = connection.execute("SELECT * FROM idempotency").fetchall()
    assert any("identity_provider_set" in row for row in stored)
    assert not [row for row in stored if SECRET in row]
    assert not [row for row in answers if SECRET in repr(row)]


def test_whoever_the_provider_vouches_for_comes_in_with_the_roles_of_their_groups(
    chain: Chain, provider: ForeignProvider
) -> None:
    connected(chain, provider)
    client = chain.app.test_client()
    Api(client, provider.token(OWNER)).get(PATH)
    desk = Api(client, provider.token(DESK))
    desk.get("/v1/clients")
    desk.get(PATH, expect=403)
    Api(client, provider.token(NOBODY)).get("/v1/clients", expect=403)


def test_roles_that_were_given_here_go_before_those_of_groups(chain: Chain, provider: ForeignProvider) -> None:
    connected(chain, provider)
    person = chain.admin.post("/v1/staff", {"name": "Demo Visitor", "roles": [{"role": "manager"}]})
    login = {"issuer": provider.issuer, "subject": NOBODY.subject}
    chain.admin.post(f"/v1/staff/{person['id']}/logins", login)
    Api(chain.app.test_client(), provider.token(NOBODY)).get("/v1/staff")


def test_a_provider_speaks_for_its_own_chain_alone(new_chain: NewChain, provider: ForeignProvider) -> None:
    north, south = new_chain("north"), new_chain("south")
    connected(north, provider)
    assert as_owner(north, provider).get("/v1/chain")["id"] == str(north.id)
    assert as_owner(north, provider, chain_id=str(north.id)).get("/v1/chain")["id"] == str(north.id)
    as_owner(north, provider, chain_id=str(south.id)).get("/v1/chain", expect=401)
    assert south.admin.problem("PUT", PATH, 409, provider.settings(), If_Match="*")["code"] == "issuer_taken"
    south.admin.problem("GET", PATH, 404)
    north.admin.call("DELETE", PATH, 200, If_Match="*")
    connected(south, provider)
    assert as_owner(south, provider).get("/v1/chain")["id"] == str(south.id)


@pytest.mark.parametrize(
    "claims",
    [{"aud": "synergist"}, {"aud": "synergist-at-north"}, {"nonce": "n"}, {"exp": 1}, {"sub": ""}],
    ids=["other audience", "ID token", "nonce", "expired", "nobody"],
)
def test_wrong_tokens_of_a_provider_are_refused(
    chain: Chain, provider: ForeignProvider, claims: dict[str, Any]
) -> None:
    connected(chain, provider)
    as_owner(chain, provider, **claims).get("/v1/chain", expect=401)


def test_another_key_in_the_name_of_the_provider_is_refused(chain: Chain, provider: ForeignProvider) -> None:
    connected(chain, provider)
    forged = ForeignProvider(provider.port, new_key()).token()
    Api(chain.app.test_client(), forged).get("/v1/chain", expect=401)


@pytest.mark.parametrize("issuer", [7, None, ["x"], {"x": 1}, "", "x" * 501, "https://x\x00", "\ud800"])
def test_a_token_of_whatever_issuer_is_refused_and_breaks_nothing(chain: Chain, issuer: Any) -> None:
    token = encoded({"alg": "EdDSA", "kid": "x"}) + "." + encoded({"iss": issuer}) + ".eA"
    Api(chain.app.test_client(), token).get("/v1/chain", expect=401)


def encoded(part: Any) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def test_without_an_audience_no_token_counts_at_the_api(chain: Chain, provider: ForeignProvider) -> None:
    connected(chain, provider, audience=None)
    as_owner(chain, provider).get("/v1/chain", expect=401)
    as_owner(chain, provider, aud="synergist").get("/v1/chain", expect=401)


@pytest.mark.parametrize("how", ["disabled", "removed", "replaced"])
def test_a_provider_that_is_shut_lets_nobody_in_from_then_on(chain: Chain, provider: ForeignProvider, how: str) -> None:
    connected(chain, provider)
    owner = as_owner(chain, provider)
    owner.get("/v1/chain")
    if how == "removed":
        chain.admin.call("DELETE", PATH, 200, If_Match="*")
    elif how == "disabled":
        connected(chain, provider, enabled=False)
    else:
        with running(ForeignProvider()) as other:
            connected(chain, other)
    owner.get("/v1/chain", expect=401)
    chain.admin.get("/v1/chain")


def test_after_a_change_of_the_map_one_comes_with_a_new_token(chain: Chain, provider: ForeignProvider) -> None:
    connected(chain, provider)
    desk = Api(chain.app.test_client(), provider.token(DESK))
    desk.get("/v1/clients")
    set_clock(chain, datetime.now(UTC) + timedelta(minutes=1))
    connected(chain, provider, scope="openid")
    desk.get("/v1/clients")
    connected(chain, provider, roles=[{"group": "desk", "role": "therapist"}])
    desk.get("/v1/clients", expect=401)


def test_a_provider_that_is_away_is_said_so_and_is_not_the_callers_fault(
    chain: Chain, provider: ForeignProvider
) -> None:
    connected(chain, provider)
    others = chain.app.extensions[EXTENSION].tokens.other
    discovery, _ = others.sources.known(provider.issuer)
    discovery.issuer = "http://127.0.0.1:1"
    answer = as_owner(chain, provider).call("GET", "/v1/chain", 503)
    assert "identity_provider_away" in answer.text
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"issuer": "https://10.0.0.1"}, "issuer"),
        ({"issuer": "https://169.254.169.254"}, "issuer"),
        ({"issuer": "http://example.org"}, "issuer"),
        ({"issuer": "http://127.0.0.1:1"}, "issuer"),
        ({"issuer": "file:///etc/passwd"}, "issuer"),
        ({"issuer": "https://user@login.example"}, "issuer"),
        ({"issuer": "https://login.example?x=y"}, "issuer"),
        ({"scope": "profile"}, "scope"),
        ({"audience": "synergist-at-north"}, "audience"),
        ({"roles": [{"group": "x", "role": "service"}]}, "roles"),
        ({"roles": [{"group": "x", "role": "manager", "clinics": []}]}, "roles"),
        ({"roles": [{"group": "x", "role": "manager", "clinics": ["018f5e00-0000-7000-8000-000000000001"]}]}, "roles"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_and_say_why(
    chain: Chain, provider: ForeignProvider, changed: dict[str, Any], field: str
) -> None:
    problem = chain.admin.problem("PUT", PATH, 422, provider.settings(**changed), If_Match="*")
    assert list(problem["fields"]) == [field]
    assert SECRET not in str(problem)
    chain.admin.problem("GET", PATH, 404)


def test_a_provider_that_calls_itself_otherwise_is_refused(chain: Chain, provider: ForeignProvider) -> None:
    other = {"issuer": f"http://localhost:{provider.port}"}
    problem = chain.admin.problem("PUT", PATH, 422, provider.settings(**other), If_Match="*")
    assert "calls itself something else" in problem["fields"]["issuer"][0]


def test_whoever_has_read_an_older_version_changes_nothing(chain: Chain, provider: ForeignProvider) -> None:
    connected(chain, provider)
    chain.admin.put(PATH, provider.settings(scope="openid"), If_Match='"1"')
    chain.admin.problem("PUT", PATH, 412, provider.settings(), If_Match='"1"')
    chain.admin.problem("DELETE", PATH, 412, If_Match='"1"')
    assert chain.admin.problem("PUT", PATH, 428, provider.settings())["code"] == "if_match_required"
    assert chain.admin.get(PATH)["scope"] == "openid"


def test_the_secret_is_asked_for_again_for_another_place(chain: Chain, provider: ForeignProvider) -> None:
    connected(chain, provider)
    kept = provider.settings(application_secret=None)
    chain.admin.put(PATH, kept | {"scope": "openid profile groups"})
    problem = chain.admin.problem("PUT", PATH, 409, kept | {"application_id": "other"}, If_Match="*")
    assert problem["code"] == "secret_needed"


def test_nobody_shuts_the_last_door_behind_themselves(chain: Chain, provider: ForeignProvider) -> None:
    connected(chain, provider)
    owner = as_owner(chain, provider)
    for settings in (provider.settings(enabled=False), provider.settings(roles=RULES[1:])):
        assert owner.problem("PUT", PATH, 409, settings, If_Match="*")["code"] == "last_chain_admin"
    assert owner.problem("DELETE", PATH, 409, If_Match="*")["code"] == "last_chain_admin"
    person = owner.post("/v1/staff", {"name": "Demo Administrator", "roles": [{"role": "chain_admin"}]})
    owner.post(f"/v1/staff/{person['id']}/logins", {"issuer": provider.issuer, "subject": "o-2"})
    assert owner.problem("DELETE", PATH, 409, If_Match="*")["code"] == "last_chain_admin"
    owner.post(f"/v1/staff/{person['id']}/logins", {"issuer": "synergist", "subject": "somebody"})
    owner.call("DELETE", PATH, 200, If_Match="*")
    owner.get("/v1/chain", expect=401)
    chain.caller("therapist", subject="somebody").get(PATH, expect=404)


def test_the_operator_takes_a_provider_away_and_finds_who_has_which(chain: Chain, provider: ForeignProvider) -> None:
    connected(chain, provider)
    database = chain.app.extensions[EXTENSION].database
    assert provider.issuer in dict(issuers(database.engine)).values()
    owner = as_owner(chain, provider)
    owner.get("/v1/chain")
    assert disconnect(database, chain.id) == provider.issuer
    owner.get("/v1/chain", expect=401)
    assert provider.issuer not in dict(issuers(database.engine)).values()
    chain.admin.problem("GET", PATH, 404)
    with pytest.raises(NotThere):
        disconnect(database, chain.id)
    connected(chain, provider)
    as_owner(chain, provider).get("/v1/chain")

"""The local issuer speaks the authorization code flow strictly, and gives out tokens that our services believe."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.auth import Grant, NotAuthenticated
from shared.embedded.issuer import Client, Person, Site, create_app
from shared.embedded.secrets import key_set, new_key
from shared.key_sets import KeySet
from shared.tokens import Tokens, checked

ISSUER = "http://127.0.0.1:8003"
DONE, OUT = "http://127.0.0.1:8001/staff/signed-in", "http://127.0.0.1:8001/staff/sign-in"
KEY, SECRET, VERIFIER = new_key(), "a-secret", "v" * 64
CLINIC = uuid4()
DESK = Person("local:front_desk", "Demo Front Desk", uuid4(), "front_desk", CLINIC)
ASKED = {
    "chain": "demo",
    "client_id": "synergist-staff",
    "redirect_uri": DONE,
    "response_type": "code",
    "scope": "openid profile",
    "state": "the-state",
    "nonce": "the-nonce",
    "code_challenge": urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("="),
    "code_challenge_method": "S256",
}


@pytest.fixture
def http() -> FlaskClient:
    client = Client("synergist-staff", SECRET, DONE, OUT)
    app = create_app(Site(ISSUER, KEY, [client], lambda slug: [DESK] if slug == "demo" else []))
    found: FlaskClient = app.test_client()
    found.environ_base["HTTP_HOST"] = "127.0.0.1:8003"
    return found


def choose(http: FlaskClient, **changed: str | None) -> TestResponse:
    asked = {name: value for name, value in (ASKED | changed).items() if value is not None}
    return http.post("/authorize", query_string=asked, data={"person": DESK.subject})


def code_of(answer: TestResponse) -> str:
    assert answer.status_code == 302, answer.text
    return parse_qs(urlsplit(answer.location).query)["code"][0]


def redeem(http: FlaskClient, code: str, secret: str = SECRET, **changed: str) -> TestResponse:
    given = {"grant_type": "authorization_code", "code": code, "redirect_uri": DONE, "code_verifier": VERIFIER}
    return http.post("/token", data=given | changed, auth=("synergist-staff", secret))


def test_a_person_is_chosen_and_tokens_name_them(http: FlaskClient, tmp_path: Path) -> None:
    page = http.get("/authorize", query_string=ASKED)
    assert "Demo Front Desk" in page.text
    assert "for development only" in page.text
    chosen = choose(http)
    assert chosen.location.startswith(f"{DONE}?")
    assert parse_qs(urlsplit(chosen.location).query)["state"] == ["the-state"]
    given: Any = redeem(http, code_of(chosen)).json
    claims = checked(
        given["id_token"], KeySet(lambda: json.loads(key_set(KEY))), issuer=ISSUER, audience="synergist-staff"
    )
    assert (claims["sub"], claims["name"], claims["nonce"]) == (DESK.subject, DESK.name, "the-nonce")
    (tmp_path / "keys").write_text(json.dumps(http.get("/jwks").json))
    keys = (tmp_path / "keys").as_uri()
    tokens = Tokens("scheduling", issuer=ISSUER, jwks_url=keys, service_jwks_url=keys)
    identity = tokens.identity(given["access_token"])
    assert (identity.subject, identity.chain_id) == (DESK.subject, DESK.chain_id)
    assert identity.claimed == (Grant("front_desk", frozenset([CLINIC])),)
    with pytest.raises(NotAuthenticated):
        tokens.identity(given["id_token"])


def test_its_document_names_addresses_that_answer_and_no_private_key(http: FlaskClient) -> None:
    document: Any = http.get("/.well-known/openid-configuration").json
    assert document["issuer"] == ISSUER
    assert document["code_challenge_methods_supported"] == ["S256"]
    keys: Any = http.get(urlsplit(document["jwks_uri"]).path).json
    assert all("d" not in key for key in keys["keys"])


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": f"{DONE}/more"},
        {"redirect_uri": f"{DONE}?a=b"},
        {"redirect_uri": "http://evil.example/"},
        {"redirect_uri": None},
        {"client_id": "somebody"},
        {"client_id": None},
    ],
)
def test_nobody_is_sent_where_it_was_not_agreed(http: FlaskClient, changed: dict[str, str | None]) -> None:
    answer = choose(http, **changed)
    assert answer.status_code in {400, 401}
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
    ],
)
def test_what_is_missing_gives_no_code(http: FlaskClient, changed: dict[str, str | None], error: str) -> None:
    answer = choose(http, **changed)
    said = parse_qs(urlsplit(answer.headers.get("Location", "")).query)
    assert "code" not in said
    assert error in (said.get("error", [""])[0] or answer.text)


def test_a_code_works_once(http: FlaskClient) -> None:
    code = code_of(choose(http))
    assert redeem(http, code).status_code == 200
    assert redeem(http, code).status_code == 400


@pytest.mark.parametrize(
    ("secret", "changed"),
    [
        ("wrong", {}),
        (SECRET, {"code_verifier": "w" * 64}),
        (SECRET, {"code_verifier": ""}),
        (SECRET, {"redirect_uri": f"{DONE}/more"}),
        (SECRET, {"grant_type": "client_credentials"}),
    ],
)
def test_a_code_that_is_redeemed_wrongly_gives_no_token(
    http: FlaskClient, secret: str, changed: dict[str, str]
) -> None:
    answer = redeem(http, code_of(choose(http)), secret, **changed)
    assert answer.status_code in {400, 401}
    assert "token" not in (answer.json or {})


def test_a_wrong_verifier_uses_the_code_up(http: FlaskClient) -> None:
    code = code_of(choose(http))
    assert redeem(http, code, code_verifier="w" * 64).status_code == 400
    assert redeem(http, code).status_code == 400


def test_there_are_people_of_known_chains_alone(http: FlaskClient) -> None:
    assert choose(http, chain="another").status_code == 404
    asked = http.post("/authorize", query_string=ASKED, data={"person": "root"})
    assert asked.status_code == 200
    assert "Who is signing in?" in asked.text


@pytest.mark.parametrize(("address", "status"), [(OUT, 303), (f"{OUT}/x", 200), ("http://evil.example", 200)])
def test_signing_out_leads_back_to_the_agreed_address_alone(http: FlaskClient, address: str, status: int) -> None:
    given = {"client_id": "synergist-staff", "post_logout_redirect_uri": address}
    assert http.get("/end-session", query_string=given).status_code == status


def test_it_answers_on_this_machine_alone(http: FlaskClient) -> None:
    assert http.get("/jwks", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    ("asked", "is_known"),
    [
        ({}, True),
        ({"max_age": "60"}, True),
        ({"prompt": "login"}, False),
        ({"max_age": "0"}, False),
        ({"chain": "other"}, False),
    ],
    ids=str,
)
def test_a_browser_is_asked_once_unless_it_is_to_be_asked_again(
    http: FlaskClient, asked: dict[str, str], is_known: bool
) -> None:
    assert http.get("/authorize", query_string=ASKED).status_code == 200
    first = choose(http)
    answer = http.get("/authorize", query_string=ASKED | asked | {"nonce": "another"})
    assert (answer.status_code == 302) is is_known
    if is_known:
        tokens = [redeem(http, code_of(each)).json["id_token"] for each in (first, answer)]  # type: ignore[index]
        claims = [json.loads(urlsafe_b64decode(each.split(".")[1] + "==")) for each in tokens]
        assert claims[0]["auth_time"] == claims[1]["auth_time"], "when they were asked, not when the token was made"


def test_whoever_signs_out_is_asked_again(http: FlaskClient) -> None:
    choose(http)
    http.get("/end-session", query_string={"client_id": "synergist-staff", "post_logout_redirect_uri": OUT})
    assert http.get("/authorize", query_string=ASKED | {"nonce": "another"}).status_code == 200

"""What a provider says of itself is believed when it speaks of itself, and names addresses that may be asked."""

from typing import Any

import pytest

from shared.discovery import Discovery, Endpoints
from shared.remote_json import NoDocument

HERE = "https://sign-in.example"
DOCUMENT: dict[str, Any] = {
    "issuer": HERE,
    "authorization_endpoint": f"{HERE}/authorize",
    "token_endpoint": f"{HERE}/token",
    "jwks_uri": f"{HERE}/jwks",
    "end_session_endpoint": f"{HERE}/bye",
}


def test_a_whole_document_is_believed() -> None:
    found = Discovery(HERE, https_only=True).read(DOCUMENT)
    assert found == Endpoints(f"{HERE}/authorize", f"{HERE}/token", f"{HERE}/jwks", f"{HERE}/bye")


def test_a_provider_need_not_hear_of_the_end() -> None:
    assert not Discovery(HERE, https_only=True).read(DOCUMENT | {"end_session_endpoint": None}).end_session


@pytest.mark.parametrize(
    ("methods", "in_form"),
    [(["client_secret_post"], True), (["client_secret_basic", "client_secret_post"], False), ([], False)],
)
def test_the_secret_goes_into_the_form_where_nothing_else_is_taken(methods: list[str], in_form: bool) -> None:
    document = DOCUMENT | {"token_endpoint_auth_methods_supported": methods}
    assert Discovery(HERE, https_only=True).read(document).secret_in_form is in_form


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://evil.example"},
        {"issuer": f"{HERE}/"},
        {"issuer": None},
        {"token_endpoint": None},
        {"jwks_uri": ""},
        {"authorization_endpoint": "http://sign-in.example/authorize"},
        {"token_endpoint": "http://169.254.169.254/latest"},
        {"jwks_uri": "file:///etc/passwd"},
        {"end_session_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "https://user@sign-in.example/token"},
        {"token_endpoint": "https://[broken"},
        {"end_session_endpoint": f"{HERE}/bye\r\nSet-Cookie: a=b"},
        {"authorization_endpoint": f"{HERE}/a b"},
        {"code_challenge_methods_supported": ["plain"]},
        {"id_token_signing_alg_values_supported": ["HS256", "ES256"]},
        {"response_types_supported": ["id_token"]},
        {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
        {"code_challenge_methods_supported": "S256"},
    ],
)
def test_a_wrong_document_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(NoDocument):
        Discovery(HERE, https_only=True).read(DOCUMENT | wrong)


def test_without_tls_nothing_is_even_asked_in_production() -> None:
    with pytest.raises(NoDocument, match="may be asked"):
        Discovery("http://127.0.0.1:1", https_only=True).endpoints()


def test_a_provider_that_is_away_is_not_there() -> None:
    with pytest.raises(NoDocument):
        Discovery("http://127.0.0.1:1", https_only=False).endpoints()


def test_a_provider_that_is_away_is_not_asked_by_each_request() -> None:
    asked: list[str] = []

    def away(url: str) -> dict[str, Any]:
        asked.append(url)
        raise NoDocument("is away")

    discovery = Discovery(HERE, https_only=True, fetch=away)
    for _ in range(5):
        with pytest.raises(NoDocument, match="is away"):
            discovery.endpoints()
    assert asked == [f"{HERE}/.well-known/openid-configuration"]


def test_what_was_read_stays_while_the_provider_is_away() -> None:
    answers = [DOCUMENT]

    def once(url: str) -> dict[str, Any]:
        if not answers:
            raise NoDocument(url)
        return answers.pop()

    discovery = Discovery(HERE, https_only=True, fetch=once)
    found = discovery.endpoints()
    discovery.read_at = discovery.tried_at = float("-inf")
    assert discovery.endpoints() == found

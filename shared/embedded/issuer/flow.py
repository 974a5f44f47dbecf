"""The authorization code flow by Authlib: S256 and a nonce always, exact redirect URIs, codes that work once."""

from collections.abc import Sequence
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Request
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask

from shared.embedded.issuer.client import Client
from shared.embedded.issuer.codes import CODE_SECONDS, Code, Codes
from shared.embedded.issuer.remembered import SignedIn
from shared.minting import sign

TOKEN_SECONDS = 3600


class Provider(AuthorizationServer):  # type: ignore[misc]
    """The endpoints' logic for its clients, with tokens signed by a private JWK (JSON)."""

    def __init__(self, app: Flask, clients: Sequence[Client], issuer: str, key: str) -> None:
        super().__init__(app)
        self.clients, self.issuer, self.key = {each.client_id: each for each in clients}, issuer, key
        self.codes = Codes()
        self.register_token_generator("default", BearerTokenGenerator(self.access_token, None, TOKEN_SECONDS))
        self.register_grant(CodeGrant, [OnlyS256(required=True), IdToken(issuer, key, self.codes)])

    def query_client(self, client_id: str) -> Client | None:
        return self.clients.get(client_id)

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        """Nothing: tokens prove themselves."""

    def access_token(self, *, client: Client, user: SignedIn, **_: Any) -> str:
        """A token of somebody, with the moment at which they showed who they are."""
        named = {"iss": self.issuer, "client_id": client.client_id, "auth_time": user.at}
        return sign(self.key, named | user.person.claims, TOKEN_SECONDS)


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """From the choice of a person to a code, and from the code to tokens."""

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        given = request.payload.data
        meaning = Code(
            redirect_uri=request.payload.redirect_uri,
            scope=request.scope,
            nonce=given["nonce"],
            code_challenge=given["code_challenge"],
            came=request.user,
            expires_at=self.server.codes.clock() + CODE_SECONDS,
        )
        self.server.codes.keep(code, meaning)

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        del client
        found: Code | None = self.server.codes.take(code)
        return found

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Nothing: it was taken when it was asked for."""

    def authenticate_user(self, authorization_code: Code) -> SignedIn:
        return authorization_code.came


class OnlyS256(CodeChallenge):  # type: ignore[misc]
    """A code challenge is compulsory, and is a hash."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        given = grant.request.payload.data
        if not given.get("code_challenge") or given.get("code_challenge_method") != "S256":
            raise InvalidRequestError("A 'code_challenge' with the method S256 is needed.")
        super().validate_code_challenge(grant, redirect_uri)


class IdToken(OpenIDCode):  # type: ignore[misc]
    """Who has signed in, for the client alone."""

    def __init__(self, issuer: str, key: str, codes: Codes) -> None:
        super().__init__(require_nonce=True)
        self.issuer, self.key, self.codes = issuer, key, codes

    def encode_id_token(self, token: dict[str, Any], request: OAuth2Request) -> str:
        code: Code = request.authorization_code
        claims = {"iss": self.issuer, "aud": request.client.client_id} | self.get_authorization_code_claims(code)
        named = self.generate_user_info(request.user, token["scope"])
        return sign(self.key, claims | named, TOKEN_SECONDS, kind="JWT")

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        del request
        return self.codes.know(nonce)

    def generate_user_info(self, user: SignedIn, scope: str) -> dict[str, Any]:
        return user.person.claims | ({"name": user.person.name} if "profile" in scope.split() else {})

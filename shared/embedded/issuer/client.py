"""A client of the local issuer, the pages of one service, as Authlib asks about it."""

import hmac
from dataclasses import dataclass

from authlib.oauth2.rfc6749 import ClientMixin

METHODS = frozenset({"client_secret_basic", "client_secret_post"})


@dataclass(frozen=True, slots=True)
class Client(ClientMixin):  # type: ignore[misc]
    """Redirect URIs are compared letter by letter; a request without `openid` is refused."""

    client_id: str
    secret: str
    redirect_uri: str
    after_sign_out: str

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        asked = (scope or "").split()
        return " ".join(each for each in asked if each in {"openid", "profile"}) if "openid" in asked else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return hmac.compare_digest(client_secret.encode(), self.secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in METHODS and endpoint == "token"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"

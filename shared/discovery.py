"""What an OpenID Connect provider says of itself at its well-known address: read within seconds, kept for minutes."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from shared.key_sets import ALGORITHMS
from shared.remote_json import NoDocument, read_json

FRESH_SECONDS = 300
RETRY_SECONDS = 10
WAIT_SECONDS = 2
NEVER = float("-inf")
BASIC, POST = "client_secret_basic", "client_secret_post"
ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint")
WELL_KNOWN = "/.well-known/openid-configuration"

NEEDED: Mapping[str, tuple[set[str], str]] = {
    "response_types_supported": ({"code"}, "does not offer the authorization code flow (code)"),
    "code_challenge_methods_supported": ({"S256"}, "does not offer PKCE by S256"),
    "id_token_signing_alg_values_supported": (set(ALGORITHMS), "signs neither with RS256 nor with EdDSA"),
    "token_endpoint_auth_methods_supported": ({BASIC, POST}, "takes a secret neither by HTTP Basic nor in the form"),
}
"""Of what a provider lists, one has to be among these. What it does not list is tried: some leave PKCE out."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a provider wants to be asked; `end_session` is empty where it cannot be told that somebody has left.

    `secret_in_form`: it takes a client's secret in the form alone, not by HTTP Basic.
    """

    authorization: str
    token: str
    keys: str
    end_session: str = ""
    secret_in_form: bool = False


@dataclass
class Discovery:
    """The endpoints of one issuer, which must call itself so; `https_only` refuses all other addresses."""

    issuer: str
    https_only: bool
    fetch: Callable[[str], dict[str, Any]] = read_json
    found: Endpoints | None = None
    fault: str = "is being asked"
    read_at: float = NEVER
    tried_at: float = NEVER
    lock: threading.Lock = field(default_factory=threading.Lock)

    def endpoints(self) -> Endpoints:
        """What was read within five minutes, or longer ago when the provider is away; raises NoDocument."""
        if self.is_old() and self.lock.acquire(timeout=0 if self.found else WAIT_SECONDS):
            try:
                if self.is_old():
                    self.refresh()
            finally:
                self.lock.release()
        if self.found is None:
            raise NoDocument(self.fault)
        return self.found

    def is_old(self) -> bool:
        now = time.monotonic()
        return now - self.tried_at > RETRY_SECONDS and now - self.read_at > FRESH_SECONDS

    def refresh(self) -> None:
        """Ask once; that it was tried is noted when it is over, so that whoever comes meanwhile waits for it."""
        try:
            self.must_be_allowed(self.issuer)
            self.found = self.read(self.fetch(self.issuer.rstrip("/") + WELL_KNOWN))
        except NoDocument as error:
            self.fault = str(error)
        else:
            self.read_at = time.monotonic()
        finally:
            self.tried_at = time.monotonic()

    def read(self, document: dict[str, Any]) -> Endpoints:
        """The endpoints in a document of this issuer; raises NoDocument."""
        if document.get("issuer") != self.issuer:
            raise NoDocument(f"{self.issuer} calls itself something else")
        authorization, token, keys, end_session = (str(document.get(name) or "") for name in ADDRESSES)
        if not (authorization and token and keys):
            raise NoDocument(f"{self.issuer} does not say where it can be asked")
        for url in filter(None, (authorization, token, keys, end_session)):
            self.must_be_allowed(url)
        for name, (known, fault) in NEEDED.items():
            if (listed := document.get(name)) and not known & names_in(listed):
                raise NoDocument(f"{self.issuer} {fault}")
        methods = document.get("token_endpoint_auth_methods_supported") or [BASIC]
        return Endpoints(authorization, token, keys, end_session, secret_in_form=BASIC not in methods)

    def must_be_allowed(self, url: str) -> None:
        """Raise NoDocument for an address that is not to be called."""
        schemes = {"https"} if self.https_only else {"https", "http"}
        try:
            parts = urlsplit(url)
            usable = parts.scheme in schemes and bool(parts.hostname) and not parts.username
            usable = usable and url.isascii() and url.isprintable() and " " not in url
        except ValueError:
            usable = False
        if not usable:
            raise NoDocument(f"{url} is not an address that may be asked")

    def read_keys(self) -> dict[str, Any]:
        """The issuer's key set; raises NoDocument."""
        return self.fetch(self.endpoints().keys)


def names_in(listed: Any) -> set[str]:
    return {each for each in listed if isinstance(each, str)} if isinstance(listed, list) else set()

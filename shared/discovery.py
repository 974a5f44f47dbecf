"""What an OpenID Connect provider says of itself at its well-known address: read within seconds, kept for minutes."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from shared.remote_json import NoDocument, read_json

FRESH_SECONDS = 300
BASIC = "client_secret_basic"
ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint")
WELL_KNOWN = "/.well-known/openid-configuration"


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
    found: Endpoints | None = None
    read_at: float = -FRESH_SECONDS
    lock: threading.Lock = field(default_factory=threading.Lock)

    def endpoints(self) -> Endpoints:
        """What was read within five minutes, or longer ago when the provider is away; raises NoDocument."""
        with self.lock:
            if self.found is None or time.monotonic() - self.read_at > FRESH_SECONDS:
                self.refresh()
            if self.found is None:
                raise NoDocument(self.issuer)
            return self.found

    def refresh(self) -> None:
        self.must_be_allowed(self.issuer)
        try:
            self.found = self.read(read_json(self.issuer.rstrip("/") + WELL_KNOWN))
        except NoDocument:
            if self.found is None:
                raise
        self.read_at = time.monotonic()

    def read(self, document: dict[str, Any]) -> Endpoints:
        """The endpoints in a document of this issuer; raises NoDocument."""
        if document.get("issuer") != self.issuer:
            raise NoDocument(f"{self.issuer} calls itself something else")
        authorization, token, keys, end_session = (str(document.get(name) or "") for name in ADDRESSES)
        if not (authorization and token and keys):
            raise NoDocument(f"{self.issuer} does not say where it can be asked")
        for url in filter(None, (authorization, token, keys, end_session)):
            self.must_be_allowed(url)
        methods = document.get("token_endpoint_auth_methods_supported") or [BASIC]
        return Endpoints(authorization, token, keys, end_session, secret_in_form=BASIC not in methods)

    def must_be_allowed(self, url: str) -> None:
        """Raise NoDocument for an address that is not to be called."""
        schemes = {"https"} if self.https_only else {"https", "http"}
        try:
            parts = urlsplit(url)
            usable = parts.scheme in schemes and bool(parts.hostname) and not parts.username
        except ValueError:
            usable = False
        if not usable:
            raise NoDocument(f"{url} is not an address that may be asked")

    def read_keys(self) -> dict[str, Any]:
        """The issuer's key set; raises NoDocument."""
        return read_json(self.endpoints().keys)

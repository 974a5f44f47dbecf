"""Where the staff of a chain sign in, and how we are known there: at the chain's own provider, or at the operator's."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import httpx
from authlib.oauth2.client import OAuth2Client

from shared.decider import Refused
from shared.discovery import Discovery
from shared.key_sets import KeySet
from shared.tokens import Issuer

SCOPE = "openid profile"
TIMEOUT_SECONDS = 10.0


class NoProvider(Refused):
    """Nobody can sign in to this chain yet: it has no identity provider."""

    code = "no_identity_provider"


def by_itself() -> None:
    """For httpx to go its own way."""


@dataclass(frozen=True)
class Application:
    """We as a provider knows us, with the secret that it takes to learn whom a code stands for."""

    client_id: str
    secret: str
    discovery: Discovery
    transport: Callable[[], httpx.BaseTransport | None] = by_itself

    def redeem(self, code: str, redirect_uri: str, verifier: str) -> str:
        """The ID token for a code; raises NoDocument, OAuth2Error, HTTPError, or KeyError where there is none."""
        endpoints = self.discovery.endpoints()
        in_form = {"client_id": self.client_id, "client_secret": self.secret}
        way = self.transport()
        with httpx.Client(transport=way, timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as session:
            found = OAuth2Client(session, self.client_id, self.secret).fetch_token(
                endpoints.token,
                grant_type="authorization_code",
                code=code,
                redirect_uri=redirect_uri,
                code_verifier=verifier,
                auth=httpx.Auth() if endpoints.secret_in_form else httpx.BasicAuth(*in_form.values()),
                **(in_form if endpoints.secret_in_form else {}),
            )
        return str(found["id_token"])


@dataclass(frozen=True)
class Provider:
    """An identity provider; one for all chains is told the slug of the chain that somebody signs in to.

    `redeem` gives the ID token for a code, the address that it came to, and the verifier of the question.
    """

    issuer: Issuer
    client_id: str
    discovery: Discovery
    redeem: Callable[[str, str, str], str]
    is_for_all: bool
    scope: str = SCOPE


@dataclass(frozen=True)
class Providers:
    """The operator's provider, if there is one, and those that chains have of their own and let vouch for them."""

    operators: Provider | None
    of_chain: Callable[[UUID], Provider | None]

    def of_operator(self) -> Provider:
        """The one for all chains; raises NoProvider."""
        if self.operators is None:
            raise NoProvider
        return self.operators


def operators_provider(
    issuer: str, jwks_url: str, *, client_id: str, client_secret: str, https_only: bool
) -> Provider | None:
    """The one that the settings name, if one can sign in there."""
    if not issuer.startswith(("https://", "http://")) or not client_secret:
        return None
    discovery = Discovery(issuer, https_only=https_only)
    application = Application(client_id, client_secret, discovery)
    return Provider(Issuer(issuer, KeySet.at(jwks_url)), client_id, discovery, application.redeem, is_for_all=True)

"""Signing in by the authorization code flow: state, nonce and verifier come of one secret that only this browser has.

What comes back counts in that browser alone, for one chain, from the provider that was asked, and for the question that
was asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hmac import compare_digest, digest
from typing import Any
from uuid import UUID

import httpx
import jwt
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client

from shared.auth import Identity, IssuerAway, NotAuthenticated
from shared.links import encoded
from shared.remote_json import NoDocument
from shared.staff_web.providers import Provider
from shared.tokens import UNUSABLE, checked

LONGEST_NAME = 100
ASK_AGAIN = {"prompt": "login", "max_age": "0"}
"""Makes a provider ask who somebody is, whoever it still knows in this browser."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
JUST_NOW = timedelta(minutes=10)
"""As long as an attempt may take."""


class SignInFailed(Exception):
    """The provider did not say who this is; its text is for the log."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to sign in to a chain at one issuer, from one browser."""

    chain_id: UUID
    secret: bytes
    issuer: str

    def derived(self, purpose: str) -> str:
        return encoded(digest(self.secret, f"{purpose} {self.issuer}".encode(), "sha256"))


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who has signed in, what they are called, and where their provider wants to hear that they have left.

    `authenticated_at` is when the provider asked them, as far as it says so.
    """

    identity: Identity
    name: str
    end_session: str
    authenticated_at: datetime


def question(provider: Provider, attempt: Attempt, slug: str, redirect_uri: str, *, again: bool = False) -> str:
    """Where the provider asks who this is, at the chain with a slug; raises SignInFailed when it is away.

    With `again` it is to ask even if it knows.
    """
    try:
        endpoints = provider.discovery.endpoints()
    except NoDocument as error:
        raise SignInFailed(str(error)) from error
    ours = OAuth2Client(
        None, provider.client_id, scope=provider.scope, redirect_uri=redirect_uri, code_challenge_method="S256"
    )
    url, _ = ours.create_authorization_url(
        endpoints.authorization,
        state=attempt.derived("state"),
        nonce=attempt.derived("nonce"),
        code_verifier=attempt.derived("verifier"),
        **({"chain": slug} if provider.is_for_all else {}),
        **(ASK_AGAIN if again else {}),
    )
    return str(url)


def answer(
    provider: Provider,
    attempt: Attempt,
    redirect_uri: str,
    given: Mapping[str, str],
    now: datetime,
    *,
    again: bool = False,
) -> SignedIn:
    """Who has signed in, by what the provider sent the browser back with; raises SignInFailed.

    With `again` not by what the provider still knew of somebody.
    """
    if not compare_digest(given.get("state", "").encode(), attempt.derived("state").encode()):
        raise SignInFailed("state")
    if given.get("iss", provider.issuer.name) != provider.issuer.name:
        raise SignInFailed("iss")
    if "code" not in given:
        raise SignInFailed(f"the provider said {given.get('error', 'nothing')[:40]!r}")
    try:
        endpoints = provider.discovery.endpoints()
        token = provider.redeem(given["code"], redirect_uri, attempt.derived("verifier"))
        identity, name, asked_at = named(provider, attempt, token)
    except (NotAuthenticated, IssuerAway, NoDocument, OAuth2Error, httpx.HTTPError, *UNUSABLE) as error:
        raise SignInFailed(type(error).__name__) from error
    if again and asked_at is not None and asked_at < now - JUST_NOW:
        raise SignInFailed("auth_time")
    return SignedIn(replace(identity, issued_at=now), name, endpoints.end_session, min(asked_at or now, now))


def named(provider: Provider, attempt: Attempt, token: str) -> tuple[Identity, str, datetime | None]:
    """Whom an ID token names, and when they were asked, if it says so.

    Raises NotAuthenticated, PyJWTError or ValueError when it is not for this attempt.
    """
    issuer = provider.issuer
    claims = checked(token, issuer.keys, issuer=issuer.name, audience=provider.client_id)
    if not compare_digest(str(claims.get("nonce")).encode(), attempt.derived("nonce").encode()):
        raise jwt.InvalidTokenError("nonce")
    if claims.get("azp", provider.client_id) != provider.client_id or is_for_others(claims):
        raise jwt.InvalidTokenError("azp")
    identity = issuer.identity(claims)
    if identity.chain_id != attempt.chain_id:
        raise jwt.InvalidTokenError("chain")
    name = str(claims.get("name") or identity.subject)[:LONGEST_NAME]
    asked_at = EPOCH + timedelta(seconds=int(claims["auth_time"])) if "auth_time" in claims else None
    return identity, name if name.isprintable() else identity.subject, asked_at


def is_for_others(claims: Mapping[str, Any]) -> bool:
    """Whether a token has several audiences and does not say that it was given to us."""
    audience = claims["aud"]
    return isinstance(audience, list) and len(audience) > 1 and "azp" not in claims

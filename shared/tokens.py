"""Bearer tokens: fixed algorithms, a known issuer, our audience, all claims there, keys from the issuer's set alone.

People's tokens name one chain. The issuer of the settings may name any; an issuer that belongs to a chain speaks for
that chain whatever it says. Tokens of our own services are signed with the services' key, live for minutes, are meant
for one service, and name no chain. What is anything else is no token at all.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args
from uuid import UUID

import jwt

from shared.auth import SERVICE, Grant, Identity, NotAuthenticated, Role
from shared.key_sets import ALGORITHMS, KeySet

Service = Literal["scheduling", "treatment"]

AUDIENCE = "synergist"
"""Whom people's tokens are meant for; those of services name one service instead."""

SERVICES = "synergist-services"
"""The issuer named in tokens of our own services."""

SERVICE_TYPE = "service+jwt"
PERSON_TYPES = frozenset({None, "JWT", "at+jwt", "application/at+jwt"})
OF_ID_TOKENS = frozenset({"nonce", "at_hash", "c_hash"})
KEYS_OF_ITS_OWN = frozenset({"crit", "jku", "jwk", "x5u", "x5c"})
REQUIRED = ["exp", "iat", "aud", "iss", "sub"]
LONGEST_TOKEN = 8192
LONGEST_SERVICE_SECONDS = 600
LEEWAY_SECONDS = 5
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
UNUSABLE = (jwt.PyJWTError, KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)

Claims = Mapping[str, Any]


def audience_of(service: Service) -> str:
    """Whom a token for calls to this service is meant for."""
    return f"synergist-{service}"


def claimed_roles(claims: Claims) -> Iterable[Grant]:
    """The roles in the claim `roles`, as the issuer of the settings gives them; raises ValueError or KeyError."""
    for entry in claims["roles"]:
        if entry["role"] not in get_args(Role) or entry["role"] == SERVICE:
            raise ValueError(entry["role"])
        clinics = entry.get("clinics")
        yield Grant(entry["role"], None if clinics is None else frozenset(map(UUID, clinics)))


@dataclass(frozen=True)
class Issuer:
    """One that people's tokens come from; with a `chain_id` it speaks for that chain alone.

    `roles` reads them from the claims, and may raise KeyError, TypeError or ValueError.
    """

    name: str
    keys: KeySet
    audience: str = AUDIENCE
    chain_id: UUID | None = None
    roles: Callable[[Claims], Iterable[Grant]] = claimed_roles

    def identity(self, claims: Claims) -> Identity:
        """Whom checked claims name; raises KeyError, TypeError or ValueError when they cannot be used."""
        named = claims.get("chain_id")
        chain_id = self.chain_id if self.chain_id and named is None else UUID(str(named))
        if self.chain_id not in {None, chain_id}:
            raise ValueError("chain_id")
        roles = tuple(self.roles(claims))
        return Identity(self.name, claims["sub"], chain_id, issued(claims), roles, signed_in(claims))


def no_other(name: Any) -> Issuer | None:
    """For where chains have no issuers of their own."""
    del name
    return None


class Tokens:
    """Checks the tokens of calls to one service; `other` finds a chain's issuer by a name that nobody has checked."""

    def __init__(
        self,
        service: Service,
        *,
        issuer: str,
        jwks_url: str,
        service_jwks_url: str,
        other: Callable[[Any], Issuer | None] = no_other,
    ) -> None:
        self.own = Issuer(issuer, KeySet.at(jwks_url))
        self.services = KeySet.at(service_jwks_url)
        self.service_audience = audience_of(service)
        self.other = other

    def identity(self, token: str) -> Identity:
        """Whom the token names; raises NotAuthenticated for anything that is not entirely right."""
        try:
            if len(token) > LONGEST_TOKEN:
                raise ValueError("length")
            issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
            return self.of_service(token) if issuer == SERVICES else self.of_person(token, issuer)
        except UNUSABLE as error:
            raise NotAuthenticated from error

    def of_service(self, token: str) -> Identity:
        if jwt.get_unverified_header(token).get("typ") != SERVICE_TYPE:
            raise ValueError("typ")
        claims = checked(token, self.services, issuer=SERVICES, audience=self.service_audience)
        if claims["exp"] - claims["iat"] > LONGEST_SERVICE_SECONDS:
            raise ValueError("exp")
        return Identity(SERVICES, claims["sub"], None, issued(claims), (Grant(SERVICE),))

    def of_person(self, token: str, name: Any) -> Identity:
        issuer = self.own if name == self.own.name else self.other(name)
        if issuer is None or jwt.get_unverified_header(token).get("typ") not in PERSON_TYPES:
            raise NotAuthenticated
        claims = checked(token, issuer.keys, issuer=issuer.name, audience=issuer.audience)
        if OF_ID_TOKENS & claims.keys():
            raise ValueError("this is an ID token")
        return issuer.identity(claims)


def checked(token: str, keys: KeySet, *, issuer: str, audience: str) -> dict[str, Any]:
    """The claims of a token that is entirely right; raises NotAuthenticated, PyJWTError or ValueError."""
    header = jwt.get_unverified_header(token)
    if KEYS_OF_ITS_OWN & header.keys():
        raise ValueError("the token brings what only we may say")
    claims: dict[str, Any] = jwt.decode(
        token,
        keys.key(header["kid"]),
        algorithms=list(ALGORITHMS),
        audience=audience,
        issuer=issuer,
        options={"require": REQUIRED, "enforce_minimum_key_length": True},
        leeway=LEEWAY_SECONDS,
    )
    if not claims["sub"] or not claims["sub"].isprintable():
        raise ValueError("sub")
    return claims


def issued(claims: Claims) -> datetime:
    return BEGINNING + timedelta(seconds=int(claims["iat"]))


def signed_in(claims: Claims) -> datetime | None:
    """When the person last showed who they are, where the issuer says it; a refreshed token keeps that moment."""
    given = claims.get("auth_time")
    return None if given is None else BEGINNING + timedelta(seconds=int(given))

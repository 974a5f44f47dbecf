"""Who is calling: bearer tokens with fixed algorithms and keys from a configured set, never from the token itself.

People's tokens come from the chain's issuer and name one chain; tokens of our own services are signed with the key of
the services, live a minute and name no chain.
"""

import json
import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args
from urllib.request import urlopen
from uuid import UUID

import jwt
from jwt import PyJWK, PyJWKSet

Role = Literal["therapist", "front_desk", "manager", "chain_admin", "service"]
THERAPIST: Role = "therapist"
FRONT_DESK: Role = "front_desk"
MANAGER: Role = "manager"
CHAIN_ADMIN: Role = "chain_admin"
SERVICE: Role = "service"
STAFF: tuple[Role, ...] = (THERAPIST, FRONT_DESK, MANAGER, CHAIN_ADMIN)

AUDIENCE = "synergist"
SERVICES = "synergist-services"
"""The issuer named in tokens of our own services."""

ALGORITHMS = ["EdDSA", "RS256"]
REQUIRED = ["exp", "iat", "aud", "iss", "sub"]
KEYS_FRESH_SECONDS = 300
KEYS_RETRY_SECONDS = 10


class NotAuthenticated(Exception):
    """A valid bearer token is needed."""


class NotAllowed(Exception):
    """Your role does not allow this."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role at all clinics of the chain (`clinics` is None) or at some."""

    role: Role
    clinics: frozenset[UUID] | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    subject: str
    chain_id: UUID | None
    grants: tuple[Grant, ...]

    def among(self, roles: Iterable[Role]) -> "Caller":
        """The caller with no other roles than these, where a chain_admin has the staff's; raises NotAllowed."""
        wanted = set(roles)
        if wanted & set(STAFF):
            wanted.add(CHAIN_ADMIN)
        held = tuple(grant for grant in self.grants if grant.role in wanted)
        if not held:
            raise NotAllowed
        return replace(self, grants=held)

    @property
    def role(self) -> Role:
        """The first of the caller's roles; raises NotAllowed."""
        if not self.grants:
            raise NotAllowed
        return self.grants[0].role

    def may_act_at(self, clinic_id: UUID) -> bool:
        """Whether one of the caller's roles holds at the clinic."""
        return any(grant.clinics is None or clinic_id in grant.clinics for grant in self.grants)

    def must_act_at(self, *clinic_ids: UUID) -> None:
        """Refuse with NotAllowed when none of the caller's roles holds at one of the clinics."""
        if not all(map(self.may_act_at, clinic_ids)):
            raise NotAllowed("Your role does not hold at this clinic.")

    def must_act_at_one_of(self, clinic_ids: Collection[UUID]) -> None:
        """Refuse with NotAllowed when there are clinics and none of the caller's roles holds at any of them."""
        if clinic_ids and not any(map(self.may_act_at, clinic_ids)):
            raise NotAllowed("Your role holds at none of these clinics.")

    def must_act_everywhere(self) -> None:
        """Refuse with NotAllowed when each of the caller's roles holds at some clinics only."""
        if all(grant.clinics is not None for grant in self.grants):
            raise NotAllowed("Your role holds at some clinics only, and this concerns them all.")


@dataclass
class KeySet:
    """The public keys of one issuer, read from its JWKS address and again when an unknown key id appears."""

    url: str
    keys: dict[str, PyJWK] = field(default_factory=dict)
    read_at: float = -KEYS_FRESH_SECONDS
    lock: threading.Lock = field(default_factory=threading.Lock)

    def key(self, key_id: str) -> PyJWK:
        """The key with this id; raises NotAuthenticated when the set does not have it."""
        age = time.monotonic() - self.read_at
        if age > KEYS_FRESH_SECONDS or (key_id not in self.keys and age > KEYS_RETRY_SECONDS):
            with self.lock:
                self.refresh()
        if key_id not in self.keys:
            raise NotAuthenticated
        return self.keys[key_id]

    def refresh(self) -> None:
        try:
            with urlopen(self.url, timeout=5) as answer:  # noqa: S310 - the address is a setting, with its scheme checked
                found = PyJWKSet.from_dict(json.load(answer))
        except (OSError, ValueError, jwt.PyJWTError):
            if not self.keys:
                raise NotAuthenticated from None
        else:
            self.keys = {key.key_id: key for key in found.keys if key.key_id}
        self.read_at = time.monotonic()


class Tokens:
    """Checks bearer tokens against the two key sets that the settings name."""

    def __init__(self, *, issuer: str, jwks_url: str, service_jwks_url: str) -> None:
        self.sets = {issuer: KeySet(jwks_url), SERVICES: KeySet(service_jwks_url)}

    def caller(self, token: str) -> Caller:
        """The caller that the token names; raises NotAuthenticated for anything that is not entirely right."""
        try:
            return self.checked(token)
        except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
            raise NotAuthenticated from error

    def checked(self, token: str) -> Caller:
        issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
        key = self.sets[issuer].key(jwt.get_unverified_header(token)["kid"])
        claims = jwt.decode(
            token, key, algorithms=ALGORITHMS, audience=AUDIENCE, issuer=issuer, options={"require": REQUIRED}, leeway=5
        )
        if not claims["sub"] or not claims["sub"].isprintable():
            raise ValueError("sub")
        if issuer == SERVICES:
            return Caller(claims["sub"], None, (Grant(SERVICE),))
        return Caller(claims["sub"], UUID(str(claims["chain_id"])), tuple(grants(claims["roles"])))


def grants(roles: Iterable[Mapping[str, Any]]) -> Iterable[Grant]:
    for entry in roles:
        if entry["role"] not in get_args(Role) or entry["role"] == SERVICE:
            raise ValueError(entry["role"])
        clinics = entry.get("clinics")
        yield Grant(entry["role"], None if clinics is None else frozenset(map(UUID, clinics)))


def mint(
    key: str,
    *,
    issuer: str,
    subject: str,
    chain_id: UUID,
    role: Role,
    clinics: Iterable[UUID] = (),
    ttl_seconds: int = 8 * 3600,
) -> str:
    """A person's token signed with a private JWK (JSON), as the local issuer gives it."""
    limits = [str(clinic) for clinic in clinics]
    entry = {"role": role, "clinics": limits} if limits else {"role": role}
    return sign(key, {"iss": issuer, "sub": subject, "chain_id": str(chain_id), "roles": [entry]}, ttl_seconds)


def mint_service_token(key: str, *, subject: str, ttl_seconds: int = 60) -> str:
    """A token with which one of our services calls another, signed with the services' private JWK (JSON)."""
    return sign(key, {"iss": SERVICES, "sub": subject}, ttl_seconds)


def sign(key: str, claims: dict[str, Any], ttl_seconds: int) -> str:
    private = PyJWK.from_json(key)
    now = int(time.time())
    claims = claims | {"aud": AUDIENCE, "iat": now, "exp": now + ttl_seconds}
    return jwt.encode(claims, private.key, algorithm="EdDSA", headers={"kid": private.key_id})

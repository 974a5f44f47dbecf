"""Tokens that we sign ourselves: those of our services for each other, and people's of the local issuer."""

import time
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import jwt
from jwt import PyJWK

from shared.auth import Role
from shared.tokens import AUDIENCE, SERVICE_TYPE, SERVICES, Service, audience_of

PERSON_TYPE = "at+jwt"
A_WORKDAY_SECONDS = 8 * 3600


def local_subject(role: Role) -> str:
    """Who has a role at all clinics in the tokens of the local issuer."""
    return f"local:{role}"


def mint(
    key: str,
    *,
    issuer: str,
    subject: str,
    chain_id: UUID,
    role: Role,
    clinics: Iterable[UUID] = (),
    ttl_seconds: int = A_WORKDAY_SECONDS,
) -> str:
    """A token signed with a private JWK (JSON), as the local issuer gives it to a person who signs in right now."""
    limits = [str(clinic) for clinic in clinics]
    entry = {"role": role, "clinics": limits} if limits else {"role": role}
    claims = {"iss": issuer, "sub": subject, "chain_id": str(chain_id), "roles": [entry], "auth_time": int(time.time())}
    return sign(key, claims, ttl_seconds)


def mint_service_token(key: str, *, subject: str, to: Service, ttl_seconds: int = 60) -> str:
    """A token with which one of our services calls another, signed with the services' private JWK (JSON)."""
    claims = {"iss": SERVICES, "sub": subject, "aud": audience_of(to)}
    return sign(key, claims, ttl_seconds, kind=SERVICE_TYPE)


def sign(key: str, claims: Mapping[str, Any], ttl_seconds: int, *, kind: str = PERSON_TYPE) -> str:
    """Claims as a token that begins now, for our API unless they say otherwise; `kind` is its `typ`."""
    private = PyJWK.from_json(key)
    now = int(time.time())
    filled = {"aud": AUDIENCE, "iat": now, "exp": now + ttl_seconds} | dict(claims)
    return jwt.encode(filled, private.key, algorithm="EdDSA", headers={"kid": private.key_id, "typ": kind})

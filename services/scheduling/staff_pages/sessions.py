"""Who has signed in: a random token in the browser, its hash in the database, an end whatever happens.

A session ends half an hour after it was last used, twelve hours after it began, or when its owner says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest, digest
from secrets import token_bytes
from typing import Any
from uuid import UUID

from msgspec import json
from sqlalchemy import Connection, text

from services.scheduling.links import TOKEN_BYTES, encoded
from shared.auth import Grant, Identity
from shared.tokens import claimed_roles

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)

BEGIN = text("""
    INSERT INTO sessions (token_hash, chain_id, issuer, subject, name, roles, leave_url, signed_in_at, seen_at)
    VALUES (:token_hash, :chain_id, :issuer, :subject, :name, CAST(:roles AS jsonb), :leave_url, :now, :now)
""")
FIND = text("""
    SELECT * FROM sessions WHERE token_hash = :token_hash AND seen_at > :used_since AND signed_in_at > :begun_since
""")
SEE = text("UPDATE sessions SET seen_at = :now WHERE token_hash = :token_hash")
END = text("DELETE FROM sessions WHERE token_hash = :token_hash")
PRUNE = text("DELETE FROM sessions WHERE seen_at <= :used_since OR signed_in_at <= :begun_since")


@dataclass(frozen=True, slots=True)
class Session:
    """One browser in which somebody has signed in; `leave` is where the browser tells the provider."""

    token: bytes
    identity: Identity
    name: str
    leave: str
    seen_at: datetime

    @property
    def form_token(self) -> str:
        """What every form carries, and no other page can know."""
        return encoded(digest(self.token, b"form", "sha256"))

    def sent(self, given: str) -> bool:
        """Whether a form comes from a page of this session."""
        return compare_digest(self.form_token.encode(), given.encode())

    def is_to_be_seen(self, now: datetime) -> bool:
        """Whether it is time to note that it is used."""
        return now - self.seen_at >= SEEN_EVERY


def begin(connection: Connection, chain_id: UUID, identity: Identity, *, name: str, leave: str, now: datetime) -> bytes:
    """A new session's token, committed with the connection's transaction; those of the chain that are over go."""
    token = token_bytes(TOKEN_BYTES)
    connection.execute(PRUNE, since(now))
    row = {
        "token_hash": sha256(token).digest(),
        "chain_id": chain_id,
        "issuer": identity.issuer,
        "subject": identity.subject,
        "name": name,
        "roles": json.encode(as_claim(identity.claimed)).decode(),
        "leave_url": leave,
        "now": now,
    }
    connection.execute(BEGIN, row)
    return token


def find(connection: Connection, token: bytes, now: datetime) -> Session | None:
    """The session behind a token in the chain of the connection; None when there is none, or it is over."""
    row = connection.execute(FIND, {"token_hash": sha256(token).digest()} | since(now)).first()
    if row is None:
        return None
    roles = tuple(claimed_roles({"roles": row.roles}))
    identity = Identity(row.issuer, row.subject, row.chain_id, row.signed_in_at, roles)
    return Session(token, identity, row.name, row.leave_url, row.seen_at)


def see(connection: Connection, token: bytes, now: datetime) -> None:
    """Note that the session is used."""
    connection.execute(SEE, {"token_hash": sha256(token).digest(), "now": now})


def end(connection: Connection, token: bytes) -> None:
    """Let the token be worth nothing from now on."""
    connection.execute(END, {"token_hash": sha256(token).digest()})


def since(now: datetime) -> dict[str, datetime]:
    return {"used_since": now - IDLE, "begun_since": now - LONGEST}


def as_claim(grants: Iterable[Grant]) -> list[dict[str, Any]]:
    """Roles as a token claims them."""
    return [
        {"role": each.role, "clinics": None if each.clinics is None else sorted(map(str, each.clinics))}
        for each in grants
    ]

"""A client's way to what treatment asks them, without an account: an unguessable link for one purpose and one time.

`/c/<chain>.<token>` (shared.links) and behind it the page of the purpose. Several links to one thing may be valid:
every message carries its own. When an address of a client is given up, or turns out to be somebody else's, no link of
theirs works on that was made before; of whom scheduling has let go, none is kept.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from shared.events.treatment_links import Purpose
from shared.links import hash_of, joined, new_token

PREFIX = "/c"
PAGES: dict[Purpose, str] = {"check_in": "", "homework": "/homework"}
"""What follows the address of a link in the path of its page."""

KEEP = text("""
    INSERT INTO client_links (token_hash, chain_id, purpose, client_id, about, whose, created_at, expires_at)
    VALUES (:token_hash, :chain_id, :purpose, :client_id, :about, :whose, :now, :expires_at)
""")
PRUNE = text("""
    DELETE FROM client_links WHERE client_id = ANY(:ids) AND expires_at < CAST(:now AS timestamptz) - interval '90 days'
""")
FIND = text("""
    SELECT person_of(client_id) AS client_id, about, whose FROM client_links
    WHERE token_hash = :token_hash AND purpose = :purpose AND revoked_at IS NULL AND expires_at > :now
""")
ONCE = text("""
    SELECT person_of(client_id) AS client_id, about, purpose FROM client_links WHERE token_hash = :token_hash
""")
REVOKE = text("""
    UPDATE client_links SET revoked_at = :at WHERE client_id = ANY(:ids) AND created_at <= :at AND revoked_at IS NULL
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a link is to lead to and whose it is; `about` is the id of the check-in or the homework.

    There is something to do behind it until `good_until`, and it works until `expires_at`.
    """

    purpose: Purpose
    client_id: UUID
    about: UUID
    good_until: datetime
    expires_at: datetime


@dataclass
class NothingThere(Exception):
    """There is nothing to lead to any more; `reason` is a code."""

    reason: str


def mint(
    connection: Connection, chain_id: UUID, targets: Collection[Target], now: datetime, whose: str | None = None
) -> list[str]:
    """A new link's path for each target, in their order; committed with the connection's transaction.

    `whose` is an initial for the page, where the link goes to an address at which several people read. What these
    clients' links led to three months ago is forgotten.
    """
    tokens = [new_token() for _ in targets]
    if targets:
        connection.execute(PRUNE, {"ids": [target.client_id for target in targets], "now": now})
        rows = zip(tokens, targets, strict=True)
        connection.execute(KEEP, [row(chain_id, token, target, now) | {"whose": whose} for token, target in rows])
    return [
        f"{PREFIX}/{joined(chain_id, token)}{PAGES[target.purpose]}"
        for token, target in zip(tokens, targets, strict=True)
    ]


def row(chain_id: UUID, token: bytes, target: Target, now: datetime) -> dict[str, Any]:
    return {
        "token_hash": hash_of(token),
        "chain_id": chain_id,
        "purpose": target.purpose,
        "client_id": target.client_id,
        "about": target.about,
        "now": now,
        "expires_at": target.expires_at,
    }


def find(connection: Connection, token: bytes, purpose: Purpose, now: datetime) -> Row[Any] | None:
    """Whose link for this purpose it is, and what about; None when it is wrong, old or revoked."""
    return connection.execute(FIND, {"token_hash": hash_of(token), "purpose": purpose, "now": now}).first()


def once(connection: Connection, token: bytes) -> Row[Any] | None:
    """Whose link it was, what for and what about, also when it works no more; None for one that was never ours."""
    return connection.execute(ONCE, {"token_hash": hash_of(token)}).first()


def revoke(connection: Connection, client_ids: Iterable[UUID], at: datetime) -> None:
    """Let no link of these clients work any more that was made until then."""
    connection.execute(REVOKE, {"ids": list(client_ids), "at": at})

"""A client's way to one visit without an account: an unguessable link, of which only a hash is kept.

`/l/<chain>.<token>`, both in URL-safe base64. A link works after any number of moves, and until 90 days after the visit
has ended. Several links to one visit may be valid: every message carries its own. When the address that a link was
sent to is replaced, the link ends with it.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_bytes
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

VISIT = "visit"
TOKEN_BYTES = 16

KEEP = text("""
    INSERT INTO links (token_hash, chain_id, purpose, client_id, appointment_id, contact_point_id)
    VALUES (:token_hash, :chain_id, :purpose, :client_id, :appointment_id, :contact_point_id)
""")
FIND = text("""
    SELECT appointments.*, person_of(links.client_id) AS holder_id, links.contact_point_id
    FROM links JOIN appointments ON appointments.id = links.appointment_id
    WHERE token_hash = :token_hash AND purpose = :purpose AND revoked_at IS NULL
      AND appointments.ends_at > :now - interval '90 days'
""")
REVOKE = text("UPDATE links SET revoked_at = now() WHERE contact_point_id = ANY(:points) AND revoked_at IS NULL")


@dataclass(frozen=True, slots=True)
class Target:
    """What a link is to lead to, whose it is, and the address it is sent to; None: it is shown and not sent."""

    client_id: UUID
    appointment_id: UUID
    contact_point_id: UUID | None = None


def mint(connection: Connection, chain_id: UUID, targets: Iterable[Target]) -> list[str]:
    """A new link's path for each target, in their order; committed with the connection's transaction."""
    paths, rows = [], []
    for target in targets:
        token = token_bytes(TOKEN_BYTES)
        paths.append(f"/l/{encoded(chain_id.bytes)}.{encoded(token)}")
        rows.append(
            {
                "token_hash": sha256(token).digest(),
                "chain_id": chain_id,
                "purpose": VISIT,
                "client_id": target.client_id,
                "appointment_id": target.appointment_id,
                "contact_point_id": target.contact_point_id,
            }
        )
    if rows:
        connection.execute(KEEP, rows)
    return paths


def parse(address: str) -> tuple[UUID, bytes] | None:
    """The chain and token in `<chain>.<token>`, or None when it cannot be one of ours."""
    chain, _, token = address.partition(".")
    try:
        chain_id, secret = UUID(bytes=decoded(chain)), decoded(token)
    except ValueError:
        return None
    if len(secret) != TOKEN_BYTES or f"{encoded(chain_id.bytes)}.{encoded(secret)}" != address:
        return None
    return chain_id, secret


def chain_in(address: str) -> UUID | None:
    """The chain that an address names, also one whose token is cut off; None when it names none."""
    chain = address.partition(".")[0]
    try:
        return UUID(bytes=decoded(chain))
    except ValueError:
        return None


def find(connection: Connection, token: bytes, now: datetime) -> Row[Any] | None:
    """The visit that a link leads to, in the chain of the connection; None when the link is wrong, old or revoked."""
    values = {"token_hash": sha256(token).digest(), "purpose": VISIT, "now": now}
    return connection.execute(FIND, values).first()


def revoke(connection: Connection, contact_point_ids: Iterable[UUID]) -> None:
    """Let no link work any more that was sent to one of these addresses."""
    connection.execute(REVOKE, {"points": list(contact_point_ids)})


def encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def decoded(content: str) -> bytes:
    return urlsafe_b64decode(content.encode("ascii") + b"=" * (-len(content) % 4))

"""How a reply finds its visit: an unguessable address for each message, of which only a hash is kept.

`<name>+<chain and token>@<domain>`, in the small letters and digits of base32, because mail programs change the case
of addresses. A reference works until it is revoked, or until 90 days after the visit; it says which version of the
visit the client was told of, and whether the message asked for a confirmation.
"""

from base64 import b32decode, b32encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_bytes
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from services.scheduling.reach import still_told
from services.scheduling.relations.telling import Roles

TOKEN_BYTES = 12
LENGTH = 45
"""Letters of a chain's 16 bytes and a token's 12 in base32, without padding."""

KEEP = text("""
    INSERT INTO reply_references
      (token_hash, chain_id, client_id, appointment_id, contact_point_id, visit_version, asks)
    VALUES (:token_hash, :chain_id, :client_id, :appointment_id, :contact_point_id, :visit_version, :asks)
""")
REVOKE = text("""
    UPDATE reply_references SET revoked_at = now() WHERE contact_point_id = ANY(:points) AND revoked_at IS NULL
""")
FIND = text("""
    SELECT visit.id, visit.clinic_id, visit.status, person_of(reference.client_id) AS client_id,
      visit.client_id AS visit_client_id, visit.booker_client_id, visit.told_client_id, visit.gift,
      reference.visit_version, reference.asks
    FROM reply_references reference JOIN appointments visit ON visit.id = reference.appointment_id
    WHERE token_hash = :token_hash AND revoked_at IS NULL AND visit.ends_at > :now - interval '90 days'
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Who is told of which version of a visit, and where; `asks` when the message asks for a confirmation."""

    client_id: UUID
    appointment_id: UUID
    contact_point_id: UUID
    visit_version: int
    asks: bool


def mint(connection: Connection, chain_id: UUID, messages: Iterable[Told]) -> list[str]:
    """A new reference for each message, in their order; committed with the connection's transaction."""
    references, rows = [], []
    for told in messages:
        token = token_bytes(TOKEN_BYTES)
        references.append(b32encode(chain_id.bytes + token).decode().rstrip("=").lower())
        rows.append(
            {
                "token_hash": sha256(token).digest(),
                "chain_id": chain_id,
                "client_id": told.client_id,
                "appointment_id": told.appointment_id,
                "contact_point_id": told.contact_point_id,
                "visit_version": told.visit_version,
                "asks": told.asks,
            }
        )
    if rows:
        connection.execute(KEEP, rows)
    return references


def revoke(connection: Connection, contact_point_ids: Iterable[UUID]) -> None:
    """Let no reference count any more that was sent to one of these addresses."""
    connection.execute(REVOKE, {"points": list(contact_point_ids)})


def address(read_address: str, reference: str) -> str:
    """The address at which a reply with this reference arrives."""
    name, _, domain = read_address.rpartition("@")
    return f"{name}+{reference}@{domain}"


def parse(given: str) -> tuple[UUID, bytes] | None:
    """The chain and token in an address, or None when it is none of ours."""
    reference = given.rpartition("@")[0].rpartition("+")[2]
    if len(reference) != LENGTH:
        return None
    try:
        content = b32decode(reference.upper() + "=" * (-LENGTH % 8))
    except ValueError:
        return None
    return UUID(bytes=content[:16]), content[16:]


def find(connection: Connection, token: bytes, now: datetime) -> Row[Any] | None:
    """The visit a reference is about, in the chain of the connection.

    None when it is wrong, old or revoked, or with somebody who may not be told of the visit any more.
    """
    found = connection.execute(FIND, {"token_hash": sha256(token).digest(), "now": now}).all()
    return next(iter(answerable(connection, found, now)), None)


def answerable(connection: Connection, visits: Sequence[Row[Any]], now: datetime) -> list[Row[Any]]:
    """The visits about which those who were written to, `client_id`, may still be told."""
    asked = [(visit.client_id, roles_of(visit)) for visit in visits]
    return [visit for visit, may in zip(visits, still_told(connection, asked, now), strict=True) if may]


def roles_of(visit: Row[Any]) -> Roles:
    return Roles(
        client_id=visit.visit_client_id,
        booker_id=visit.booker_client_id,
        told_id=visit.told_client_id,
        is_gift=visit.gift,
    )

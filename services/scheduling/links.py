"""A client's way in without an account: an unguessable link for one purpose, of which only a hash is kept.

`/l/<chain>.<token>` (shared.links), and behind it the page of the purpose. A link opens nothing but what it
was made for. One to a visit works after any number of moves, and until 90 days after the visit has ended; all others
have an errand and an end of their own. Several links to one thing may be valid: every message carries its own. When the
address that a link was sent to is replaced, the link ends with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from shared.events.scheduling_links import Errands
from shared.links import hash_of, joined, new_token

VISIT = "visit"
MOST_USES = 5
"""So often what a link leads to may be fetched; opening its page is no use of it."""


KEEP = text("""
    INSERT INTO links
      (token_hash, chain_id, purpose, client_id, appointment_id, about, contact_point_id, expires_at)
    VALUES
      (:token_hash, :chain_id, :purpose, :client_id, :appointment_id, :about, :contact_point_id, :expires_at)
""")
FIND = text("""
    SELECT appointments.*, person_of(links.client_id) AS holder_id, links.contact_point_id
    FROM links JOIN appointments ON appointments.id = links.appointment_id
    WHERE token_hash = :token_hash AND purpose = :purpose AND revoked_at IS NULL
      AND appointments.ends_at > :now - interval '90 days'
""")
FIND_ERRAND = text("""
    SELECT person_of(client_id) AS client_id, about, contact_point_id FROM links
    WHERE token_hash = :token_hash AND purpose = :purpose AND revoked_at IS NULL AND expires_at > :now
      AND uses < :most
""")
USE = text("""
    UPDATE links SET uses = uses + 1
    WHERE token_hash = :token_hash AND purpose = :purpose AND revoked_at IS NULL AND expires_at > :now
      AND uses < :most
""")
REVOKE = text("UPDATE links SET revoked_at = now() WHERE contact_point_id = ANY(:points) AND revoked_at IS NULL")


@dataclass(frozen=True, slots=True)
class Target:
    """What a link is to lead to, whose it is, and the address it is sent to; None: it is shown and not sent."""

    client_id: UUID
    appointment_id: UUID
    contact_point_id: UUID | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """What is kept of it."""
        whose = {"client_id": self.client_id, "contact_point_id": self.contact_point_id}
        return whose | {"purpose": VISIT, "appointment_id": self.appointment_id, "about": None, "expires_at": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a link is for that leads to no visit, whose it is, the address it is sent to, and when it ends.

    `about` is the id of what was asked for.
    """

    purpose: Errands
    client_id: UUID
    about: UUID
    contact_point_id: UUID
    expires_at: datetime

    @property
    def columns(self) -> dict[str, Any]:
        """What is kept of it."""
        return {name: getattr(self, name) for name in self.__slots__} | {"appointment_id": None}


def mint(connection: Connection, chain_id: UUID, targets: Iterable[Target | Errand]) -> list[str]:
    """A new link's path for each target, in their order; committed with the connection's transaction."""
    paths, rows = [], []
    for target in targets:
        token = new_token()
        paths.append(f"/l/{joined(chain_id, token)}")
        rows.append({"token_hash": hash_of(token), "chain_id": chain_id} | target.columns)
    if rows:
        connection.execute(KEEP, rows)
    return paths


def find(connection: Connection, token: bytes, now: datetime) -> Row[Any] | None:
    """The visit that a link leads to, in the chain of the connection; None when the link is wrong, old or revoked."""
    values = {"token_hash": hash_of(token), "purpose": VISIT, "now": now}
    return connection.execute(FIND, values).first()


def find_errand(connection: Connection, token: bytes, purpose: Errands, now: datetime) -> Row[Any] | None:
    """Whose link for this purpose it is, what about, and sent where; None when it is wrong, old, used up or revoked."""
    return connection.execute(FIND_ERRAND, errand(token, purpose, now)).first()


def use(connection: Connection, token: bytes, purpose: Errands, now: datetime) -> bool:
    """Count one use of a link; False when it does not work any more."""
    return connection.execute(USE, errand(token, purpose, now)).rowcount == 1


def errand(token: bytes, purpose: Errands, now: datetime) -> dict[str, Any]:
    return {"token_hash": hash_of(token), "purpose": purpose, "now": now, "most": MOST_USES}


def revoke(connection: Connection, contact_point_ids: Iterable[UUID]) -> None:
    """Let no link work any more that was sent to one of these addresses."""
    connection.execute(REVOKE, {"points": list(contact_point_ids)})

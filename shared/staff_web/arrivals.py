"""How somebody came in: what is kept of it in a session and in a shift, with the name sealed for the chain."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import json
from sqlalchemy import Connection, Row

from shared.auth import Grant, Identity
from shared.sealing import Sealer
from shared.tokens import claimed_roles

Method = Literal["provider", "pin"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Whom the provider vouches for, what they are called, where it wants to hear that they leave.

    `authenticated_at` is when the provider last asked who they are, as far as it says so; `identity.issued_at` when
    they signed in here.
    """

    identity: Identity
    name: str
    leave: str
    authenticated_at: datetime
    method: Method = "provider"

    def by_pin(self) -> "Arrival":
        """The same person once more, who has only shown that they know a PIN."""
        return replace(self, identity=replace(self.identity, signed_in_at=None), method="pin")


def as_columns(connection: Connection, sealer: Sealer, chain_id: UUID, arrival: Arrival) -> dict[str, Any]:
    """What rows keep of an arrival."""
    identity = arrival.identity
    return {
        "issuer": identity.issuer,
        "subject": identity.subject,
        "name": sealer.wrap(connection, chain_id, arrival.name.encode(), about(identity.issuer, identity.subject)),
        "roles": json.encode(as_claim(identity.claimed)).decode(),
        "leave_url": arrival.leave,
        "signed_in_at": identity.issued_at,
        "authenticated_at": arrival.authenticated_at,
    }


def identity_in(row: Row[Any]) -> Identity:
    roles = tuple(claimed_roles({"roles": row.roles}))
    return Identity(row.issuer, row.subject, row.chain_id, row.signed_in_at, roles)


def name_in(connection: Connection, sealer: Sealer, row: Row[Any]) -> str:
    """Raises Unreadable for a name that was moved to somebody else's row."""
    return sealer.unwrap(connection, row.chain_id, bytes(row.name), about(row.issuer, row.subject)).decode()


def arrival_in(connection: Connection, sealer: Sealer, row: Row[Any]) -> Arrival:
    return Arrival(identity_in(row), name_in(connection, sealer, row), row.leave_url, row.authenticated_at)


def about(issuer: str, subject: str) -> bytes:
    return f"name of staff\0{issuer}\0{subject}".encode()


def as_claim(grants: Iterable[Grant]) -> list[dict[str, Any]]:
    """Roles as a token claims them."""
    return [
        {"role": each.role, "clinics": None if each.clinics is None else sorted(map(str, each.clinics))}
        for each in grants
    ]

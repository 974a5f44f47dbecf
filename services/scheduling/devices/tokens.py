"""The secret of a shared tablet's browser: 128 random bits, of which only a hash is kept, until it is revoked.

Whoever changes who is in at a tablet holds it first, so that two who come in at once come in one after the other.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from shared.links import hash_of, new_token

KEEP = text("INSERT INTO device_tokens VALUES (:token_hash, :chain_id, :device_id)")
FIND = """
    SELECT device.id, device.name FROM device_tokens token JOIN devices device ON device.id = token.device_id
    WHERE token_hash = :token_hash
"""
LOOK = text(FIND)
HOLD = text(f"{FIND} FOR UPDATE OF token")
HOLD_DEVICE = text("SELECT FROM device_tokens WHERE device_id = :device_id FOR UPDATE")
FORGET = text("DELETE FROM device_tokens WHERE device_id = :device_id")


@dataclass(frozen=True, slots=True)
class Tablet:
    """A shared tablet as its browser shows that it is one."""

    device_id: UUID
    name: str
    token: bytes


def mint(connection: Connection, chain_id: UUID, device_id: UUID) -> bytes:
    """A new device's token, committed with the connection's transaction."""
    token = new_token()
    row = {"token_hash": hash_of(token), "chain_id": chain_id, "device_id": device_id}
    connection.execute(KEEP, row)
    return token


def find(connection: Connection, token: bytes, *, hold: bool = False) -> Tablet | None:
    """The tablet behind a token in the chain of the connection, if it was not revoked.

    With `hold` nobody else comes in there, and nobody revokes it, until the transaction ends.
    """
    row = connection.execute(HOLD if hold else LOOK, {"token_hash": hash_of(token)}).first()
    return None if row is None else Tablet(row.id, row.name, token)


def hold(connection: Connection, device_id: UUID) -> None:
    """Let nobody else come in at a tablet until the transaction ends."""
    connection.execute(HOLD_DEVICE, {"device_id": device_id})


def forget(connection: Connection, device_id: UUID) -> None:
    """Let the token be worth nothing from now on."""
    connection.execute(FORGET, {"device_id": device_id})

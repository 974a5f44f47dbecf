"""A row of a log proves itself and the row before it: its hash covers both, its place and its moment."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Link(Protocol):
    """A row of a log as stored; `digest` is SHA-256 over what the row says."""

    @property
    def partition(self) -> int: ...
    @property
    def position(self) -> int: ...
    @property
    def chain_id(self) -> UUID: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def prev_hash(self) -> bytes: ...
    @property
    def hash(self) -> bytes: ...
    @property
    def digest(self) -> bytes: ...


def hash_of(link: Link) -> bytes:
    """The hash that the row should have: SHA-256(previous hash, position, microseconds, digest)."""
    microseconds = (link.recorded_at - EPOCH) // timedelta(microseconds=1)
    place = link.position.to_bytes(8, "big") + microseconds.to_bytes(8, "big")
    return sha256(link.prev_hash + place + link.digest).digest()


def with_bytes(values: dict[str, Any]) -> dict[str, Any]:
    """A row's values with its hashes as `bytes`, as the driver may give them otherwise."""
    return values | {name: bytes(values[name]) for name in ("prev_hash", "hash")}

"""Who decides about time first locks all that the decision reads, at once and in one order: there are no deadlocks."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, text

Kind = Literal["clinic", "therapist", "client", "relations", "address", "staff", "report"]

# unnest keeps the order of the array, so that every transaction takes its locks in ascending order
LOCK = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key")


def lock(connection: Connection, *groups: tuple[Kind, Iterable[UUID]]) -> None:
    """Hold clinics (with their rooms, hours and closures), therapists (rota, time off) and clients until the end.

    The `relations` of a chain are one resource: whether a new one makes a circle depends on all of them. So are its
    `staff`: whether somebody is left who runs the chain does, too. A `report` is named by whose it is.
    """
    keys = sorted({key_of(kind, each) for kind, ids in groups for each in ids})
    connection.execute(LOCK, {"keys": keys})


def key_of(kind: Kind, resource_id: UUID) -> int:
    """The 64-bit key of a resource's advisory lock."""
    return int.from_bytes(blake2b(kind.encode() + resource_id.bytes, digest_size=8).digest(), "big", signed=True)

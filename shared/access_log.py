"""The access log: every request that shows personal data of clients leaves a row in it before its answer leaves.

Rows have gapless positions and a chain of hashes within their partition, as events have, and nobody can change them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from shared.access import Access
from shared.codec import canonical
from shared.hash_chain import with_bytes
from shared.partitions import partition_of

NEWEST = 2**63 - 1

APPEND = text(
    "SELECT append_access(:chain_id, CAST(:partition AS smallint), :actor, :role, :purpose, :operation, :data_class,"
    " CAST(:client_ids AS uuid[]), :correlation_id, :digest)"
)
READ = text(
    "SELECT * FROM access_log WHERE partition = :partition AND position > :after ORDER BY position LIMIT :limit"
)
OF_CLIENTS = text("SELECT * FROM accesses_of(CAST(:client_ids AS uuid[]), :before, CAST(:most AS integer))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accessed:
    """One row of the access log as stored."""

    partition: int
    position: int
    chain_id: UUID
    actor: str
    role: str
    purpose: str
    operation: str
    data_class: str
    client_ids: list[UUID]
    correlation_id: str
    recorded_at: datetime
    prev_hash: bytes
    hash: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 over everything but place, moment and hashes."""
        return digest_of(self.chain_id, self)


def append(connection: Connection, chain_id: UUID, access: Access) -> None:
    """Record a look; nothing may follow in this transaction, for the partition's counter row is held until it ends."""
    values = {name: getattr(access, name) for name in Access.__slots__ if name != "client_ids"}
    place = {"chain_id": chain_id, "partition": partition_of(chain_id), "digest": digest_of(chain_id, access)}
    connection.execute(APPEND, values | place | {"client_ids": list(access.client_ids)})


def read(connection: Connection, partition: int, after: int, limit: int) -> list[Accessed]:
    """Up to `limit` rows of a partition after a position, in order; the reader's role sees every chain."""
    rows = connection.execute(READ, {"partition": partition, "after": after, "limit": limit})
    return [accessed(row) for row in rows]


def accesses_of(
    connection: Connection, client_ids: Iterable[UUID], *, before: int = NEWEST, most: int
) -> list[Accessed]:
    """Who looked at these clients' data in the connection's chain, the newest first, before a position."""
    values = {"client_ids": list(client_ids), "before": before, "most": most}
    return [accessed(row) for row in connection.execute(OF_CLIENTS, values)]


def accessed(row: Row[Any]) -> Accessed:
    return Accessed(**with_bytes(row._asdict()))


def digest_of(chain_id: UUID, access: Access | Accessed) -> bytes:
    content = {
        "chain_id": str(chain_id),
        "actor": access.actor,
        "role": access.role,
        "purpose": access.purpose,
        "operation": access.operation,
        "data_class": access.data_class,
        "client_ids": [str(client_id) for client_id in access.client_ids],
        "correlation_id": access.correlation_id,
    }
    return sha256(canonical(content)).digest()

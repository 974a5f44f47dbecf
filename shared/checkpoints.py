"""How far a consumer has come: one checkpoint per partition, moved by compare-and-set in the transaction of the effect.

The table lives beside the read models that it speaks of, so a swap of these swaps the checkpoints too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from shared.event_store import Recorded
from shared.partitions import PARTITIONS

BEGIN = text(
    "INSERT INTO checkpoints (consumer, source, partition)"
    " SELECT :consumer, :source, generate_series(0, :last) ON CONFLICT DO NOTHING"
)
READ = text("SELECT partition, position, hash FROM checkpoints WHERE consumer = :consumer AND source = :source")
MOVE = text(
    "UPDATE checkpoints SET position = :position, hash = :hash"
    " WHERE consumer = :consumer AND source = :source AND partition = :partition"
    " AND position = :old_position AND hash = :old_hash"
)
HOLD = text(
    "SELECT position FROM checkpoints"
    " WHERE consumer = :consumer AND source = :source AND partition = :partition FOR UPDATE"
)


class Overtaken(Exception):
    """Another reader has moved this checkpoint; load it again."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Position and hash of the last event whose effect is committed."""

    position: int
    hash: bytes


START = Checkpoint(0, bytes(32))


@dataclass(frozen=True, slots=True)
class Track:
    """One consumer's way along one partition of one service's log."""

    consumer: str
    source: str
    partition: int

    @property
    def row(self) -> dict[str, object]:
        return {"consumer": self.consumer, "source": self.source, "partition": self.partition}


def create_checkpoints(connection: Connection, schema: str, api: str | None = None) -> None:
    """Make the empty table in a schema of read models; `api` is the role that consumes, besides the owner."""
    connection.exec_driver_sql(
        f"CREATE TABLE {schema}.checkpoints ("
        " consumer text NOT NULL, source text NOT NULL, partition smallint NOT NULL,"
        " position bigint NOT NULL DEFAULT 0, hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),"
        " PRIMARY KEY (consumer, source, partition)) WITH (fillfactor = 10)"
    )
    if api is not None:
        connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE ON {schema}.checkpoints TO {api}")


def load(connection: Connection, consumer: str, source: str) -> dict[int, Checkpoint]:
    """The checkpoint of every partition; at the start where nothing was handled yet."""
    names = {"consumer": consumer, "source": source}
    rows = connection.execute(READ, names).all()
    if len(rows) < PARTITIONS:
        connection.execute(BEGIN, names | {"last": PARTITIONS - 1})
        rows = connection.execute(READ, names).all()
    return {row.partition: Checkpoint(row.position, bytes(row.hash)) for row in rows}


def move(connection: Connection, track: Track, before: Checkpoint, after: Checkpoint) -> None:
    """Move the checkpoint and hold it until the transaction ends. Raises Overtaken when it is not at `before`."""
    old = {"old_position": before.position, "old_hash": before.hash}
    new = {"position": after.position, "hash": after.hash}
    if connection.execute(MOVE, track.row | old | new).rowcount != 1:
        raise Overtaken


def hold(connection: Connection, track: Track) -> None:
    """Keep every other reader off this track until the transaction ends."""
    connection.execute(HOLD, track.row)


def unlinked_at(before: Checkpoint, events: Sequence[Recorded]) -> int | None:
    """The position of the first event that does not carry the hash of the one before it."""
    hashes = [before.hash, *(entry.hash for entry in events)]
    for entry, previous in zip(events, hashes, strict=False):
        if entry.prev_hash != previous:
            return entry.position
    return None

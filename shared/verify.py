"""A log tells no lies unnoticed: every row is held against its hash, its neighbours, its stream and the counter.

What this cannot see: a log rewritten from some point to its end together with the counter, and a cut tail with the
counter put back. For those the heads must be kept at a second place too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Literal

from sqlalchemy import Connection, Engine, text

from shared import codec
from shared.event_store import PARTITIONS, Recorded, partition_of, read
from shared.heads import EMPTY, Head, read_heads

Kind = Literal["altered", "missing", "inserted", "replaced", "misplaced", "cut", "version"]

BATCH = 1000
BEFORE_ALL = -(2**63)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STREAMS = text(
    "SELECT position, stream, version, expected FROM (SELECT position, stream, version,"
    "   row_number() OVER (PARTITION BY chain_id, stream ORDER BY position) AS expected"
    "   FROM events WHERE partition = :partition) AS numbered"
    " WHERE version <> expected ORDER BY position LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing wrong in a partition, and where."""

    partition: int
    position: int
    kind: Kind
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    events: int
    faults: tuple[Fault, ...]


def verify(engine: Engine) -> Report:
    """Walk every partition, by the reader's role; gives the number of events and each partition's first fault."""
    events = 0
    faults: list[Fault] = []
    for partition in range(PARTITIONS):
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            head = read_heads(connection).get(partition, EMPTY)
            events += head.position
            faults.extend(first_faults(connection, partition, head))
    return Report(events, tuple(faults))


def first_faults(connection: Connection, partition: int, head: Head) -> Iterator[Fault]:
    """The first fault of the chain of hashes, and the first of the streams' versions."""
    fault = walk_partition(connection, partition, head)
    if fault is not None:
        yield fault
    wrong = connection.execute(STREAMS, {"partition": partition}).first()
    if wrong is not None:
        told = f"version {wrong.version} of {wrong.stream} stands where version {wrong.expected} should"
        yield Fault(partition, wrong.position, "version", told)


def walk_partition(connection: Connection, partition: int, head: Head) -> Fault | None:
    before = EMPTY
    for row in rows_of(connection, partition):
        fault = fault_of(row, before, head)
        if fault is not None:
            kind, told = fault
            return Fault(partition, row.position if kind != "missing" else before.position + 1, kind, told)
        before = Head(row.position, row.hash)
    if before.position < head.position:
        return Fault(partition, before.position + 1, "cut", f"the log ends here; the counter says {head.position}")
    if before.hash != head.hash:
        return Fault(partition, head.position, "replaced", "the last row is not the one that the counter knows")
    return None


def rows_of(connection: Connection, partition: int) -> Iterator[Recorded]:
    after = BEFORE_ALL
    while rows := read(connection, partition, after, BATCH):
        yield from rows
        after = rows[-1].position


def fault_of(row: Recorded, before: Head, head: Head) -> tuple[Kind, str] | None:
    """What is wrong with a row, given the one before it."""
    if not 1 <= row.position <= head.position:
        return "inserted", f"the counter knows the positions 1 to {head.position}"
    if row.position != before.position + 1:
        return "missing", f"the next row is {row.position}"
    if row.hash != hash_of(row):
        return "altered", "the row does not give its hash"
    if row.prev_hash != before.hash:
        return "replaced", f"the row {before.position} is not the one that this row was recorded after"
    if row.partition != partition_of(row.chain_id):
        return "misplaced", f"its chain belongs to partition {partition_of(row.chain_id)}"
    return None


def hash_of(row: Recorded) -> bytes:
    """The hash that the row should have: SHA-256(previous hash, position, microseconds, digest of the event)."""
    digest = codec.digest(
        chain_id=row.chain_id,
        stream=row.stream,
        version=row.version,
        event_id=row.event_id,
        name=row.name,
        data=row.data,
        metadata=row.metadata,
    )
    microseconds = (row.recorded_at - EPOCH) // timedelta(microseconds=1)
    return sha256(row.prev_hash + row.position.to_bytes(8, "big") + microseconds.to_bytes(8, "big") + digest).digest()

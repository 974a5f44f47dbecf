"""A log tells no lies unnoticed: every row is held against its hash, its neighbours, its stream, the counter, and what
was signed of it while it grew.

Without signed heads (`Witness`) a log rewritten from some point to its end together with the counter, and a cut tail
with the counter put back, look whole.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Engine, text

from shared import access_log, event_store
from shared.hash_chain import Link, hash_of
from shared.heads import EMPTY, Head, LogName, read_heads
from shared.partitions import PARTITIONS, partition_of

Kind = Literal["altered", "missing", "inserted", "replaced", "misplaced", "cut", "version", "rewritten"]
Read = Callable[[Connection, int, int, int], Sequence[Link]]

READERS: Mapping[LogName, Read] = {"events": event_store.read, "access": access_log.read}
BATCH = 1000
BEFORE_ALL = -(2**63)
STREAMS = text(
    "SELECT position, stream, version, expected FROM (SELECT position, stream, version,"
    "   row_number() OVER (PARTITION BY chain_id, stream ORDER BY position) AS expected"
    "   FROM events WHERE partition = :partition) AS numbered"
    " WHERE version <> expected ORDER BY position LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing wrong in a partition of a log, and where."""

    log: LogName
    partition: int
    position: int
    kind: Kind
    message: str


@dataclass(frozen=True, slots=True)
class Witness:
    """A partition's head as it was signed at a moment."""

    head: Head
    taken_at: datetime


Witnesses = Mapping[tuple[LogName, int], Sequence[Witness]]
"""What was signed, by log and partition, in the order of positions."""


@dataclass(frozen=True, slots=True)
class Report:
    events: int
    accesses: int
    faults: tuple[Fault, ...]


@dataclass
class Walk:
    """One partition from a row that is known on, held against the counter and what was signed.

    `beat` is called now and then, by whoever has to say that it lives.
    """

    log: LogName
    partition: int
    head: Head
    witnesses: Sequence[Witness] = ()
    before: Head = EMPTY
    vouched: int = 0
    beat: Callable[[], object] = lambda: None
    signed: dict[int, list[Witness]] = field(init=False)

    def __post_init__(self) -> None:
        self.signed = defaultdict(list)
        for witness in self.witnesses:
            self.signed[witness.head.position].append(witness)

    def fault(self, connection: Connection) -> Fault | None:
        """The first fault; None for a partition that is whole."""
        for row in self.rows(connection):
            found = fault_of(row, self.before, self.head)
            if found is not None:
                kind, told = found
                return self.at(row.position if kind != "missing" else self.before.position + 1, kind, told)
            self.before = Head(row.position, row.hash)
            if (unlike := self.unlike_signed()) is not None:
                return unlike
        return self.fault_of_end()

    def rows(self, connection: Connection) -> Iterator[Link]:
        after = self.before.position or BEFORE_ALL
        while rows := READERS[self.log](connection, self.partition, after, BATCH):
            self.beat()
            yield from rows
            after = rows[-1].position

    def unlike_signed(self) -> Fault | None:
        """Whether the row just passed is another than the one that was signed at its place."""
        for witness in self.signed.get(self.before.position, ()):
            if witness.head.hash != self.before.hash:
                told = f"the rows up to {self.before.position} are not those signed at {moment(witness)}"
                return self.at(self.vouched + 1, "rewritten", f"from here on, or later: {told}")
            self.vouched = self.before.position
        return None

    def fault_of_end(self) -> Fault | None:
        last = max(self.witnesses, key=lambda witness: witness.head.position, default=None)
        if last is not None and last.head.position > self.before.position:
            told = (
                f"the log ends here; at {moment(last)} the position {last.head.position} was signed, and nothing"
                f" after {self.vouched} is vouched for"
            )
            return self.at(self.before.position + 1, "cut", told)
        if self.before.position < self.head.position:
            told = f"the log ends here; the counter says {self.head.position}"
            return self.at(self.before.position + 1, "cut", told)
        if self.before.hash != self.head.hash:
            told = "the last row is not the one that the counter knows"
            return self.at(self.head.position, "replaced", told)
        return None

    def at(self, position: int, kind: Kind, message: str) -> Fault:
        return Fault(self.log, self.partition, position, kind, message)


def verify(engine: Engine, witnesses: Witnesses | None = None) -> Report:
    """Walk every partition of both logs, by the reader's role; gives how many rows there are and the first faults.

    The witnesses must have been read before: what is signed later may be ahead of what is read here.
    """
    counted: dict[LogName, int] = {"events": 0, "access": 0}
    faults: list[Fault] = []
    for log in READERS:
        for partition in range(PARTITIONS):
            with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
                head = read_heads(connection, log).get(partition, EMPTY)
                counted[log] += head.position
                walk = Walk(log, partition, head, (witnesses or {}).get((log, partition), ()))
                faults.extend(first_faults(connection, walk))
    return Report(counted["events"], counted["access"], tuple(faults))


def first_faults(connection: Connection, walk: Walk) -> Iterator[Fault]:
    """The first fault of the chain of hashes, and for events the first of the streams' versions."""
    fault = walk.fault(connection)
    if fault is not None:
        yield fault
    if walk.log != "events":
        return
    wrong = connection.execute(STREAMS, {"partition": walk.partition}).first()
    if wrong is not None:
        told = f"version {wrong.version} of {wrong.stream} stands where version {wrong.expected} should"
        yield walk.at(wrong.position, "version", told)


def fault_of(row: Link, before: Head, head: Head) -> tuple[Kind, str] | None:
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


def moment(witness: Witness) -> str:
    return f"{witness.taken_at:%Y-%m-%d %H:%M:%S} UTC"

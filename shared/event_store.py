"""The log: what happened, in one order per partition, written in the transaction that also keeps views and claims.

A `Transaction` stages events: their views are applied at once, the log itself is written by `commit_events` as the very
last statement, because from then on the partition's counter row is held.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Row, text
from sqlalchemy.exc import IntegrityError

from shared import codec
from shared.access import Access
from shared.decider import StreamChanged
from shared.events import name_of
from shared.hash_chain import with_bytes
from shared.ids import new_id
from shared.partitions import partition_of
from shared.sealing import FORGOTTEN, Envelope, Sealed, Sealer, is_empty

LOAD = text("SELECT * FROM events WHERE chain_id = :chain_id AND stream = ANY(:streams) ORDER BY stream, version")
READ = text("SELECT * FROM events WHERE partition = :partition AND position > :after ORDER BY position LIMIT :limit")
APPEND = text(
    "SELECT append_events(:chain_id, CAST(:partition AS smallint), CAST(:streams AS text[]), CAST(:versions AS int[]),"
    " CAST(:ids AS uuid[]), CAST(:names AS text[]), CAST(CAST(:data AS text[]) AS jsonb[]),"
    " CAST(:metadata AS jsonb), CAST(:digests AS bytea[]))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Who did it, in which role, by which way, at which clinic, and what it belongs to."""

    actor: str
    role: str
    origin: str
    correlation_id: str
    clinic_id: UUID | None = None
    causation_id: UUID | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One row of the log as stored; `data` still holds its sealed fields."""

    partition: int
    position: int
    chain_id: UUID
    stream: str
    version: int
    event_id: UUID
    name: str
    data: codec.Json
    metadata: codec.Json
    recorded_at: datetime
    prev_hash: bytes
    hash: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 over everything but place, moment and hashes."""
        return codec.digest(
            chain_id=self.chain_id,
            stream=self.stream,
            version=self.version,
            event_id=self.event_id,
            name=self.name,
            data=self.data,
            metadata=self.metadata,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An event as views see it: the latest version of its class, with its place in its stream.

    `sealed` has the envelope of each personal field as the log keeps it: what a read model stores of it.
    """

    chain_id: UUID
    stream: str
    version: int
    event_id: UUID
    event: Any
    metadata: Metadata
    sealed: Mapping[str, Envelope] = field(default_factory=dict)


View = Callable[[Connection, Happened], None]


@dataclass(frozen=True, slots=True)
class Together:
    """A view that changes the rows of many events by one statement; no two of them are of one stream."""

    apply: Callable[[Connection, Sequence[Happened]], None]

    def __call__(self, connection: Connection, entry: Happened) -> None:
        self.apply(connection, [entry])


def recorded(row: Row[Any]) -> Recorded:
    return Recorded(**with_bytes(row._asdict()))


def happened(connection: Connection, entries: Sequence[Recorded], sealer: Sealer | None) -> list[Happened]:
    """Stored rows as views see them; without a sealer, what is sealed is told to nobody."""
    sealed = [codec.sealed_in(e.name, e.data, chain_id=e.chain_id, event_id=e.event_id) for e in entries]
    opened = iter(sealer.open(connection, [value for values in sealed for value in values]) if sealer else ())
    return [
        seen(entry, values, {each.place.field: value for each, value in zip(values, opened, strict=False)})
        for entry, values in zip(entries, sealed, strict=True)
    ]


def seen(entry: Recorded, sealed: list[Sealed], opened: Mapping[str, Any]) -> Happened:
    known = {name: value for name, value in opened.items() if value is not FORGOTTEN}
    return Happened(
        chain_id=entry.chain_id,
        stream=entry.stream,
        version=entry.version,
        event_id=entry.event_id,
        event=codec.decode(entry.name, entry.data, known),
        metadata=msgspec.convert(entry.metadata, Metadata),
        sealed={each.place.field: each.envelope for each in sealed},
    )


def read(connection: Connection, partition: int, after: int, limit: int) -> list[Recorded]:
    """Up to `limit` rows of a partition after a position, in order; the reader's role sees every chain."""
    rows = connection.execute(READ, {"partition": partition, "after": after, "limit": limit})
    return [recorded(row) for row in rows]


@dataclass
class Transaction:
    """One command's unit of work on one chain."""

    connection: Connection
    chain_id: UUID
    metadata: Metadata
    sealer: Sealer
    views: Sequence[View]
    staged: list[Happened] = field(default_factory=list)
    shown: Access | None = None

    def load(self, stream: str) -> list[Happened]:
        """The events of a stream in order, with those staged here; empty when the stream does not exist."""
        return self.load_all([stream])[stream]

    def load_all(self, streams: Sequence[str]) -> dict[str, list[Happened]]:
        """The same of many streams by one statement."""
        found: dict[str, list[Happened]] = {stream: [] for stream in streams}
        rows = self.connection.execute(LOAD, {"chain_id": self.chain_id, "streams": list(streams)})
        for entry in [*happened(self.connection, [recorded(row) for row in rows], self.sealer), *self.staged]:
            if entry.stream in found:
                found[entry.stream].append(entry)
        return found

    def append(self, stream: str, expected_version: int, events: Iterable[Any]) -> None:
        """Seal and stage events after `expected_version` and apply the views to them."""
        self.append_all([(stream, expected_version, events)])

    def append_all(self, appends: Iterable[tuple[str, int, Iterable[Any]]]) -> None:
        """The same for many streams; the views see their first events, then their second ones, and so on."""
        rounds: dict[int, list[Happened]] = defaultdict(list)
        versions = [
            (stream, last, last + n, event) for stream, last, some in appends for n, event in enumerate(some, 1)
        ]
        staged = self.sealed([(stream, version, event) for stream, _, version, event in versions])
        for entry, (_, last, version, _) in zip(staged, versions, strict=True):
            rounds[version - last].append(entry)
        self.staged += staged
        for number in sorted(rounds):
            self.show(rounds[number])

    def sealed(self, drafts: Sequence[tuple[str, int, Any]]) -> list[Happened]:
        """Events with their streams and versions as views and log take them."""
        named = [(new_id(), *draft) for draft in drafts]
        plain = [codec.to_seal(event, chain_id=self.chain_id, event_id=event_id) for event_id, _, _, event in named]
        envelopes = iter(self.sealer.seal(self.connection, self.chain_id, [each for some in plain for each in some]))
        entries: list[Happened] = []
        for (event_id, stream, version, event), values in zip(named, plain, strict=True):
            sealed = {each.place.field: next(envelopes) for each in values}
            entries.append(
                Happened(
                    chain_id=self.chain_id,
                    stream=stream,
                    version=version,
                    event_id=event_id,
                    event=codec.without(event, [name for name, envelope in sealed.items() if is_empty(envelope)]),
                    metadata=self.metadata,
                    sealed=sealed,
                )
            )
        return entries

    def show(self, entries: Sequence[Happened]) -> None:
        for view in self.views:
            if isinstance(view, Together):
                view.apply(self.connection, entries)
            else:
                for entry in entries:
                    view(self.connection, entry)

    def commit_events(self) -> int | None:
        """Write what is staged to the log and give its last position; nothing may follow in this transaction.

        Raises StreamChanged when a stream has grown past the version that the decision was made on.
        """
        if not self.staged:
            return None
        metadata = msgspec.to_builtins(self.metadata)
        data = [codec.encode(entry.event, entry.sealed) for entry in self.staged]
        try:
            position: int = self.connection.execute(APPEND, self.rows(data, metadata)).scalar_one()
        except IntegrityError as error:
            raise StreamChanged from error
        return position

    def rows(self, data: list[codec.Json], metadata: codec.Json) -> dict[str, Any]:
        digests = [
            codec.digest(
                chain_id=self.chain_id,
                stream=entry.stream,
                version=entry.version,
                event_id=entry.event_id,
                name=name_of(type(entry.event)),
                data=item,
                metadata=metadata,
            )
            for entry, item in zip(self.staged, data, strict=True)
        ]
        return {
            "chain_id": self.chain_id,
            "partition": partition_of(self.chain_id),
            "streams": [entry.stream for entry in self.staged],
            "versions": [entry.version for entry in self.staged],
            "ids": [entry.event_id for entry in self.staged],
            "names": [name_of(type(entry.event)) for entry in self.staged],
            "data": [codec.canonical(item).decode() for item in data],
            "metadata": codec.canonical(metadata).decode(),
            "digests": digests,
        }


def walk(connection: Connection, partition: int, batch: int = 1000) -> Iterator[Recorded]:
    """Every row of a partition in order, in batches."""
    after = 0
    while rows := read(connection, partition, after, batch):
        yield from rows
        after = rows[-1].position

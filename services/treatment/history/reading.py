"""A client's history as it had been recorded by some moment, and where each of its entries comes from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from uuid import UUID

from sqlalchemy import Connection

from services.treatment.history.decider import HISTORY
from services.treatment.history.state import History, together
from services.treatment.reading import AsOf
from services.treatment.record.reading import Stream, read_record
from services.treatment.record.views import Kind
from shared.sealing import Sealer

OWN: tuple[Kind, ...] = ("history",)


@dataclass(frozen=True, slots=True)
class Written:
    """When an entry was last written, and by whom."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Read:
    """The history of one person, under whatever ids it was entered, and where its entries come from."""

    history: History
    written: Mapping[UUID, Written]


def read(connection: Connection, sealer: Sealer, chain_id: UUID, client_id: UUID, as_of: AsOf = None) -> Read:
    """The history of the person for whom this id stands today."""
    record = read_record(connection, sealer, chain_id, client_id, kinds=OWN, as_of=as_of)
    return read_from(record.streams["history"])


def read_from(streams: Iterable[Stream]) -> Read:
    """The history that these streams tell together."""
    folded = [(fold(stream), stream) for stream in streams]
    return Read(
        history=together(history for history, _ in folded),
        written={
            entry_id: last_written(stream, entry.version)
            for history, stream in folded
            for entry_id, entry in history.entries.items()
        },
    )


def stream_of(client_id: UUID) -> str:
    return f"history-{client_id}"


def fold(stream: Stream) -> History:
    return reduce(HISTORY.evolve, (entry.event for _, entry in stream), HISTORY.initial)


def last_written(stream: Stream, version: int) -> Written:
    row, entry = stream[version - 1]
    return Written(row.recorded_at, entry.metadata.actor)

"""A client's history as it was recorded up to some moment, read by one query whatever it holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from uuid import UUID

from sqlalchemy import Connection

from services.treatment.history.decider import HISTORY
from services.treatment.history.state import History, together
from services.treatment.reading import AsOf, read_streams
from shared.aliases import followers_of, person_of
from shared.event_store import Happened, Recorded
from shared.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Written:
    """When an entry was last written, and by whom."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Read:
    """A history, and where each of its entries comes from."""

    history: History
    written: Mapping[UUID, Written]


def read(connection: Connection, sealer: Sealer, chain_id: UUID, client_id: UUID, as_of: AsOf = None) -> Read:
    """The history of the person for whom this id stands today, under whatever ids it was entered."""
    streams = streams_of(connection, client_id)
    histories = read_streams(connection, sealer, chain_id, streams, as_of)
    folded = {stream: fold(entry for _, entry in told) for stream, told in histories.items()}
    return Read(
        history=together(folded.values()),
        written={
            entry_id: last_written(histories[stream], entry.version)
            for stream, history in folded.items()
            for entry_id, entry in history.entries.items()
        },
    )


def streams_of(connection: Connection, client_id: UUID) -> list[str]:
    """The streams in which the history of one person may stand."""
    return [stream_of(each) for each in followers_of(connection, person_of(connection, client_id))]


def stream_of(client_id: UUID) -> str:
    return f"history-{client_id}"


def fold(entries: Iterable[Happened]) -> History:
    return reduce(HISTORY.evolve, (each.event for each in entries), HISTORY.initial)


def last_written(stream: list[tuple[Recorded, Happened]], version: int) -> Written:
    row, entry = stream[version - 1]
    return Written(row.recorded_at, entry.metadata.actor)

"""What read models are made from: logs to replay, each read from somewhere and handled as when it was new."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection, Engine, text

from shared.event_store import Recorded, View, read
from shared.heads import Head, read_heads
from shared.projection import Handle, through_views
from shared.sealing import Sealer

INLINE = "inline"
"""The consumer's name under which a service's own log is replayed."""

REACHED = "SELECT partition, position FROM {schema}.checkpoints WHERE consumer = :consumer AND source = :source"

Read = Callable[[int, int, int], Sequence[Recorded]]
"""Events of a partition after a position, at most so many."""

Goals = Callable[[Connection, str], Mapping[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One log to be replayed: under a consumer's name, read from somewhere, through a handler.

    `goals(connection, active)` says up to which position of each partition the read models in use have come, and so
    how far these have to. `parks` lets what cannot be handled wait, as a consumer does; otherwise it ends the rebuild.
    """

    consumer: str
    source: str
    read: Read
    goals: Goals
    handle: Handle
    parks: bool


class Source(Protocol):
    """A log as a replay reads it: the feed of a running service, or its database."""

    def heads(self) -> Mapping[int, Head]: ...

    def read(self, partition: int, after: int, limit: int) -> Sequence[Recorded]: ...


@dataclass(frozen=True, slots=True)
class LogAtHand:
    """A log read where it lies, by the role that sees all chains; its service need not run."""

    reader: Engine

    def heads(self) -> Mapping[int, Head]:
        with self.reader.connect() as connection:
            return read_heads(connection)

    def read(self, partition: int, after: int, limit: int) -> Sequence[Recorded]:
        with self.reader.connect() as connection:
            return read(connection, partition, after, limit)


def own_log(service: str, log: Source, views: Sequence[View], sealer: Sealer) -> Replay:
    """The replay of a service's own log through its inline views."""
    return Replay(
        consumer=INLINE,
        source=service,
        read=log.read,
        goals=lambda _, __: positions(log.heads()),
        handle=through_views(views, sealer),
        parks=False,
    )


def consumed_log(consumer: str, source: str, log: Source, handle: Handle) -> Replay:
    """The replay of another service's log, just as far as the running consumer of that name has come.

    What is after that has not had its effect yet, and the consumer sees to it; so does it where the log was replaced by
    a shorter one.
    """

    def reached(connection: Connection, active: str) -> Mapping[int, int]:
        rows = connection.execute(text(REACHED.format(schema=active)), {"consumer": consumer, "source": source})
        ends = positions(log.heads())
        return {row.partition: min(row.position, ends[row.partition]) for row in rows}

    return Replay(consumer=consumer, source=source, read=log.read, goals=reached, handle=handle, parks=True)


def positions(heads: Mapping[int, Head]) -> dict[int, int]:
    return {partition: head.position for partition, head in heads.items()}

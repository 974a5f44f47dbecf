"""What read models are made from: logs to replay, each read from somewhere and handled as when it was new."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from shared.event_store import Recorded, View, read
from shared.feed import Feed
from shared.heads import Head, read_heads
from shared.projection import Handle, through_views
from shared.sealing import Sealer

INLINE = "inline"
"""The consumer's name under which a service's own log is replayed."""

REACHED = "SELECT partition, position FROM {schema}.checkpoints WHERE consumer = :consumer AND source = :source"

Read = Callable[[int, int, int], Sequence[Recorded]]
"""Events of a partition after a position, at most so many."""

Ends = Callable[[], Mapping[int, int]]
Goals = Callable[[Connection, str], Mapping[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One log to be replayed: under a consumer's name, read from somewhere, through a handler.

    `ends()` says where each partition ends now; `goals(connection, active)`, while nobody writes, which position each
    has to reach. `parks` lets what cannot be handled wait, as a consumer does; otherwise it ends the rebuild.
    """

    consumer: str
    source: str
    read: Read
    ends: Ends
    goals: Goals
    handle: Handle
    parks: bool


def own_log(service: str, reader: Engine, views: Sequence[View], sealer: Sealer) -> Replay:
    """The replay of a service's own log through its inline views."""

    def read_own(partition: int, after: int, limit: int) -> Sequence[Recorded]:
        with reader.connect() as connection:
            return read(connection, partition, after, limit)

    def ends() -> Mapping[int, int]:
        with reader.connect() as connection:
            return positions(read_heads(connection))

    return Replay(
        consumer=INLINE,
        source=service,
        read=read_own,
        ends=ends,
        goals=lambda _, __: ends(),
        handle=through_views(views, sealer),
        parks=False,
    )


def consumed_log(consumer: str, source: str, feed: Feed, handle: Handle) -> Replay:
    """The replay of another service's log, at least as far as the running consumer of that name has come."""

    def reached(connection: Connection, active: str) -> Mapping[int, int]:
        rows = connection.execute(text(REACHED.format(schema=active)), {"consumer": consumer, "source": source})
        return {row.partition: row.position for row in rows}

    return Replay(
        consumer=consumer,
        source=source,
        read=feed.read,
        ends=lambda: positions(feed.heads()),
        goals=reached,
        handle=handle,
        parks=True,
    )


def positions(heads: Mapping[int, Head]) -> dict[int, int]:
    return {partition: head.position for partition, head in heads.items()}


def fingerprint(files: Iterable[Path]) -> str:
    """What the files say that make the read models; a rebuild goes on only where this has not changed."""
    return sha256(b"".join(path.read_bytes() for path in sorted(set(files)))).hexdigest()

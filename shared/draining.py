"""Streams that waited are drained in order: what is marked is retried or left out, then all that stood behind it.

Every step holds the checkpoint of its partition, so no event of the stream can slip in between or be handled twice.
"""

from collections.abc import Callable
from typing import Any

import structlog
from prometheus_client import Gauge
from sqlalchemy import Connection, Row, text

from shared import checkpoints, dead_letters
from shared.checkpoints import Track
from shared.event_store import Recorded
from shared.faults import described
from shared.projection import PAUSES, Projection

PARTITIONS_WITH_WORK = text(
    "SELECT DISTINCT partition FROM dead_letters WHERE schema = :schema AND consumer = :consumer AND source = :source"
    " AND settled_at IS NULL AND state <> 'parked' ORDER BY partition"
)

Fetch = Callable[[int, int, int], list[Recorded]]
"""Events of a partition after a position, at most so many."""

PARKED = Gauge("synergist_consumer_parked_streams", "Streams that wait for a decision", ["consumer", "source"])

log = structlog.get_logger()


def drain(projection: Projection, source: str, fetch: Fetch) -> int:
    """Handle or leave out every letter that can move; gives their number. Raises what `fetch` raises."""
    with projection.transaction() as (connection, schema):
        names = {"schema": schema, "consumer": projection.name, "source": source}
        partitions = connection.execute(PARTITIONS_WITH_WORK, names).scalars().all()
        PARKED.labels(projection.name, source).set(dead_letters.count_streams(connection, **names))
    drained = 0
    for partition in partitions:
        track = Track(projection.name, source, partition)
        while drain_one(projection, track, fetch):
            drained += 1
    return drained


def drain_one(projection: Projection, track: Track, fetch: Fetch) -> bool:
    """Settle the foremost letter that can move, or park it again; False when there is none."""
    with projection.transaction() as (connection, schema):
        letter = held(connection, schema, track)
        if letter is None:
            return False
        if letter.state == "skip":
            dead_letters.settle(connection, schema, track, letter.position, "skipped")
            return True
    (entry,) = fetch(track.partition, letter.position - 1, 1)
    error = projection.tried(lambda: settle_one(projection, track, letter, entry))
    if error is not None:
        with projection.transaction() as (connection, schema):
            found = described(error)
            log.error("event_set_aside_again", position=entry.position, event_name=entry.name, error=found, **track.row)
            dead_letters.park_again(connection, schema, track, entry, found, attempts=len(PAUSES) + 1)
    return True


def settle_one(projection: Projection, track: Track, letter: Row[Any], entry: Recorded) -> None:
    with projection.transaction() as (connection, schema):
        now = held(connection, schema, track)
        if now is None or now.position != letter.position or now.state == "skip":
            return
        projection.handle(connection, [entry])
        dead_letters.settle(connection, schema, track, entry.position, "handled")


def held(connection: Connection, schema: str, track: Track) -> Row[Any] | None:
    checkpoints.hold(connection, track)
    return dead_letters.first_movable(connection, schema, track)

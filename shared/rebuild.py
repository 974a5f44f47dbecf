"""Read models made anew from the log while everything runs: readers see the old ones whole, then the new ones whole.

The idle schema is filled in batches that each commit with their checkpoints, so a killed rebuild goes on where it
stopped. For the swap every writer waits: what they committed meanwhile is added, and the pointer is moved, in one
transaction. Nothing but read models is touched, so no message is planned or sent again.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection, Engine, text

from shared import checkpoints
from shared.checkpoints import Checkpoint, Track, create_checkpoints, unlinked_at
from shared.event_store import Recorded
from shared.faults import described
from shared.projection import Projection
from shared.replay import Replay

SCHEMAS = ("views_a", "views_b")
BATCH = 500
HOLD_EVENTS = 1000
"""How many events may be replayed while writers are held: about a second."""

SWAP_TRIES = 20
SWAP_WAIT = "3s"
"""How long writers may be held up behind a swap that itself waits for a long transaction."""

ONLY_ONE = text("SELECT pg_try_advisory_lock(hashtextextended('rebuild', 0))")
NEXT_PLEASE = text("SELECT pg_advisory_unlock(hashtextextended('rebuild', 0))")
ACTIVE = text("SELECT schema FROM active_views")
ALL_WRITERS = text("SELECT pg_advisory_xact_lock(hashtextextended('views', 0))")
WAIT_BRIEFLY = text(f"SET LOCAL lock_timeout = '{SWAP_WAIT}'")
SWAP = text("UPDATE active_views SET schema = :schema")
FORGET_LETTERS = text("DELETE FROM dead_letters WHERE schema = :schema")
EXISTS = text("SELECT to_regclass(:name) IS NOT NULL")

log = structlog.get_logger()

CreateViews = Callable[[Connection, str], None]


class RebuildRunning(Exception):
    """Another rebuild of this database is under way."""


class LogContradictory(Exception):
    """The log does not follow from itself; `synergist verify` says where."""


class SwapRefused(Exception):
    """The new read models could not be taken into use, perhaps for a long transaction; rebuild again to finish it."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    schema: str
    events: int
    resumed: bool


def rebuild(owner: Engine, replays: Sequence[Replay], create_views: CreateViews, *, made_by: str) -> Rebuilt:
    """Fill the idle schema from the logs and take it into use; `made_by` is the fingerprint of what fills it.

    `owner` is the role that owns the read models. Raises RebuildRunning, LogContradictory, SwapRefused, FeedUnavailable
    and what a handler raises that must not fail; a later call goes on from there.
    """
    with alone(owner) as active:
        idle = next(schema for schema in SCHEMAS if schema != active)
        resumed = begin(owner, idle, create_views, made_by)
        log.info("rebuild_begins", schema=idle, resumed=resumed)
        events, failure = 0, None
        for _ in range(SWAP_TRIES):
            events += catch_up(owner, idle, replays)
            analyse(owner, idle)
            try:
                events += swap(owner, active, idle, replays)
            except Exception as error:
                failure = error
                log.info("swap_comes_later", error=described(error))
            else:
                log.info("rebuild_done", schema=idle, events=events)
                return Rebuilt(idle, events, resumed)
    raise SwapRefused from failure


@contextmanager
def alone(owner: Engine) -> Iterator[str]:
    """Keep other rebuilds out; gives the schema in use."""
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.execute(ONLY_ONE).scalar_one():
            raise RebuildRunning
        try:
            yield str(connection.execute(ACTIVE).scalar_one())
        finally:
            connection.execute(NEXT_PLEASE)


def begin(owner: Engine, idle: str, create_views: CreateViews, made_by: str) -> bool:
    """Have an idle schema to fill; True when it is one that an earlier rebuild of the same making had begun."""
    with owner.begin() as connection:
        if exists(connection, f"{idle}.rebuild"):
            begun = connection.execute(text(f"SELECT made_by FROM {idle}.rebuild")).scalar_one()  # noqa: S608 - one of SCHEMAS
            if begun == made_by:
                return True
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {idle} CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA {idle}")
        create_views(connection, idle)
        if not exists(connection, f"{idle}.checkpoints"):
            create_checkpoints(connection, idle)
        connection.exec_driver_sql(f"CREATE TABLE {idle}.rebuild (made_by text NOT NULL)")
        connection.execute(text(f"INSERT INTO {idle}.rebuild VALUES (:made_by)"), {"made_by": made_by})  # noqa: S608 - as above
        if exists(connection, "public.dead_letters"):
            connection.execute(FORGET_LETTERS, {"schema": idle})
    return False


def exists(connection: Connection, table: str) -> bool:
    return bool(connection.execute(EXISTS, {"name": table}).scalar_one())


def catch_up(owner: Engine, idle: str, replays: Sequence[Replay]) -> int:
    """Replay until little is left, or until writers are as fast as this; gives the number of events."""
    total, before = 0, float("inf")
    while True:
        events = sum(replay_once(projection_of(owner, idle, replay), replay) for replay in replays)
        total += events
        if events < HOLD_EVENTS or events > before / 2:
            return total
        before = events


def replay_once(projection: Projection, replay: Replay) -> int:
    """Replay each partition, batch by batch, up to where it ends at the beginning of this pass."""
    events, ends = 0, replay.ends()
    for partition, reached in projection.load(replay.source).items():
        checkpoint = reached
        while checkpoint.position < ends[partition]:
            rows = next_batch(replay, partition, checkpoint)
            checkpoint = projection.apply(replay.source, checkpoint, rows)
            events += len(rows)
    return events


def next_batch(replay: Replay, partition: int, checkpoint: Checkpoint) -> Sequence[Recorded]:
    """Raises LogContradictory when there is none, or when it does not follow the checkpoint."""
    rows = replay.read(partition, checkpoint.position, BATCH)
    gapless = all(row.position == at for at, row in enumerate(rows, checkpoint.position + 1))
    if not rows or not gapless or unlinked_at(checkpoint, rows) is not None:
        raise LogContradictory
    return rows


def projection_of(owner: Engine, idle: str, replay: Replay) -> Projection:
    return Projection(owner, replay.consumer, replay.handle, wait=time.sleep, schema=idle, parks=replay.parks)


def analyse(owner: Engine, idle: str) -> None:
    """Let the planner know the new tables before anybody reads them."""
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        names = text("SELECT tablename FROM pg_tables WHERE schemaname = :schema")
        for name in connection.execute(names, {"schema": idle}).scalars().all():
            connection.exec_driver_sql(f"ANALYZE {idle}.{name}")


def swap(owner: Engine, active: str, idle: str, replays: Sequence[Replay]) -> int:
    """Hold all writers, replay what they have committed since, and take the idle schema into use.

    When that is much they get a turn in between, one transaction each, so however many there are it comes to an end.
    """
    events = 0
    while True:
        with owner.begin() as connection:
            connection.execute(WAIT_BRIEFLY)
            connection.execute(ALL_WRITERS)
            left = HOLD_EVENTS
            for replay in replays:
                left -= finish(connection, active, projection_of(owner, idle, replay), replay, left)
            events += HOLD_EVENTS - left
            if left > 0:
                connection.execute(SWAP, {"schema": idle})
                connection.exec_driver_sql(f"DROP TABLE {idle}.rebuild")
                return events


def finish(connection: Connection, active: str, projection: Projection, replay: Replay, most: int) -> int:
    """Replay up to the goals, or at least `most` events, while the writers are held."""
    events, goals = 0, replay.goals(connection, active)
    idle = projection.enter(connection)
    for partition, reached in checkpoints.load(connection, replay.consumer, replay.source).items():
        track, checkpoint = Track(replay.consumer, replay.source, partition), reached
        while checkpoint.position < goals.get(partition, 0) and events < most:
            rows = next_batch(replay, partition, checkpoint)
            checkpoint = projection.apply_within(connection, idle, track, checkpoint, rows)
            events += len(rows)
    return events

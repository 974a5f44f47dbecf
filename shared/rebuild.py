"""Read models made anew from the log while everything runs: readers see the old ones whole, then the new ones whole.

The idle schema is filled in batches that each commit with their checkpoints, so a killed rebuild goes on where it
stopped. For the swap every writer waits: what they committed meanwhile is added, and the pointer is moved, in one
transaction. Nothing but read models is touched, so no message is planned or sent again. The database keeps of what
making the read models in use are, so a new version of the software finds out whether they are its own.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
HOLD_EVENTS = 300
"""How many events may be replayed while writers are held: a third of a second, of the five that a writer waits."""

SWAP_TRIES = 20
SWAP_WAIT = "3s"
"""How long writers may be held up behind a swap that itself waits for a long transaction."""

ONLY_ONE = text("SELECT pg_try_advisory_lock(hashtextextended('rebuild', 0))")
IN_TURN = text("SELECT pg_advisory_lock(hashtextextended('rebuild', 0))")
NEXT_PLEASE = text("SELECT pg_advisory_unlock(hashtextextended('rebuild', 0))")
ACTIVE = text("SELECT schema FROM active_views")
ALL_WRITERS = text("SELECT pg_advisory_xact_lock(hashtextextended('views', 0))")
WAIT_BRIEFLY = text(f"SET LOCAL lock_timeout = '{SWAP_WAIT}'")
WITHOUT_LIMIT = text("SET lock_timeout = 0")
USUAL_LIMIT = text("RESET lock_timeout")
MADE_BY = text("SELECT made_by FROM active_views")
SWAP = text("UPDATE active_views SET schema = :schema, made_by = NULL")
COMPLETE = text("UPDATE active_views SET made_by = :made_by")
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


def nothing_more() -> None:
    """What most read models need after they were taken into use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadModels:
    """How the read models of one database are made; `owner` is the role that owns them.

    `made_by` is the fingerprint of all that makes them. `afterwards` is done once they are in use, and again by the
    next call when it did not come to its end.
    """

    owner: Engine
    replays: Sequence[Replay]
    create: CreateViews
    made_by: str
    afterwards: Callable[[], None] = nothing_more


@dataclass(frozen=True, slots=True)
class Rebuilt:
    schema: str
    events: int
    resumed: bool


def rebuild(models: ReadModels) -> Rebuilt:
    """Fill the idle schema from the logs and take it into use.

    Raises RebuildRunning, LogContradictory, SwapRefused, FeedUnavailable and what a handler raises that must not fail;
    a later call goes on from there.
    """
    with alone(models.owner) as active:
        return make_anew(models, active)


def bring_up_to_date(models: ReadModels) -> Rebuilt | None:
    """Rebuild unless the read models in use are of this making already; waits for another rebuild to end first.

    Raises what `rebuild` raises, but for RebuildRunning.
    """
    with alone(models.owner, patient=True) as active:
        return None if makers(models.owner) == models.made_by else make_anew(models, active)


def makers(owner: Engine) -> str | None:
    """The fingerprint of what made the read models in use; None when that did not come to its end."""
    with owner.connect() as connection:
        made_by: str | None = connection.execute(MADE_BY).scalar_one()
    return made_by


def make_anew(models: ReadModels, active: str) -> Rebuilt:
    idle = next(schema for schema in SCHEMAS if schema != active)
    resumed = begin(models, idle)
    if expected := sum(sum(reached(models.owner, active, replay).values()) for replay in models.replays):
        log.info("rebuild_begins", schema=idle, resumed=resumed, events=expected)
    events = fill_and_swap(models, active, idle)
    models.afterwards()
    with models.owner.begin() as connection:
        connection.execute(COMPLETE, {"made_by": models.made_by})
    return Rebuilt(idle, events, resumed)


def fill_and_swap(models: ReadModels, active: str, idle: str) -> int:
    """Gives the number of events replayed."""
    events, failure = 0, None
    for _ in range(SWAP_TRIES):
        events += catch_up(models.owner, active, idle, models.replays)
        analyse(models.owner, idle)
        try:
            return events + swap(models.owner, active, idle, models.replays)
        except Exception as error:
            failure = error
            log.info("swap_comes_later", error=described(error))
    raise SwapRefused from failure


@contextmanager
def alone(owner: Engine, *, patient: bool = False) -> Iterator[str]:
    """Keep other rebuilds out; gives the schema in use. Raises RebuildRunning, unless it has the patience to wait."""
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if patient:
            connection.execute(WITHOUT_LIMIT)
            connection.execute(IN_TURN)
            connection.execute(USUAL_LIMIT)
        elif not connection.execute(ONLY_ONE).scalar_one():
            raise RebuildRunning
        try:
            yield str(connection.execute(ACTIVE).scalar_one())
        finally:
            connection.execute(NEXT_PLEASE)


def begin(models: ReadModels, idle: str) -> bool:
    """Have an idle schema to fill; True when it is one that an earlier rebuild of the same making had begun."""
    with models.owner.begin() as connection:
        if exists(connection, f"{idle}.rebuild"):
            begun = connection.execute(text(f"SELECT made_by FROM {idle}.rebuild")).scalar_one()  # noqa: S608 - one of SCHEMAS
            if begun == models.made_by:
                return True
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {idle} CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA {idle}")
        models.create(connection, idle)
        if not exists(connection, f"{idle}.checkpoints"):
            create_checkpoints(connection, idle)
        connection.exec_driver_sql(f"CREATE TABLE {idle}.rebuild (made_by text NOT NULL)")
        connection.execute(text(f"INSERT INTO {idle}.rebuild VALUES (:made_by)"), {"made_by": models.made_by})  # noqa: S608 - as above
        if exists(connection, "public.dead_letters"):
            connection.execute(FORGET_LETTERS, {"schema": idle})
    return False


def exists(connection: Connection, table: str) -> bool:
    return bool(connection.execute(EXISTS, {"name": table}).scalar_one())


def reached(owner: Engine, active: str, replay: Replay) -> Mapping[int, int]:
    """How far the read models in use have come by now."""
    with owner.connect() as connection:
        return replay.goals(connection, active)


def catch_up(owner: Engine, active: str, idle: str, replays: Sequence[Replay]) -> int:
    """Replay until little is left, or until writers are as fast as this; gives the number of events."""
    total, before = 0, float("inf")
    while True:
        events = 0
        for replay in replays:
            events += replay_once(projection_of(owner, idle, replay), replay, reached(owner, active, replay))
        total += events
        if events < HOLD_EVENTS or events > before / 2:
            return total
        before = events


def replay_once(projection: Projection, replay: Replay, goals: Mapping[int, int]) -> int:
    """Replay each partition, batch by batch, up to its goal."""
    events = 0
    for partition, reached in projection.load(replay.source).items():
        checkpoint = reached
        while checkpoint.position < goals.get(partition, 0):
            rows = next_batch(replay, partition, checkpoint, goals[partition])
            checkpoint = projection.apply(replay.source, checkpoint, rows)
            events += len(rows)
    return events


def next_batch(replay: Replay, partition: int, checkpoint: Checkpoint, goal: int) -> Sequence[Recorded]:
    """Events up to the goal. Raises LogContradictory when there are none, or when they do not follow the checkpoint."""
    rows = replay.read(partition, checkpoint.position, min(BATCH, goal - checkpoint.position))
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
            rows = next_batch(replay, partition, checkpoint, goals[partition])
            checkpoint = projection.apply_within(connection, idle, track, checkpoint, rows)
            events += len(rows)
    return events

"""Effects of events, each exactly once: a batch and its checkpoint in one transaction, one by one when that fails.

Trouble that passes by itself (a lost connection, a lock) is the caller's to wait for. A handler that keeps failing
parks the stream of its event, and every other stream goes on.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine, text

from shared import checkpoints, dead_letters
from shared.checkpoints import Checkpoint, Overtaken, Track
from shared.event_store import Recorded, View, happened
from shared.faults import described, passes_by_itself
from shared.sealing import Sealer

Handle = Callable[[Connection, Sequence[Recorded]], None]
"""What is done with the events of a batch, in order; of whichever chains."""

Wait = Callable[[float], object]

ENTER = text("SELECT enter_views()")
ENTER_IDLE = text("SELECT set_config('search_path', :schema || ', public', true)")
ENTER_CHAIN = text("SELECT set_config('app.chain_id', :chain_id, true)")
PAUSES = (0.1, 0.5)
"""Seconds between the tries of one event."""

log = structlog.get_logger()


def through_views(views: Sequence[View], sealer: Sealer | None) -> Handle:
    """A handler that shows every event to the given views; without a sealer, nothing of what is sealed.

    Raises codec.UnknownEvent for a name not known here.
    """

    def handle(connection: Connection, entries: Sequence[Recorded]) -> None:
        chain_id: UUID | None = None
        for entry in happened(connection, entries, sealer):
            chain_id = enter_chain(connection, entry.chain_id, chain_id)
            for view in views:
                view(connection, entry)

    return handle


def one_by_one(handle_one: Callable[[Connection, Recorded], None]) -> Handle:
    """A handler that needs to see no more than one event at a time."""

    def handle(connection: Connection, entries: Sequence[Recorded]) -> None:
        chain_id: UUID | None = None
        for entry in entries:
            chain_id = enter_chain(connection, entry.chain_id, chain_id)
            handle_one(connection, entry)

    return handle


class Projection:
    """What one consumer makes of events, in the read models in use or in the idle ones named by `schema`.

    `wait` is called with the seconds between two tries. Without `parks` the first failure is the caller's.
    """

    def __init__(
        self,
        engine: Engine,
        name: str,
        handle: Handle,
        *,
        wait: Wait,
        schema: str | None = None,
        parks: bool = True,
    ) -> None:
        self.engine = engine
        self.name = name
        self.handle = handle
        self.wait = wait
        self.schema = schema
        self.parks = parks

    @contextmanager
    def transaction(self) -> Iterator[tuple[Connection, str]]:
        """A transaction, and the schema of read models it works in."""
        with self.engine.begin() as connection:
            yield connection, self.enter(connection)

    def enter(self, connection: Connection) -> str:
        if self.schema is None:
            return str(connection.execute(ENTER).scalar_one())
        connection.execute(ENTER_IDLE, {"schema": self.schema})
        return self.schema

    def load(self, source: str) -> dict[int, Checkpoint]:
        """The checkpoint of every partition of a source."""
        with self.transaction() as (connection, _):
            return checkpoints.load(connection, self.name, source)

    def apply(self, source: str, before: Checkpoint, events: Sequence[Recorded]) -> Checkpoint:
        """Handle events of one partition that follow its checkpoint without a gap; gives the new checkpoint.

        Raises Overtaken, and what passes by itself; after either nothing, or a first part, has taken effect.
        """
        track = Track(self.name, source, events[0].partition)
        try:
            return self.apply_together(track, before, events)
        except Exception as error:
            if not self.parks or isinstance(error, Overtaken) or passes_by_itself(error):
                raise
            log.info("batch_repeated_singly", consumer=self.name, source=source, error=described(error))
        for entry in events:
            before = self.apply_alone(track, before, entry)
        return before

    def apply_together(self, track: Track, before: Checkpoint, events: Sequence[Recorded]) -> Checkpoint:
        with self.transaction() as (connection, schema):
            return self.apply_within(connection, schema, track, before, events)

    def apply_within(
        self, connection: Connection, schema: str, track: Track, before: Checkpoint, events: Sequence[Recorded]
    ) -> Checkpoint:
        """As `apply_together`, in a transaction that has entered the schema."""
        after = Checkpoint(events[-1].position, events[-1].hash)
        checkpoints.move(connection, track, before, after)
        waiting = dead_letters.open_streams(connection, schema, track) if self.parks else set()
        for entry in events:
            if (entry.chain_id, entry.stream) in waiting:
                dead_letters.add(connection, schema, track, entry, "waiting")
        self.handle(connection, [entry for entry in events if (entry.chain_id, entry.stream) not in waiting])
        return after

    def apply_alone(self, track: Track, before: Checkpoint, entry: Recorded) -> Checkpoint:
        """Handle one event; when every try fails, park its stream instead."""
        error = self.tried(lambda: self.apply_together(track, before, [entry]))
        if error is None:
            return Checkpoint(entry.position, entry.hash)
        return self.park(track, before, entry, described(error))

    def tried(self, work: Callable[[], Any]) -> Exception | None:
        """Do the work, again after each of the pauses; gives the last failure when all tries failed."""
        failure: Exception | None = None
        for pause in (*PAUSES, None):
            try:
                work()
            except Exception as error:
                if isinstance(error, Overtaken) or passes_by_itself(error):
                    raise
                failure = error
            else:
                return None
            if pause is not None:
                self.wait(pause)
        return failure

    def park(self, track: Track, before: Checkpoint, entry: Recorded, error: str) -> Checkpoint:
        """Set the event aside and pass it; one that was left out before is left out again."""
        after = Checkpoint(entry.position, entry.hash)
        with self.transaction() as (connection, schema):
            checkpoints.move(connection, track, before, after)
            state = "skipped" if dead_letters.was_skipped(connection, track, entry) else "parked"
            tries = len(PAUSES) + 1
            dead_letters.add(connection, schema, track, entry, state, error=error, attempts=tries)
        log.error(
            "event_set_aside", state=state, position=entry.position, event_name=entry.name, error=error, **track.row
        )
        return after


def enter_chain(connection: Connection, chain_id: UUID, before: UUID | None = None) -> UUID:
    """Let row-level security show this chain, and no other; `before` is the one that it shows already."""
    if chain_id != before:
        connection.execute(ENTER_CHAIN, {"chain_id": str(chain_id)})
    return chain_id

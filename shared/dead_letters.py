"""Events that a consumer could not handle: their streams wait in order, for a person to have them retried or skipped.

Whoever marks only marks; the consumer does the work, so that nothing is handled twice or out of order.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from shared.checkpoints import Track
from shared.event_store import Recorded

OF_TRACK = "schema = :schema AND consumer = :consumer AND source = :source AND partition = :partition"
OPEN_STREAMS = text(f"SELECT DISTINCT chain_id, stream FROM dead_letters WHERE {OF_TRACK} AND settled_at IS NULL")  # noqa: S608 - constants only
COUNT_STREAMS = text(
    "SELECT count(DISTINCT (chain_id, stream)) FROM dead_letters WHERE schema = :schema"
    " AND consumer = :consumer AND source = :source AND settled_at IS NULL"
)
ADD = text(
    "INSERT INTO dead_letters (schema, consumer, source, partition, position, chain_id, stream, event_id, name,"
    " state, error, attempts, settled_at)"
    " VALUES (:schema, :consumer, :source, :partition, :position, :chain_id, :stream, :event_id, :name,"
    " :state, :error, :attempts, CASE WHEN :state = 'skipped' THEN now() END)"
)
# The first open letter of a stream decides whether the stream can go on.
FIRST_MOVABLE = text(
    "SELECT * FROM (SELECT DISTINCT ON (chain_id, stream) * FROM dead_letters"  # noqa: S608 - constants only
    f" WHERE {OF_TRACK} AND settled_at IS NULL ORDER BY chain_id, stream, position) AS first"
    " WHERE state <> 'parked' ORDER BY position LIMIT 1"
)
SETTLE = text(f"UPDATE dead_letters SET state = :state, settled_at = now() WHERE {OF_TRACK} AND position = :position")  # noqa: S608 - constants only
PARK_AGAIN = text(
    "UPDATE dead_letters SET state = 'parked', error = :error, attempts = attempts + :attempts"  # noqa: S608 - constants only
    f" WHERE {OF_TRACK} AND position = :position"
)
WAS_SKIPPED = text(
    "SELECT EXISTS (SELECT FROM dead_letters WHERE consumer = :consumer AND source = :source"
    " AND partition = :partition AND position = :position AND state = 'skipped')"
)
LIST = text(
    "SELECT letter.*, (SELECT count(*) FROM dead_letters AS behind WHERE behind.settled_at IS NULL"
    "   AND (behind.schema, behind.consumer, behind.source, behind.partition, behind.chain_id, behind.stream)"
    "     = (letter.schema, letter.consumer, letter.source, letter.partition, letter.chain_id, letter.stream)"
    "   AND behind.position > letter.position) AS waiting"
    " FROM dead_letters AS letter JOIN active_views ON letter.schema = active_views.schema"
    " WHERE letter.state IN ('parked', 'retry', 'skip') AND letter.settled_at IS NULL"
    " ORDER BY consumer, source, partition, position"
)
MARK = text(
    "UPDATE dead_letters SET state = :state, marked_by = :by, marked_at = now()"  # noqa: S608 - constants only
    f" WHERE {OF_TRACK.replace(':schema', '(SELECT schema FROM active_views)')}"
    " AND position = :position AND state IN ('parked', 'retry', 'skip')"
)


class NoSuchLetter(Exception):
    """No event is parked at this place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An event that failed; `waiting` counts the later events of its stream that stand behind it."""

    consumer: str
    source: str
    partition: int
    position: int
    chain_id: UUID
    stream: str
    event_id: UUID
    name: str
    state: str
    error: str | None
    attempts: int
    added_at: datetime
    waiting: int


def listed(connection: Connection) -> list[DeadLetter]:
    """Every event that failed and is not settled, by consumer and place."""
    fields = DeadLetter.__dataclass_fields__
    return [DeadLetter(**{name: row._mapping[name] for name in fields}) for row in connection.execute(LIST)]  # noqa: SLF001 - SQLAlchemy's public name for it


def retry(connection: Connection, track: Track, position: int, by: str) -> None:
    """Have the consumer try this event again, and its stream after it. Raises NoSuchLetter."""
    mark(connection, track, position, "retry", by)


def skip(connection: Connection, track: Track, position: int, by: str) -> None:
    """Have the consumer leave this event out and go on with its stream. Raises NoSuchLetter."""
    mark(connection, track, position, "skip", by)


def mark(connection: Connection, track: Track, position: int, state: str, by: str) -> None:
    row = track.row | {"position": position, "state": state, "by": by}
    if connection.execute(MARK, row).rowcount != 1:
        raise NoSuchLetter


def open_streams(connection: Connection, schema: str, track: Track) -> set[tuple[UUID, str]]:
    """The streams of a track whose events have to wait; asked while the checkpoint is held."""
    rows = connection.execute(OPEN_STREAMS, track.row | {"schema": schema})
    return {(row.chain_id, row.stream) for row in rows}


def count_streams(connection: Connection, schema: str, consumer: str, source: str) -> int:
    """How many streams of a source wait."""
    names = {"schema": schema, "consumer": consumer, "source": source}
    return int(connection.execute(COUNT_STREAMS, names).scalar_one())


def add(
    connection: Connection,
    schema: str,
    track: Track,
    entry: Recorded,
    state: str,
    *,
    error: str | None = None,
    attempts: int = 0,
) -> None:
    row = {name: getattr(entry, name) for name in ("position", "chain_id", "stream", "event_id", "name")}
    about = {"schema": schema, "state": state, "error": error, "attempts": attempts}
    connection.execute(ADD, track.row | row | about)


def was_skipped(connection: Connection, track: Track, entry: Recorded) -> bool:
    """Whether somebody had this event left out before, in whichever read models."""
    return bool(connection.execute(WAS_SKIPPED, track.row | {"position": entry.position}).scalar_one())


def first_movable(connection: Connection, schema: str, track: Track) -> Row[Any] | None:
    """The foremost letter that can be drained now: one to retry or to skip, or one with nothing left before it."""
    return connection.execute(FIRST_MOVABLE, track.row | {"schema": schema}).one_or_none()


def settle(connection: Connection, schema: str, track: Track, position: int, state: str) -> None:
    """The letter is `handled` or `skipped`; it stays as a record of that."""
    connection.execute(SETTLE, track.row | {"schema": schema, "position": position, "state": state})


def park_again(
    connection: Connection, schema: str, track: Track, entry: Recorded, error: str, *, attempts: int
) -> None:
    """The letter's stream waits again, now for this error after so many more attempts."""
    row = {"schema": schema, "position": entry.position, "error": error, "attempts": attempts}
    connection.execute(PARK_AGAIN, track.row | row)

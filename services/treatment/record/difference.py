"""What was recorded of a client between two moments, in the order in which it was recorded, by one query for each page.

It names the fields that hold somebody's own words, and never shows them: whoever may reads them where they stand.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Row, text

from services.treatment.reading import AsOf
from services.treatment.record.changes import CHANGE, happened_at
from services.treatment.record.views import Kind
from shared.aliases import followers_of, person_of
from shared.codec import current, decode
from shared.events import PERSONAL

BETWEEN = text("""
    SELECT event.position, event.recorded_at, event.name, event.data, event.stream, event.metadata, told.kind
    FROM record_streams told JOIN events event ON event.chain_id = told.chain_id AND event.stream = told.stream
    WHERE told.recorded_client_id = ANY(:ids) AND told.kind = ANY(:kinds)
      AND event.position > coalesce(CAST(:from_position AS bigint), 0)
      AND event.recorded_at > coalesce(CAST(:from_time AS timestamptz), '-infinity')
      AND event.position <= coalesce(CAST(:to_position AS bigint), event.position)
      AND event.recorded_at <= coalesce(CAST(:to_time AS timestamptz), 'infinity')
      AND event.position > :after
    ORDER BY event.position LIMIT :most
""")
WHOSE = ("client_id",)
"""What every event of a record says."""


def recorded_between(
    connection: Connection,
    client_id: UUID,
    kinds: Collection[Kind],
    moments: tuple[AsOf, AsOf],
    *,
    after: int,
    most: int,
) -> list[dict[str, Any]]:
    """What was recorded later than the first moment and no later than the second, of the person behind this id.

    A moment is a position of the log or a time, None for the beginning or for now; `after` is where to go on.
    """
    values: dict[str, Any] = {}
    for name, moment in zip(("from", "to"), moments, strict=True):
        values[f"{name}_position"] = moment if isinstance(moment, int) else None
        values[f"{name}_time"] = None if isinstance(moment, int) else moment
    ids = followers_of(connection, person_of(connection, client_id))
    values |= {"ids": ids, "kinds": list(kinds), "after": after, "most": most}
    return [told(row) for row in connection.execute(BETWEEN, values)]


def told(row: Row[Any]) -> dict[str, Any]:
    """One thing that was recorded; `content` is all that the event says but for words of somebody's own."""
    event = decode(row.name, row.data, {})
    event_class, data = current(row.name, row.data)
    personal = PERSONAL[event_class]
    content = msgspec.to_builtins(event)
    return {
        "position": row.position,
        "recorded_at": row.recorded_at,
        "happened_at": happened_at(event),
        "kind": row.kind,
        "of_id": UUID(row.stream.partition("-")[2]),
        "what": row.name.split(".")[1],
        "change": CHANGE[event_class],
        "by": row.metadata["actor"],
        "content": {name: value for name, value in content.items() if name not in personal and name not in WHOSE},
        "words": [name for name in personal if data.get(name) is not None],
    }

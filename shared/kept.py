"""What a read model keeps of a personal value: the very envelope of the log, with the place at which it opens."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from shared.event_store import Happened
from shared.sealing import FORGOTTEN, Place, Sealed, Sealer

Kept = dict[str, str]
"""An envelope with `event` and `field`, as a jsonb column has it."""


def kept(entry: Happened, field: str) -> Kept | None:
    """What is kept of an event's field; None when it has no value."""
    envelope = entry.sealed.get(field)
    return None if envelope is None else envelope | {"event": str(entry.event_id), "field": field}


def opened(
    connection: Connection,
    sealer: Sealer,
    chain_id: UUID,
    rows: Sequence[Row[Any] | Mapping[str, Any]],
    columns: Mapping[str, str | None],
) -> list[dict[str, Any]]:
    """The rows with the values of these columns readable, by one query for their keys.

    `columns` says by name what stands for what was forgotten. Raises Unreadable for a row that was tampered with.
    """
    readable = [row._asdict() if isinstance(row, Row) else dict(row) for row in rows]
    places = [(row, column) for row in readable for column in columns if row[column] is not None]
    values = sealer.open(connection, [as_sealed(chain_id, row[column]) for row, column in places])
    for (row, column), value in zip(places, values, strict=True):
        row[column] = columns[column] if value is FORGOTTEN else value
    return readable


def as_sealed(chain_id: UUID, content: Kept) -> Sealed:
    return Sealed(Place(chain_id, UUID(content["event"]), content["field"]), content)

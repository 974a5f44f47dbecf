"""Streams of clients' records as they had been recorded up to some moment, by one query whatever they hold."""

from collections.abc import Collection
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import Connection, text

from shared.event_store import Happened, Recorded, happened, recorded
from shared.sealing import Sealer

AsOf: TypeAlias = int | datetime | None
"""What had been recorded up to a position of the log, or by a time; None for all of it."""

UP_TO = text(
    "SELECT * FROM events WHERE chain_id = :chain_id AND stream = ANY(:streams)"
    " AND position <= coalesce(CAST(:position AS bigint), position)"
    " AND recorded_at <= coalesce(CAST(:recorded_at AS timestamptz), recorded_at) ORDER BY stream, version"
)


def read_streams(
    connection: Connection, sealer: Sealer, chain_id: UUID, streams: Collection[str], as_of: AsOf = None
) -> dict[str, list[tuple[Recorded, Happened]]]:
    """Each of the streams, in the order that was asked for: its rows with what they tell, in their order."""
    values = {
        "position": as_of if isinstance(as_of, int) else None,
        "recorded_at": as_of if isinstance(as_of, datetime) else None,
    }
    rows = connection.execute(UP_TO, {"chain_id": chain_id, "streams": list(streams)} | values)
    stored = [recorded(row) for row in rows]
    found: dict[str, list[tuple[Recorded, Happened]]] = {stream: [] for stream in streams}
    for row, entry in zip(stored, happened(connection, stored, sealer), strict=True):
        found[row.stream].append((row, entry))
    return found

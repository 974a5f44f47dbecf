"""Who was erased gets nothing more, and what went here is told to scheduling for the receipt: once, and it is not lost.

What is to be told is kept beside the messages, where no rebuild touches it, from the transaction that moves the
checkpoint until scheduling has answered. Telling twice is harmless.
"""

from typing import Any
from uuid import UUID

import structlog
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Engine, Row, text

from shared.events.scheduling_erasure import ClientErased
from workers import arrivals
from workers.messages import due, homework
from workers.messages.recipients import Recipients, SchedulingAway

MOST = 50

# Only in the read models in use: what is being rebuilt was told when it happened.
WANT = text("""
INSERT INTO followed_erasures (event_id, chain_id, request_id, classes, stores, followed_at)
SELECT :event_id, :chain_id, :request_id, :classes, :stores, now()
WHERE current_schema() = (SELECT schema FROM public.active_views)
ON CONFLICT DO NOTHING
""")
WAITING = text("SELECT * FROM followed_erasures ORDER BY followed_at, event_id LIMIT :most")
TOLD = text("DELETE FROM followed_erasures WHERE event_id = ANY(:ids)")

log = structlog.get_logger()


def follow(connection: Connection, event: ClientErased, chain_id: UUID, event_id: UUID) -> None:
    """Let go of what is to be sent or told of the client, and note how much that was."""
    stores = {
        "due_messages": due.forget(connection, event.client_ids),
        "arrivals": arrivals.forget(connection, event.client_ids),
        "homework": homework.forget(connection, event.client_ids),
    }
    values = {
        "event_id": event_id,
        "chain_id": chain_id,
        "request_id": event.request_id,
        "classes": list(event.classes),
        "stores": Jsonb({store: rows for store, rows in stores.items() if rows}),
    }
    connection.execute(WANT, values)


def tell_erasures(engine: Engine, recipients: Recipients) -> int:
    """Tell scheduling what waits, at most MOST at once; gives how many, 0 while it is away."""
    with engine.begin() as connection:
        rows = connection.execute(WAITING, {"most": MOST}).all()
    if not rows:
        return 0
    try:
        recipients.tell_erasures([item(row) for row in rows])
    except SchedulingAway as error:
        log.warning("scheduling_is_away", error=str(error), erasures=len(rows))
        return 0
    with engine.begin() as connection:
        connection.execute(TOLD, {"ids": [row.event_id for row in rows]})
    return len(rows)


def item(row: Row[Any]) -> dict[str, Any]:
    return {
        "chain_id": str(row.chain_id),
        "request_id": str(row.request_id),
        "classes": row.classes,
        "stores": row.stores,
        "followed_at": row.followed_at.isoformat(),
    }

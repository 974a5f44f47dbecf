"""Sessions that have begun are told to scheduling, so that their clients count as arrived: each once, and none is lost.

What is wanted is kept beside the messages, where no rebuild touches it, from the transaction that moves the checkpoint
until scheduling has answered. Telling twice is harmless, so whoever dies in between leaves a row for the next tick.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine, Row, text

from workers.messages.recipients import Recipients, SchedulingAway

MOST = 50

AS_IT_SHOULD_BE = frozenset({"arrived", "already_arrived", "appointment_ended"})
"""Answers that surprise nobody: many a session is charted after its visit has been finished at the desk."""

# Only in the read models in use: what is being rebuilt was told when it happened. One visit of each session: the last.
WANT = text("""
INSERT INTO arrivals (session_id, appointment_id, chain_id, client_id, therapist_id, event_id, happened_at)
SELECT :session_id, :appointment_id, :chain_id, :client_id, :therapist_id, :event_id, :happened_at
WHERE current_schema() = (SELECT schema FROM public.active_views)
ON CONFLICT (session_id) DO UPDATE SET appointment_id = excluded.appointment_id, event_id = excluded.event_id
""")
DROP = text("""
DELETE FROM arrivals
WHERE session_id = :session_id AND current_schema() = (SELECT schema FROM public.active_views)
""")
FORGET = text("DELETE FROM arrivals WHERE client_id = ANY(:ids)")
WAITING = text("SELECT * FROM arrivals ORDER BY happened_at, session_id LIMIT :most")
TOLD = text("DELETE FROM arrivals WHERE event_id = ANY(:ids)")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A session that names a visit; `happened_at` is when it began, `event_id` of the event that named the visit."""

    session_id: UUID
    appointment_id: UUID
    chain_id: UUID
    client_id: UUID
    therapist_id: UUID
    event_id: UUID
    happened_at: datetime


def want(connection: Connection, begun: Begun) -> None:
    """Tell of this session, and of no other visit that it named before."""
    connection.execute(WANT, asdict(begun))


def drop(connection: Connection, session_id: UUID) -> None:
    """Tell nothing of a session any more."""
    connection.execute(DROP, {"session_id": session_id})


def forget(connection: Connection, client_ids: Collection[UUID]) -> int:
    """Tell nothing of clients who were erased; gives how many of them were still to be told of."""
    return connection.execute(FORGET, {"ids": list(client_ids)}).rowcount


def tell_arrivals(engine: Engine, recipients: Recipients) -> int:
    """Tell scheduling what waits, at most MOST at once; gives what it has answered, 0 while it is away."""
    with engine.begin() as connection:
        rows = connection.execute(WAITING, {"most": MOST}).all()
    if not rows:
        return 0
    try:
        outcomes = recipients.tell_arrivals([item(row) for row in rows])
    except SchedulingAway as error:
        log.warning("scheduling_is_away", error=str(error), arrivals=len(rows))
        return 0
    for row in rows:
        outcome = outcomes.get(str(row.event_id), "arrived")
        if outcome not in AS_IT_SHOULD_BE:
            log.info("visit_stays_as_it_is", appointment_id=row.appointment_id, because=outcome)
    told = [row.event_id for row in rows if str(row.event_id) in outcomes]
    with engine.begin() as connection:
        connection.execute(TOLD, {"ids": told})
    return len(told)


def item(row: Row[Any]) -> dict[str, str]:
    names = ("event_id", "chain_id", "appointment_id", "client_id", "therapist_id")
    return {name: str(getattr(row, name)) for name in names} | {"happened_at": row.happened_at.isoformat()}

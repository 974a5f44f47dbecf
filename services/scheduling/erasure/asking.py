"""Requests to be forgotten while they are open: one for each person, assessed on what stands at that moment."""

from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from services.scheduling.erasure.decider import ERASURE, Ask, Decline
from services.scheduling.erasure.load import situation_of
from services.scheduling.erasure.rules import Assessment, assess
from services.scheduling.people.reading import person
from shared.aliases import followers_of
from shared.decider import StreamChanged, handle
from shared.event_store import Transaction
from shared.events.scheduling_erasure import AskedBy
from shared.ids import new_id
from shared.locks import lock

OPEN = text("SELECT id FROM erasure_requests WHERE client_id = ANY(:ids) AND state = 'open' ORDER BY id LIMIT 1")


def ask(tx: Transaction, client_id: UUID, asked_by: AskedBy, now: datetime) -> UUID:
    """Request that a person is forgotten, or assess the open request anew; raises NotThere and Gone."""
    client, ids = held(tx.connection, tx.chain_id, client_id)
    found = tx.connection.execute(OPEN, {"ids": ids}).scalar()
    request_id = new_id() if found is None else UUID(str(found))
    today = day_of(client, now)
    command = Ask(
        request_id=request_id,
        client_ids=tuple(ids),
        asked_by=asked_by,
        locale=client.locale,
        assessment=assessment_of(tx.connection, client, ids, today),
        now=now,
        today=today,
    )
    handle(tx, ERASURE, stream_of(request_id), command)
    return request_id


def decline(tx: Transaction, request_id: UUID, reason: str, now: datetime, if_match: int | None) -> None:
    """Let everything stay; raises NotThere, VersionMismatch and refusals."""
    command = Decline(request_id=request_id, reason=reason, now=now)
    handle(tx, ERASURE, stream_of(request_id), command, if_match=if_match)


def held(connection: Connection, chain_id: UUID, client_id: UUID) -> tuple[Row[Any], list[UUID]]:
    """A person, locked, and all their ids, the one they go by first; raises NotThere, Gone and StreamChanged."""
    before = person(connection, client_id).id
    lock(connection, ("client", [before]), ("relations", [chain_id]))
    row = person(connection, client_id)
    if row.id != before:
        raise StreamChanged
    return row, [row.id, *(each for each in followers_of(connection, row.id) if each != row.id)]


def assessment_of(connection: Connection, client: Row[Any], ids: list[UUID], today: date) -> Assessment:
    return assess(situation_of(connection, client, ids, today), today)


def day_of(client: Row[Any], now: datetime) -> date:
    """The date on the client's own clock."""
    return now.astimezone(ZoneInfo(client.time_zone)).date()


def stream_of(request_id: UUID) -> str:
    return f"erasure-{request_id}"

"""Requests to be forgotten while they are open: one for each person, assessed on what stands at that moment."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from services.scheduling.erasure.decider import ERASURE, Ask, Decline
from services.scheduling.erasure.load import Subject, situation_of
from services.scheduling.erasure.rules import assess
from services.scheduling.erasure.treatment import AtTreatment, ids_of
from services.scheduling.people.reading import person
from shared.decider import StreamChanged, handle
from shared.event_store import Transaction
from shared.events.scheduling_erasure import AskedBy
from shared.ids import new_id
from shared.locks import lock

OPEN = text("SELECT id FROM erasure_requests WHERE client_id = ANY(:ids) AND state = 'open' ORDER BY id LIMIT 1")


def ask(tx: Transaction, known: AtTreatment, asked_by: AskedBy, now: datetime) -> UUID:
    """Request that a person is forgotten, or assess the open request anew; raises NotThere and Gone."""
    client, locale = held(tx.connection, tx.chain_id, known)
    found = tx.connection.execute(OPEN, {"ids": list(known.ids)}).scalar()
    request_id = new_id() if found is None else UUID(str(found))
    today = client.day(now)
    command = Ask(
        request_id=request_id,
        client_ids=known.ids,
        asked_by=asked_by,
        locale=locale,
        assessment=assess(situation_of(tx.connection, client, known, today), today),
        now=now,
        today=today,
    )
    handle(tx, ERASURE, stream_of(request_id), command)
    return request_id


def decline(tx: Transaction, request_id: UUID, reason: str, now: datetime, if_match: int | None) -> None:
    """Let everything stay; raises NotThere, VersionMismatch and refusals."""
    command = Decline(request_id=request_id, reason=reason, now=now)
    handle(tx, ERASURE, stream_of(request_id), command, if_match=if_match)


def held(connection: Connection, chain_id: UUID, known: AtTreatment) -> tuple[Subject, str]:
    """The person, locked, whose ids are those that treatment was asked about, and their language.

    Raises Gone and StreamChanged.
    """
    lock(connection, ("client", [known.ids[0]]), ("relations", [chain_id]))
    row = person(connection, known.ids[0])
    if ids_of(connection, row.id) != known.ids:
        raise StreamChanged
    return Subject(row.id, row.birth_date, row.time_zone), row.locale


def stream_of(request_id: UUID) -> str:
    return f"erasure-{request_id}"

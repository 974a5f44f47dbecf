"""The read models of letting go: clinics' rules, requests, and what is left of a client in all other read models.

What is emptied here stays so in a rebuild: the rows are made from events whose values cannot be read any more, and are
emptied again when their end is reached.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, text

from services.scheduling.erasure.decider import FOLLOWERS
from shared.columns import fields_of
from shared.event_store import Happened
from shared.events import scheduling_erasure as e
from shared.writing import change, put

EMPTY = (
    text("""
        UPDATE clients SET name = '', called = NULL, birth_date = NULL, external_ids = '{}', email = NULL, phone = NULL,
          preferred_channel = 'none', fallback_channel = 'none', chosen_channel = NULL, chosen_fallback = NULL,
          erased = true
        WHERE id = ANY(:ids)
    """),
    text("DELETE FROM client_names WHERE client_id = ANY(:ids)"),
    text("DELETE FROM client_external_ids WHERE client_id = ANY(:ids)"),
    text("DELETE FROM contact_points WHERE client_id = ANY(:ids)"),
    text("DELETE FROM permissions WHERE client_id = ANY(:ids)"),
    text("DELETE FROM relations WHERE client_id = ANY(:ids) OR related_client_id = ANY(:ids)"),
    text("UPDATE replies SET text = NULL WHERE client_id = ANY(:ids)"),
    text("UPDATE contact_tasks SET last_note = NULL WHERE client_id = ANY(:ids)"),
)
NEXT_ON = text("UPDATE erasure_requests SET next_on = :next_on WHERE id = :id AND state = 'waiting'")
SWEPT = text("UPDATE erasure_requests SET swept = swept || :swept WHERE id = :id")
CLOSE_OTHERS = text("""
    UPDATE erasure_requests SET state = 'done', decided_at = :at
    WHERE client_id = ANY(:ids) AND state = 'open' AND id <> :request_id
""")


def retention(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case e.ClinicRetentionSet() as event:
            row = fields_of(event) | {"chain_id": entry.chain_id, "version": entry.version}
            put(connection, "clinic_retention", ("clinic_id",), **row)
        case _:
            pass


def erasures(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case e.ErasureRequested() as event:
            add(connection, entry, event)
        case e.ErasureAssessed() as event:
            assess(connection, entry, event)
        case e.ErasureConfirmed() as event:
            update(connection, entry, event.request_id, state="waiting", receipt="none", decided_at=event.confirmed_at)
        case e.ErasureDeclined() as event:
            update(connection, entry, event.request_id, state="declined", decided_at=event.declined_at)
        case e.ErasureReceiptPrepared() as event:
            update(connection, entry, event.request_id, receipt="due", receipt_until=event.until)
        case e.ErasureReceiptCompleted() as event:
            update(connection, entry, event.request_id)
        case e.ErasureReceiptSettled() as event:
            update(connection, entry, event.request_id, receipt=event.outcome, receipt_until=None)
        case e.ClientErased() as event:
            let_go(connection, entry, event)
        case e.ErasureFollowed() as event:
            add_swept(connection, event)
            update(connection, entry, event.request_id, awaits=list(event.awaited))
        case _:
            pass


def add(connection: Connection, entry: Happened, event: e.ErasureRequested) -> None:
    put(
        connection,
        "erasure_requests",
        ("id",),
        id=event.request_id,
        chain_id=entry.chain_id,
        client_id=event.client_id,
        asked_by=event.asked_by,
        locale=event.locale,
        requested_at=event.requested_at,
        assessed_on=event.requested_at.date(),
        version=entry.version,
    )


def assess(connection: Connection, entry: Happened, event: e.ErasureAssessed) -> None:
    """What was found; where the request is confirmed already, it says as well when the next goes."""
    found = {
        "assessed_on": event.assessed_on,
        "goes_now": list(event.goes_now),
        "kept": as_rows(event.kept),
        "undecided": list(event.undecided),
        "holds": as_rows(event.holds),
        "stores": as_rows(event.stores),
    }
    update(connection, entry, event.request_id, **found)
    connection.execute(NEXT_ON, {"id": event.request_id, "next_on": next_of(event.kept)})


def let_go(connection: Connection, entry: Happened, event: e.ClientErased) -> None:
    """Empty whatever was made of the person's data; the first class that goes takes all of it from the read models."""
    ids = list(event.client_ids)
    for statement in EMPTY:
        connection.execute(statement, {"ids": ids})
    connection.execute(CLOSE_OTHERS, {"ids": ids, "at": event.erased_at, "request_id": event.request_id})
    next_on = next_of(event.kept)
    gone = text("UPDATE erasure_requests SET gone = gone || CAST(:classes AS text[]) WHERE id = :id")
    connection.execute(gone, {"classes": list(event.classes), "id": event.request_id})
    state = "waiting" if event.kept or event.undecided else "done"
    left = {"state": state, "kept": as_rows(event.kept), "undecided": list(event.undecided), "next_on": next_on}
    add_swept(connection, event)
    update(connection, entry, event.request_id, **left, awaits=list(FOLLOWERS))


def next_of(kept: Sequence[e.Kept]) -> date | None:
    return min((each.until for each in kept), default=None)


def add_swept(connection: Connection, event: e.ClientErased | e.ErasureFollowed) -> None:
    connection.execute(SWEPT, {"swept": as_rows(event.swept), "id": event.request_id})


def update(connection: Connection, entry: Happened, request_id: UUID, **values: Any) -> None:
    change(connection, "erasure_requests", {"id": request_id}, **values, version=entry.version)


def as_rows(values: tuple[Any, ...]) -> Jsonb:
    return Jsonb(msgspec.to_builtins(values))


VIEWS = (retention, erasures)

"""The read model of contact tasks; what settles a visit closes the tasks about it."""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import Connection, text

from services.scheduling.contact_tasks.decider import SETTLING
from shared.columns import fields_of
from shared.event_store import Happened
from shared.events import scheduling as s, scheduling_corrections as corrections, scheduling_reaching as reaching
from shared.kept import kept
from shared.writing import put

ATTEMPT = text(
    "UPDATE contact_tasks SET attempts = attempts + 1, last_outcome = :outcome, last_attempted_at = :at,"
    " last_note = :note, version = :version, open = open AND NOT :settles,"
    " closed_by = CASE WHEN open AND :settles THEN :outcome ELSE closed_by END WHERE id = :id"
)
CLOSE = text(
    "UPDATE contact_tasks SET open = false, closed_by = :closed_by"
    " WHERE appointment_id = :appointment_id AND open AND NOT cause = ANY(:stay)"
)
WORDS = ("reply",)
"""What a client wrote still wants an answer when the visit is confirmed."""


def contact_tasks(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case reaching.ContactTaskOpened() as event:
            row = {name: value for name, value in fields_of(event).items() if name not in {"task_id", "because"}}
            put(connection, "contact_tasks", ("id",), id=event.task_id, **row, **place_in(entry))
        case reaching.ContactAttempted() as event:
            values = {
                "outcome": event.outcome,
                "at": event.attempted_at,
                "note": sealed_note(entry),
                "id": event.task_id,
            }
            settles = {"settles": event.outcome in SETTLING, "version": entry.version}
            connection.execute(ATTEMPT, values | settles)
        case s.AppointmentConfirmed() as event:
            close(connection, event.appointment_id, "confirmed", stay=WORDS)
        case s.AppointmentMoved() as event:
            close(connection, event.appointment_id, "moved")
        case corrections.AppointmentStatusCorrected() as event:
            close(connection, event.appointment_id, "corrected")
        case s.AppointmentCancelled() as event:
            close(connection, event.appointment_id, "cancelled")
        case s.AppointmentArrived() | s.AppointmentFulfilled() | s.AppointmentMissed() as event:
            close(connection, event.appointment_id, "ended")
        case _:
            pass


def sealed_note(entry: Happened) -> Jsonb | None:
    note = kept(entry, "note")
    return None if note is None else Jsonb(note)


def place_in(entry: Happened) -> dict[str, Any]:
    return {"chain_id": entry.chain_id, "version": entry.version}


def close(connection: Connection, appointment_id: UUID, closed_by: str, stay: tuple[str, ...] = ()) -> None:
    values = {"appointment_id": appointment_id, "closed_by": closed_by, "stay": list(stay)}
    connection.execute(CLOSE, values)


VIEWS = (contact_tasks,)

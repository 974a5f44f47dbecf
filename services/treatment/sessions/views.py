"""The read model of sessions: whose they are, where and by whom, and how far they are; all else is in their streams."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from shared.event_store import Happened
from shared.events import treatment_sessions as t
from shared.writing import change, put

WRITE = text(
    "UPDATE sessions SET version = :version, signed_at = CASE WHEN status = 'signed' THEN NULL ELSE signed_at END,"
    " status = CASE WHEN status = 'signed' THEN 'open' ELSE status END WHERE id = :id"
)
"""What is charted after a signature, before the lock, needs another one."""


def sessions(connection: Connection, entry: Happened) -> None:
    """Keep the row of the session."""
    match entry.event:
        case t.SessionStarted() as event:
            put(connection, "sessions", ("id",), **started(event), chain_id=entry.chain_id, version=entry.version)
        case t.SessionLinked() as event:
            write(connection, entry, event.session_id)
            links = {"episode_id": event.episode_id, "appointment_id": event.appointment_id}
            change(connection, "sessions", {"id": event.session_id}, **links)
        case t.SessionSigned() as event:
            signed = {"status": "signed", "signed_at": event.signed_at, "version": entry.version}
            change(connection, "sessions", {"id": event.session_id}, **signed)
        case t.SessionLocked() as event:
            change(connection, "sessions", {"id": event.session_id}, status="locked", version=entry.version)
        case t.SessionCountersigned() as event:
            change(connection, "sessions", {"id": event.session_id}, version=entry.version)
        case t.EnteredInError(entry_id=None) as event:
            change(connection, "sessions", {"id": event.session_id}, status="in_error", version=entry.version)
        case (
            t.MuscleTested()
            | t.MuscleRetested()
            | t.ReleaseApplied()
            | t.ActivationPerformed()
            | t.PainScored()
            | t.BodyChartMarked()
            | t.MovementReassessed()
            | t.BodyworkGiven()
            | t.NoteWritten()
            | t.AdverseReactionRecorded()
            | t.EntryRevised()
            | t.AddendumAppended()
            | t.AmendmentMade()
            | t.EnteredInError()
        ) as event:
            write(connection, entry, event.session_id)
        case _:
            pass


def started(event: t.SessionStarted) -> dict[str, Any]:
    return {
        "id": event.session_id,
        "recorded_client_id": event.client_id,
        "status": "open",
        "episode_id": event.episode_id,
        "appointment_id": event.appointment_id,
        "clinic_id": event.clinic_id,
        "therapist_id": event.therapist_id,
        "started_at": event.started_at,
        "signed_at": None,
    }


def write(connection: Connection, entry: Happened, session_id: UUID) -> None:
    connection.execute(WRITE, {"id": session_id, "version": entry.version})


VIEWS = (sessions,)

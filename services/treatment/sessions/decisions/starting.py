"""A session begins once, with or without its visit and its episode, which may be linked until it is locked."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.treatment.order import must_have_happened
from services.treatment.sessions.state import Session
from shared.decider import Refused
from shared.events.treatment_sessions import SessionLinked, SessionStarted


class SessionExists(Refused):
    """Another session was started under this id."""

    code = "session_exists"


@dataclass(frozen=True, slots=True)
class Start:
    started: SessionStarted
    now: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """Both from now on: the visit, and the episode of care."""

    episode_id: UUID | None
    appointment_id: UUID | None


def start(command: Start, session: Session) -> list[Any]:
    """Nothing when it was started like this before. Raises SessionExists, NotYet."""
    if session.started is not None:
        if replace(command.started, catalogue=session.started.catalogue) == session.started:
            return []
        raise SessionExists
    must_have_happened(command.started.started_at, command.now)
    return [command.started]


def link(command: Link, session: Session) -> list[Any]:
    """Raises SessionLockedAlready and others of `must_be_open`."""
    session.must_stand()
    if (command.episode_id, command.appointment_id) == (session.episode_id, session.appointment_id):
        return []
    session.must_be_open()
    return [
        SessionLinked(
            session_id=session.start.session_id,
            client_id=session.start.client_id,
            episode_id=command.episode_id,
            appointment_id=command.appointment_id,
            therapist_id=session.start.therapist_id,
            started_at=session.start.started_at,
        )
    ]

"""What clients do at home: it is given, changed or stopped, and stands when its session is signed."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from shared.events import treatment_homework as h
from shared.events.treatment_sessions import SessionSigned
from workers.messages import homework
from workers.place import Place


def give(connection: Connection, event: h.HomeworkAssigned, place: Place) -> None:
    homework.give(connection, event, place.chain_id, place.version, place.at)


def change(connection: Connection, event: h.HomeworkRevised, place: Place) -> None:
    homework.change(connection, event, place.version, place.at)


def stop(connection: Connection, event: h.HomeworkStopped, place: Place) -> None:
    homework.stop(connection, event.homework_id, event.client_id, place.at)


def sign(connection: Connection, event: SessionSigned, place: Place) -> None:
    homework.sign(connection, event.session_id, place.at)


HANDLERS: Mapping[type, Callable[[Connection, Any, Place], None]] = {
    h.HomeworkAssigned: give,
    h.HomeworkRevised: change,
    h.HomeworkStopped: stop,
    SessionSigned: sign,
}

WITHOUT_MESSAGES = frozenset({h.HomeworkReported})
"""What changes no message: the client has heard of what they report of."""

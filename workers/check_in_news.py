"""What clients are asked: a question is planned, answered or cancelled; and that a message of it has not arrived."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from shared.events import scheduling_contacts as contacts, treatment_check_ins as c
from workers.messages import check_ins
from workers.messages.questions import is_question
from workers.place import Place

COLUMNS = ("check_in_id", "client_id", "due_on", "due_time", "time_zone")


def ask(connection: Connection, event: c.CheckInPlanned, place: Place) -> None:
    values = {name: getattr(event, name) for name in COLUMNS}
    own = {"chain_id": place.chain_id, "nudge_hours": list(event.nudge_hours)}
    check_ins.want(connection, values | own, as_of=place.at)


def settle(connection: Connection, event: c.CheckInAnswered, place: Place) -> None:
    del place
    check_ins.withdraw(connection, event.check_in_id, "answered")


def withdraw(connection: Connection, event: c.CheckInCancelled, place: Place) -> None:
    del place
    check_ins.withdraw(connection, event.check_in_id, event.cause)


def note_failure(connection: Connection, event: contacts.MessageFailed, place: Place) -> None:
    """A message about a visit is seen to by scheduling itself."""
    del place
    if is_question(event.message_key):
        check_ins.bounced(connection, event.message_key, event.code)


HANDLERS: Mapping[type, Callable[[Connection, Any, Place], None]] = {
    c.CheckInPlanned: ask,
    c.CheckInAnswered: settle,
    c.CheckInCancelled: withdraw,
    contacts.MessageFailed: note_failure,
}

WITHOUT_MESSAGES = frozenset(
    {
        c.CheckInRulesSet,
        c.CheckInOpened,
        c.CheckInSent,
        c.CheckInUndeliverable,
        c.CheckInCorrected,
        c.CheckInsStopped,
        c.CheckInsResumed,
    }
)
"""What changes no message: what is stopped or resumed is cancelled and planned by events of its own."""

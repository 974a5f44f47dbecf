"""The read model of deliveries: for each message, what providers have said of it."""

from typing import Any

from sqlalchemy import Connection

from shared.event_store import Happened
from shared.events import scheduling_contacts as c
from shared.writing import put

ABOUT = ("message_key", "appointment_id", "client_id", "contact_point_id", "channel")


def deliveries(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case c.MessageDelivered():
            note(connection, entry, delivered=True)
        case c.MessageFailed() as event:
            note(connection, entry, failed=event.code)
        case _:
            pass


def note(connection: Connection, entry: Happened, **said: Any) -> None:
    about = {name: getattr(entry.event, name) for name in ABOUT}
    put(connection, "deliveries", ("chain_id", "message_key"), chain_id=entry.chain_id, **about, **said)


VIEWS = (deliveries,)

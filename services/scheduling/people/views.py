"""The read model of clients: one row for each as they are now."""

from sqlalchemy import Connection

from services.scheduling.directory.views import put_fields
from shared.event_store import Happened
from shared.events import scheduling_people as people


def clients(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case people.ClientRegistered() | people.ClientChanged():
            put_fields(connection, "clients", entry, client_id="id")
        case _:
            pass


VIEWS = (clients,)

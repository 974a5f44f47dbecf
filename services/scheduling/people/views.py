"""The read models of clients: one row for each as they were registered, and whom their ids stand for today."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection, text

from services.scheduling.people.identifiers import whole_names
from services.scheduling.people.rules import names_of
from shared import client_clinics
from shared.aliases import follow
from shared.columns import row_of
from shared.event_store import Happened
from shared.events import scheduling_people as people
from shared.writing import change as change_row, put, put_all, remove

# Claims before visits, which is the order in which a cancellation takes them away.
CLAIMS = text("""
    UPDATE claims SET resource_id = :person
    WHERE resource_kind = 'client' AND resource_id = :former AND NOT appointment_id = ANY(CAST(:apart AS uuid[]))
      AND appointment_id IN (SELECT id FROM appointments WHERE booked_client_id = ANY(:ids))
""")
VISITS = text("UPDATE appointments SET client_id = :person WHERE booked_client_id = ANY(:ids)")
# Who has said yes as one person with these ids, has said so of nobody else's wishes.
PERMISSIONS = text("""
    UPDATE permissions SET despite = ARRAY(SELECT unnest(despite) EXCEPT SELECT unnest(CAST(:ids AS uuid[])) ORDER BY 1)
    WHERE despite && CAST(:ids AS uuid[]) AND NOT client_id = ANY(:ids) AND client_id = ANY(ARRAY(
      SELECT unnest(ARRAY[CAST(:person AS uuid), :former])
      UNION ALL SELECT client_id FROM client_aliases WHERE survivor_id IN (:person, :former)))
""")

READABLE = ("name", "called", "birth_date", "external_ids")
"""A client's row is one of the tables of contacts, where people are searched."""


def clients(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case people.ClientRegistered() | people.ClientChanged() as event:
            client = row_of(entry, readable=READABLE) | {
                "external_ids": event.external_ids or {},
                "id": event.client_id,
            }
            del client["client_id"]
            put(connection, "clients", ("id",), **client, chain_id=entry.chain_id, version=entry.version)
            row = {
                "client_id": event.client_id,
                "chain_id": entry.chain_id,
                "names": names_of(event.name, event.called),
                "whole": whole_names(event.name, event.called),
            }
            put(connection, "client_names", ("client_id",), **row)
            external_ids(connection, entry, event.client_id, event.external_ids or {})
        case _:
            pass


def external_ids(connection: Connection, entry: Happened, client_id: UUID, known: Mapping[str, str]) -> None:
    remove(connection, "client_external_ids", client_id=client_id)
    owner = {"client_id": client_id, "chain_id": entry.chain_id}
    rows = [owner | {"system": system, "external_id": each} for system, each in known.items()]
    put_all(connection, "client_external_ids", ("client_id", "system"), rows)


def aliases(connection: Connection, entry: Happened) -> None:
    """Visits and claims go with the person; who books for an old id books for that person."""
    match entry.event:
        case people.ClientsMerged() | people.ClientsUnmerged() as event:
            apart = list(event.apart) if isinstance(event, people.ClientsMerged) else []
            change = follow(connection, entry.chain_id, event)
            values = {"person": change.person, "former": change.former, "ids": change.ids}
            connection.execute(CLAIMS, values | {"apart": apart})
            connection.execute(VISITS, values)
            connection.execute(client_clinics.REGROUP, values)
            connection.execute(PERMISSIONS, values)
            if isinstance(event, people.ClientsMerged):
                change_row(connection, "clients", {"id": event.into_id}, merged_at=event.merged_at)
        case _:
            pass


VIEWS = (clients, aliases, *client_clinics.VIEWS)

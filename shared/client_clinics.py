"""Whose clients somebody is: their home clinic's, and those of each clinic where a visit was ever booked for them.

Who has roles at some clinics only browses the clients of these; anybody else is found by an exact identifier. Whoever
follows scheduling keeps the same table in its read models (`client_clinics.sql`), so a role means the same everywhere.
"""

from collections.abc import Collection
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, text

from shared.event_store import Happened
from shared.events import scheduling as s, scheduling_people as people
from shared.writing import remove

SCRIPT = Path(__file__).with_suffix(".sql")
"""Makes the empty table in a schema of read models, after that of aliases."""

ADD = text("""
    INSERT INTO client_clinics (recorded_client_id, clinic_id, home, chain_id, client_id)
    VALUES (:client_id, :clinic_id, :home, :chain_id, person_of(:client_id)) ON CONFLICT DO NOTHING
""")
REGROUP = text("UPDATE client_clinics SET client_id = :person WHERE recorded_client_id = ANY(:ids)")
OF_CLIENTS = text("""
    SELECT DISTINCT clinic_id FROM client_clinics
    WHERE client_id = ANY(ARRAY(SELECT person_of(id) FROM unnest(CAST(:ids AS uuid[])) AS id)) ORDER BY clinic_id
""")
AMONG = text("SELECT DISTINCT client_id FROM client_clinics WHERE client_id = ANY(:ids) AND clinic_id = ANY(:clinics)")


def clinics_of(connection: Connection, *client_ids: UUID) -> list[UUID]:
    """The clinics whose clients these are, by whatever id."""
    return list(connection.execute(OF_CLIENTS, {"ids": list(client_ids)}).scalars())


def among_clients_of(connection: Connection, clinics: Collection[UUID], persons: Collection[UUID]) -> set[UUID]:
    """Those of these persons who are clients of one of the clinics."""
    return set(connection.execute(AMONG, {"ids": list(persons), "clinics": list(clinics)}).scalars())


def client_clinics(connection: Connection, entry: Happened) -> None:
    """Another home clinic takes the place of the one before; where somebody once had a visit they stay a client."""
    match entry.event:
        case people.ClientRegistered() | people.ClientChanged() as event:
            remove(connection, "client_clinics", recorded_client_id=event.client_id, home=True)
            if event.home_clinic_id is not None:
                add(connection, entry, event.client_id, event.home_clinic_id, home=True)
        case s.AppointmentBooked() | s.AppointmentMoved() as event:
            add(connection, entry, event.client_id, event.clinic_id, home=False)
        case _:
            pass


def add(connection: Connection, entry: Happened, client_id: UUID, clinic_id: UUID, *, home: bool) -> None:
    values = {"client_id": client_id, "clinic_id": clinic_id, "home": home, "chain_id": entry.chain_id}
    connection.execute(ADD, values)


VIEWS = (client_clinics,)

"""One person under several ids: events keep the id they were told of, and readers find whom it stands for today.

Whoever follows scheduling keeps the same small table of aliases in its read models (`aliases.sql`), so a merge or its
undoing changes no more than that table and the rows of those whom it concerns.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, text

from shared.events.scheduling_people import ClientsMerged, ClientsUnmerged

SCRIPT = Path(__file__).with_suffix(".sql")
"""Makes the empty table of aliases in a schema of read models."""

PERSON = text("SELECT person_of(:client_id)")
PERSONS = text("SELECT person_of(id) FROM unnest(CAST(:ids AS uuid[])) AS id")
FOLLOWERS = text("""
    WITH RECURSIVE followers (client_id) AS (
      SELECT CAST(:client_id AS uuid)
      UNION ALL SELECT alias.client_id FROM client_aliases alias JOIN followers ON alias.into_id = followers.client_id
    )
    SELECT client_id FROM followers ORDER BY client_id
""")
LEAD = text("UPDATE client_aliases SET survivor_id = :person WHERE client_id = ANY(:ids)")
JOIN = text("INSERT INTO client_aliases VALUES (:client_id, :chain_id, :into_id, :into_id)")
PART = text("DELETE FROM client_aliases WHERE client_id = :client_id")


@dataclass(frozen=True, slots=True)
class Regrouped:
    """The ids that stood for `former` and stand for `person` from now on."""

    ids: list[UUID]
    former: UUID
    person: UUID


def person_of(connection: Connection, client_id: UUID) -> UUID:
    """Whom a client's id stands for today: mostly themselves."""
    person: UUID = connection.execute(PERSON, {"client_id": client_id}).scalar_one()
    return person


def persons_of(connection: Connection, client_ids: Iterable[UUID]) -> set[UUID]:
    """Whom these ids stand for today."""
    return set(connection.execute(PERSONS, {"ids": list(client_ids)}).scalars())


def followers_of(connection: Connection, client_id: UUID) -> list[UUID]:
    """The client and all who were merged into them, by whatever way."""
    return list(connection.execute(FOLLOWERS, {"client_id": client_id}).scalars())


def follow(connection: Connection, chain_id: UUID, event: ClientsMerged | ClientsUnmerged) -> Regrouped:
    """Keep the aliases as the event says, and tell whose person has changed."""
    ids = followers_of(connection, event.client_id)
    match event:
        case ClientsMerged(client_id=client_id, into_id=into_id):
            connection.execute(LEAD, {"person": into_id, "ids": ids})
            connection.execute(JOIN, {"client_id": client_id, "chain_id": chain_id, "into_id": into_id})
            return Regrouped(ids, former=client_id, person=into_id)
        case ClientsUnmerged(client_id=client_id, from_id=from_id):
            connection.execute(PART, {"client_id": client_id})
            connection.execute(LEAD, {"person": client_id, "ids": ids})
            return Regrouped(ids, former=from_id, person=client_id)

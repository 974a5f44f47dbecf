"""Relations as the rules ask about them, read from the read models in a constant number of statements."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from services.scheduling.relations.rules import Person, Relation, guardians
from services.scheduling.relations.telling import Circle

# Of the people themselves, and of those who may act for them: whether one of these is a minor depends on their own.
RELATIONS = text("""
    WITH asked (id) AS (
      SELECT unnest(CAST(:ids AS uuid[])) UNION SELECT client_id FROM client_aliases WHERE survivor_id = ANY(:ids)
    ), acting (id) AS (
      SELECT person_of(related_client_id) FROM relations WHERE NOT ended AND client_id IN (SELECT id FROM asked)
    ), concerned (id) AS (
      SELECT id FROM asked UNION SELECT id FROM acting
      UNION SELECT client_id FROM client_aliases WHERE survivor_id IN (SELECT id FROM acting)
    )
    SELECT id, kind, person_of(client_id) AS client_id, person_of(related_client_id) AS related_client_id, may, until
    FROM relations WHERE NOT ended AND client_id IN (SELECT id FROM concerned) ORDER BY id
""")
PEOPLE = text("""
    SELECT asked.id AS asked_id, client.id, client.time_zone, client.birth_date
    FROM unnest(CAST(:ids AS uuid[])) AS asked (id) JOIN clients client ON client.id = person_of(asked.id)
""")


def load_circle(connection: Connection, ids: Collection[UUID]) -> Circle:
    """These clients and everybody who may act for them; an id leads to the person whom it stands for today."""
    known = {row.asked_id: person_in(row) for row in connection.execute(PEOPLE, {"ids": list(ids)})}
    rows = connection.execute(RELATIONS, {"ids": list({each.id for each in known.values()})}).all()
    others = {each for row in rows for each in (row.client_id, row.related_client_id)} - known.keys()
    people = connection.execute(PEOPLE, {"ids": list(others)}) if others else ()
    return Circle(known | {row.asked_id: person_in(row) for row in people}, tuple(map(relation_of, rows)))


def person_in(row: Any) -> Person:
    return Person(id=row.id, time_zone=row.time_zone, birth_date=row.birth_date)


def guards_of(connection: Connection, client_id: UUID, now: datetime) -> set[UUID]:
    """Everybody who is a guardian of this client, or of one of their guardians, and so on."""
    found: set[UUID] = set()
    asked: Iterable[UUID] = (client_id,)
    while asked:
        circle = load_circle(connection, list(asked))
        above = {each.related_id for one in asked for each in guardians(circle.relations, circle.people[one], now)}
        asked = above - found
        found |= above
    return found


def relation_of(row: Any) -> Relation:
    return Relation(
        id=row.id,
        kind=row.kind,
        client_id=row.client_id,
        related_id=row.related_client_id,
        may=frozenset(row.may),
        until=row.until,
    )

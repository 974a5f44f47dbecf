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
    SELECT id, kind, client_id, related_client_id, may, until FROM relations
    WHERE NOT ended AND (client_id = ANY(:ids)
      OR client_id IN (SELECT related_client_id FROM relations WHERE client_id = ANY(:ids) AND NOT ended))
    ORDER BY id
""")
PEOPLE = text("SELECT id, time_zone, birth_date FROM clients WHERE id = ANY(:ids)")


def load_circle(connection: Connection, ids: Collection[UUID]) -> Circle:
    """These clients and everybody who may act for them."""
    rows = connection.execute(RELATIONS, {"ids": list(ids)}).all()
    everybody = {*ids, *(row.client_id for row in rows), *(row.related_client_id for row in rows)}
    people = connection.execute(PEOPLE, {"ids": list(everybody)})
    return Circle(
        people={row.id: Person(id=row.id, time_zone=row.time_zone, birth_date=row.birth_date) for row in people},
        relations=tuple(map(relation_of, rows)),
    )


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

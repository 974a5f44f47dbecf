"""Clients as the API shows them: one person once, with the ids of those who were merged into them."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from shared.aliases import person_of
from shared.decider import Gone, NotThere
from shared.http.paging import page, read_cursor

PERSONS = """
    SELECT clients.*, ARRAY(
      SELECT client_id FROM client_aliases WHERE survivor_id = clients.id ORDER BY client_id
    ) AS merged_ids
    FROM clients
"""
ONE = text(f"{PERSONS} WHERE id = :id")
LISTED = text(f"""{PERSONS}
    WHERE NOT EXISTS (SELECT FROM client_aliases WHERE client_id = clients.id) AND NOT erased
      AND (CAST(:after AS uuid) IS NULL OR id > :after)
    ORDER BY id LIMIT :most
""")


def person(connection: Connection, client_id: UUID) -> Row[Any]:
    """Whom a client's id stands for today; raises NotThere, and Gone when they were erased."""
    row = connection.execute(ONE, {"id": person_of(connection, client_id)}).first()
    if row is None:
        raise NotThere
    if row.erased:
        raise Gone
    return row


def list_persons(connection: Connection, query: dict[str, Any]) -> dict[str, Any]:
    """One page of the chain's clients in the order of their registration."""
    after = read_cursor(query["cursor"], tuple[UUID])
    values = {"after": after[0] if after else None, "most": query["limit"] + 1}
    return page(connection.execute(LISTED, values).all(), query["limit"], lambda row: (row.id,))

"""Clients as the API shows them: one person once, with the ids of those who were merged into them."""

from collections.abc import Collection
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
# Of each clinic as many as there are on a page, by an index; then those of all clinics in one order.
LISTED_AT = text(f"""
    SELECT shown.* FROM (
      SELECT DISTINCT here.client_id FROM unnest(CAST(:clinics AS uuid[])) AS clinic (id), LATERAL (
        SELECT DISTINCT own.client_id FROM client_clinics own
        WHERE own.clinic_id = clinic.id AND own.client_id > :after
          AND NOT EXISTS (SELECT FROM clients gone WHERE gone.id = own.client_id AND gone.erased)
        ORDER BY own.client_id LIMIT :most
      ) AS here ORDER BY here.client_id LIMIT :most
    ) AS found JOIN ({PERSONS}) AS shown ON shown.id = found.client_id ORDER BY shown.id
""")  # noqa: S608 - constants only
BEFORE_ALL = UUID(int=0)


def person(connection: Connection, client_id: UUID) -> Row[Any]:
    """Whom a client's id stands for today; raises NotThere, and Gone when they were erased."""
    row = connection.execute(ONE, {"id": person_of(connection, client_id)}).first()
    if row is None:
        raise NotThere
    if row.erased:
        raise Gone
    return row


def person_id(connection: Connection, client_id: UUID) -> UUID:
    """The same person's id alone."""
    found: UUID = person(connection, client_id).id
    return found


def list_persons(
    connection: Connection, query: dict[str, Any], clinics: Collection[UUID] | None = None
) -> dict[str, Any]:
    """One page of the chain's clients in the order of their registration, or of those of some clinics."""
    after = read_cursor(query["cursor"], tuple[UUID])
    values: dict[str, Any] = {"most": query["limit"] + 1}
    if clinics is None:
        rows = connection.execute(LISTED, values | {"after": after and after[0]}).all()
    else:
        values |= {"clinics": list(clinics), "after": after[0] if after else BEFORE_ALL}
        rows = connection.execute(LISTED_AT, values).all()
    return page(rows, query["limit"], lambda row: (row.id,))

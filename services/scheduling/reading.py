"""Reading one row or one page of a view; row-level security and the active schema are the connection's."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from shared.decider import Gone, NotThere
from shared.http.paging import page, read_cursor
from shared.http.problems import BadFields

ERASED = text("SELECT EXISTS (SELECT FROM clients WHERE id = ANY(:ids) AND erased)")
UNKNOWN = ["There is nothing with this id."]


def find(connection: Connection, table: str, row_id: UUID, **also: Any) -> Row[Any]:
    """The row with this id, which must also match `also`; raises NotThere, and Gone for a client who was erased."""
    conditions = "".join(f" AND {column} = :{column}" for column in also)
    sql = text(f"SELECT * FROM {table} WHERE id = :id{conditions}")  # noqa: S608 - names from our own code
    row = connection.execute(sql, {"id": row_id} | also).first()
    if row is None:
        raise NotThere
    if getattr(row, "erased", False):
        raise Gone
    return row


def list_by_id(connection: Connection, table: str, query: dict[str, Any], **also: Any) -> dict[str, Any]:
    """One page of a table in the order of ids, of the rows that match `also`."""
    after = read_cursor(query["cursor"], tuple[UUID])
    conditions = "".join(f" AND {column} = :{column}" for column in also)
    keyset = " AND id > :after" if after else ""
    sql = text(f"SELECT * FROM {table} WHERE true{conditions}{keyset} ORDER BY id LIMIT :most")  # noqa: S608 - as above
    values = also | {"after": after[0] if after else None, "most": query["limit"] + 1}
    return page(connection.execute(sql, values).all(), query["limit"], lambda row: (row.id,))


def must_exist(connection: Connection, **fields: tuple[str, Iterable[UUID | None]]) -> None:
    """Raise BadFields naming each field with an id that is not in its table: `clinic_id=("clinics", [clinic_id])`.

    None stands for what was not given. Raises Gone where one of the clients was erased.
    """
    wanted = {field: {each for each in ids if each is not None} for field, (_, ids) in fields.items()}
    counts = (
        f"(SELECT count(*) FROM {table} WHERE id = ANY(:{field})) AS {field}"  # noqa: S608 - names from our own code
        for field, (table, _) in fields.items()
    )
    ids = {field: list(each) for field, each in wanted.items()}
    found = connection.execute(text(f"SELECT {', '.join(counts)}"), ids).mappings().one()
    if faults := {field: UNKNOWN for field, each in wanted.items() if found[field] != len(each)}:
        raise BadFields(**faults)
    must_be_known(
        connection, {each for field, (table, _) in fields.items() if table == "clients" for each in wanted[field]}
    )


def must_be_known(connection: Connection, client_ids: Iterable[UUID]) -> None:
    """Raises Gone when one of these clients was erased."""
    ids = list(client_ids)
    if ids and connection.execute(ERASED, {"ids": ids}).scalar():
        raise Gone

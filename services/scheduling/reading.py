"""Reading one row or one page of a view; row-level security and the active schema are the connection's."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from shared.decider import NotThere
from shared.http.paging import page, read_cursor
from shared.http.problems import BadFields


def find(connection: Connection, table: str, row_id: UUID, **also: Any) -> Row[Any]:
    """The row with this id, which must also match `also`; raises NotThere."""
    conditions = "".join(f" AND {column} = :{column}" for column in also)
    sql = text(f"SELECT * FROM {table} WHERE id = :id{conditions}")  # noqa: S608 - names from our own code
    row = connection.execute(sql, {"id": row_id} | also).first()
    if row is None:
        raise NotThere
    return row


def list_by_id(connection: Connection, table: str, query: dict[str, Any], **also: Any) -> dict[str, Any]:
    """One page of a table in the order of ids, of the rows that match `also`."""
    after = read_cursor(query["cursor"], tuple[UUID])
    conditions = "".join(f" AND {column} = :{column}" for column in also)
    keyset = " AND id > :after" if after else ""
    sql = text(f"SELECT * FROM {table} WHERE true{conditions}{keyset} ORDER BY id LIMIT :most")  # noqa: S608 - as above
    values = also | {"after": after[0] if after else None, "most": query["limit"] + 1}
    return page(connection.execute(sql, values).all(), query["limit"], lambda row: (row.id,))


def must_exist(connection: Connection, table: str, field: str, *ids: UUID) -> None:
    """Raise BadFields naming `field` unless every id is in the table."""
    sql = text(f"SELECT count(*) FROM {table} WHERE id = ANY(:ids)")  # noqa: S608 - as above
    if connection.execute(sql, {"ids": list(set(ids))}).scalar_one() != len(set(ids)):
        raise BadFields(**{field: ["There is nothing with this id."]})

"""Reading one row or one page of a view; row-level security and the active schema are the connection's."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from shared.auth import Caller
from shared.decider import Gone, NotThere
from shared.http.paging import page, read_cursor

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


def clinics_to_list(caller: Caller, wanted: UUID | None) -> list[UUID] | None:
    """The clinics of which the caller gets a list: the wanted one, else all where their roles hold; None is the chain.

    Raises NotAllowed for one where no role holds.
    """
    if wanted is not None:
        caller.must_act_at(wanted)
        return [wanted]
    return None if caller.clinics is None else sorted(caller.clinics)

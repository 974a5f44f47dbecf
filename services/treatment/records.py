"""What is in a client's record under one id: opened before it is read, and its person locked while it is changed."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.treatment.reading import read_streams
from shared.aliases import followers_of, person_of
from shared.catalogue.targets import CATALOGUE
from shared.decider import NotThere
from shared.event_store import Happened
from shared.http.operations import Call, parts
from shared.http.paging import page, read_cursor
from shared.http.problems import BadFields
from shared.locks import lock
from shared.reading import UNKNOWN, find

NO_TARGET = ["The catalogue has no such target, or it is not on this side."]


def begin(call: Call, client_id: UUID) -> UUID:
    """The person whose record it is, who is locked from here on; raises unless the caller may see it."""
    call.record(client_id)
    person = person_of(call.connection, client_id)
    lock(call.connection, ("client", [person]))
    return person


def begin_with(call: Call, table: str, row_id: UUID) -> tuple[UUID, Row[Any]]:
    """The same of the person of a row with this id. Raises NotThere."""
    row = find(call.connection, table, row_id)
    return begin(call, row.recorded_client_id), row


def opened(call: Call, table: str, row_id: UUID) -> Row[Any]:
    """A row whose record the caller may see; raises NotThere, and what the gate raises."""
    row = find(call.connection, table, row_id)
    call.record(row.recorded_client_id)
    return row


def ids_of(call: Call, client_id: UUID) -> list[UUID]:
    """All ids under which something of this person may have been recorded."""
    return followers_of(call.connection, person_of(call.connection, client_id))


def must_be_theirs(call: Call, person: UUID, **named: tuple[str, UUID | None]) -> None:
    """Raise BadFields naming each field with an id that its table does not have of this person."""
    faults = {
        field: UNKNOWN
        for field, (table, row_id) in named.items()
        if row_id and not is_theirs(call, person, table, row_id)
    }
    if faults:
        raise BadFields(**faults)


def is_theirs(call: Call, person: UUID, table: str, row_id: UUID) -> bool:
    sql = text(f"SELECT person_of(recorded_client_id) = :person FROM {table} WHERE id = :id")  # noqa: S608 - our own names
    return bool(call.connection.execute(sql, {"person": person, "id": row_id}).scalar())


def listed(call: Call, table: str, query: dict[str, Any], **also: Any) -> dict[str, Any]:
    """One page of the rows of a client that match what is not None of `also`, in the order of ids."""
    wanted = {column: value for column, value in also.items() if value is not None}
    conditions = "".join(f" AND {column} = :{column}" for column in wanted)
    after = read_cursor(query["cursor"], tuple[UUID])
    keyset = " AND id > :after" if after else ""
    sql = text(
        f"SELECT * FROM {table} WHERE chain_id = :chain_id AND recorded_client_id = ANY(:ids){conditions}{keyset}"  # noqa: S608 - names from our own code
        " ORDER BY id LIMIT :most"
    )
    values = wanted | {"chain_id": call.chain_id, "ids": ids_of(call, query["client_id"]), "most": query["limit"] + 1}
    rows = call.connection.execute(sql, values | {"after": after[0] if after else None}).all()
    return page(rows, query["limit"], lambda row: (row.id,))


def told(call: Call, streams: Collection[str], query: dict[str, Any] | None = None) -> dict[str, list[Happened]]:
    """What the streams tell, as of the moment that the query names."""
    asked = query or {"as_of": None, "happened_by": None}
    by: datetime | None = asked["happened_by"]
    found = read_streams(call.connection, parts().database.sealer, call.chain_id, streams, asked["as_of"])
    return {
        stream: [entry for _, entry in entries if by is None or entry.event.happened_at <= by]
        for stream, entries in found.items()
    }


def one(call: Call, stream: str, query: dict[str, Any]) -> list[Happened]:
    """What one stream tells; raises NotThere where it had not begun by then."""
    entries = told(call, [stream], query)[stream]
    if not entries:
        raise NotThere
    return entries


def happened(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """A body with the moment of what it tells: now, unless it says another."""
    return body | {"happened_at": body["happened_at"] or call.now}


def faults_of_place(field: str, target: str, side: Any) -> dict[str, list[str]]:
    """What is wrong with a target and its side, by the field that is to be named."""
    is_there = CATALOGUE.has(target) and CATALOGUE.allows(target, side)
    return {} if is_there else {field: NO_TARGET}


def name_of(target: str, catalogue: int) -> str:
    """The target's name, as the catalogue had it in that version."""
    return CATALOGUE.find(target, catalogue).name

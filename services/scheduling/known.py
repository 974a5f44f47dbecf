"""Whether what a request names is there; row-level security and the active schema are the connection's."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, text

from shared.decider import Gone
from shared.http.problems import BadFields
from shared.reading import UNKNOWN

ERASED = text("SELECT EXISTS (SELECT FROM clients WHERE id = ANY(:ids) AND erased)")


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

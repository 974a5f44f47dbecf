"""The facts of a few persons alone: while they are laid out, who reads the facts of a chain reads these and no others.

They lie in temporary tables of the same names, so what reads them is what reads the facts of everybody, and as exact.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import Connection, text

OF_CLIENT = "client_id = ANY(:clients)"
CHOSEN: Mapping[str, str] = {
    "visit_places": "appointment_id IN (SELECT appointment_id FROM {from_}.report_visit_places"
    " WHERE chain_id = :chain_id AND client_id = ANY(:clients))",
    "visit_states": "appointment_id IN (SELECT appointment_id FROM {from_}.report_visit_places"
    " WHERE chain_id = :chain_id AND client_id = ANY(:clients))",
    "session_steps": OF_CLIENT,
    "entries": "session_id IN (SELECT session_id FROM {from_}.report_session_steps"
    " WHERE chain_id = :chain_id AND client_id = ANY(:clients))",
    "episode_steps": OF_CLIENT,
    "pattern_steps": OF_CLIENT,
    "check_in_steps": OF_CLIENT,
    "alert_steps": OF_CLIENT,
    "attempts": OF_CLIENT,
    "calendar": "false",
}
"""The tables, and which of their rows are those of the persons; calendars are of nobody."""

SCHEMA = text("SELECT current_schema()")

# Said, not left to the server's habit: a statement that it has prepared for the facts of all is planned anew for these.
READ_FEW = text("SELECT set_config('search_path', 'pg_temp, ' || :schema || ', public', true)")
READ_ALL = text("SELECT set_config('search_path', :schema || ', public', true)")


@contextmanager
def only(connection: Connection, chain_id: UUID, clients: Collection[UUID]) -> Iterator[None]:
    """Lay out the facts of these clients, under whatever ids each was known; persons are told apart as by all facts.

    The connection has entered the read models; when what is done with it fails, its transaction is at an end.
    """
    from_ = connection.execute(SCHEMA).scalar_one()
    values = {"chain_id": chain_id, "clients": sorted(clients)}
    for table, condition in CHOSEN.items():
        connection.execute(text(laid_out(table, from_, condition)), values)
        connection.execute(text(f"ANALYZE pg_temp.report_{table}"))
    connection.execute(READ_FEW, {"schema": from_})
    yield
    connection.execute(READ_ALL, {"schema": from_})
    for table in CHOSEN:
        connection.execute(text(f"DROP TABLE pg_temp.report_{table}"))


def laid_out(table: str, from_: str, condition: str) -> str:
    chosen = f"chain_id = :chain_id AND {condition.format(from_=from_)}"
    rows = f"SELECT * FROM {from_}.report_{table} WHERE {chosen}"  # noqa: S608 - names of ours
    return f"CREATE TEMPORARY TABLE pg_temp.report_{table} ON COMMIT DROP AS {rows}"

"""Makes the databases and their roles, any number of times: no role is a superuser, none passes row-level security.

Of each database the owner migrates, `api` serves, and `reader` reads the log of all chains; who may touch which
table is granted by the migrations.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from shared.settings import DatabaseSettings

PREPARING = 7_305_113_000_000_001  # an advisory lock: two `synergist migrate` at once take turns

# JIT costs the city search 230 ms; a booking that cannot have its lock in time is told to come again.
SETTINGS: Mapping[str, Mapping[LiteralString, str]] = {
    "api": {
        "jit": "off",
        "lock_timeout": "5s",
        "statement_timeout": "15s",
        "idle_in_transaction_session_timeout": "60s",
    },
    "reader": {"jit": "off", "idle_in_transaction_session_timeout": "10min"},
    "owner": {"jit": "off", "lock_timeout": "30s"},
}


@dataclass(frozen=True, slots=True)
class Login:
    role: str
    password: str
    database: str

    @classmethod
    def of(cls, url: str) -> "Login":
        """Raises ValueError when the URL names no user, password or database."""
        parts = conninfo_to_dict(url)
        login = cls(*(str(parts.get(name) or "") for name in ("user", "password", "dbname")))
        if not (login.role and login.password and login.database):
            raise ValueError(f"user, password and database are needed in the URL of role {login.role!r}")
        return login


def prepare_databases(admin_url: str, databases: Iterable[DatabaseSettings]) -> None:
    """Make the roles and databases that the URLs of `databases` name, with their passwords; `admin_url` may do so.

    What exists is kept and brought up to date. Raises ValueError for a URL without user, password or database.
    """
    logins = [_logins(database) for database in databases]
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [PREPARING])
        for roles in logins:
            for kind, login in roles.items():
                _make_role(connection, login, kind)
            _make_database(connection, roles)


def _logins(database: DatabaseSettings) -> dict[str, Login]:
    given = {"api": database.api, "reader": database.reader, "owner": database.migrate}
    roles = {kind: Login.of(url) for kind, url in given.items() if url}
    if len({login.database for login in roles.values()}) > 1:
        raise ValueError(f"the roles {[login.role for login in roles.values()]} must share one database")
    return roles


def _make_role(connection: psycopg.Connection, login: Login, kind: str) -> None:
    role = sql.Identifier(login.role)
    found = connection.execute(
        "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", [login.role]
    ).fetchone()
    if found is None:
        connection.execute(sql.SQL("CREATE ROLE {}").format(role))
    elif found[0]:
        raise ValueError(f"the role {login.role} would pass row-level security; give Synergist a role of its own")
    # Only the verifier travels, so the password shows up in no log of the server.
    verifier = connection.pgconn.encrypt_password(login.password.encode(), login.role.encode(), b"scram-sha-256")
    connection.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(verifier.decode())))
    for name, value in SETTINGS[kind].items():
        connection.execute(sql.SQL("ALTER ROLE {} SET {} = {}").format(role, sql.Identifier(name), sql.Literal(value)))


def _make_database(connection: psycopg.Connection, roles: Mapping[str, Login]) -> None:
    owner = roles["owner"]
    database, owner_role = sql.Identifier(owner.database), sql.Identifier(owner.role)
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [owner.database]).fetchone():
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(owner_role))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8'").format(database, owner_role))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    for login in roles.values():
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(login.role)))

"""Writing rows of views: one statement for each change, the same when live and when replayed."""

from collections.abc import Sequence
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Connection, text


def put(connection: Connection, table: str, key: tuple[str, ...], **values: Any) -> None:
    """Insert a row, or replace its other columns when the key is there."""
    put_all(connection, table, key, [values])


def put_all(connection: Connection, table: str, key: tuple[str, ...], rows: Sequence[dict[str, Any]]) -> None:
    """Insert or replace rows that all have the same columns, in their order."""
    if not rows:
        return
    columns = ", ".join(rows[0])
    marks = ", ".join(f":{column}" for column in rows[0])
    changes = ", ".join(f"{column} = excluded.{column}" for column in rows[0] if column not in key)
    sql = f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"  # noqa: S608
    connection.execute(text(sql), [adapted(row) for row in rows])


def change(connection: Connection, table: str, key: dict[str, Any], **values: Any) -> None:
    """Set columns of the row with this key."""
    changes = ", ".join(f"{column} = :{column}" for column in values)
    where = " AND ".join(f"{column} = :key_{column}" for column in key)
    sql = text(f"UPDATE {table} SET {changes} WHERE {where}")  # noqa: S608 - names from our own code
    connection.execute(sql, adapted(values) | {f"key_{column}": value for column, value in key.items()})


def change_all(connection: Connection, table: str, key: tuple[str, ...], rows: Sequence[dict[str, Any]]) -> None:
    """Set columns of the rows with these keys; all have the same columns."""
    if not rows:
        return
    changes = ", ".join(f"{column} = :{column}" for column in rows[0] if column not in key)
    where = " AND ".join(f"{column} = :{column}" for column in key)
    connection.execute(text(f"UPDATE {table} SET {changes} WHERE {where}"), [adapted(row) for row in rows])  # noqa: S608


def remove(connection: Connection, table: str, **key: Any) -> None:
    """Delete the rows with this key."""
    where = " AND ".join(f"{column} = :{column}" for column in key)
    connection.execute(text(f"DELETE FROM {table} WHERE {where}"), key)  # noqa: S608 - as above


def adapted(values: dict[str, Any]) -> dict[str, Any]:
    """The values with mappings marked as JSON; a list is an array unless it comes as Jsonb."""
    return {name: Jsonb(value) if isinstance(value, dict) else value for name, value in values.items()}

"""What somebody who is a superuser of a database may do to its logs: no trigger and no policy is in their way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Engine

from shared.hash_chain import hash_of
from shared.heads import LogName
from shared.verify import READERS
from tests.support.servers import ServerFarm

TABLES: dict[LogName, tuple[str, str]] = {"events": ("events", "log_heads"), "access": ("access_log", "access_heads")}
CONTENT: dict[LogName, dict[str, Any]] = {"events": {"stream": "forged"}, "access": {"actor": "nobody"}}
"""What a forger would have a row say."""


@dataclass(frozen=True)
class Forger:
    """One partition of a log of the database behind `reader`, in the hands of a superuser."""

    url: str
    reader: Engine
    log: LogName
    partition: int

    @classmethod
    def of(cls, servers: ServerFarm, release: str, reader: Engine, log: LogName, partition: int) -> "Forger":
        admin = urlsplit(servers.postgres(release).url)._replace(path=f"/{reader.url.database}").geturl()
        return cls(admin, reader, log, partition)

    def run(self, statement: str, *values: Any) -> None:
        """A statement about `{rows}` or `{heads}`."""
        rows, heads = TABLES[self.log]
        with psycopg.connect(self.url) as superuser:
            superuser.execute("SET session_replication_role = replica")  # no trigger
            query = sql.SQL(statement).format(rows=sql.Identifier(rows), heads=sql.Identifier(heads))
            superuser.execute(query, values)

    def rows(self) -> list[Any]:
        with self.reader.connect() as connection:
            return list(READERS[self.log](connection, self.partition, 0, 1000))

    def alter(self, position: int) -> None:
        (column, value), *_ = CONTENT[self.log].items()
        self.run(f"UPDATE {{rows}} SET {column} = %s WHERE partition = %s AND position = %s", value, *self.at(position))

    def remove(self, position: int) -> None:
        self.run("DELETE FROM {rows} WHERE partition = %s AND position = %s", *self.at(position))

    def exchange(self, one: int, other: int) -> None:
        for before, after in ((one, -1), (other, one), (-1, other)):
            self.run("UPDATE {rows} SET position = %s WHERE partition = %s AND position = %s", after, *self.at(before))

    def insert(self, position: int, like: int) -> None:
        row = next(row for row in self.rows() if row.position == like)
        self.put([replace(row, position=position, **self.own())])

    def cut(self, last: int) -> None:
        self.run("DELETE FROM {rows} WHERE partition = %s AND position > %s", self.partition, last)

    def put_back_the_counter(self) -> None:
        last = self.rows()[-1]
        self.run(
            "UPDATE {heads} SET position = %s, hash = %s WHERE partition = %s", last.position, last.hash, self.partition
        )

    def rewrite(self, change: Callable[[list[Any]], Sequence[Any]]) -> None:
        """Have the partition hold what `change` makes of its rows, every place and hash made anew, the counter too."""
        before, told = bytes(32), []
        for position, row in enumerate(change(self.rows()), start=1):
            linked = replace(row, position=position, prev_hash=before)
            told.append(replace(linked, hash=hash_of(linked)))
            before = told[-1].hash
        self.cut(0)
        self.put(told)
        self.put_back_the_counter()

    def forged(self, row: Any) -> Any:
        return replace(row, **CONTENT[self.log])

    def own(self) -> dict[str, Any]:
        """What makes a copied event one of its own."""
        return {"stream": "forged", "version": 1} if self.log == "events" else {}

    def put(self, rows: Sequence[Any]) -> None:
        for row in rows:
            names = [each.name for each in fields(row)]
            values = [Jsonb(v) if isinstance(v, dict) else v for v in (getattr(row, name) for name in names)]
            marks = ", ".join(["%s"] * len(names))
            self.run(f"INSERT INTO {{rows}} ({', '.join(names)}) VALUES ({marks})", *values)

    def at(self, position: int) -> tuple[int, int]:
        return self.partition, position

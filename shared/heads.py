"""Where each partition of a log ends: the last position and its hash, as of one moment for all sixteen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, TextClause, text

LogName = Literal["events", "access"]
"""The logs of a service: what happened, and who looked."""

HEADS: Mapping[LogName, TextClause] = {
    "events": text("SELECT partition, position, hash FROM log_heads ORDER BY partition"),
    "access": text("SELECT partition, position, hash FROM access_heads ORDER BY partition"),
}


@dataclass(frozen=True, slots=True)
class Head:
    """The last row of a partition; position 0 and 32 zero bytes before the first."""

    position: int
    hash: bytes


EMPTY = Head(0, bytes(32))


def read_heads(connection: Connection, log: LogName = "events") -> dict[int, Head]:
    """The head of every partition; only the reader's role may ask."""
    return {row.partition: Head(row.position, bytes(row.hash)) for row in connection.execute(HEADS[log])}

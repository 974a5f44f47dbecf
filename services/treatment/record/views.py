"""Which streams a client's record stands in: one row for each, so that all of it is read by one query."""

from typing import Literal, TypeAlias, get_args

from sqlalchemy import Connection

from shared.event_store import Happened
from shared.writing import put

Kind: TypeAlias = Literal[
    "history", "episode", "session", "pattern", "homework", "alert", "check_ins", "amendment_request"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""What streams of records are called before their first dash. Each of their events names its client."""


def record_streams(connection: Connection, entry: Happened) -> None:
    """Note a stream of a record with its first event."""
    kind, _, _ = entry.stream.partition("-")
    if entry.version == 1 and kind in KINDS:
        put(
            connection,
            "record_streams",
            ("chain_id", "stream"),
            chain_id=entry.chain_id,
            stream=entry.stream,
            kind=kind,
            recorded_client_id=entry.event.client_id,
        )


VIEWS = (record_streams,)

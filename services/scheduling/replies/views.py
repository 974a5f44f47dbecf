"""The read model of replies: one row for each, as it was understood."""

from sqlalchemy import Connection

from shared.columns import row_of
from shared.event_store import Happened
from shared.events import scheduling_reaching as reaching
from shared.writing import put


def replies(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case reaching.ReplyReceived():
            row = row_of(entry)
            put(connection, "replies", ("id",), id=row.pop("reply_id"), chain_id=entry.chain_id, **row)
        case _:
            pass


VIEWS = (replies,)

"""The read model of exports: which was made for whom, so that who asked for one can fetch it."""

from sqlalchemy import Connection

from shared.event_store import Happened
from shared.events import scheduling_export as x
from shared.writing import put


def exports(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case x.ClientExported() as event:
            put(
                connection,
                "exports",
                ("id",),
                id=event.export_id,
                chain_id=entry.chain_id,
                client_id=event.client_id,
                asked_by=entry.metadata.actor,
                exported_at=event.exported_at,
            )
        case _:
            pass


VIEWS = (exports,)

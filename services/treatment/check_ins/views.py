"""The read models of check-ins: whose each is, and when the chain asks; all else is in the streams of their clients."""

from sqlalchemy import Connection

from shared.columns import as_json
from shared.event_store import Happened
from shared.events import treatment_check_ins as c
from shared.writing import put


def check_ins(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case c.CheckInPlanned(check_in_id=check_in_id, client_id=client_id):
            put(
                connection,
                "check_ins",
                ("id",),
                id=check_in_id,
                chain_id=entry.chain_id,
                recorded_client_id=client_id,
            )
        case c.CheckInRulesSet() as event:
            put(
                connection,
                "check_in_rules",
                ("chain_id",),
                chain_id=entry.chain_id,
                version=entry.version,
                content=as_json(event),
            )
        case _:
            pass


VIEWS = (check_ins,)

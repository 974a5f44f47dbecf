"""The read model of clients' requests: whose, about which session, and by when they want an answer."""

from sqlalchemy import Connection

from shared.event_store import Happened
from shared.events import treatment_requests as q
from shared.writing import change, put


def amendment_requests(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case q.AmendmentRequestedByClient() as event:
            put(
                connection,
                "amendment_requests",
                ("id",),
                id=event.request_id,
                chain_id=entry.chain_id,
                recorded_client_id=event.client_id,
                version=entry.version,
                status="open",
                session_id=event.session_id,
                requested_on=event.requested_on,
                due_on=event.due_on,
            )
        case q.AmendmentRequestAccepted() as event:
            answered = {"status": "accepted", "version": entry.version}
            change(connection, "amendment_requests", {"id": event.request_id}, **answered)
        case q.AmendmentRequestDeclined() as event:
            answered = {"status": "declined", "version": entry.version}
            change(connection, "amendment_requests", {"id": event.request_id}, **answered)
        case q.DisagreementStated() as event:
            change(connection, "amendment_requests", {"id": event.request_id}, version=entry.version)
        case _:
            pass


VIEWS = (amendment_requests,)

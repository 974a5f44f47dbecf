"""The read model of links that were asked for and lead to no visit: so that who sends one knows where it goes."""

from sqlalchemy import Connection

from services.scheduling.fresh_links.decider import EVENTS
from shared.event_store import Happened
from shared.events import scheduling_links as x
from shared.events.scheduling_links import Letters
from shared.writing import put

PURPOSES: dict[type, Letters] = {event: purpose for purpose, event in EVENTS.items()}


def link_requests(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case x.ExportLinkAsked() | x.ContactCheckAsked() | x.AddressNoticeAsked() as event:
            put(
                connection,
                "link_requests",
                ("id",),
                id=event.request_id,
                chain_id=entry.chain_id,
                purpose=PURPOSES[type(event)],
                client_id=event.client_id,
                contact_point_id=event.contact_point_id,
                asked_at=event.asked_at,
                good_until=event.good_until,
            )
        case _:
            pass


VIEWS = (link_requests,)

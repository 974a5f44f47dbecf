"""To which of a person's addresses a link for a purpose may go: asked when it is asked for, sent, and opened.

Nothing goes to minors, to addresses that are blocked, or to those that the client has left. What is known about a
client goes by e-mail alone, to an address that is known to be theirs and that nobody else of the chain has.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from services.scheduling.contacts.shared import shared_points
from services.scheduling.relations.load import load_circle
from services.scheduling.relations.telling import adults
from shared.events.scheduling_links import Errands

# The newest first.
POINTS = text("""
    SELECT point.id, point.kind, point.address, point.verified, client.locale, client.time_zone
    FROM contact_points point JOIN clients client ON client.id = point.client_id
    WHERE point.client_id = :person AND point.blocked IS NULL AND NOT point.replaced AND NOT client.erased
    ORDER BY point.place DESC
""")


def fit(connection: Connection, purpose: Errands, person: UUID, now: datetime) -> dict[UUID, Row[Any]]:
    """The addresses by id, the one to use first."""
    if not adults([person], load_circle(connection, {person}), now):
        return {}
    found = {row.id: row for row in connection.execute(POINTS, {"person": person})}
    if purpose == "contact_check":
        return found
    own = {key: row for key, row in found.items() if row.kind == "email" and row.verified}
    shared = shared_points(connection, own)
    return {key: row for key, row in own.items() if key not in shared}

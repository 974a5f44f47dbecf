"""To which of a person's addresses a link for a purpose may go: asked when it is asked for, sent, and opened.

Nothing goes to minors, to addresses that are blocked, or to those that the client has left. What is known about a
client goes by e-mail alone, to an address that has been known to be theirs for a while and that nobody else of the
chain has.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from services.scheduling.contacts.shared import shared_points
from services.scheduling.relations.load import load_circle
from services.scheduling.relations.telling import adults
from shared.events.scheduling_links import Errands

SETTLED_AFTER = timedelta(days=7)
"""For so long an address gets nothing of what is known about a client after it was verified, and so after it was added.

Whoever verifies an address has chosen it: at the desk, or by a tap of whoever reads there. So has whoever opens one
that was closed, and whoever merges a client into the one who has it. A week is time for somebody at the clinic or
for the client to see that it is another one.
"""

# The newest first.
POINTS = text("""
    SELECT point.id, point.kind, point.address, point.verified,
      greatest(point.verified_at, point.unblocked_at, client.merged_at) AS theirs_since, client.locale, client.time_zone
    FROM contact_points point JOIN clients client ON client.id = point.client_id
    WHERE point.client_id = :person AND point.blocked IS NULL AND NOT point.replaced AND NOT client.erased
    ORDER BY point.place DESC
""")

# Those that were left are among them: they are told of it.
KNOWN_AS_OWN = text("""
    SELECT point.id, point.address, client.locale
    FROM contact_points point JOIN clients client ON client.id = point.client_id
    WHERE point.client_id = :person AND point.id = ANY(:ids) AND point.kind = 'email'
      AND point.verified IS NOT NULL AND point.blocked IS NULL AND NOT client.erased
    ORDER BY point.place
""")


def fit(connection: Connection, purpose: Errands, person: UUID, now: datetime) -> dict[UUID, Row[Any]]:
    """The addresses by id, the one to use first."""
    if not adults([person], load_circle(connection, {person}), now):
        return {}
    found = {row.id: row for row in connection.execute(POINTS, {"person": person})}
    if purpose == "contact_check":
        return found
    return {key: row for key, row in own(connection, found).items() if settled_at(row) <= now}


def fit_from(connection: Connection, person: UUID, now: datetime) -> datetime | None:
    """When the first address will be fit for an export that is verified and too new; None where there is none."""
    points = fit(connection, "contact_check", person, now)
    return min((settled_at(row) for row in own(connection, points).values()), default=None)


def noticed(connection: Connection, person: UUID, point_ids: Collection[UUID], now: datetime) -> dict[UUID, Row[Any]]:
    """Those of a person's addresses by id, in use or left, that may hear of another: mail, verified and not closed.

    One that somebody else has hears nothing: they would learn that a person whom they live with has gone elsewhere.
    """
    if not point_ids or not adults([person], load_circle(connection, {person}), now):
        return {}
    rows = connection.execute(KNOWN_AS_OWN, {"person": person, "ids": list(point_ids)})
    found = {row.id: row for row in rows}
    shared = shared_points(connection, found)
    return {key: row for key, row in found.items() if key not in shared}


def own(connection: Connection, points: dict[UUID, Row[Any]]) -> dict[UUID, Row[Any]]:
    """The e-mail addresses that are known to be the client's, and that nobody else has."""
    verified = {key: row for key, row in points.items() if row.kind == "email" and row.verified}
    shared = shared_points(connection, verified)
    return {key: row for key, row in verified.items() if key not in shared}


def settled_at(row: Row[Any]) -> datetime:
    """Addresses are verified after they were added, and once; each other way to choose one begins the week anew."""
    at: datetime = row.theirs_since + SETTLED_AFTER
    return at

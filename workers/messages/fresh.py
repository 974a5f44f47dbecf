"""Links to what treatment asks or gives, for whoever has lost theirs: each sent once and at any hour, being awaited."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, text

from shared.events.treatment_links import ClientLinkAsked

FRESH_GOOD_FOR = timedelta(hours=1)
"""Whoever has asked for a link does not look for it any more after that."""

# Worded like the first message (0); treatment knows of that one already, and is not told of this one.
FRESH = text("""
INSERT INTO due_messages (key, kind, chain_id, client_id, about, version, due_at, next_at, not_after, via, state,
  handed_at)
SELECT :key, :kind, :chain_id, :client_id, :about, 0, :at, :at, :not_after, 'any', 'pending', :at
WHERE current_schema() = (SELECT schema FROM public.active_views)
ON CONFLICT (key) DO NOTHING
""")


def want_fresh(connection: Connection, event: ClientLinkAsked, chain_id: UUID, at: datetime) -> None:
    """Want one more message about an open question or homework; the kind of message is what the link is for."""
    values = {
        "key": f"{event.purpose}:{event.about}:{event.request_id}:0",
        "kind": event.purpose,
        "chain_id": chain_id,
        "client_id": event.client_id,
        "about": event.about,
        "at": at,
        "not_after": at + FRESH_GOOD_FOR,
    }
    connection.execute(FRESH, values)

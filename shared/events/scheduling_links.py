"""What scheduling has recorded of clients' links: that somebody asked for a fresh one."""

from datetime import datetime
from uuid import UUID

from shared.events.registry import event


@event("scheduling.fresh_link_asked.v1")
class FreshLinkAsked:
    """A fresh link to a visit is to go to the address on file; `client_id` is for whose sake it was asked."""

    request_id: UUID
    appointment_id: UUID
    client_id: UUID
    asked_at: datetime

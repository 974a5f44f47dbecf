"""What the treatment service has recorded of clients' links: that somebody wants a fresh one."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.events.registry import event

Purpose = Literal["check_in", "homework"]


@event("treatment.client_link_asked.v1")
class ClientLinkAsked:
    """A fresh link to a check-in or homework, `about`, is to go to the address on file of its client."""

    request_id: UUID
    client_id: UUID
    purpose: Purpose
    about: UUID
    asked_at: datetime

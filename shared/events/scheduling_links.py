"""What scheduling has recorded of clients' links: that somebody wants one, and to which address it is to go."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.events.registry import event

Errands = Literal["export", "contact_check"]
"""What links are for that do not lead to a visit."""

Letters = Errands | Literal["address_notice"]
"""What a letter brings: a link, or only word that an address was changed."""


@event("scheduling.fresh_link_asked.v1")
class FreshLinkAsked:
    """A fresh link to a visit is to go to the address on file; `client_id` is for whose sake it was asked."""

    request_id: UUID
    appointment_id: UUID
    client_id: UUID
    asked_at: datetime


@event("scheduling.export_link_asked.v1")
class ExportLinkAsked:
    """A link to everything that is known about the client is to go to a verified address, good until `good_until`."""

    request_id: UUID
    client_id: UUID
    contact_point_id: UUID
    asked_at: datetime
    good_until: datetime


@event("scheduling.contact_check_asked.v1")
class ContactCheckAsked:
    """A link is to go to the address, by which whoever reads it there says that it is theirs, until `good_until`."""

    request_id: UUID
    client_id: UUID
    contact_point_id: UUID
    asked_at: datetime
    good_until: datetime


@event("scheduling.address_notice_asked.v1")
class AddressNoticeAsked:
    """The verified address is to hear, until `good_until`, that another took its place or was verified beside it."""

    request_id: UUID
    client_id: UUID
    contact_point_id: UUID
    asked_at: datetime
    good_until: datetime

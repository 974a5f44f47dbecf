"""What the scheduling service has recorded of reaching people: where, whether they permit it, and what arrived."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from shared.events.registry import Personal, event
from shared.events.scheduling import Channel

PointKind = Literal["email", "phone"]
Via = Literal["email", "sms"]
Purpose = Literal["appointment", "care", "marketing"]
BlockCause = Literal["stop", "bounce", "complaint", "wrong_person"]


@event("scheduling.contact_point_added.v1")
class ContactPointAdded:
    """An e-mail address, or a telephone number in E.164; `source` is a word for where it was learnt."""

    client_id: UUID
    contact_point_id: UUID
    kind: PointKind
    address: Annotated[str, Personal("contact", "client_id")]
    source: str


@event("scheduling.contact_point_verified.v1")
class ContactPointVerified:
    """It is known to be the client's own; `way` is a word for how, `link` when the client has said so by a link."""

    client_id: UUID
    contact_point_id: UUID
    way: str
    verified_at: datetime


@event("scheduling.contact_point_replaced.v1")
class ContactPointReplaced:
    """It is no longer used; `replacement_id` and `address` are what is used instead, None when nothing is.

    `tells_former`: the address may hear that it was left; not where the client says that somebody else reads there.
    """

    client_id: UUID
    contact_point_id: UUID
    kind: PointKind
    replacement_id: UUID | None
    address: Annotated[str | None, Personal("contact", "client_id")]
    source: str
    tells_former: bool


@event("scheduling.contact_point_blocked.v1")
class ContactPointBlocked:
    """Nothing may be sent to it; `evidence` is what was said, or by what it is known."""

    client_id: UUID
    contact_point_id: UUID
    cause: BlockCause
    evidence: Annotated[str | None, Personal("contact", "client_id")]


@event("scheduling.contact_point_unblocked.v1")
class ContactPointUnblocked:
    client_id: UUID
    contact_point_id: UUID
    evidence: Annotated[str | None, Personal("contact", "client_id")]
    unblocked_at: datetime


@event("scheduling.contact_preference_set.v1")
class ContactPreferenceSet:
    """By which channel the client would rather hear of visits, and by which when that one is closed; None: not said."""

    client_id: UUID
    preferred_channel: Channel | None
    fallback_channel: Channel | None


@event("scheduling.permission_given.v1")
class PermissionGiven:
    """The client may be written to for a purpose; `source` is a word for the way it was said.

    `despite` are the ids merged into this one under which it had been withdrawn: as one person, the client says yes.
    """

    client_id: UUID
    channel: Via
    purpose: Purpose
    source: str
    evidence: Annotated[str | None, Personal("contact", "client_id")]
    despite: tuple[UUID, ...] = ()


@event("scheduling.permission_withdrawn.v1")
class PermissionWithdrawn:
    client_id: UUID
    channel: Via
    purpose: Purpose
    source: str
    evidence: Annotated[str | None, Personal("contact", "client_id")]


@event("scheduling.message_delivered.v1")
class MessageDelivered:
    """The provider says that the message `message_key` has arrived; without `appointment_id` it is about no visit."""

    message_key: str
    appointment_id: UUID | None
    client_id: UUID
    contact_point_id: UUID
    channel: Via


@event("scheduling.message_failed.v1")
class MessageFailed:
    """The provider says that the message `message_key` will not arrive; `code` is its word for why."""

    message_key: str
    appointment_id: UUID | None
    client_id: UUID
    contact_point_id: UUID
    channel: Via
    code: str

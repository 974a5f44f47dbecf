"""What staff put right about a visit: a wrong status, another length or treatment, somebody else who is told of it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from shared.events.registry import Personal, event
from shared.events.scheduling import Initiator, Money, Occupied

Status = Literal["booked", "arrived", "fulfilled", "cancelled", "noshow"]


@event("scheduling.appointment_status_corrected.v1")
class AppointmentStatusCorrected:
    """The visit was never `before` but is `after`; what it takes is what it took, but for its room.

    `late` says whether it now counts as cancelled late. It takes its claims again when `before` had freed them, and
    frees them when `after` needs none.
    """

    appointment_id: UUID
    client_id: UUID
    before: Status
    after: Status
    reason: Annotated[str, Personal("contact", "client_id")]
    late: bool
    clinic_id: UUID
    therapist_id: UUID
    room_id: UUID | None
    occupies: tuple[Occupied, ...]
    starts_at: datetime
    ends_at: datetime
    starts_local: str
    time_zone: str
    notify: bool = True


@event("scheduling.appointment_readdressed.v1")
class AppointmentReaddressed:
    """Of the visit `told_client_id` is told from now on; None: the client, or what the rules say."""

    appointment_id: UUID
    client_id: UUID
    told_client_id: UUID | None
    notify: bool = True


@event("scheduling.appointment_changed.v1")
class AppointmentChanged:
    """The visit keeps its start and therapist and gets another offering, length or room.

    All of it is as it is from now on, also what has not changed; `notice_minutes` is how long before the start it was.
    """

    appointment_id: UUID
    client_id: UUID
    initiator: Initiator
    reason_code: str | None
    reason: Annotated[str | None, Personal("contact", "client_id")]
    offering_id: UUID
    offering_version: int
    price: Money | None
    buffer_before_minutes: int
    buffer_after_minutes: int
    cancel_notice_minutes: int
    reminder_lead_minutes: tuple[int, ...]
    clinic_id: UUID
    therapist_id: UUID
    room_id: UUID | None
    occupies: tuple[Occupied, ...]
    starts_at: datetime
    ends_at: datetime
    starts_local: str
    time_zone: str
    notice_minutes: int
    overridden: tuple[str, ...] = ()
    override_reason: Annotated[str | None, Personal("contact", "client_id")] = None
    notify: bool = True

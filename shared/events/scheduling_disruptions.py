"""When the plan breaks: rooms out of service, and booked visits that a change of the rules leaves outside them.

A disrupted visit keeps its time and its claims until it is moved, cancelled or kept, or every cause of it is gone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from shared.events.registry import Personal, event

CauseKind = Literal["closure", "hours", "last_day", "qualification", "room_kind", "room_outage", "rota", "time_off"]


@dataclass(frozen=True, slots=True, order=True)
class Cause:
    """What leaves a visit outside the rules.

    `id` names the closure, time off or outage; for `hours` it is the clinic, for `room_kind` the room, and for `rota`,
    `qualification` and `last_day` the therapist.
    """

    kind: CauseKind
    id: UUID


@event("scheduling.room_outage_added.v1")
class RoomOutageAdded:
    """A room is out of service for a time; without an end it is closed for good."""

    room_outage_id: UUID
    room_id: UUID
    clinic_id: UUID
    starts_at: datetime
    ends_at: datetime | None
    reason: Annotated[str, Personal("contact", "room_id")]


@event("scheduling.room_outage_changed.v1")
class RoomOutageChanged:
    room_outage_id: UUID
    room_id: UUID
    clinic_id: UUID
    starts_at: datetime
    ends_at: datetime | None
    reason: Annotated[str, Personal("contact", "room_id")]


@event("scheduling.room_outage_lifted.v1")
class RoomOutageLifted:
    room_outage_id: UUID
    room_id: UUID
    clinic_id: UUID


@event("scheduling.appointment_disrupted.v1")
class AppointmentDisrupted:
    """The visit stands outside the rules; `causes` are all that hold now, in place of those before."""

    appointment_id: UUID
    client_id: UUID
    causes: tuple[Cause, ...]


@event("scheduling.appointment_restored.v1")
class AppointmentRestored:
    """Nothing leaves the visit outside the rules any more: it stands as it was promised."""

    appointment_id: UUID
    client_id: UUID


@event("scheduling.appointment_kept.v1")
class AppointmentKept:
    """Staff let the visit stand in spite of these causes."""

    appointment_id: UUID
    client_id: UUID
    causes: tuple[Cause, ...]
    reason: Annotated[str, Personal("contact", "client_id")]


@event("scheduling.appointment_place_changed.v1")
class AppointmentPlaceChanged:
    """The clinic has another address or zone on the day of the visit, which keeps its instant.

    `starts_local` is the new promise, on the clock of `time_zone`.
    """

    appointment_id: UUID
    client_id: UUID
    clinic_id: UUID
    starts_local: str
    time_zone: str

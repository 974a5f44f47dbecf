"""What is known of an appointment for its decisions: the fold of its events, and what does not fit its status."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from shared.decider import NotThere, Refused
from shared.events.scheduling import (
    AppointmentArrived,
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentFulfilled,
    AppointmentLabelled,
    AppointmentLatenessWaived,
    AppointmentMissed,
    AppointmentMoved,
    Initiator,
    Money,
    Occupied,
)
from shared.events.scheduling_corrections import AppointmentChanged, AppointmentReaddressed, AppointmentStatusCorrected
from shared.events.scheduling_disruptions import (
    AppointmentDisrupted,
    AppointmentKept,
    AppointmentPlaceChanged,
    AppointmentRestored,
    Cause,
    CauseKind,
)

Status = Literal["none", "booked", "arrived", "fulfilled", "cancelled", "noshow"]
STATUSES: tuple[Status, ...] = ("booked", "arrived", "fulfilled", "cancelled", "noshow")
HOLDING: frozenset[Status] = frozenset({"booked", "arrived", "fulfilled"})
"""A visit of these holds what it takes."""

OPEN: frozenset[Status] = frozenset({"booked", "arrived"})
"""A visit of these is still to end."""

SET_ASIDE: Mapping[CauseKind, str] = {"hours": "clinic_closed", "rota": "therapist_off_rota"}
"""The rule that staff have set aside for a visit outside the rules for such a cause."""

MINUTE = timedelta(minutes=1)


class AppointmentEnded(Refused):
    """The visit is finished, cancelled or missed, and cannot change any more."""

    code = "appointment_ended"


class AlreadyArrived(Refused):
    """The client has already arrived."""

    code = "already_arrived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """When and where a visit is, and what it takes."""

    clinic_id: UUID
    therapist_id: UUID
    room_id: UUID | None
    occupies: tuple[Occupied, ...]
    starts_at: datetime
    ends_at: datetime
    starts_local: str
    time_zone: str

    def is_where(self, other: "Place") -> bool:
        """Whether time, clinic and therapist are the same; the room alone is no reason to move anybody."""
        return (self.starts_at, self.ends_at, self.clinic_id, self.therapist_id) == (
            other.starts_at,
            other.ends_at,
            other.clinic_id,
            other.therapist_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was promised with a visit, in the version of its offering that held then."""

    offering_id: UUID
    offering_version: int
    price: Money | None
    buffer_before_minutes: int
    buffer_after_minutes: int
    cancel_notice_minutes: int
    reminder_lead_minutes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Appointment:
    """The state that decisions need; `status` is none before the booking.

    `disrupted_by` is what leaves a visit outside the rules until it is moved, kept or over, sorted. `overridden` names
    the rules that staff set aside for where it is now, `kept_despite` the causes in spite of which they let it stand.
    """

    status: Status = "none"
    id: UUID | None = None
    client_id: UUID | None = None
    told_client_id: UUID | None = None
    place: Place | None = None
    terms: Terms | None = None
    confirmed: bool = False
    late: bool = False
    disrupted_by: tuple[Cause, ...] = ()
    overridden: tuple[str, ...] = ()
    kept_despite: tuple[Cause, ...] = ()
    external_ids: Mapping[str, str] = field(default_factory=dict)
    actual_starts_at: datetime | None = None
    actual_ends_at: datetime | None = None

    def must_be(self, *statuses: Status) -> None:
        """Refuse what does not fit the status."""
        if self.status == "none":
            raise NotThere
        if self.status not in statuses:
            raise AlreadyArrived if self.status == "arrived" else AppointmentEnded

    @property
    def starts_at(self) -> datetime:
        """When it starts; there is nothing to ask before it is booked."""
        if self.place is None:
            raise NotThere
        return self.place.starts_at

    def stands_despite(self, cause: Cause) -> bool:
        """Whether staff have let the visit stand in spite of this already."""
        return cause in self.kept_despite or SET_ASIDE.get(cause.kind) in self.overridden

    @property
    def agreed(self) -> Terms:
        if self.terms is None:
            raise NotThere
        return self.terms

    @property
    def cancel_notice(self) -> timedelta:
        return timedelta(minutes=self.agreed.cancel_notice_minutes)

    @property
    def person(self) -> UUID:
        if self.client_id is None:
            raise NotThere
        return self.client_id

    def is_late(self, initiator: Initiator, now: datetime) -> bool:
        """Whether a change now comes later than the client was told to make it."""
        return initiator == "client" and now > self.starts_at - self.cancel_notice

    def notice_minutes(self, now: datetime) -> int:
        """Whole minutes from now to the start, rounded down; negative after it."""
        return (self.starts_at - now) // MINUTE


def evolve(appointment: Appointment, event: Any) -> Appointment:  # noqa: C901, PLR0911, PLR0912 - one case for each event
    match event:
        case AppointmentBooked():
            return Appointment(
                status="booked",
                id=event.appointment_id,
                client_id=event.client_id,
                told_client_id=event.told_client_id,
                place=place_of(event),
                terms=terms_of(event),
                overridden=event.overridden,
                external_ids=event.external_ids,
            )
        case AppointmentMoved():
            return replace(placed_anew(appointment, event), confirmed=False)
        case AppointmentConfirmed():
            return replace(appointment, confirmed=True)
        case AppointmentCancelled():
            return replace(appointment, status="cancelled", late=event.late, disrupted_by=())
        case AppointmentLatenessWaived():
            return replace(appointment, late=False)
        case AppointmentArrived():
            return replace(appointment, status="arrived")
        case AppointmentFulfilled():
            return fulfilled(appointment, event)
        case AppointmentMissed():
            return replace(appointment, status="noshow", disrupted_by=())
        case AppointmentLabelled():
            return replace(appointment, external_ids=event.external_ids)
        case AppointmentStatusCorrected():
            return corrected(appointment, event)
        case AppointmentReaddressed():
            return replace(appointment, told_client_id=event.told_client_id)
        case AppointmentChanged():
            return replace(placed_anew(appointment, event), terms=terms_of(event))
        case _:
            return evolve_disruption(appointment, event)


def placed_anew(appointment: Appointment, event: AppointmentMoved | AppointmentChanged) -> Appointment:
    return replace(appointment, place=place_of(event), disrupted_by=(), overridden=event.overridden, kept_despite=())


def fulfilled(appointment: Appointment, event: AppointmentFulfilled) -> Appointment:
    return replace(
        appointment,
        status="fulfilled",
        disrupted_by=(),
        actual_starts_at=event.actual_starts_at,
        actual_ends_at=event.actual_ends_at,
    )


def corrected(appointment: Appointment, event: AppointmentStatusCorrected) -> Appointment:
    return replace(
        appointment,
        status=event.after,
        place=place_of(event),
        late=event.late,
        disrupted_by=appointment.disrupted_by if event.after in OPEN else (),
        actual_starts_at=None,
        actual_ends_at=None,
    )


def evolve_disruption(appointment: Appointment, event: Any) -> Appointment:
    match event:
        case AppointmentDisrupted():
            return replace(appointment, disrupted_by=event.causes)
        case AppointmentRestored():
            return replace(appointment, disrupted_by=())
        case AppointmentKept():
            return replace(appointment, disrupted_by=(), kept_despite=(*appointment.kept_despite, *event.causes))
        case AppointmentPlaceChanged():
            return replace(appointment, place=replaced_clock(appointment, event))
        case _:
            raise TypeError(event)


def replaced_clock(appointment: Appointment, event: AppointmentPlaceChanged) -> Place | None:
    if appointment.place is None:
        return None
    return replace(appointment.place, starts_local=event.starts_local, time_zone=event.time_zone)


def place_of(
    event: AppointmentBooked | AppointmentMoved | AppointmentStatusCorrected | AppointmentChanged,
) -> Place:
    return Place(
        clinic_id=event.clinic_id,
        therapist_id=event.therapist_id,
        room_id=event.room_id,
        occupies=event.occupies,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        starts_local=event.starts_local,
        time_zone=event.time_zone,
    )


def terms_of(event: AppointmentBooked | AppointmentChanged) -> Terms:
    return Terms(
        offering_id=event.offering_id,
        offering_version=event.offering_version,
        price=event.price,
        buffer_before_minutes=event.buffer_before_minutes,
        buffer_after_minutes=event.buffer_after_minutes,
        cancel_notice_minutes=event.cancel_notice_minutes,
        reminder_lead_minutes=event.reminder_lead_minutes,
    )

"""The life of one appointment: only what is booked can move, and a finished, cancelled or missed visit stays so.

Whether a time is free is not decided here: the rules of free time and the claims say so, in the same transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias, assert_never
from uuid import UUID

from shared.decider import Decider, NotThere, Refused
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
    Occupied,
)

Status = Literal["none", "booked", "arrived", "fulfilled", "cancelled", "noshow"]
STATUSES: tuple[Status, ...] = ("booked", "arrived", "fulfilled", "cancelled", "noshow")
EARLIEST_ARRIVAL = timedelta(hours=2)
MINUTE = timedelta(minutes=1)


class AppointmentEnded(Refused):
    """The visit is finished, cancelled or missed, and cannot change any more."""

    code = "appointment_ended"


class AlreadyArrived(Refused):
    """The client has already arrived."""

    code = "already_arrived"


class TooEarlyToArrive(Refused):
    """A client can be marked as arrived from two hours before the visit."""

    code = "too_early"


class NotStarted(Refused):
    """A visit can only be missed once it should have begun."""

    code = "not_started"


class InTheFuture(Refused):
    """It cannot have happened yet."""

    code = "in_the_future"


class NotLate(Refused):
    """Only a late cancellation can be waived."""

    code = "not_late"


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


@dataclass(frozen=True, slots=True)
class Appointment:
    """The state that decisions need; `status` is none before the booking."""

    status: Status = "none"
    id: UUID | None = None
    client_id: UUID | None = None
    place: Place | None = None
    cancel_notice: timedelta = timedelta()
    confirmed: bool = False
    late: bool = False
    external_ids: Mapping[str, str] = field(default_factory=dict)

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

    @property
    def person(self) -> UUID:
        if self.client_id is None:
            raise NotThere
        return self.client_id

    def is_late(self, initiator: Initiator, now: datetime) -> bool:
        """Whether a change now comes later than the client was told to make it."""
        return initiator == "client" and now > self.starts_at - self.cancel_notice


@dataclass(frozen=True, slots=True)
class Book:
    booked: AppointmentBooked


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    appointment_id: UUID
    place: Place
    initiator: Initiator
    now: datetime
    reason_code: str | None = None
    reason: str | None = None
    overridden: tuple[str, ...] = ()
    override_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Confirm:
    appointment_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    appointment_id: UUID
    initiator: Initiator
    now: datetime
    reason_code: str | None = None
    reason: str | None = None
    waive_late: bool = False


@dataclass(frozen=True, slots=True)
class WaiveLateness:
    appointment_id: UUID
    reason: str | None


@dataclass(frozen=True, slots=True)
class Arrive:
    appointment_id: UUID
    happened_at: datetime
    now: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Fulfil:
    appointment_id: UUID
    happened_at: datetime
    now: datetime
    actual_starts_at: datetime | None = None
    actual_ends_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Miss:
    appointment_id: UUID
    happened_at: datetime
    now: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """None leaves the ids as they are."""

    appointment_id: UUID
    external_ids: Mapping[str, str] | None


Command: TypeAlias = Book | Move | Confirm | Cancel | WaiveLateness | Arrive | Fulfil | Miss | Label


def decide(command: Command, appointment: Appointment) -> list[Any]:  # noqa: C901, PLR0911 - one case for each command
    match command:
        case Book(booked):
            return [booked] if appointment.status == "none" else []
        case Move():
            return move(command, appointment)
        case Confirm():
            appointment.must_be("booked")
            if appointment.confirmed:
                return []
            return [AppointmentConfirmed(appointment_id=command.appointment_id, client_id=appointment.person)]
        case Cancel():
            return cancel(command, appointment)
        case WaiveLateness():
            return waive(command, appointment)
        case Arrive():
            return arrive(command, appointment)
        case Fulfil():
            return fulfil(command, appointment)
        case Miss():
            return miss(command, appointment)
        case Label():
            return label(command, appointment)
        case _:
            assert_never(command)


def move(command: Move, appointment: Appointment) -> list[Any]:
    appointment.must_be("booked")
    place = command.place
    if appointment.place is not None and place.is_where(appointment.place):
        return []
    return [
        AppointmentMoved(
            appointment_id=command.appointment_id,
            client_id=appointment.person,
            initiator=command.initiator,
            reason_code=command.reason_code,
            reason=command.reason,
            clinic_id=place.clinic_id,
            therapist_id=place.therapist_id,
            room_id=place.room_id,
            occupies=place.occupies,
            starts_at=place.starts_at,
            ends_at=place.ends_at,
            starts_local=place.starts_local,
            time_zone=place.time_zone,
            previous_starts_at=appointment.starts_at,
            notice_minutes=minutes_until(appointment.starts_at, command.now),
            late=appointment.is_late(command.initiator, command.now),
            overridden=command.overridden,
            override_reason=command.override_reason,
        )
    ]


def cancel(command: Cancel, appointment: Appointment) -> list[Any]:
    appointment.must_be("booked", "arrived")
    is_late = appointment.is_late(command.initiator, command.now)
    return [
        AppointmentCancelled(
            appointment_id=command.appointment_id,
            client_id=appointment.person,
            initiator=command.initiator,
            reason_code=command.reason_code,
            reason=command.reason,
            notice_minutes=minutes_until(appointment.starts_at, command.now),
            cancel_notice_minutes=appointment.cancel_notice // MINUTE,
            late=is_late and not command.waive_late,
            late_waived=is_late and command.waive_late,
        )
    ]


def waive(command: WaiveLateness, appointment: Appointment) -> list[Any]:
    if appointment.status == "none":
        raise NotThere
    if not appointment.late:
        raise NotLate
    return [
        AppointmentLatenessWaived(
            appointment_id=command.appointment_id, client_id=appointment.person, reason=command.reason
        )
    ]


def arrive(command: Arrive, appointment: Appointment) -> list[Any]:
    appointment.must_be("booked")
    must_have_happened(command.happened_at, command.now)
    if command.happened_at < appointment.starts_at - EARLIEST_ARRIVAL:
        raise TooEarlyToArrive
    return [
        AppointmentArrived(
            appointment_id=command.appointment_id,
            client_id=appointment.person,
            happened_at=command.happened_at,
            reason=command.reason,
        )
    ]


def fulfil(command: Fulfil, appointment: Appointment) -> list[Any]:
    appointment.must_be("booked", "arrived")
    must_have_happened(command.actual_ends_at or command.happened_at, command.now)
    must_have_happened(command.happened_at, command.now)
    return [
        AppointmentFulfilled(
            appointment_id=command.appointment_id,
            client_id=appointment.person,
            happened_at=command.happened_at,
            actual_starts_at=command.actual_starts_at,
            actual_ends_at=command.actual_ends_at,
            reason=command.reason,
        )
    ]


def miss(command: Miss, appointment: Appointment) -> list[Any]:
    appointment.must_be("booked")
    must_have_happened(command.happened_at, command.now)
    if command.happened_at < appointment.starts_at:
        raise NotStarted
    return [
        AppointmentMissed(
            appointment_id=command.appointment_id,
            client_id=appointment.person,
            happened_at=command.happened_at,
            reason=command.reason,
        )
    ]


def label(command: Label, appointment: Appointment) -> list[Any]:
    if appointment.status == "none":
        raise NotThere
    if command.external_ids is None or command.external_ids == appointment.external_ids:
        return []
    return [AppointmentLabelled(appointment_id=command.appointment_id, external_ids=dict(command.external_ids))]


def must_have_happened(happened_at: datetime, now: datetime) -> None:
    if happened_at > now:
        raise InTheFuture


def minutes_until(starts_at: datetime, now: datetime) -> int:
    """Whole minutes from now to the start, rounded down; negative after it."""
    return (starts_at - now) // MINUTE


def evolve(appointment: Appointment, event: Any) -> Appointment:  # noqa: PLR0911 - one case for each event
    match event:
        case AppointmentBooked():
            return Appointment(
                status="booked",
                id=event.appointment_id,
                client_id=event.client_id,
                place=place_of(event),
                cancel_notice=timedelta(minutes=event.cancel_notice_minutes),
                external_ids=event.external_ids,
            )
        case AppointmentMoved():
            return replace(appointment, place=place_of(event), confirmed=False)
        case AppointmentConfirmed():
            return replace(appointment, confirmed=True)
        case AppointmentCancelled():
            return replace(appointment, status="cancelled", late=event.late)
        case AppointmentLatenessWaived():
            return replace(appointment, late=False)
        case AppointmentArrived():
            return replace(appointment, status="arrived")
        case AppointmentFulfilled():
            return replace(appointment, status="fulfilled")
        case AppointmentMissed():
            return replace(appointment, status="noshow")
        case AppointmentLabelled():
            return replace(appointment, external_ids=event.external_ids)
        case _:
            raise TypeError(event)


def place_of(event: AppointmentBooked | AppointmentMoved) -> Place:
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


APPOINTMENT: Decider[Appointment, Command] = Decider(Appointment(), decide, evolve)

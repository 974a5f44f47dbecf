"""When and where a visit is: only what is booked can move, and what is entered afterwards has happened.

Whether the time is free is not decided here: the rules of free time and the claims say so, in the same transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.scheduling.appointments.decisions.attending import must_have_happened
from services.scheduling.appointments.decisions.correcting import must_not_be_long_ago
from services.scheduling.appointments.state import Appointment, Place
from shared.events.scheduling import (
    AppointmentArrived,
    AppointmentBooked,
    AppointmentFulfilled,
    AppointmentMoved,
    Initiator,
)

Happened = Literal["arrived", "fulfilled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """`became` is for a visit entered after the fact: what has become of it; `reaches_back`: however long ago."""

    booked: AppointmentBooked
    now: datetime
    became: Happened | None = None
    reaches_back: bool = False


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
    notify: bool = True


def book(
    command: Book, appointment: Appointment
) -> list[AppointmentBooked | AppointmentArrived | AppointmentFulfilled]:
    if appointment.status != "none":
        return []
    booked = command.booked
    must_not_be_long_ago(booked.ends_at, command.now, reaches_back=command.reaches_back)
    if command.became is None:
        return [booked]
    must_have_happened(booked.starts_at, command.now)
    if command.became == "arrived":
        return [booked, arrived(booked)]
    return [booked, fulfilled(booked, min(booked.ends_at, command.now))]


def arrived(booked: AppointmentBooked) -> AppointmentArrived:
    return AppointmentArrived(
        appointment_id=booked.appointment_id, client_id=booked.client_id, happened_at=booked.starts_at
    )


def fulfilled(booked: AppointmentBooked, happened_at: datetime) -> AppointmentFulfilled:
    return AppointmentFulfilled(
        appointment_id=booked.appointment_id,
        client_id=booked.client_id,
        happened_at=happened_at,
        actual_starts_at=None,
        actual_ends_at=None,
    )


def move(command: Move, appointment: Appointment) -> list[AppointmentMoved]:
    appointment.must_be("booked")
    place = command.place
    if appointment.place is not None and place.is_where(appointment.place):
        return []
    return [moved(command, appointment)]


def moved(command: Move, appointment: Appointment) -> AppointmentMoved:
    place = command.place
    return AppointmentMoved(
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
        notice_minutes=appointment.notice_minutes(command.now),
        late=appointment.is_late(command.initiator, command.now),
        overridden=command.overridden,
        override_reason=command.override_reason,
        notify=command.notify,
    )

"""When and where a visit is: only what is booked can move.

Whether the time is free is not decided here: the rules of free time and the claims say so, in the same transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.scheduling.appointments.state import Appointment, Place
from shared.events.scheduling import AppointmentBooked, AppointmentMoved, Initiator


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
    notify: bool = True


def book(command: Book, appointment: Appointment) -> list[AppointmentBooked]:
    return [command.booked] if appointment.status == "none" else []


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

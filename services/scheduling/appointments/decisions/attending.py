"""Whether the client will come, has come, or did not: what is said to have happened is never in the future.

Nor is it before the visit: it is missed or finished once it should have begun, or once its client has arrived.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.scheduling.appointments.state import Appointment
from shared.decider import Refused
from shared.events.scheduling import AppointmentArrived, AppointmentConfirmed, AppointmentFulfilled, AppointmentMissed

EARLIEST_ARRIVAL = timedelta(hours=2)


class TooEarlyToArrive(Refused):
    """A client can be marked as arrived from two hours before the visit."""

    code = "too_early"


class NotStarted(Refused):
    """A visit can only be missed or finished once it should have begun, or its client has arrived."""

    code = "not_started"


class InTheFuture(Refused):
    """It cannot have happened yet."""

    code = "in_the_future"


@dataclass(frozen=True, slots=True)
class Confirm:
    appointment_id: UUID


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


def confirm(command: Confirm, appointment: Appointment) -> list[AppointmentConfirmed]:
    appointment.must_be("booked")
    if appointment.confirmed:
        return []
    return [AppointmentConfirmed(appointment_id=command.appointment_id, client_id=appointment.person)]


def arrive(command: Arrive, appointment: Appointment) -> list[AppointmentArrived]:
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


def fulfil(command: Fulfil, appointment: Appointment) -> list[AppointmentFulfilled]:
    appointment.must_be("booked", "arrived")
    must_have_happened(command.actual_ends_at or command.happened_at, command.now)
    must_have_happened(command.happened_at, command.now)
    if appointment.status == "booked" and command.happened_at < appointment.starts_at:
        raise NotStarted
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


def miss(command: Miss, appointment: Appointment) -> list[AppointmentMissed]:
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


def must_have_happened(happened_at: datetime, now: datetime) -> None:
    if happened_at > now:
        raise InTheFuture

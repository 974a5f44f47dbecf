"""Cancelling a visit: late when the client begins it inside the cancel notice, unless staff let that pass."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.scheduling.appointments.state import MINUTE, Appointment
from shared.decider import NotThere, Refused
from shared.events.scheduling import AppointmentCancelled, AppointmentLatenessWaived, Initiator


class NotLate(Refused):
    """Only a late cancellation can be waived."""

    code = "not_late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    appointment_id: UUID
    initiator: Initiator
    now: datetime
    reason_code: str | None = None
    reason: str | None = None
    waive_late: bool = False
    notify: bool = True


@dataclass(frozen=True, slots=True)
class WaiveLateness:
    appointment_id: UUID
    reason: str | None


def cancel(command: Cancel, appointment: Appointment) -> list[AppointmentCancelled]:
    appointment.must_be("booked", "arrived")
    is_late = appointment.is_late(command.initiator, command.now)
    return [
        AppointmentCancelled(
            appointment_id=command.appointment_id,
            client_id=appointment.person,
            initiator=command.initiator,
            reason_code=command.reason_code,
            reason=command.reason,
            notice_minutes=appointment.notice_minutes(command.now),
            cancel_notice_minutes=appointment.cancel_notice // MINUTE,
            late=is_late and not command.waive_late,
            late_waived=is_late and command.waive_late,
            notify=command.notify,
        )
    ]


def waive(command: WaiveLateness, appointment: Appointment) -> list[AppointmentLatenessWaived]:
    if appointment.status == "none":
        raise NotThere
    if not appointment.late:
        raise NotLate
    return [
        AppointmentLatenessWaived(
            appointment_id=command.appointment_id, client_id=appointment.person, reason=command.reason
        )
    ]

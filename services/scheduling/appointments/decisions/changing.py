"""What a visit is: another offering, length or room for one that is still to end, at the same time and therapist."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.scheduling.appointments.state import Appointment, Place, Terms
from shared.events.scheduling import Initiator
from shared.events.scheduling_corrections import AppointmentChanged


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    appointment_id: UUID
    place: Place
    terms: Terms
    initiator: Initiator
    now: datetime
    reason_code: str | None = None
    reason: str | None = None
    overridden: tuple[str, ...] = ()
    override_reason: str | None = None
    notify: bool = True


def change(command: Change, appointment: Appointment) -> list[AppointmentChanged]:
    appointment.must_be("booked", "arrived")
    place, terms = command.place, command.terms
    if (place, terms) == (appointment.place, appointment.terms):
        return []
    return [
        AppointmentChanged(
            appointment_id=command.appointment_id,
            client_id=appointment.person,
            initiator=command.initiator,
            reason_code=command.reason_code,
            reason=command.reason,
            offering_id=terms.offering_id,
            offering_version=terms.offering_version,
            price=terms.price,
            buffer_before_minutes=terms.buffer_before_minutes,
            buffer_after_minutes=terms.buffer_after_minutes,
            cancel_notice_minutes=terms.cancel_notice_minutes,
            reminder_lead_minutes=terms.reminder_lead_minutes,
            clinic_id=place.clinic_id,
            therapist_id=place.therapist_id,
            room_id=place.room_id,
            occupies=place.occupies,
            starts_at=place.starts_at,
            ends_at=place.ends_at,
            starts_local=place.starts_local,
            time_zone=place.time_zone,
            notice_minutes=appointment.notice_minutes(command.now),
            overridden=command.overridden,
            override_reason=command.override_reason,
            notify=command.notify,
        )
    ]

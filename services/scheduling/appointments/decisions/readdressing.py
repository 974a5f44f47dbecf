"""Who is told of a visit: another may be named as long as it is still to end, and messages go there from then on.

Whether that person may be told is not decided here: the relations say so, when it is said and whenever a message goes.
"""

from dataclasses import dataclass
from uuid import UUID

from services.scheduling.appointments.state import Appointment
from shared.events.scheduling_corrections import AppointmentReaddressed


@dataclass(frozen=True, slots=True)
class Readdress:
    """None: nobody is named, and the rules say who is told."""

    appointment_id: UUID
    told_client_id: UUID | None
    notify: bool = True


def readdress(command: Readdress, appointment: Appointment) -> list[AppointmentReaddressed]:
    appointment.must_be("booked", "arrived")
    if command.told_client_id == appointment.told_client_id:
        return []
    return [
        AppointmentReaddressed(
            appointment_id=command.appointment_id,
            client_id=appointment.person,
            told_client_id=command.told_client_id,
            notify=command.notify,
        )
    ]

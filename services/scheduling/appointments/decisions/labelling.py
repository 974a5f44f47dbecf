"""The ids by which the chain's other systems know a visit; they may change at any time."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.scheduling.appointments.state import Appointment
from shared.decider import NotThere
from shared.events.scheduling import AppointmentLabelled


@dataclass(frozen=True, slots=True)
class Label:
    """None leaves the ids as they are."""

    appointment_id: UUID
    external_ids: Mapping[str, str] | None


def label(command: Label, appointment: Appointment) -> list[AppointmentLabelled]:
    if appointment.status == "none":
        raise NotThere
    if command.external_ids is None or command.external_ids == appointment.external_ids:
        return []
    return [AppointmentLabelled(appointment_id=command.appointment_id, external_ids=dict(command.external_ids))]

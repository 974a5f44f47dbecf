"""Putting a wrong tap right: which status may become which, until when, and whether the visit takes its time again.

| from | to |
|---|---|
| arrived | booked, noshow |
| fulfilled | booked, arrived, noshow, cancelled |
| noshow | booked, arrived, fulfilled, cancelled |
| cancelled | booked, arrived, fulfilled, noshow |

What is booked has its own commands, and who has arrived is finished or cancelled by them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.scheduling.appointments.decisions.attending import (
    EARLIEST_ARRIVAL,
    InTheFuture,
    NotStarted,
    TooEarlyToArrive,
)
from services.scheduling.appointments.state import HOLDING, Appointment, Place, Status
from shared.decider import NotThere, Refused
from shared.events.scheduling_corrections import AppointmentStatusCorrected, Status as Corrected

CORRECTIONS: Mapping[Status, frozenset[Status]] = {
    "arrived": frozenset({"booked", "noshow"}),
    "fulfilled": frozenset({"booked", "arrived", "noshow", "cancelled"}),
    "noshow": frozenset({"booked", "arrived", "fulfilled", "cancelled"}),
    "cancelled": frozenset({"booked", "arrived", "fulfilled", "noshow"}),
}
LONGEST_AGO = timedelta(days=1)


class NotCorrectable(Refused):
    """Nothing is to be corrected here: the visit is so already, or it gets there in the usual way."""

    code = "not_correctable"


class TooLongAgo(Refused):
    """The front desk can do this until a day after the end of the visit, a manager at any time."""

    code = "too_long_ago"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correct:
    """`place` is where the visit is again when it takes its time again; `late` counts for a cancellation only."""

    appointment_id: UUID
    to: Corrected
    reason: str
    now: datetime
    late: bool = False
    reaches_back: bool = False
    notify: bool = True
    place: Place | None = None


def correct(command: Correct, appointment: Appointment) -> list[AppointmentStatusCorrected]:
    place = must_be_correctable(command, appointment)
    if takes_again(command, appointment) and command.place is not None:
        place = command.place
    before = appointment.status
    if before == "none":
        raise NotThere
    return [
        AppointmentStatusCorrected(
            appointment_id=command.appointment_id,
            client_id=appointment.person,
            before=before,
            after=command.to,
            reason=command.reason,
            late=command.to == "cancelled" and command.late,
            clinic_id=place.clinic_id,
            therapist_id=place.therapist_id,
            room_id=place.room_id,
            occupies=place.occupies,
            starts_at=place.starts_at,
            ends_at=place.ends_at,
            starts_local=place.starts_local,
            time_zone=place.time_zone,
            notify=command.notify,
        )
    ]


def must_be_correctable(command: Correct, appointment: Appointment) -> Place:
    """Refuse what is no correction, or comes too late or too early; gives where the visit was."""
    if appointment.place is None:
        raise NotThere
    if command.to not in CORRECTIONS.get(appointment.status, frozenset()):
        raise NotCorrectable
    must_not_be_long_ago(appointment.place.ends_at, command.now, reaches_back=command.reaches_back)
    if command.to == "arrived" and command.now < appointment.starts_at - EARLIEST_ARRIVAL:
        raise TooEarlyToArrive
    if command.to == "noshow" and command.now < appointment.starts_at:
        raise NotStarted
    if command.to == "fulfilled" and command.now < appointment.starts_at:
        raise InTheFuture
    return appointment.place


def must_not_be_long_ago(ends_at: datetime, now: datetime, *, reaches_back: bool) -> None:
    if now > ends_at + LONGEST_AGO and not reaches_back:
        raise TooLongAgo


def takes_again(command: Correct, appointment: Appointment) -> bool:
    """Whether what the visit took, and has freed since, must be taken once more."""
    return appointment.status not in HOLDING and command.to in HOLDING

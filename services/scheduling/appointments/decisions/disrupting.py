"""Visits outside the rules: each is disrupted until every cause is gone, or it is moved, kept, cancelled or over."""

from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never
from uuid import UUID

from services.scheduling.appointments.decisions.placing import Move, moved
from services.scheduling.appointments.state import Appointment, Status
from shared.decider import Refused
from shared.events.scheduling import AppointmentMoved
from shared.events.scheduling_disruptions import (
    AppointmentDisrupted,
    AppointmentKept,
    AppointmentPlaceChanged,
    AppointmentRestored,
    Cause,
)

OPEN: tuple[Status, ...] = ("booked", "arrived")


class NotDisrupted(Refused):
    """The visit stands as it was booked; there is nothing to settle."""

    code = "not_disrupted"


@dataclass(frozen=True, slots=True)
class Reassess:
    """Causes that leave the visit outside the rules from now on, and those that are gone."""

    appointment_id: UUID
    arisen: frozenset[Cause]
    gone: frozenset[Cause]


@dataclass(frozen=True, slots=True)
class Keep:
    appointment_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class Reassign:
    """A move that settles a disruption; that of the room alone counts as one, too."""

    move: Move


@dataclass(frozen=True, slots=True)
class Relocate:
    """The clinic is elsewhere on the day, or its clock shows another time at the visit's instant."""

    appointment_id: UUID
    clinic_id: UUID
    starts_local: str
    time_zone: str


Disruption: TypeAlias = Reassess | Keep | Reassign | Relocate


def disrupted(command: Disruption, appointment: Appointment) -> list[Any]:
    match command:
        case Reassess():
            return reassess(command, appointment)
        case Keep():
            return keep(command, appointment)
        case Reassign():
            return reassign(command, appointment)
        case Relocate():
            return relocate(command, appointment)
        case _:
            assert_never(command)


def reassess(command: Reassess, appointment: Appointment) -> list[AppointmentDisrupted | AppointmentRestored]:
    if appointment.status not in OPEN:
        return []
    causes = frozenset(appointment.disrupted_by) - command.gone | command.arisen
    if causes == frozenset(appointment.disrupted_by):
        return []
    visit = {"appointment_id": command.appointment_id, "client_id": appointment.person}
    return [AppointmentDisrupted(**visit, causes=tuple(sorted(causes))) if causes else AppointmentRestored(**visit)]


def keep(command: Keep, appointment: Appointment) -> list[AppointmentKept]:
    must_be_disrupted(appointment)
    return [
        AppointmentKept(
            appointment_id=command.appointment_id,
            client_id=appointment.person,
            causes=appointment.disrupted_by,
            reason=command.reason,
        )
    ]


def reassign(command: Reassign, appointment: Appointment) -> list[AppointmentMoved]:
    must_be_disrupted(appointment)
    appointment.must_be("booked")
    return [moved(command.move, appointment)]


def relocate(command: Relocate, appointment: Appointment) -> list[AppointmentPlaceChanged]:
    if appointment.status != "booked":
        return []
    return [
        AppointmentPlaceChanged(
            appointment_id=command.appointment_id,
            client_id=appointment.person,
            clinic_id=command.clinic_id,
            starts_local=command.starts_local,
            time_zone=command.time_zone,
        )
    ]


def must_be_disrupted(appointment: Appointment) -> None:
    appointment.must_be(*OPEN)
    if not appointment.disrupted_by:
        raise NotDisrupted

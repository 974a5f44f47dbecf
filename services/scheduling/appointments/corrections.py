"""Putting a visit right: back to another status, or another offering, length or room, by the rules of booking."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.scheduling.appointments.booking import choose, overrides
from services.scheduling.appointments.commands import booked_terms
from services.scheduling.appointments.decider import APPOINTMENT
from services.scheduling.appointments.decisions.changing import Change
from services.scheduling.appointments.decisions.correcting import Correct, must_be_correctable, takes_again
from services.scheduling.appointments.decisions.disrupting import Reassess
from services.scheduling.appointments.state import OPEN, Appointment, Terms
from services.scheduling.availability.load import load_moving, load_offering
from services.scheduling.availability.model import Offering, Request
from services.scheduling.availability.refusals import OF_PROMISES
from services.scheduling.disruptions.hits import causes_over
from services.scheduling.known import must_exist
from shared.decider import VersionMismatch, fold, handle
from shared.event_store import Transaction
from shared.events.scheduling import Initiator
from shared.http.problems import BadFields
from shared.reading import UNKNOWN, find


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWish:
    """None leaves offering, length or room as they are; a new offering brings its own length."""

    initiator: Initiator
    offering_id: UUID | None = None
    duration_minutes: int | None = None
    room_id: UUID | None = None
    reason_code: str | None = None
    reason: str | None = None
    override_reason: str | None = None
    notify: bool = True


def correct(tx: Transaction, command: Correct, if_match: int | None) -> None:
    """Give a visit the status that it should have; raises NotThere, the decider's refusals, and NotBookable.

    A visit that takes its time again is refused only for what has been taken meanwhile. Whatever else has come since it
    ended disrupts it, when it is booked again and not over.
    """
    visit = find(tx.connection, "appointments", command.appointment_id)
    appointment = current(tx, command.appointment_id, if_match)
    must_be_correctable(command, appointment)
    tx.metadata = replace(tx.metadata, clinic_id=visit.clinic_id)
    if takes_again(command, appointment):
        request = Request(
            offering=promised(tx, visit),
            clinic_id=visit.clinic_id,
            starts_at=visit.starts_at,
            now=command.now,
            therapist_id=visit.therapist_id,
            client_id=visit.client_id,
            room_before_id=visit.room_id,
            ignoring=visit.id,
            overrides=OF_PROMISES,
        )
        command = replace(command, place=choose(tx.connection, request, visit.booked_client_id).place)
    handle(tx, APPOINTMENT, stream_of(command.appointment_id), command, if_match=if_match)
    if command.to == "booked" and appointment.status not in OPEN:
        reassess(tx, command.appointment_id, command.now)


def reassess(tx: Transaction, appointment_id: UUID, now: datetime) -> None:
    """Disrupt a visit that is not over by all that leaves it outside the rules and that staff have not let pass."""
    visit = find(tx.connection, "appointments", appointment_id)
    if visit.ends_at > now:
        known = fold(APPOINTMENT, tx.load(stream_of(appointment_id)))
        causes = causes_over(tx.connection, visit, now)
        arisen = frozenset(cause for cause in causes if not known.stands_despite(cause))
        handle(tx, APPOINTMENT, stream_of(appointment_id), Reassess(appointment_id, arisen, frozenset()))


def change_visit(tx: Transaction, appointment_id: UUID, wish: ChangeWish, now: datetime, if_match: int | None) -> None:
    """Make a visit longer, shorter or another; raises NotThere, BadFields for unknown ids, and NotBookable."""
    visit = find(tx.connection, "appointments", appointment_id)
    appointment = current(tx, appointment_id, if_match)
    appointment.must_be("booked", "arrived")
    offering, terms = wanted(tx, visit, appointment, wish)
    request = Request(
        offering=offering,
        clinic_id=visit.clinic_id,
        starts_at=visit.starts_at,
        now=now,
        therapist_id=visit.therapist_id,
        client_id=visit.client_id,
        room_id=wish.room_id,
        room_before_id=visit.room_id,
        ignoring=visit.id,
        overrides=overrides(wish.override_reason),
    )
    chosen = choose(tx.connection, request, visit.booked_client_id)
    tx.metadata = replace(tx.metadata, clinic_id=visit.clinic_id)
    command = Change(
        appointment_id=appointment_id,
        place=chosen.place,
        terms=terms,
        initiator=wish.initiator,
        now=now,
        reason_code=wish.reason_code,
        reason=wish.reason,
        overridden=chosen.overridden,
        override_reason=wish.override_reason if chosen.overridden else None,
        notify=wish.notify,
    )
    handle(tx, APPOINTMENT, stream_of(appointment_id), command, if_match=if_match)


def wanted(tx: Transaction, visit: Row[Any], appointment: Appointment, wish: ChangeWish) -> tuple[Offering, Terms]:
    """What the visit is to be: the offering with the wished length, and what is promised with it."""
    must_exist(tx.connection, room_id=("rooms", [wish.room_id]))
    if wish.offering_id in (None, visit.offering_id):
        offering, terms = promised(tx, visit), appointment.agreed
    else:
        offering = known_offering(tx, wish.offering_id)
        terms = booked_terms(tx, offering)
    if wish.room_id is not None and offering.room_kind is None:
        raise BadFields(room_id=["This treatment needs no room."])
    if wish.duration_minutes is not None:
        offering = replace(offering, duration=timedelta(minutes=wish.duration_minutes))
    return offering, terms


def known_offering(tx: Transaction, offering_id: UUID | None) -> Offering:
    offering = None if offering_id is None else load_offering(tx.connection, offering_id)
    if offering is None:
        raise BadFields(offering_id=UNKNOWN)
    return offering


def promised(tx: Transaction, visit: Row[Any]) -> Offering:
    """The visit's offering with the length and buffers that were promised."""
    offering = load_offering(tx.connection, visit.offering_id)
    moving = offering and load_moving(tx.connection, visit.id, offering)
    if moving is None:
        raise LookupError(visit.offering_id)
    return moving


def current(tx: Transaction, appointment_id: UUID, if_match: int | None) -> Appointment:
    """The visit as it stands; raises VersionMismatch before anything is said about times."""
    history = tx.load(stream_of(appointment_id))
    if if_match is not None and history[-1].version != if_match:
        raise VersionMismatch
    return fold(APPOINTMENT, history)


def stream_of(appointment_id: UUID) -> str:
    return f"appointment-{appointment_id}"

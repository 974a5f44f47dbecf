"""Booking, moving and cancelling a visit, for the desk's API and for the client's own page alike."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.scheduling.appointments.booking import Chosen, choose, overrides
from services.scheduling.appointments.decider import APPOINTMENT, decide
from services.scheduling.appointments.decisions.placing import Book, Happened, Move
from services.scheduling.appointments.state import Terms
from services.scheduling.availability.load import load_moving, load_offering
from services.scheduling.availability.model import Offering, Request
from services.scheduling.availability.refusals import OF_PLANS
from services.scheduling.known import must_exist
from services.scheduling.relations.load import load_circle
from services.scheduling.relations.roles import settled
from services.scheduling.relations.telling import Roles
from shared.aliases import person_of
from shared.decider import VersionMismatch, fold, handle
from shared.event_store import Transaction
from shared.events.scheduling import AppointmentBooked, Initiator, Participant
from shared.http.problems import BadFields
from shared.ids import new_id
from shared.reading import UNKNOWN, find

MINUTE = timedelta(minutes=1)
CLIENTS = ("client_id", "booker_client_id", "told_client_id", "payer_client_id")
LEADS = text("SELECT reminder_lead_minutes FROM chains")


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingWish:
    """`became` is for a visit that has taken place already, `reaches_back` lets it be long ago."""

    offering_id: UUID
    clinic_id: UUID
    client_id: UUID
    starts_at: datetime
    therapist_id: UUID | None
    override_reason: str | None
    external_ids: dict[str, str]
    notify: bool = True
    booker_client_id: UUID | None = None
    told_client_id: UUID | None = None
    payer_client_id: UUID | None = None
    gift: bool = False
    became: Happened | None = None
    reaches_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """What a new visit is known by, and the visit of its booking whose confirmation covers it."""

    appointment_id: UUID
    booking_id: UUID
    confirmed_with: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveWish:
    starts_at: datetime
    initiator: Initiator
    clinic_id: UUID | None = None
    therapist_id: UUID | None = None
    reason_code: str | None = None
    reason: str | None = None
    override_reason: str | None = None
    notify: bool = True


def book(tx: Transaction, wish: BookingWish, now: datetime) -> UUID:
    """Book a visit and give its id; raises BadFields for unknown ids, NotBookable and others when a rule says no."""
    wish = for_persons(tx, wish)
    request = booking_request(tx, wish, now)
    wish = in_their_roles(tx, wish, now)
    chosen = choose(tx.connection, request, wish.client_id)
    tx.metadata = replace(tx.metadata, clinic_id=wish.clinic_id)
    ids = Ids(appointment_id=new_id(), booking_id=new_id())
    append_booked(tx, wish, request, chosen, ids)
    return ids.appointment_id


def for_persons(tx: Transaction, wish: BookingWish) -> BookingWish:
    """The wish with each client's id replaced by whom it stands for today."""
    persons: dict[str, Any] = {
        field: person_of(tx.connection, client_id)
        for field in CLIENTS
        if (client_id := getattr(wish, field)) is not None
    }
    return replace(wish, **persons)


def booking_request(tx: Transaction, wish: BookingWish, now: datetime) -> Request:
    """The wish as the rules judge it; raises BadFields for unknown ids."""
    return Request(
        offering=known_offering(tx, wish),
        clinic_id=wish.clinic_id,
        starts_at=wish.starts_at,
        now=now,
        therapist_id=wish.therapist_id,
        client_id=wish.client_id,
        overrides=OF_PLANS if wish.became else overrides(wish.override_reason),
    )


def in_their_roles(tx: Transaction, wish: BookingWish, now: datetime) -> BookingWish:
    """The wish with whom it names, as far as they may book and be told; raises what `settled` refuses with."""
    roles = roles_of(wish)
    if roles == Roles(client_id=wish.client_id):
        return wish
    circle = load_circle(tx.connection, roles.people)
    return replace(wish, told_client_id=settled(roles, circle, now).told_id)


def roles_of(wish: BookingWish) -> Roles:
    return Roles(
        client_id=wish.client_id,
        booker_id=wish.booker_client_id,
        told_id=wish.told_client_id,
        is_gift=wish.gift,
    )


def append_booked(tx: Transaction, wish: BookingWish, request: Request, chosen: Chosen, ids: Ids) -> None:
    booked = booked_event(tx, wish, request, chosen, ids)
    command = Book(booked=booked, now=request.now, became=wish.became, reaches_back=wish.reaches_back)
    tx.append(f"appointment-{ids.appointment_id}", 0, decide(command, APPOINTMENT.initial))


def known_offering(tx: Transaction, wish: BookingWish) -> Offering:
    must_exist(
        tx.connection,
        clinic_id=("clinics", [wish.clinic_id]),
        client_id=("clients", [wish.client_id]),
        therapist_id=("therapists", [wish.therapist_id]),
        booker_client_id=("clients", [wish.booker_client_id]),
        told_client_id=("clients", [wish.told_client_id]),
        payer_client_id=("clients", [wish.payer_client_id]),
    )
    offering = load_offering(tx.connection, wish.offering_id)
    if offering is None:
        raise BadFields(offering_id=UNKNOWN)
    return offering


def booked_event(tx: Transaction, wish: BookingWish, request: Request, chosen: Chosen, ids: Ids) -> AppointmentBooked:
    place, offering = chosen.place, request.offering
    terms = booked_terms(tx, offering)
    overridden = () if wish.became else chosen.overridden
    return AppointmentBooked(
        appointment_id=ids.appointment_id,
        booking_id=ids.booking_id,
        booked_by=tx.metadata.actor,
        client_id=wish.client_id,
        participants=(Participant(client_id=wish.client_id, role="client"),),
        offering_id=terms.offering_id,
        offering_version=terms.offering_version,
        price=terms.price,
        clinic_id=place.clinic_id,
        therapist_id=place.therapist_id,
        room_id=place.room_id,
        occupies=place.occupies,
        starts_at=place.starts_at,
        ends_at=place.ends_at,
        starts_local=place.starts_local,
        time_zone=place.time_zone,
        buffer_before_minutes=terms.buffer_before_minutes,
        buffer_after_minutes=terms.buffer_after_minutes,
        cancel_notice_minutes=terms.cancel_notice_minutes,
        reminder_lead_minutes=terms.reminder_lead_minutes,
        notice_minutes=(place.starts_at - request.now) // MINUTE,
        min_notice_minutes=offering.min_notice // MINUTE,
        overridden=overridden,
        override_reason=wish.override_reason if overridden else None,
        external_ids=wish.external_ids,
        notify=wish.notify and wish.became is None,
        happened=wish.became is not None,
        booker_client_id=wish.booker_client_id,
        told_client_id=wish.told_client_id,
        payer_client_id=wish.payer_client_id,
        gift=wish.gift,
        confirmed_with=ids.confirmed_with,
    )


def booked_terms(tx: Transaction, offering: Offering) -> Terms:
    """What an offering promises when it is booked now."""
    leads = offering.reminder_lead_minutes
    return Terms(
        offering_id=offering.id,
        offering_version=offering.version,
        price=offering.price,
        buffer_before_minutes=offering.buffer_before // MINUTE,
        buffer_after_minutes=offering.buffer_after // MINUTE,
        cancel_notice_minutes=offering.cancel_notice // MINUTE,
        reminder_lead_minutes=tuple(tx.connection.execute(LEADS).scalar_one()) if leads is None else leads,
    )


def reschedule(tx: Transaction, appointment_id: UUID, wish: MoveWish, now: datetime, if_match: int | None) -> None:
    """Move a visit, which keeps its id; raises NotThere, BadFields for unknown ids, NotBookable when a rule says no."""
    visit = find(tx.connection, "appointments", appointment_id)
    request = move_request(tx, visit, wish, now)
    must_be_open(tx, appointment_id, if_match)
    leaves = ([visit.clinic_id], [visit.therapist_id])
    chosen = choose(tx.connection, request, visit.booked_client_id, also_lock=leaves)
    tx.metadata = replace(tx.metadata, clinic_id=request.clinic_id)
    command = Move(
        appointment_id=appointment_id,
        place=chosen.place,
        initiator=wish.initiator,
        now=now,
        reason_code=wish.reason_code,
        reason=wish.reason,
        overridden=chosen.overridden,
        override_reason=wish.override_reason if chosen.overridden else None,
        notify=wish.notify,
    )
    handle(tx, APPOINTMENT, f"appointment-{appointment_id}", command, if_match=if_match)


def must_be_open(tx: Transaction, appointment_id: UUID, if_match: int | None) -> None:
    """Say that a visit has ended, or has changed since it was read, before anything is said about times."""
    history = tx.load(f"appointment-{appointment_id}")
    if if_match is not None and history[-1].version != if_match:
        raise VersionMismatch
    fold(APPOINTMENT, history).must_be("booked")


def move_request(tx: Transaction, visit: Row[Any], wish: MoveWish, now: datetime) -> Request:
    clinic_id = wish.clinic_id or visit.clinic_id
    therapist_id = wish.therapist_id or visit.therapist_id
    must_exist(tx.connection, clinic_id=("clinics", [clinic_id]), therapist_id=("therapists", [therapist_id]))
    offering = load_offering(tx.connection, visit.offering_id)
    moving = offering and load_moving(tx.connection, visit.id, offering)
    if moving is None:
        raise LookupError(visit.offering_id)
    return Request(
        offering=moving,
        clinic_id=clinic_id,
        starts_at=wish.starts_at,
        now=now,
        therapist_id=therapist_id,
        client_id=visit.client_id,
        ignoring=visit.id,
        overrides=overrides(wish.override_reason),
    )

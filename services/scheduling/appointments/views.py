"""The read model of appointments, and the claims that keep anybody and anything from being booked twice."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from services.scheduling.appointments.state import HOLDING, OPEN
from shared.columns import as_json, fields_of
from shared.event_store import Happened
from shared.events import scheduling as s, scheduling_corrections as corrections
from shared.writing import change, put, put_all, remove

KEPT = text("SELECT buffer_before_minutes, buffer_after_minutes, client_id FROM appointments WHERE id = :id")
# Who is told of one visit of a booking alone gets a confirmation of that one alone.
APART = text("UPDATE appointments SET confirmed_with = NULL WHERE id = :id OR confirmed_with = :id")
SETTLED = {"disrupted_by": as_json(())}
PLACE = ("clinic_id", "therapist_id", "room_id", "starts_at", "ends_at", "starts_local", "time_zone")
BOOKED = (
    "booking_id",
    "client_id",
    "booker_client_id",
    "told_client_id",
    "payer_client_id",
    "gift",
    "confirmed_with",
    "offering_id",
    "offering_version",
    "price",
    "buffer_before_minutes",
    "buffer_after_minutes",
    "cancel_notice_minutes",
    "external_ids",
    *PLACE,
)
CHANGED = frozenset(BOOKED) - {"booking_id", "client_id", "external_ids"}


def appointments(connection: Connection, entry: Happened) -> None:  # noqa: C901, PLR0912 - one case for each event
    match entry.event:
        case s.AppointmentBooked() as event:
            row = {name: value for name, value in fields_of(event).items() if name in BOOKED}
            row |= {"booked_client_id": event.client_id}
            put(connection, "appointments", ("id",), id=event.appointment_id, status="booked", **row, **place_in(entry))
        case s.AppointmentMoved() as event:
            row = {name: getattr(event, name) for name in PLACE}
            update(connection, entry, **row, confirmed=False, changed_by=event.initiator, **SETTLED)
        case s.AppointmentConfirmed():
            update(connection, entry, confirmed=True)
        case s.AppointmentCancelled() as event:
            update(connection, entry, status="cancelled", late=event.late, changed_by=event.initiator, **SETTLED)
        case s.AppointmentLatenessWaived():
            update(connection, entry, late=False)
        case s.AppointmentArrived():
            update(connection, entry, status="arrived")
        case s.AppointmentFulfilled() as event:
            actual = {"actual_starts_at": event.actual_starts_at, "actual_ends_at": event.actual_ends_at}
            update(connection, entry, status="fulfilled", **actual, **SETTLED)
        case s.AppointmentMissed():
            update(connection, entry, status="noshow", **SETTLED)
        case corrections.AppointmentStatusCorrected() as event:
            place = {name: getattr(event, name) for name in PLACE}
            ended = {"actual_starts_at": None, "actual_ends_at": None} | ({} if event.after in OPEN else SETTLED)
            update(connection, entry, status=event.after, late=event.late, changed_by="clinic", **place, **ended)
        case corrections.AppointmentChanged() as event:
            row = {name: value for name, value in fields_of(event).items() if name in CHANGED}
            update(connection, entry, **row, changed_by=event.initiator, **SETTLED)
        case corrections.AppointmentReaddressed() as event:
            connection.execute(APART, {"id": event.appointment_id})
            update(connection, entry, told_client_id=event.told_client_id)
        case s.AppointmentLabelled() as event:
            update(connection, entry, external_ids=event.external_ids)
        case _:
            pass


def claims(connection: Connection, entry: Happened) -> None:
    """Runs before `appointments`, whose row still has what a moved visit keeps: its buffers and its person."""
    match entry.event:
        case s.AppointmentBooked() as event:
            buffers = event.buffer_before_minutes, event.buffer_after_minutes
            take(connection, entry, *buffers, person=event.client_id)
        case s.AppointmentMoved() as event:
            kept = connection.execute(KEPT, {"id": event.appointment_id}).one()
            remove(connection, "claims", appointment_id=event.appointment_id)
            take(connection, entry, kept.buffer_before_minutes, kept.buffer_after_minutes, person=kept.client_id)
        case corrections.AppointmentStatusCorrected() as event if keeps_its_time(event):
            pass
        case corrections.AppointmentStatusCorrected() as event:
            remove(connection, "claims", appointment_id=event.appointment_id)
            if event.after in HOLDING:
                kept = connection.execute(KEPT, {"id": event.appointment_id}).one()
                take(connection, entry, kept.buffer_before_minutes, kept.buffer_after_minutes, person=kept.client_id)
        case corrections.AppointmentChanged() as event:
            kept = connection.execute(KEPT, {"id": event.appointment_id}).one()
            remove(connection, "claims", appointment_id=event.appointment_id)
            take(connection, entry, event.buffer_before_minutes, event.buffer_after_minutes, person=kept.client_id)
        case s.AppointmentCancelled() | s.AppointmentMissed() as event:
            remove(connection, "claims", appointment_id=event.appointment_id)
        case _:
            pass


def keeps_its_time(event: corrections.AppointmentStatusCorrected) -> bool:
    """Whether the visit has not freed its time; what a merge set apart then stays with the former client."""
    return event.before in HOLDING and event.after in HOLDING


def take(connection: Connection, entry: Happened, buffer_before: int, buffer_after: int, *, person: UUID) -> None:
    """Claim all that the event occupies; a client's time is that of the person whom their id stands for."""
    event = entry.event
    rows = [
        {
            "chain_id": entry.chain_id,
            "resource_kind": occupied.kind,
            "resource_id": person if occupied.kind == "client" else occupied.id,
            "starts_at": event.starts_at,
            "ends_at": event.ends_at,
            "clinic_id": event.clinic_id,
            "buffer_before": buffer_before,
            "buffer_after": buffer_after,
            "appointment_id": event.appointment_id,
        }
        for occupied in sorted(event.occupies, key=lambda each: each.id)
    ]
    put_all(connection, "claims", ("appointment_id", "resource_id"), rows)


def place_in(entry: Happened) -> dict[str, UUID | int]:
    return {"chain_id": entry.chain_id, "version": entry.version}


def update(connection: Connection, entry: Happened, **values: Any) -> None:
    change(connection, "appointments", {"id": entry.event.appointment_id}, **values, version=entry.version)


VIEWS = (claims, appointments)

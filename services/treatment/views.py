"""What scheduling tells: its visits as their last events left them, and for whom; its staff; when its clinics open."""

from dataclasses import fields

from sqlalchemy import Connection, TextClause, text

from services.treatment import directory, erasure, links
from shared import client_clinics, providers, staff
from shared.aliases import follow
from shared.auth import STAFF
from shared.columns import as_json
from shared.event_store import Happened, View
from shared.events import (
    scheduling as s,
    scheduling_contacts as contacts,
    scheduling_corrections as corrections,
    scheduling_disruptions as d,
    scheduling_people as people,
)
from shared.events.scheduling_devices import DeviceDeclared
from shared.ids import made_at
from shared.writing import put, remove

BOOK = text(
    "INSERT INTO visits (appointment_id, chain_id, version, status, clinic_id, therapist_id, given_by, room_id,"
    " client_id, booked_client_id, offering_id, offering_version, starts_at, ends_at, time_zone)"
    " VALUES (:appointment_id, :chain_id, :version, 'booked', :clinic_id, :therapist_id, :staff, :room_id,"
    " person_of(:client_id), :client_id,"
    " :offering_id, :offering_version, :starts_at, :ends_at, :time_zone)"
)
MOVE = text(
    "UPDATE visits SET version = :version, clinic_id = :clinic_id, therapist_id = :therapist_id,"
    " given_by = CASE WHEN therapist_id = :therapist_id THEN given_by ELSE :staff END,"
    " room_id = :room_id, starts_at = :starts_at, ends_at = :ends_at, time_zone = :time_zone, confirmed = false"
    " WHERE appointment_id = :appointment_id"
)
CONFIRM = text("UPDATE visits SET version = :version, confirmed = true WHERE appointment_id = :appointment_id")
CANCEL = text("UPDATE visits SET version = :version, status = 'cancelled' WHERE appointment_id = :appointment_id")
ARRIVE = text(
    "UPDATE visits SET version = :version, status = 'arrived', arrived_at = :happened_at"
    " WHERE appointment_id = :appointment_id"
)
FULFIL = text(
    "UPDATE visits SET version = :version, status = 'fulfilled', actual_starts_at = :actual_starts_at,"
    " actual_ends_at = :actual_ends_at WHERE appointment_id = :appointment_id"
)
MISS = text("UPDATE visits SET version = :version, status = 'noshow' WHERE appointment_id = :appointment_id")
RELOCATE = text("UPDATE visits SET version = :version, time_zone = :time_zone WHERE appointment_id = :appointment_id")
CORRECT = text(
    "UPDATE visits SET version = :version, status = :after, room_id = :room_id,"
    " arrived_at = CASE WHEN :after IN ('arrived', 'fulfilled') THEN arrived_at END,"
    " given_by = CASE WHEN :before IN ('cancelled', 'noshow') THEN :staff ELSE given_by END,"
    " actual_starts_at = NULL, actual_ends_at = NULL WHERE appointment_id = :appointment_id"
)
CHANGE = text(
    "UPDATE visits SET version = :version, offering_id = :offering_id, offering_version = :offering_version,"
    " room_id = :room_id, starts_at = :starts_at, ends_at = :ends_at WHERE appointment_id = :appointment_id"
)
KNOW = text("INSERT INTO clients (client_id, chain_id) VALUES (:client_id, :chain_id)")
LEAVE = text("""
    DELETE FROM staff_sessions session
    WHERE signed_in_at < :declared_at AND (issuer || ' ' || subject = :actor OR EXISTS (
      SELECT FROM logins login
      WHERE (login.issuer, login.subject) = (session.issuer, session.subject) AND login.staff_id::text = :actor))
""")
REGROUP = text("UPDATE visits SET client_id = :person WHERE booked_client_id = ANY(:ids)")
NOTE = text("UPDATE visits SET version = :version WHERE appointment_id = :appointment_id")


class VisitUnknown(Exception):
    """A visit changes that was never booked: an event before this one is missing."""


def visits(connection: Connection, entry: Happened) -> None:  # noqa: C901 - one case for each event
    """Keep the rows of the appointments that the event is about; others are not looked at. Raises VisitUnknown."""
    match entry.event:
        case s.AppointmentBooked():
            write(connection, BOOK, entry)
        case s.AppointmentMoved():
            write(connection, MOVE, entry)
        case s.AppointmentConfirmed():
            write(connection, CONFIRM, entry)
        case s.AppointmentCancelled():
            write(connection, CANCEL, entry)
        case s.AppointmentArrived():
            write(connection, ARRIVE, entry)
        case s.AppointmentFulfilled():
            write(connection, FULFIL, entry)
        case s.AppointmentMissed():
            write(connection, MISS, entry)
        case corrections.AppointmentStatusCorrected():
            write(connection, CORRECT, entry)
        case corrections.AppointmentChanged():
            write(connection, CHANGE, entry)
        case s.AppointmentLatenessWaived() | s.AppointmentLabelled() | corrections.AppointmentReaddressed():
            write(connection, NOTE, entry)
        case people.ClientsMerged() | people.ClientsUnmerged() as event:
            change = follow(connection, entry.chain_id, event)
            values = {"person": change.person, "ids": change.ids}
            connection.execute(REGROUP, values)
            connection.execute(client_clinics.REGROUP, values)
        case _:
            pass


def disruptions(connection: Connection, entry: Happened) -> None:
    """Keep version and clock of a visit that the rules no longer fit, or fit again. Raises VisitUnknown."""
    match entry.event:
        case d.AppointmentDisrupted() | d.AppointmentRestored() | d.AppointmentKept():
            write(connection, NOTE, entry)
        case d.AppointmentPlaceChanged():
            write(connection, RELOCATE, entry)
        case _:
            pass


def addresses(connection: Connection, entry: Happened) -> None:
    """Let no link work on that was sent to an address which its client has left, or never had."""
    match entry.event:
        case (
            contacts.ContactPointReplaced(client_id=client_id)
            | contacts.ContactPointBlocked(client_id=client_id, cause="wrong_person")
        ):
            links.revoke(connection, [client_id], made_at(entry.event_id))
        case _:
            pass


def clients(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case people.ClientRegistered(client_id=client_id):
            connection.execute(KNOW, {"client_id": client_id, "chain_id": entry.chain_id})
        case _:
            pass


def tablets(connection: Connection, entry: Happened) -> None:
    """Let whoever makes their browser a shared tablet be signed in here no more."""
    match entry.event:
        case DeviceDeclared(declared_at=declared_at):
            connection.execute(LEAVE, {"actor": entry.metadata.actor, "declared_at": declared_at})
        case _:
            pass


def clinics(connection: Connection, entry: Happened) -> None:
    """Keep on which clock a clinic is, and when it opens."""
    match entry.event:
        case s.ClinicTermsSet() as terms:
            put(
                connection,
                "clinic_clocks",
                ("clinic_id", "valid_from"),
                clinic_id=terms.clinic_id,
                valid_from=terms.valid_from,
                chain_id=entry.chain_id,
                time_zone=terms.time_zone,
                opening_hours=as_json(terms.opening_hours),
            )
        case s.ClinicSpecialDaysSet(clinic_id=clinic_id, special_days=days):
            put(
                connection,
                "clinic_special_days",
                ("clinic_id",),
                clinic_id=clinic_id,
                chain_id=entry.chain_id,
                special_days=as_json(days),
            )
        case s.ClosureAdded() | s.ClosureChanged() as closure:
            put(
                connection,
                "closures",
                ("id",),
                id=closure.closure_id,
                chain_id=entry.chain_id,
                clinic_id=closure.clinic_id,
                starts_at=closure.starts_at,
                ends_at=closure.ends_at,
            )
        case s.ClosureLifted(closure_id=closure_id):
            remove(connection, "closures", id=closure_id)
        case _:
            pass


def write(connection: Connection, statement: TextClause, entry: Happened) -> None:
    event = {field.name: getattr(entry.event, field.name) for field in fields(entry.event)}
    by = entry.metadata
    place = {"chain_id": entry.chain_id, "version": entry.version, "staff": by.actor if by.role in STAFF else None}
    if connection.execute(statement, event | place).rowcount != 1:
        raise VisitUnknown


VIEWS: tuple[View, ...] = (
    visits,
    disruptions,
    clients,
    tablets,
    clinics,
    *erasure.VIEWS,
    addresses,
    *directory.VIEWS,
    *client_clinics.VIEWS,
    *staff.VIEWS,
    *providers.VIEWS,
)

"""The read models of the directory: one row for each thing as it is now."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection

from services.scheduling.directory.chain import founding_policy
from shared.columns import as_json, fields_of, row_of
from shared.event_store import Happened
from shared.events import scheduling as s
from shared.writing import change, put, put_all, remove


def chains(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case s.ChainCreated() as event:
            policy = fields_of(founding_policy(event.chain_id))
            put(connection, "chains", ("chain_id",), **policy | fields_of(event), version=entry.version)
        case s.ChainPolicySet() as event:
            change(connection, "chains", {"chain_id": event.chain_id}, **fields_of(event), version=entry.version)
        case _:
            pass


def clinics(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case s.ClinicOpened() | s.ClinicChanged():
            put_fields(connection, "clinics", entry, clinic_id="id")
        case s.ClinicTermsSet() as event:
            put(
                connection,
                "clinic_terms",
                ("clinic_id", "valid_from"),
                chain_id=entry.chain_id,
                **fields_of(event) | {"opening_hours": as_json(event.opening_hours)},
            )
            touch(connection, entry, event.clinic_id)
        case s.ClinicSpecialDaysSet() as event:
            remove(connection, "clinic_special_days", clinic_id=event.clinic_id)
            owner = {"clinic_id": event.clinic_id, "chain_id": entry.chain_id}
            days = [owner | {"on_date": day.on, "hours": as_json(day.hours)} for day in event.special_days]
            put_all(connection, "clinic_special_days", ("clinic_id", "on_date"), days)
            touch(connection, entry, event.clinic_id)
        case s.ClinicTravelTimesSet() as event:
            remove(connection, "travel_times", from_clinic_id=event.clinic_id)
            owner = {"from_clinic_id": event.clinic_id, "chain_id": entry.chain_id}
            ways = [owner | fields_of(travel) for travel in event.travel_times]
            put_all(connection, "travel_times", ("from_clinic_id", "to_clinic_id"), ways)
            touch(connection, entry, event.clinic_id)
        case _:
            pass


def touch(connection: Connection, entry: Happened, clinic_id: Any) -> None:
    change(connection, "clinics", {"id": clinic_id}, version=entry.version)


def closures(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case s.ClosureAdded() | s.ClosureChanged():
            put_fields(connection, "closures", entry, closure_id="id")
        case s.ClosureLifted(closure_id=closure_id):
            remove(connection, "closures", id=closure_id)
        case _:
            pass


def rooms(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case s.RoomAdded() | s.RoomChanged():
            put_fields(connection, "rooms", entry, room_id="id")
        case _:
            pass


def therapists(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case s.TherapistAdded() | s.TherapistChanged() as event:
            row = row_of(entry, readable=("name",)) | {"qualifications": as_json(event.qualifications)}
            row["id"] = row.pop("therapist_id")
            put(connection, "therapists", ("id",), **row, chain_id=entry.chain_id, version=entry.version)
        case s.TherapistRotaSet() as event:
            remove(connection, "rota_entries", therapist_id=event.therapist_id)
            owner = {"therapist_id": event.therapist_id, "chain_id": entry.chain_id}
            rota = [owner | {"entry": number} | fields_of(item) for number, item in enumerate(event.entries)]
            put_all(connection, "rota_entries", ("therapist_id", "entry"), rota)
            change(connection, "therapists", {"id": event.therapist_id}, version=entry.version)
        case s.TimeOffAdded() | s.TimeOffChanged():
            put_fields(connection, "time_off", entry, time_off_id="id")
        case s.TimeOffWithdrawn(time_off_id=time_off_id):
            remove(connection, "time_off", id=time_off_id)
        case _:
            pass


def offerings(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case s.OfferingAdded() | s.OfferingChanged():
            put_fields(connection, "offerings", entry, offering_id="id")
        case _:
            pass


def put_fields(
    connection: Connection, table: str, entry: Happened, *, readable: Collection[str] = (), **renamed: str
) -> None:
    """Put an event's fields as a row under the event's id; personal ones as the log has them, or `readable`."""
    row = row_of(entry, readable=readable)
    for field, column in renamed.items():
        row[column] = row.pop(field)
    put(connection, table, ("id",), **row, chain_id=entry.chain_id, version=entry.version)


VIEWS = (chains, clinics, closures, rooms, therapists, offerings)

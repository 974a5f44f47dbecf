"""The read model of rooms out of service, and of what holds a visit outside the rules."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from services.scheduling.appointments.views import SETTLED
from services.scheduling.directory.views import put_fields
from shared.columns import as_json
from shared.event_store import Happened, Together
from shared.events import scheduling_disruptions as d
from shared.writing import change_all, remove


def room_outages(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case d.RoomOutageAdded() | d.RoomOutageChanged():
            put_fields(connection, "room_outages", entry, room_outage_id="id")
        case d.RoomOutageLifted(room_outage_id=room_outage_id):
            remove(connection, "room_outages", id=room_outage_id)
        case _:
            pass


def disruptions(connection: Connection, entries: Sequence[Happened]) -> None:
    """What holds each visit outside the rules, and its clock where its clinic is elsewhere."""
    marked = [row | place_in(entry) for entry in entries if (row := marks(entry.event))]
    change_all(connection, "appointments", ("id",), marked)
    placed = [row | place_in(entry) for entry in entries if (row := clock(entry.event))]
    change_all(connection, "appointments", ("id",), placed)


def place_in(entry: Happened) -> dict[str, Any]:
    return {"id": entry.event.appointment_id, "version": entry.version}


def marks(event: Any) -> dict[str, Any] | None:
    match event:
        case d.AppointmentDisrupted():
            return {"disrupted_by": as_json(event.causes)}
        case d.AppointmentRestored() | d.AppointmentKept():
            return dict(SETTLED)
        case _:
            return None


def clock(event: Any) -> dict[str, Any] | None:
    match event:
        case d.AppointmentPlaceChanged():
            return {"starts_local": event.starts_local, "time_zone": event.time_zone, "changed_by": "clinic"}
        case _:
            return None


VIEWS = (room_outages, Together(disruptions))

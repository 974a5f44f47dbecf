"""The read model of rooms out of service, and of what holds a visit outside the rules."""

from sqlalchemy import Connection

from services.scheduling.appointments.views import SETTLED, update
from services.scheduling.directory.views import as_json, put_fields
from services.scheduling.writing import remove
from shared.event_store import Happened
from shared.events import scheduling_disruptions as d


def room_outages(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case d.RoomOutageAdded() | d.RoomOutageChanged():
            put_fields(connection, "room_outages", entry, room_outage_id="id")
        case d.RoomOutageLifted(room_outage_id=room_outage_id):
            remove(connection, "room_outages", id=room_outage_id)
        case _:
            pass


def disruptions(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case d.AppointmentDisrupted() as event:
            update(connection, entry, disrupted_by=as_json(event.causes))
        case d.AppointmentRestored() | d.AppointmentKept():
            update(connection, entry, **SETTLED)
        case d.AppointmentPlaceChanged() as event:
            clock = {"starts_local": event.starts_local, "time_zone": event.time_zone}
            update(connection, entry, **clock, changed_by="clinic")
        case _:
            pass


VIEWS = (room_outages, disruptions)

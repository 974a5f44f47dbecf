"""What happened to a visit, told from its stream: every event with who, when and what it changed.

Times are given on the clock of the clinic where the visit was to take place then.
"""

from datetime import UTC, datetime, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from services.scheduling.appointments.decider import APPOINTMENT
from services.scheduling.appointments.state import Appointment
from shared.event_store import LOAD, happened, recorded
from shared.sealing import Sealer


def history_of(connection: Connection, chain_id: UUID, appointment_id: UUID, sealer: Sealer) -> list[dict[str, Any]]:
    """The history, the oldest event first; `changed` gives [before, after] of each field of the visit."""
    rows = connection.execute(LOAD, {"chain_id": chain_id, "streams": [f"appointment-{appointment_id}"]})
    stored = [recorded(row) for row in rows]
    state, entries = APPOINTMENT.initial, []
    for row, entry in zip(stored, happened(connection, stored, sealer), strict=True):
        before, state = state, APPOINTMENT.evolve(state, entry.event)
        entries.append(
            {
                "version": row.version,
                "name": row.name,
                "recorded_at": row.recorded_at.astimezone(clock(state)),
                "actor": entry.metadata.actor,
                "role": entry.metadata.role,
                "origin": entry.metadata.origin,
                "data": told(entry.event, clock(state)),
                "changed": changes(before, state),
            }
        )
    return entries


def changes(before: Appointment, after: Appointment) -> dict[str, list[Any]]:
    """The fields of the visit that differ."""
    old, new = flat(before), flat(after)
    return {name: [old.get(name), value] for name, value in new.items() if old.get(name) != value}


def flat(appointment: Appointment) -> dict[str, Any]:
    state: dict[str, Any] = told(appointment, clock(appointment))
    place, terms = state.pop("place") or {}, state.pop("terms") or {}
    place.pop("occupies", None)
    return state | place | terms


def clock(appointment: Appointment) -> tzinfo:
    """The zone of the visit's clinic."""
    return UTC if appointment.place is None else ZoneInfo(appointment.place.time_zone)


def told(thing: Any, zone: tzinfo) -> Any:
    """As JSON has it, with every time in a zone."""
    return in_zone(msgspec.to_builtins(thing, builtin_types=(datetime,)), zone)


def in_zone(found: Any, zone: tzinfo) -> Any:
    match found:
        case datetime():
            return found.astimezone(zone)
        case dict():
            return {name: in_zone(value, zone) for name, value in found.items()}
        case list() | tuple():
            return [in_zone(value, zone) for value in found]
        case _:
            return found

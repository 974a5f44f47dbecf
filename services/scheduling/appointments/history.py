"""What happened to a visit, told from its stream: every event with who, when and what it changed."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from services.scheduling.appointments.decider import APPOINTMENT
from services.scheduling.appointments.state import Appointment
from shared.event_store import LOAD, happened, recorded
from shared.sealing import Sealer


def history_of(connection: Connection, chain_id: UUID, appointment_id: UUID, sealer: Sealer) -> list[dict[str, Any]]:
    """The history, the oldest event first; `changed` gives [before, after] of each field of the visit."""
    rows = connection.execute(LOAD, {"chain_id": chain_id, "stream": f"appointment-{appointment_id}"})
    state, entries = APPOINTMENT.initial, []
    for row in map(recorded, rows):
        entry = happened(row, sealer)
        before, state = state, APPOINTMENT.evolve(state, entry.event)
        entries.append(
            {
                "version": row.version,
                "name": row.name,
                "recorded_at": row.recorded_at,
                "actor": entry.metadata.actor,
                "role": entry.metadata.role,
                "origin": entry.metadata.origin,
                "data": msgspec.to_builtins(entry.event),
                "changed": changes(before, state),
            }
        )
    return entries


def changes(before: Appointment, after: Appointment) -> dict[str, list[Any]]:
    """The fields of the visit that differ."""
    old, new = flat(before), flat(after)
    return {name: [old.get(name), value] for name, value in new.items() if old.get(name) != value}


def flat(appointment: Appointment) -> dict[str, Any]:
    state: dict[str, Any] = msgspec.to_builtins(appointment)
    place = state.pop("place") or {}
    place.pop("occupies", None)
    return state | place | (state.pop("terms") or {})

"""All that is known about one person under all their ids, opened for them alone, and nothing of anybody else's.

What others did for them is told by role and not by name; of those who may act for them, and for whom they may act, only
the relation. What is sealed and cannot be opened any more is not there.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Row, text

from services.scheduling.export.treatment import MOST_ACCESSES
from shared.access_log import accesses_of
from shared.aliases import followers_of
from shared.event_store import Happened, happened, recorded
from shared.events import name_of
from shared.sealing import Sealer

STREAMS_AT_ONCE = 500

PEOPLE = text("""
    SELECT id, name, called, birth_date, home_clinic_id, time_zone, locale, external_ids, preferred_channel,
      fallback_channel
    FROM clients WHERE id = ANY(:ids) ORDER BY id
""")
POINTS = text("""
    SELECT id, client_id, kind, address, source, verified, verified_at, blocked, replaced
    FROM contact_points WHERE client_id = ANY(:ids) ORDER BY client_id, place
""")
PERMISSIONS = text("""
    SELECT client_id, channel, purpose, given, source
    FROM permissions WHERE client_id = ANY(:ids) ORDER BY client_id, purpose, channel
""")
RELATIONS = text("""
    SELECT id, client_id, related_client_id, kind, may, until, source, ended
    FROM relations WHERE client_id = ANY(:ids) OR related_client_id = ANY(:ids) ORDER BY id
""")
VISITS = text("""
    SELECT visit.id, visit.status, visit.starts_at, visit.ends_at, visit.time_zone, clinic.name AS clinic,
      therapist.name AS therapist, offering.name AS offering, visit.confirmed, visit.late, visit.gift, visit.price,
      visit.actual_starts_at, visit.actual_ends_at
    FROM appointments visit JOIN clinics clinic ON clinic.id = visit.clinic_id
      JOIN therapists therapist ON therapist.id = visit.therapist_id
      JOIN offerings offering ON offering.id = visit.offering_id
    WHERE visit.booked_client_id = ANY(:ids) ORDER BY visit.starts_at, visit.id
""")
MESSAGES = text("""
    SELECT message_key, appointment_id, contact_point_id, channel, delivered, failed
    FROM deliveries WHERE client_id = ANY(:ids) ORDER BY message_key
""")
OF_VISITS = text("SELECT id FROM appointments WHERE booked_client_id = ANY(:ids) ORDER BY id")
OF_RELATIONS = text("SELECT id FROM relations WHERE client_id = ANY(:ids) ORDER BY id")
OF_TASKS = text("SELECT id FROM contact_tasks WHERE client_id = ANY(:ids) ORDER BY id")
OF_REPLIES = text("SELECT id FROM replies WHERE client_id = ANY(:ids) ORDER BY id")
OF_REQUESTS = text("SELECT id FROM erasure_requests WHERE client_id = ANY(:ids) ORDER BY id")
FAMILIES = (
    ("appointment", OF_VISITS),
    ("relation", OF_RELATIONS),
    ("contact-task", OF_TASKS),
    ("reply", OF_REPLIES),
    ("erasure", OF_REQUESTS),
)
EVENTS = text("""
    SELECT * FROM events WHERE chain_id = :chain_id AND stream = ANY(:streams) ORDER BY partition, position
""")

OF_STAFF = frozenset({"booked_by"})
"""Fields that say which of the staff did it."""


def everything_about(
    connection: Connection,
    chain_id: UUID,
    ids: Sequence[UUID],
    sealer: Sealer,
    now: datetime,
    *,
    treated: Mapping[str, list[dict[str, Any]]],
) -> dict[str, Any]:
    """The sections of an export; `ids` are all ids of a person, the one they go by first, `treated` is treatment's."""
    known = {"ids": list(ids)}
    return {
        "made_at": now,
        "ids": list(ids),
        "person": rows(connection.execute(PEOPLE, known)),
        "contact_points": rows(connection.execute(POINTS, known)),
        "permissions": rows(connection.execute(PERMISSIONS, known)),
        "relations": rows(connection.execute(RELATIONS, known)),
        "visits": rows(connection.execute(VISITS, known)),
        "messages": rows(connection.execute(MESSAGES, known)),
        "history": list(history(connection, chain_id, streams_of(connection, ids), sealer)),
        "accesses": {"visits_and_contacts": accesses(connection, ids), "clinical_record": treated["accesses"]},
    }


def ids_of(connection: Connection, client_id: UUID) -> list[UUID]:
    """All ids of a person, the one they go by first."""
    return [client_id, *(each for each in followers_of(connection, client_id) if each != client_id)]


def rows(found: Iterable[Row[Any]]) -> list[dict[str, Any]]:
    return [row._asdict() for row in found]


def streams_of(connection: Connection, ids: Collection[UUID]) -> list[str]:
    """The streams whose events are about the person."""
    found = [f"{kind}-{each}" for kind in ("client", "contacts", "merging", "links") for each in ids]
    for kind, statement in FAMILIES:
        found += [f"{kind}-{each}" for each in connection.execute(statement, {"ids": list(ids)}).scalars()]
    return found


def history(connection: Connection, chain_id: UUID, streams: Sequence[str], sealer: Sealer) -> Iterator[dict[str, Any]]:
    """What happened, event by event, by kinds of things."""
    for start in range(0, len(streams), STREAMS_AT_ONCE):
        wanted = {"chain_id": chain_id, "streams": list(streams[start : start + STREAMS_AT_ONCE])}
        stored = [recorded(row) for row in connection.execute(EVENTS, wanted)]
        for row, entry in zip(stored, happened(connection, stored, sealer), strict=True):
            yield told(entry, row.recorded_at)


def told(entry: Happened, at: datetime) -> dict[str, Any]:
    content = msgspec.to_builtins(entry.event)
    return {
        "at": at,
        "what": name_of(type(entry.event)),
        "by": entry.metadata.role,
        "way": entry.metadata.origin,
        "content": {name: value for name, value in content.items() if name not in OF_STAFF},
    }


def accesses(connection: Connection, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Who looked at the person's data, by role, the newest first."""
    found = accesses_of(connection, ids, most=MOST_ACCESSES)
    return [
        {
            "at": each.recorded_at,
            "by": each.role,
            "purpose": each.purpose,
            "operation": each.operation,
            "data_class": each.data_class,
        }
        for each in found
    ]

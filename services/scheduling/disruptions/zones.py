"""Visits whose promised wall-clock time is no longer their instant, because the rules of a zone have changed.

What a client was promised is the time on the clinic's clock, so that is what a visit is moved to: as a change by the
clinic, one visit at a time, and only where everything that it takes is free then. What cannot be moved is named.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from services.scheduling.appointments.decider import APPOINTMENT
from services.scheduling.appointments.decisions.disrupting import Reassess
from services.scheduling.appointments.decisions.placing import Move
from services.scheduling.availability.load import load_moving, load_offering, load_situation
from services.scheduling.availability.model import Interval, Request
from services.scheduling.availability.rules import stands_too_close
from services.scheduling.availability.situation import Situation
from services.scheduling.disruptions.hits import spans_over
from shared.database import Database
from shared.decider import fold, handle
from shared.event_store import Metadata, Transaction
from shared.ids import new_id
from shared.locks import lock
from shared.reading import find

BATCH = 500
REASON = "zone_rules"
LOCAL = "%Y-%m-%dT%H:%M"

TO_COME = text(
    "SELECT id, starts_at, starts_local, time_zone FROM appointments WHERE status = 'booked' AND starts_at > :now"
    " AND (starts_at, id) > (:after_start, :after_id) ORDER BY starts_at, id LIMIT :batch"
)
TAKEN = text("""
    SELECT 1 FROM claims
    WHERE resource_id = ANY(ARRAY(SELECT resource_id FROM claims WHERE appointment_id = :id)) AND appointment_id <> :id
      AND starts_at < :ends_at AND starts_at > :starts_at - interval '12 hours' AND ends_at > :starts_at
    LIMIT 1
""")

Outcome = Literal["moved", "clash", "too_close", "disrupted", "settled"]


@dataclass(frozen=True, slots=True)
class Misfit:
    """A visit at `starts_at`, where the clock of its zone does not show what was promised; it does at `promised_at`."""

    appointment_id: UUID
    starts_at: datetime
    starts_local: str
    time_zone: str
    promised_at: datetime


def misfits(database: Database, chain_id: UUID, now: datetime) -> list[Misfit]:
    """The chain's booked visits to come that do not fit, in an order in which none moves into the next one's old time.

    Those that move to a later time come with the last of them first, then those that move to an earlier one.
    """
    found = list(search(database, chain_id, now))
    later = sorted((each for each in found if each.promised_at > each.starts_at), key=starts, reverse=True)
    return later + sorted((each for each in found if each.promised_at < each.starts_at), key=starts)


def starts(misfit: Misfit) -> tuple[datetime, UUID]:
    return misfit.starts_at, misfit.appointment_id


def search(database: Database, chain_id: UUID, now: datetime) -> Iterator[Misfit]:
    after = (now, UUID(int=0))
    while True:
        values = {"now": now, "after_start": after[0], "after_id": after[1], "batch": BATCH}
        with database.reading(chain_id) as connection:
            rows = connection.execute(TO_COME, values).all()
        yield from (misfit for row in rows if (misfit := misfit_of(row)) is not None)
        if len(rows) < BATCH:
            return
        after = (rows[-1].starts_at, rows[-1].id)


def misfit_of(row: Row[Any]) -> Misfit | None:
    """None when the clock shows what was promised; of a time that is there twice, both passes do."""
    zone = ZoneInfo(row.time_zone)
    if row.starts_at.astimezone(zone).strftime(LOCAL) == row.starts_local:
        return None
    promised_at = datetime.fromisoformat(row.starts_local).replace(tzinfo=zone).astimezone(ZoneInfo("UTC"))
    if promised_at == row.starts_at:
        return None
    return Misfit(row.id, row.starts_at, row.starts_local, row.time_zone, promised_at)


def move(database: Database, chain_id: UUID, misfit: Misfit, now: datetime) -> Outcome:
    """Move one visit to its promised time; `settled` when it fits by now, `clash` when something it takes is taken.

    `too_close` when buffers or the way to another clinic would not fit any more.
    """
    metadata = Metadata(actor="operator", role="operator", origin="command-line", correlation_id=str(new_id()))
    return database.command(chain_id, metadata, lambda tx: move_one(tx, misfit.appointment_id, now))


def move_one(tx: Transaction, appointment_id: UUID, now: datetime) -> Outcome:
    visit = locked(tx.connection, appointment_id)
    misfit = misfit_of(visit)
    if misfit is None or visit.status != "booked":
        return "settled"
    if visit.disrupted:
        return "disrupted"
    ends_at = misfit.promised_at + (visit.ends_at - visit.starts_at)
    span = {"starts_at": misfit.promised_at, "ends_at": ends_at}
    if tx.connection.execute(TAKEN, {"id": appointment_id} | span).first():
        return "clash"
    if stands_too_close(*there_and_then(tx.connection, visit, misfit.promised_at, now)):
        return "too_close"
    stream = f"appointment-{appointment_id}"
    place = fold(APPOINTMENT, tx.load(stream)).place
    if place is None:
        raise LookupError(appointment_id)
    local = misfit.promised_at.astimezone(ZoneInfo(misfit.time_zone)).strftime(LOCAL)
    there = replace(place, starts_local=local, **span)
    tx.metadata = replace(tx.metadata, clinic_id=visit.clinic_id)
    handle(
        tx,
        APPOINTMENT,
        stream,
        Move(appointment_id=appointment_id, place=there, initiator="clinic", now=now, reason_code=REASON),
    )
    arisen = spans_over(tx.connection, find(tx.connection, "appointments", appointment_id))
    handle(tx, APPOINTMENT, stream, Reassess(appointment_id, arisen, frozenset()))
    return "moved"


def there_and_then(
    connection: Connection, visit: Row[Any], starts_at: datetime, now: datetime
) -> tuple[Situation, Request]:
    """The visit as it was promised at another instant, and all that stands around that."""
    offering = load_offering(connection, visit.offering_id)
    promised = offering and load_moving(connection, visit.id, offering)
    if promised is None:
        raise LookupError(visit.offering_id)
    request = Request(
        offering=promised,
        clinic_id=visit.clinic_id,
        starts_at=starts_at,
        now=now,
        therapist_id=visit.therapist_id,
        client_id=visit.client_id,
        room_id=visit.room_id,
        ignoring=visit.id,
    )
    situation = load_situation(
        connection,
        clinic_ids=[visit.clinic_id],
        therapist_ids=[visit.therapist_id],
        client_id=visit.client_id,
        window=Interval(starts_at, starts_at + timedelta.resolution),
    )
    return situation, request


def locked(connection: Connection, appointment_id: UUID) -> Row[Any]:
    """The visit, held with all that a booking in its place would look at."""
    seen = find(connection, "appointments", appointment_id)
    lock(connection, ("clinic", [seen.clinic_id]), ("therapist", [seen.therapist_id]), ("client", [seen.client_id]))
    return find(connection, "appointments", appointment_id)

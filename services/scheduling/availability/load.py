"""From the read models to a situation, in one to three statements whatever the size of the chain."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, text

from services.scheduling.availability.facts import NO_FACTS, claims_of, clinics_of, therapists_of
from services.scheduling.availability.model import (
    LONGEST_VISIT,
    Clinic,
    Interval,
    Offering,
    Therapist,
)
from services.scheduling.availability.queries import (
    CLINICS_ALONE,
    ELSEWHERE,
    SITUATION,
    THERAPISTS_ALONE,
    around,
    during,
    read,
)
from services.scheduling.availability.situation import Situation
from shared.events.scheduling import Money

WHOLE_DAY = timedelta(hours=26)
SOME_DAYS = timedelta(days=3)
EVER = Interval(datetime(1990, 1, 1, tzinfo=UTC), datetime(2110, 1, 1, tzinfo=UTC))

OFFERING = text("SELECT * FROM offerings WHERE id = :id")
VISIT = text("SELECT starts_at, ends_at, buffer_before_minutes, buffer_after_minutes FROM appointments WHERE id = :id")
WORKING_AT = text("SELECT DISTINCT therapist_id FROM rota_entries WHERE clinic_id = ANY(:clinics)")


def load_situation(
    connection: Connection,
    *,
    clinic_ids: Collection[UUID],
    therapist_ids: Collection[UUID] | None,
    client_id: UUID | None,
    window: Interval,
    longest: timedelta = LONGEST_VISIT,
    reach: timedelta = WHOLE_DAY,
) -> Situation:
    """All that bears on visits of these therapists at these clinics that start inside the window.

    No therapists means everybody with a rota at one of the clinics; `longest` is how long such a visit may last.
    `reach` is how far around it other visits of rooms and client are looked for: a whole day tells which room is least
    loaded, a listing needs the longest buffer. A therapist's are there as far away as `claims_on_the_way` wants them.
    """
    if therapist_ids is None:
        therapist_ids = load_staff(connection, clinic_ids)
    facts = read(
        connection,
        SITUATION,
        clinics=list(clinic_ids),
        therapists=list(therapist_ids),
        clients=[] if client_id is None else [client_id],
        **during(Interval(window.starts_at - SOME_DAYS, window.ends_at + SOME_DAYS)),
        **around(Interval(window.starts_at, window.ends_at + longest), reach),
    )
    clinics = clinics_of(facts)
    involved = clinics.keys() | {claim.clinic_id for claim in facts.claims if claim.resource_kind == "therapist"}
    elsewhere = read(connection, ELSEWHERE, clinics=list(involved)) if len(involved) > 1 else NO_FACTS
    return Situation(
        window=window,
        clinics=clinics_of(elsewhere) | clinics,
        therapists=therapists_of(facts),
        claims=claims_of(facts),
        travel={(way.from_clinic_id, way.to_clinic_id): way.minutes for way in elsewhere.travel_times},
    )


def load_staff(connection: Connection, clinic_ids: Collection[UUID]) -> list[UUID]:
    """Everybody with a rota at one of the clinics."""
    return list(connection.execute(WORKING_AT, {"clinics": list(clinic_ids)}).scalars())


def load_clinics(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Clinic]:
    """Clinics with all that was ever set about them, by id."""
    return clinics_of(read(connection, CLINICS_ALONE, clinics=list(ids), **during(EVER)))


def load_therapists(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Therapist]:
    """Therapists with their rota at every clinic and all their time off, by id."""
    return therapists_of(read(connection, THERAPISTS_ALONE, clinics=None, therapists=list(ids), **during(EVER)))


def load_offering(connection: Connection, offering_id: UUID) -> Offering | None:
    """The offering as it can be booked today, or None."""
    row = connection.execute(OFFERING, {"id": offering_id}).first()
    if row is None:
        return None
    return Offering(
        id=row.id,
        version=row.offering_version,
        name=row.name,
        duration=timedelta(minutes=row.duration_minutes),
        buffer_before=timedelta(minutes=row.buffer_before_minutes),
        buffer_after=timedelta(minutes=row.buffer_after_minutes),
        qualification=row.qualification,
        room_kind=row.room_kind,
        grid_minutes=row.grid_minutes,
        min_notice=timedelta(minutes=row.min_notice_minutes),
        horizon_days=row.horizon_days,
        cancel_notice=timedelta(minutes=row.cancel_notice_minutes),
        reminder_lead_minutes=None if row.reminder_lead_minutes is None else tuple(row.reminder_lead_minutes),
        price=None if row.price is None else Money(**row.price),
    )


def load_moving(connection: Connection, appointment_id: UUID, offering: Offering) -> Offering | None:
    """The offering with the duration and buffers that this visit was promised, or None for no such visit."""
    row = connection.execute(VISIT, {"id": appointment_id}).first()
    if row is None:
        return None
    return replace(
        offering,
        duration=row.ends_at - row.starts_at,
        buffer_before=timedelta(minutes=row.buffer_before_minutes),
        buffer_after=timedelta(minutes=row.buffer_after_minutes),
    )

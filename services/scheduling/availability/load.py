"""From the read models to a situation, in three to five statements whatever the size of the chain.

Under row-level security only leakproof operators reach an index, so claims are found by resource and start, never by
the overlap of ranges.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from services.scheduling.availability.facts import NO_FACTS, Facts, clinics_of, facts_query, read_facts, therapists_of
from services.scheduling.availability.model import (
    LONGEST_BUFFER,
    LONGEST_VISIT,
    Claim,
    Clinic,
    Interval,
    Offering,
    Therapist,
)
from services.scheduling.availability.situation import Situation
from shared.events.scheduling import Money

WHOLE_DAY = timedelta(hours=26)
EVER = Interval(datetime(1990, 1, 1, tzinfo=UTC), datetime(2110, 1, 1, tzinfo=UTC))

OFFERING = text("SELECT * FROM offerings WHERE id = :id")
VISIT = text("SELECT starts_at, ends_at, buffer_before_minutes, buffer_after_minutes FROM appointments WHERE id = :id")
WORKING_AT = text("SELECT DISTINCT therapist_id FROM rota_entries WHERE clinic_id = ANY(:clinics)")
CLINICS = facts_query("terms", "special_days", "closures", "rooms")
THERAPISTS = facts_query("therapists", "rota", "time_off")
ALL_BUT_TRAVEL = facts_query("terms", "special_days", "closures", "rooms", "therapists", "rota", "time_off")
ELSEWHERE = facts_query("terms", "travel_times")

# All claims near the window; and for therapists the nearest beyond on either side, from where the way may be long
CLAIMS = text("""
    SELECT resource_kind, resource_id, appointment_id, clinic_id, starts_at, ends_at, buffer_before, buffer_after
    FROM claims WHERE resource_id = ANY(:resources) AND starts_at > :since AND starts_at < :until
    UNION ALL
    SELECT earlier.* FROM unnest(CAST(:therapists AS uuid[])) AS therapist(id), LATERAL (
        SELECT resource_kind, resource_id, appointment_id, clinic_id, starts_at, ends_at, buffer_before, buffer_after
        FROM claims WHERE resource_id = therapist.id AND starts_at <= :since ORDER BY starts_at DESC LIMIT 1
    ) AS earlier
    UNION ALL
    SELECT later.* FROM unnest(CAST(:therapists AS uuid[])) AS therapist(id), LATERAL (
        SELECT resource_kind, resource_id, appointment_id, clinic_id, starts_at, ends_at, buffer_before, buffer_after
        FROM claims WHERE resource_id = therapist.id AND starts_at >= :until ORDER BY starts_at LIMIT 1
    ) AS later
    ORDER BY starts_at
""")


def load_situation(
    connection: Connection,
    *,
    clinic_ids: Collection[UUID],
    therapist_ids: Collection[UUID] | None,
    client_id: UUID | None,
    window: Interval,
    reach: timedelta = WHOLE_DAY,
) -> Situation:
    """All that bears on visits of these therapists at these clinics that start inside the window.

    No therapists means everybody with a rota at one of the clinics. `reach` is how far around the window visits are
    looked for beyond those that may touch it: a whole day tells who is least loaded, a listing needs none.
    """
    if therapist_ids is None:
        therapist_ids = connection.execute(WORKING_AT, {"clinics": list(clinic_ids)}).scalars().all()
    facts = read_facts(connection, ALL_BUT_TRAVEL, within(window), clinics=clinic_ids, therapists=therapist_ids)
    resources = {*therapist_ids, *(room.id for room in facts.rooms), *({client_id} - {None})}
    claims = load_claims(connection, resources, therapist_ids, window, reach)
    clinics = clinics_of(facts)
    involved = clinics.keys() | {claim.clinic_id for claim in claims if claim.resource_kind == "therapist"}
    elsewhere = load_elsewhere(connection, involved) if len(involved) > 1 else NO_FACTS
    return Situation(
        window=window,
        clinics=clinics_of(elsewhere) | clinics,
        therapists=therapists_of(facts),
        claims=by_resource(claims),
        travel={(way.from_clinic_id, way.to_clinic_id): way.minutes for way in elsewhere.travel_times},
    )


def load_elsewhere(connection: Connection, clinic_ids: Collection[UUID]) -> Facts:
    return read_facts(connection, ELSEWHERE, EVER, clinics=clinic_ids)


def load_clinics(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Clinic]:
    """Clinics with all that was ever set about them, by id."""
    return clinics_of(read_facts(connection, CLINICS, EVER, clinics=list(ids)))


def load_therapists(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Therapist]:
    """Therapists with their rota at every clinic and all their time off, by id."""
    return therapists_of(read_facts(connection, THERAPISTS, EVER, clinics=None, therapists=list(ids)))


def load_claims(
    connection: Connection,
    resources: Collection[UUID],
    therapist_ids: Collection[UUID],
    window: Interval,
    reach: timedelta,
) -> list[Claim]:
    around = LONGEST_VISIT + max(reach, LONGEST_BUFFER)
    values = {
        "resources": list(resources),
        "therapists": list(therapist_ids),
        "since": window.starts_at - around,
        "until": window.ends_at + around,
    }
    return [claim_of(row) for row in connection.execute(CLAIMS, values)]


def claim_of(row: Row[Any]) -> Claim:
    return Claim(
        resource_kind=row.resource_kind,
        resource_id=row.resource_id,
        appointment_id=row.appointment_id,
        clinic_id=row.clinic_id,
        starts_at=row.starts_at.astimezone(UTC),
        ends_at=row.ends_at.astimezone(UTC),
        buffer_before=timedelta(minutes=row.buffer_before),
        buffer_after=timedelta(minutes=row.buffer_after),
    )


def by_resource(claims: Iterable[Claim]) -> dict[UUID, Sequence[Claim]]:
    """The claims of each resource, in the order in which they come."""
    found: dict[UUID, list[Claim]] = {}
    for claim in claims:
        found.setdefault(claim.resource_id, []).append(claim)
    return dict(found)


def within(window: Interval) -> Interval:
    """The window with the days around it on which a shift may begin or a visit may end."""
    return Interval(window.starts_at - timedelta(days=3), window.ends_at + timedelta(days=3))


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

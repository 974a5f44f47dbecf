"""On what basis staff may see a client's record: a visit of their own, covering at a clinic, or the glass broken."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from shared.events.registry import Personal, event

Outcome = Literal["justified", "not_justified"]


@event("treatment.access_granted.v1")
class AccessGranted:
    """Somebody made use, for the first time, of what a visit of theirs opens; `subject` is who, as in actors.

    `self_booked`: they had given the visit to themselves, so somebody else is to look at it.
    """

    client_id: UUID
    grant_id: UUID
    basis: Literal["visit"]
    appointment_id: UUID
    clinic_id: UUID
    therapist_id: UUID
    subject: str
    self_booked: bool
    granted_at: datetime
    until: datetime


@event("treatment.cover_started.v1")
class CoverStarted:
    """Somebody covers at a clinic: the records of whoever has a visit there, on that day of its clock, are open."""

    cover_id: UUID
    clinic_id: UUID
    subject: str
    time_zone: str
    day_starts_at: datetime
    day_ends_at: datetime
    started_at: datetime
    until: datetime


@event("treatment.cover_ended.v1")
class CoverEnded:
    """The cover ended before its time."""

    cover_id: UUID
    ended_at: datetime


@event("treatment.glass_broken.v1")
class GlassBroken:
    """Somebody opened a record that nothing else opens to them; `clinic_id` is where the client was last or is next."""

    client_id: UUID
    break_id: UUID
    subject: str
    clinic_id: UUID | None
    reason: Annotated[str, Personal("clinical", "client_id")]
    broken_at: datetime
    until: datetime


@event("treatment.glass_reviewed.v1")
class GlassReviewed:
    """A manager has looked at why a record was opened; `break_id` is of the broken glass, or of the grant."""

    client_id: UUID
    break_id: UUID
    outcome: Outcome
    note: Annotated[str | None, Personal("clinical", "client_id")]
    reviewed_at: datetime

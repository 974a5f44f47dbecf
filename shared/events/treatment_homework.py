"""What the treatment service has recorded of homework: what a client does between visits, and whether they did."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from shared.events.registry import Personal, event
from shared.events.treatment_sessions import Side, Source

Done = Literal["none", "some", "all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseStep:
    """`technique` is a code, like `ball`."""

    target: str
    side: Side
    technique: str | None = None
    seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationStep:
    """`exercise` is a code, like `bridge`."""

    target: str
    side: Side
    exercise: str | None = None
    reps: int | None = None
    seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """First the one is released, then the other activated."""

    release: ReleaseStep
    activate: ActivationStep


@event("treatment.homework_assigned.v1")
class HomeworkAssigned:
    """The pairs in their order, so many times a day, from `starts_on` to `until`, both included."""

    homework_id: UUID
    client_id: UUID
    episode_id: UUID | None
    pattern_id: UUID | None
    session_id: UUID | None
    pairs: tuple[Pair, ...]
    catalogue: int
    per_day: int
    starts_on: date
    until: date
    instructions: Annotated[str | None, Personal("clinical", "client_id")]
    happened_at: datetime


@event("treatment.homework_revised.v1")
class HomeworkRevised:
    """What is done from now on instead; all of it, also what has not changed."""

    homework_id: UUID
    client_id: UUID
    pairs: tuple[Pair, ...]
    catalogue: int
    per_day: int
    until: date
    instructions: Annotated[str | None, Personal("clinical", "client_id")]
    happened_at: datetime


@event("treatment.homework_reported.v1")
class HomeworkReported:
    """How much of a day's homework was done, how hard it was and how it hurt (0 to 10); a later report replaces it."""

    homework_id: UUID
    client_id: UUID
    on: date
    done: Done
    difficulty: int | None
    pain_during: int | None
    source: Source
    happened_at: datetime


@event("treatment.homework_stopped.v1")
class HomeworkStopped:
    homework_id: UUID
    client_id: UUID
    reason: Annotated[str | None, Personal("clinical", "client_id")]
    happened_at: datetime

"""What the treatment service has recorded of episodes of care: the complaint, where it stood before, and how it ended.

Scores are whole numbers: pain (numeric rating scale) and activities (patient-specific functional scale) from 0 to 10.
"""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from shared.events.registry import Personal, event
from shared.events.treatment_sessions import Side

OpenedFrom = Literal["visit", "transfer", "none"]
Outcome = Literal["goal_met", "plateau", "referred", "client_choice", "lost"]


@event("treatment.episode_opened.v1")
class EpisodeOpened:
    """`target` is the catalogue's code of what the client complains about, in the version `catalogue`."""

    episode_id: UUID
    client_id: UUID
    target: str
    side: Side
    catalogue: int
    complaint: Annotated[str | None, Personal("clinical", "client_id")]
    lead_therapist_id: UUID
    clinic_id: UUID
    opened_from: OpenedFrom
    appointment_id: UUID | None
    happened_at: datetime


@event("treatment.baseline_set.v1")
class BaselineSet:
    """Pain before anything was done: now, at its worst, and on average over the last seven days."""

    episode_id: UUID
    client_id: UUID
    nrs_now: int
    nrs_worst: int
    nrs_average: int
    happened_at: datetime


@event("treatment.function_goal_set.v1")
class FunctionGoalSet:
    """Something the client wants to do again, and how well they can: 0 not at all, 10 as before."""

    episode_id: UUID
    client_id: UUID
    goal_id: UUID
    activity: Annotated[str, Personal("clinical", "client_id")]
    score: int
    happened_at: datetime


@event("treatment.function_goal_scored.v1")
class FunctionGoalScored:
    episode_id: UUID
    client_id: UUID
    goal_id: UUID
    score: int
    happened_at: datetime


@event("treatment.next_visit_planned.v1")
class NextVisitPlanned:
    """By which day the client is to come again, on the clinic's calendar; None: nothing is planned any more."""

    episode_id: UUID
    client_id: UUID
    on: date | None
    happened_at: datetime


@event("treatment.episode_transferred.v1")
class EpisodeTransferred:
    """Who leads the episode from now on, and where."""

    episode_id: UUID
    client_id: UUID
    lead_therapist_id: UUID
    clinic_id: UUID
    reason: Annotated[str, Personal("clinical", "client_id")]
    happened_at: datetime


@event("treatment.episode_held.v1")
class EpisodeHeld:
    """Nothing is done for a while; `until` is when to look again."""

    episode_id: UUID
    client_id: UUID
    until: date | None
    reason: Annotated[str | None, Personal("clinical", "client_id")]
    happened_at: datetime


@event("treatment.episode_resumed.v1")
class EpisodeResumed:
    episode_id: UUID
    client_id: UUID
    happened_at: datetime


@event("treatment.episode_discharged.v1")
class EpisodeDischarged:
    """`planned`: the last visit was agreed to be the last one."""

    episode_id: UUID
    client_id: UUID
    outcome: Outcome
    planned: bool
    happened_at: datetime


@event("treatment.episode_reopened.v1")
class EpisodeReopened:
    episode_id: UUID
    client_id: UUID
    reason: Annotated[str | None, Personal("clinical", "client_id")]
    happened_at: datetime

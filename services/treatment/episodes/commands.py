"""What can be said of an episode of care."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from shared.events import treatment_episodes as e


@dataclass(frozen=True, slots=True)
class OpenEpisode:
    opened: e.EpisodeOpened
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBaseline:
    """`first_treated_at`: the first release or activation in any of the episode's sessions, if there was one."""

    nrs_now: int
    nrs_worst: int
    nrs_average: int
    happened_at: datetime
    first_treated_at: datetime | None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SetGoal:
    goal_id: UUID
    activity: str
    score: int
    happened_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreGoal:
    goal_id: UUID
    score: int
    happened_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanNextVisit:
    on: date | None
    happened_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What is None stays as it is."""

    reason: str
    happened_at: datetime
    now: datetime
    lead_therapist_id: UUID | None = None
    clinic_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    happened_at: datetime
    now: datetime
    until: date | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    happened_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Discharge:
    outcome: e.Outcome
    planned: bool
    happened_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen:
    happened_at: datetime
    now: datetime
    reason: str | None = None


Measuring: TypeAlias = SetBaseline | SetGoal | ScoreGoal | PlanNextVisit
Turning: TypeAlias = Transfer | Hold | Resume | Discharge | Reopen
EpisodeCommand: TypeAlias = OpenEpisode | Measuring | Turning

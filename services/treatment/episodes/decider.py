"""The life of one episode of care: opened once, led by one therapist, held and resumed, discharged and opened again.

What is measured belongs to an episode that goes on; the order in which things happened is the order of its events.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal, assert_never
from uuid import UUID

from services.treatment.episodes.commands import (
    Discharge,
    EpisodeCommand,
    Hold,
    Measuring,
    OpenEpisode,
    PlanNextVisit,
    Reopen,
    Resume,
    ScoreGoal,
    SetBaseline,
    SetGoal,
    Transfer,
    Turning,
)
from services.treatment.episodes.rules import must_count
from services.treatment.order import must_follow, must_have_happened
from shared.decider import Decider, NotThere, Refused
from shared.events import treatment_episodes as e

MOST_GOALS = 5
"""The patient-specific functional scale asks for three to five activities."""

HIGHEST = 10
"""Of both scales; the lowest score is 0."""

Status = Literal["none", "active", "held", "discharged"]


class EpisodeExists(Refused):
    """There is an episode with this id already."""

    code = "episode_exists"


class EpisodeClosed(Refused):
    """The episode has been discharged; reopen it first."""

    code = "episode_closed"


class EpisodeNotHeld(Refused):
    """The episode is not on hold."""

    code = "episode_not_held"


class EpisodeOnHold(Refused):
    """The episode is on hold already."""

    code = "episode_on_hold"


class EpisodeNotDischarged(Refused):
    """The episode goes on; there is nothing to reopen."""

    code = "episode_not_discharged"


class NothingTransferred(Refused):
    """The therapist leads the episode at that clinic already."""

    code = "nothing_transferred"


class NoSuchScore(Refused):
    """Scores are whole numbers from 0 to 10."""

    code = "no_such_score"


class TooManyGoals(Refused):
    """Five activities are enough to measure by."""

    code = "too_many_goals"


class GoalExists(Refused):
    """The episode has a goal with this id already; score that one."""

    code = "goal_exists"


@dataclass(frozen=True, slots=True)
class Goal:
    """An activity and its scores, each with its moment, in their order."""

    activity: str
    scores: tuple[tuple[datetime, int], ...] = ()

    def scored(self, score: int, at: datetime) -> "Goal":
        return replace(self, scores=(*self.scores, (at, score)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """An episode as its events leave it; `changed_at` is when its status or its lead last became others."""

    status: Status = "none"
    opened: e.EpisodeOpened | None = None
    lead_therapist_id: UUID | None = None
    clinic_id: UUID | None = None
    changed_at: datetime | None = None
    baseline: e.BaselineSet | None = None
    goals: Mapping[UUID, Goal] = field(default_factory=dict)
    next_visit_on: date | None = None
    held_until: date | None = None
    discharged: e.EpisodeDischarged | None = None


def decide(command: EpisodeCommand, episode: Episode) -> list[Any]:
    if isinstance(command, OpenEpisode):
        must_have_happened(command.opened.happened_at, command.now)
        if episode.opened is not None:
            raise EpisodeExists
        return [command.opened]
    if episode.opened is None:
        raise NotThere
    must_have_happened(command.happened_at, command.now)
    ids: dict[str, Any] = {"episode_id": episode.opened.episode_id, "client_id": episode.opened.client_id}
    if isinstance(command, SetBaseline | SetGoal | ScoreGoal | PlanNextVisit):
        return [measured(command, episode, ids)]
    must_follow(command.happened_at, episode.changed_at)
    return [turned(command, episode, ids)]


def measured(command: Measuring, episode: Episode, ids: dict[str, Any]) -> Any:
    must_go_on(episode)
    common: dict[str, Any] = ids | {"happened_at": command.happened_at}
    match command:
        case SetBaseline():
            must_count(command.happened_at, command.first_treated_at)
            scores = {name: getattr(command, name) for name in ("nrs_now", "nrs_worst", "nrs_average")}
            must_be_scores(*scores.values())
            return e.BaselineSet(**common, **scores)
        case SetGoal():
            if command.goal_id in episode.goals:
                raise GoalExists
            if len(episode.goals) >= MOST_GOALS:
                raise TooManyGoals
            must_be_scores(command.score)
            return e.FunctionGoalSet(**common, goal_id=command.goal_id, activity=command.activity, score=command.score)
        case ScoreGoal():
            if command.goal_id not in episode.goals:
                raise NotThere
            must_be_scores(command.score)
            must_follow(command.happened_at, episode.goals[command.goal_id].scores[-1][0])
            return e.FunctionGoalScored(**common, goal_id=command.goal_id, score=command.score)
        case PlanNextVisit():
            return e.NextVisitPlanned(**common, on=command.on)
        case _:
            assert_never(command)


def turned(command: Turning, episode: Episode, ids: dict[str, Any]) -> Any:
    common: dict[str, Any] = ids | {"happened_at": command.happened_at}
    match command:
        case Transfer():
            must_go_on(episode)
            return e.EpisodeTransferred(**common, **led_anew(command, episode), reason=command.reason)
        case Hold():
            must_go_on(episode)
            if episode.status == "held":
                raise EpisodeOnHold
            return e.EpisodeHeld(**common, until=command.until, reason=command.reason)
        case Resume():
            must_go_on(episode)
            if episode.status != "held":
                raise EpisodeNotHeld
            return e.EpisodeResumed(**common)
        case Discharge():
            must_go_on(episode)
            return e.EpisodeDischarged(**common, outcome=command.outcome, planned=command.planned)
        case Reopen():
            if episode.status != "discharged":
                raise EpisodeNotDischarged
            return e.EpisodeReopened(**common, reason=command.reason)
        case _:
            assert_never(command)


def led_anew(command: Transfer, episode: Episode) -> dict[str, Any]:
    before = {"lead_therapist_id": episode.lead_therapist_id, "clinic_id": episode.clinic_id}
    after = {name: getattr(command, name) or known for name, known in before.items()}
    if after == before:
        raise NothingTransferred
    return after


def must_be_scores(*scores: int) -> None:
    if not all(0 <= score <= HIGHEST for score in scores):
        raise NoSuchScore


def must_go_on(episode: Episode) -> None:
    if episode.status == "discharged":
        raise EpisodeClosed


def evolve(episode: Episode, event: Any) -> Episode:
    match event:
        case e.EpisodeOpened():
            return Episode(status="active", opened=event, **led_by(event))
        case e.BaselineSet():
            return replace(episode, baseline=event)
        case e.FunctionGoalSet() | e.FunctionGoalScored():
            known = Goal(event.activity) if isinstance(event, e.FunctionGoalSet) else episode.goals.get(event.goal_id)
            goal = (known or Goal("")).scored(event.score, event.happened_at)
            return replace(episode, goals={**episode.goals, event.goal_id: goal})
        case e.NextVisitPlanned():
            return replace(episode, next_visit_on=event.on)
        case e.EpisodeTransferred():
            return replace(episode, **led_by(event))
        case e.EpisodeHeld():
            return replace(episode, status="held", changed_at=event.happened_at, held_until=event.until)
        case e.EpisodeResumed() | e.EpisodeReopened():
            return replace(episode, status="active", changed_at=event.happened_at, held_until=None, discharged=None)
        case e.EpisodeDischarged():
            return replace(
                episode, status="discharged", changed_at=event.happened_at, held_until=None, discharged=event
            )
        case _:
            raise TypeError(event)


def led_by(event: e.EpisodeOpened | e.EpisodeTransferred) -> dict[str, Any]:
    lead = {"lead_therapist_id": event.lead_therapist_id, "clinic_id": event.clinic_id}
    return lead | {"changed_at": event.happened_at}


EPISODE: Decider[Episode, EpisodeCommand] = Decider(Episode(), decide, evolve)

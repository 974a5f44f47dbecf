"""What treatment's events say to reports of care: episodes, patterns, homework, and what was tried before."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.events import (
    treatment_episodes as e,
    treatment_history as history,
    treatment_homework as h,
    treatment_patterns as p,
)
from workers.reports.facts.model import Fact, Told

PATTERN_STEPS: Mapping[type, str] = {
    p.PatternHypothesised: "hypothesised",
    p.PatternConfirmed: "confirmed",
    p.PatternRefuted: "refuted",
    p.PatternCorrectedInSession: "corrected",
    p.PatternHeld: "held",
    p.PatternResolved: "resolved",
    p.PatternRelapsed: "relapsed",
    p.PatternSubordinated: "subordinated",
    p.PatternPromoted: "promoted",
    p.PatternClearedWithPrimary: "cleared",
    p.PatternClosedUnverified: "unverified",
    p.PatternEnteredInError: "in_error",
}


def episode(step: str, event: Any, **values: Any) -> Iterable[Fact]:
    row = {"episode_id": event.episode_id, "client_id": event.client_id, "step": step}
    yield Fact("episode_steps", row | values, event.happened_at)


def opened(event: e.EpisodeOpened) -> Iterable[Fact]:
    led = {"lead_therapist_id": event.lead_therapist_id, "clinic_id": event.clinic_id}
    return episode("opened", event, target=event.target, side=event.side, **led)


def measured(event: e.BaselineSet) -> Iterable[Fact]:
    return episode("baseline", event, nrs=event.nrs_now)


def planned(event: e.NextVisitPlanned) -> Iterable[Fact]:
    return episode("next_visit", event, planned_on=event.on)


def transferred(event: e.EpisodeTransferred) -> Iterable[Fact]:
    return episode("transferred", event, lead_therapist_id=event.lead_therapist_id, clinic_id=event.clinic_id)


def held(event: e.EpisodeHeld) -> Iterable[Fact]:
    return episode("held", event)


def resumed(event: e.EpisodeResumed) -> Iterable[Fact]:
    return episode("resumed", event)


def discharged(event: e.EpisodeDischarged) -> Iterable[Fact]:
    return episode("discharged", event, outcome=event.outcome, planned=event.planned)


def reopened(event: e.EpisodeReopened) -> Iterable[Fact]:
    return episode("reopened", event)


def pattern(event: Any) -> Iterable[Fact]:
    values = {"pattern_id": event.pattern_id, "client_id": event.client_id, "step": PATTERN_STEPS[type(event)]}
    links = {name: getattr(event, name, None) for name in ("episode_id", "session_id")}
    yield Fact("pattern_steps", values | links, event.happened_at)


def homework(step: str, event: Any, **values: Any) -> Iterable[Fact]:
    row = {"homework_id": event.homework_id, "client_id": event.client_id, "step": step}
    yield Fact("homework_steps", row | values, event.happened_at)


def assigned(event: h.HomeworkAssigned) -> Iterable[Fact]:
    return homework("assigned", event, episode_id=event.episode_id, day=event.starts_on)


def reassigned(event: h.HomeworkRevised) -> Iterable[Fact]:
    return homework("revised", event)


def reported(event: h.HomeworkReported) -> Iterable[Fact]:
    return homework("reported", event, day=event.on, done=event.done)


def stopped(event: h.HomeworkStopped) -> Iterable[Fact]:
    return homework("stopped", event)


def tried(event: history.PriorAttemptRecorded) -> Iterable[Fact]:
    yield Fact("attempts", {"attempt_id": event.attempt_id, "client_id": event.client_id, "stands": True})


def never_tried(event: history.HistoryEnteredInError) -> Iterable[Fact]:
    """Of other entries of the history nothing is counted, so that they never were changes nothing."""
    yield Fact("attempts", {"attempt_id": event.entry_id, "client_id": event.client_id, "stands": False})


TOLD: Mapping[type, Told] = dict.fromkeys(PATTERN_STEPS, pattern) | {
    e.EpisodeOpened: opened,
    e.BaselineSet: measured,
    e.NextVisitPlanned: planned,
    e.EpisodeTransferred: transferred,
    e.EpisodeHeld: held,
    e.EpisodeResumed: resumed,
    e.EpisodeDischarged: discharged,
    e.EpisodeReopened: reopened,
    h.HomeworkAssigned: assigned,
    h.HomeworkRevised: reassigned,
    h.HomeworkReported: reported,
    h.HomeworkStopped: stopped,
    history.PriorAttemptRecorded: tried,
    history.HistoryEnteredInError: never_tried,
}

"""An episode as its API shows it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import reduce
from typing import Any

from services.treatment.episodes.decider import EPISODE, Episode
from services.treatment.episodes.rules import counts
from services.treatment.records import name_of
from shared.decider import NotThere
from shared.event_store import Happened


def shown(entries: Sequence[Happened], first_treated_at: datetime | None) -> dict[str, Any]:
    """What these events leave; raises NotThere where they do not begin with the opening."""
    return show(fold(entries), entries[-1].version, first_treated_at)


def fold(entries: Sequence[Happened]) -> Episode:
    return reduce(EPISODE.evolve, (each.event for each in entries), EPISODE.initial)


def show(episode: Episode, version: int, first_treated_at: datetime | None) -> dict[str, Any]:
    opened = episode.opened
    if opened is None:
        raise NotThere
    names = ("client_id", "target", "side", "complaint", "opened_from", "appointment_id")
    baseline = episode.baseline
    return {name: getattr(opened, name) for name in names} | {
        "id": opened.episode_id,
        "version": version,
        "status": episode.status,
        "target_name": name_of(opened.target, opened.catalogue),
        "lead_therapist_id": episode.lead_therapist_id,
        "clinic_id": episode.clinic_id,
        "opened_at": opened.happened_at,
        "changed_at": episode.changed_at,
        "held_until": episode.held_until,
        "next_visit_on": episode.next_visit_on,
        "baseline": baseline and asdict(baseline) | {"counts": counts(baseline, first_treated_at)},
        "goals": [
            {
                "id": goal_id,
                "activity": goal.activity,
                "scores": [{"score": score, "happened_at": at} for at, score in goal.scores],
            }
            for goal_id, goal in episode.goals.items()
        ],
        "discharged": episode.discharged,
    }

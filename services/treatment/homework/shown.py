"""Homework as its API shows it."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import reduce
from typing import Any

from services.treatment.homework.decider import HOMEWORK, Homework
from services.treatment.homework.rules import warnings
from services.treatment.records import name_of
from shared.decider import NotThere
from shared.event_store import Happened
from shared.events.treatment_homework import ActivationStep, Pair, ReleaseStep


def shown(entries: Sequence[Happened]) -> dict[str, Any]:
    """What these events leave; raises NotThere where they do not begin with the assignment."""
    return show(reduce(HOMEWORK.evolve, (each.event for each in entries), HOMEWORK.initial), entries[-1].version)


def show(homework: Homework, version: int) -> dict[str, Any]:
    given = homework.assigned
    if given is None:
        raise NotThere
    names = ("client_id", "pattern_id", "episode_id", "session_id", "per_day", "starts_on", "until", "instructions")
    return {name: getattr(given, name) for name in names} | {
        "id": given.homework_id,
        "version": version,
        "pairs": [pair(each, given.catalogue) for each in given.pairs],
        "stopped": homework.is_stopped,
        "reports": [homework.reports[day] for day in sorted(homework.reports)],
        "warnings": warnings(given.pairs),
    }


def pair(each: Pair, catalogue: int) -> dict[str, Any]:
    return {"release": step(each.release, catalogue), "activate": step(each.activate, catalogue)}


def step(each: ReleaseStep | ActivationStep, catalogue: int) -> dict[str, Any]:
    return asdict(each) | {"target_name": name_of(each.target, catalogue)}

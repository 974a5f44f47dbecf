"""The life of one homework: assigned once, revised, reported of day by day, and stopped for good."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, TypeAlias, assert_never

from services.treatment.homework.rules import MOST_PAIRS
from services.treatment.order import NotYet, must_follow, must_have_happened
from shared.decider import Decider, NotThere, Refused
from shared.events import treatment_homework as h
from shared.events.treatment_sessions import Source

MOST_A_DAY = 20
HIGHEST = 10


class HomeworkExists(Refused):
    """There is homework with this id already."""

    code = "homework_exists"


class HomeworkOver(Refused):
    """The homework has been stopped; assign it anew."""

    code = "homework_stopped"


class HomeworkPairs(Refused):
    """Homework has from one pair to ten, and is done once a day at least and twenty times at most."""

    code = "homework_pairs"


class HomeworkDays(Refused):
    """The day lies outside of those on which the homework is done."""

    code = "homework_days"


class NoSuchGrade(Refused):
    """Difficulty and pain are whole numbers from 0 to 10."""

    code = "no_such_grade"


@dataclass(frozen=True, slots=True, kw_only=True)
class Homework:
    """Homework as its events leave it; `reports` are the last ones of each day."""

    assigned: h.HomeworkAssigned | None = None
    reports: Mapping[date, h.HomeworkReported] = field(default_factory=dict)
    changed_at: datetime | None = None
    is_stopped: bool = False


@dataclass(frozen=True, slots=True)
class Assign:
    assigned: h.HomeworkAssigned
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Revise:
    pairs: tuple[h.Pair, ...]
    catalogue: int
    per_day: int
    until: date
    instructions: str | None
    happened_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`today` is the date where the client is."""

    on: date
    done: h.Done
    difficulty: int | None
    pain_during: int | None
    source: Source
    happened_at: datetime
    today: date
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    reason: str | None
    happened_at: datetime
    now: datetime


HomeworkCommand: TypeAlias = Assign | Revise | Report | Stop


def decide(command: HomeworkCommand, homework: Homework) -> list[Any]:
    if isinstance(command, Assign):
        return [assigned(command, homework)]
    known = homework.assigned
    if known is None:
        raise NotThere
    if homework.is_stopped:
        raise HomeworkOver
    must_have_happened(command.happened_at, command.now)
    common: dict[str, Any] = {
        "homework_id": known.homework_id,
        "client_id": known.client_id,
        "happened_at": command.happened_at,
    }
    match command:
        case Revise():
            must_follow(command.happened_at, homework.changed_at)
            must_be_doable(command.pairs, command.per_day, known.starts_on, command.until)
            names = ("pairs", "catalogue", "per_day", "until", "instructions")
            return [h.HomeworkRevised(**common, **{name: getattr(command, name) for name in names})]
        case Report():
            must_be_reported(command, homework, known)
            names = ("on", "done", "difficulty", "pain_during", "source")
            before = homework.reports.get(command.on)
            if before and all(getattr(before, name) == getattr(command, name) for name in names):
                return []
            return [h.HomeworkReported(**common, **{name: getattr(command, name) for name in names})]
        case Stop():
            must_follow(command.happened_at, homework.changed_at)
            return [h.HomeworkStopped(**common, reason=command.reason)]
        case _:
            assert_never(command)


def assigned(command: Assign, homework: Homework) -> h.HomeworkAssigned:
    if homework.assigned is not None:
        raise HomeworkExists
    event = command.assigned
    must_have_happened(event.happened_at, command.now)
    must_be_doable(event.pairs, event.per_day, event.starts_on, event.until)
    return event


def must_be_doable(pairs: tuple[h.Pair, ...], per_day: int, starts_on: date, until: date) -> None:
    if not 1 <= len(pairs) <= MOST_PAIRS or not 1 <= per_day <= MOST_A_DAY:
        raise HomeworkPairs
    if until < starts_on:
        raise HomeworkDays


def must_be_reported(command: Report, homework: Homework, known: h.HomeworkAssigned) -> None:
    if command.on > command.today:
        raise NotYet
    if not known.starts_on <= command.on <= known.until:
        raise HomeworkDays
    if any(grade is not None and not 0 <= grade <= HIGHEST for grade in (command.difficulty, command.pain_during)):
        raise NoSuchGrade
    if before := homework.reports.get(command.on):
        must_follow(command.happened_at, before.happened_at)


def evolve(homework: Homework, event: Any) -> Homework:
    match event:
        case h.HomeworkAssigned():
            return Homework(assigned=event, changed_at=event.happened_at)
        case h.HomeworkRevised():
            names = ("pairs", "catalogue", "per_day", "until", "instructions")
            known = homework.assigned and replace(homework.assigned, **{name: getattr(event, name) for name in names})
            return replace(homework, assigned=known, changed_at=event.happened_at)
        case h.HomeworkReported():
            return replace(homework, reports={**homework.reports, event.on: event})
        case h.HomeworkStopped():
            return replace(homework, is_stopped=True, changed_at=event.happened_at)
        case _:
            raise TypeError(event)


HOMEWORK: Decider[Homework, HomeworkCommand] = Decider(Homework(), decide, evolve)

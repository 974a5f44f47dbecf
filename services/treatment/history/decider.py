"""The life of a client's history: entries are added and told anew, and what was wrong stays as entered in error."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any, TypeAlias, assert_never
from uuid import UUID

from services.treatment.history.state import EntryInError, History, Told, evolve, id_of
from shared.decider import Decider, NotThere, Refused, VersionMismatch
from shared.events import treatment_history as h

MOST = 500
"""Entries under one id of a client, so that all of them can be read at once."""

Recorded: TypeAlias = (
    h.InjuryRecorded | h.PriorAttemptRecorded | h.ContraindicationNoted | h.ConsentGiven | h.ConsentWithdrawn
)
Revised: TypeAlias = h.InjuryRevised | h.PriorAttemptRevised | h.ContraindicationRevised
FIRST: dict[type, type] = {
    h.InjuryRevised: h.InjuryRecorded,
    h.PriorAttemptRevised: h.PriorAttemptRecorded,
    h.ContraindicationRevised: h.ContraindicationNoted,
}
"""What each event tells anew."""


class HistoryFull(Refused):
    """The history has as many entries as it can hold."""

    code = "history_full"


class LiftedBeforeItBegan(Refused):
    """A contraindication cannot be lifted before the day from which it counts."""

    code = "lifted_before_it_began"


@dataclass(frozen=True, slots=True)
class Record:
    entry: Recorded


@dataclass(frozen=True, slots=True)
class Revise:
    """`seen` is the entry's version that the caller knows, None for any."""

    entry: Revised
    seen: int | None


@dataclass(frozen=True, slots=True)
class Lift:
    contraindication_id: UUID
    lifted_on: date
    reason: str | None
    seen: int | None


@dataclass(frozen=True, slots=True)
class EnterInError:
    entry_id: UUID
    reason: str
    seen: int | None


HistoryCommand: TypeAlias = Record | Revise | Lift | EnterInError


def decide(command: HistoryCommand, history: History) -> list[Any]:
    match command:
        case Record(entry):
            if len(history.entries) >= MOST:
                raise HistoryFull
            return [entry]
        case Revise(entry, seen):
            return revised(entry, seen, history)
        case Lift():
            return lifted(command, history)
        case EnterInError():
            return in_error(command, history)
        case _:
            assert_never(command)


def revised(entry: Revised, seen: int | None, history: History) -> list[Any]:
    known = history.entry(id_of(entry))
    if not isinstance(known.told, FIRST[type(entry)] | type(entry)):
        raise NotThere
    known.must_stand(seen)
    return [] if same(known.told, entry) else [entry]


def same(known: Told, entry: Revised) -> bool:
    """Whether nothing is told that is not known."""
    return all(getattr(known, each.name) == getattr(entry, each.name) for each in fields(entry))


def lifted(command: Lift, history: History) -> list[Any]:
    known = history.entry(command.contraindication_id)
    if not isinstance(known.told, h.ContraindicationNoted | h.ContraindicationRevised):
        raise NotThere
    known.must_stand(command.seen)
    if command.lifted_on < known.told.starts_on:
        raise LiftedBeforeItBegan
    return [
        h.ContraindicationLifted(
            client_id=known.told.client_id,
            contraindication_id=command.contraindication_id,
            lifted_on=command.lifted_on,
            reason=command.reason,
        )
    ]


def in_error(command: EnterInError, history: History) -> list[Any]:
    known = history.entry(command.entry_id)
    if command.seen is not None and command.seen != known.version:
        raise VersionMismatch
    if known.in_error is not None:
        raise EntryInError
    return [h.HistoryEnteredInError(client_id=known.told.client_id, entry_id=command.entry_id, reason=command.reason)]


HISTORY: Decider[History, HistoryCommand] = Decider(History(), decide, evolve)

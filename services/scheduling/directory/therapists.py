"""The life of a therapist: who they are, what they may do, and the rota, each changed as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, assert_never
from uuid import UUID

from services.scheduling.directory.records import Add, Change, Withdraw, record_decider
from shared.decider import Decider, NotThere
from shared.events.scheduling import RotaEntry, TherapistAdded, TherapistChanged, TherapistRotaSet

PERSON = record_decider(TherapistAdded, TherapistChanged)


@dataclass(frozen=True, slots=True)
class Therapist:
    person: Mapping[str, Any] | None = None
    rota: tuple[RotaEntry, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class SetRota:
    therapist_id: UUID
    entries: tuple[RotaEntry, ...]


TherapistCommand: TypeAlias = Add | Change | Withdraw | SetRota


def decide(command: TherapistCommand, therapist: Therapist) -> list[Any]:
    match command:
        case SetRota(therapist_id, entries):
            if therapist.person is None:
                raise NotThere
            return [] if entries == therapist.rota else [TherapistRotaSet(therapist_id=therapist_id, entries=entries)]
        case Add() | Change() | Withdraw():
            return PERSON.decide(command, therapist.person)
        case _:
            assert_never(command)


def evolve(therapist: Therapist, event: Any) -> Therapist:
    if isinstance(event, TherapistRotaSet):
        return Therapist(therapist.person, event.entries)
    return Therapist(PERSON.evolve(therapist.person, event), therapist.rota)


THERAPIST: Decider[Therapist, TherapistCommand] = Decider(Therapist(), decide, evolve)

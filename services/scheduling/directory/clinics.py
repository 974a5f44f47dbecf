"""The life of a clinic: its name changes at once, its place, zone and hours change with the start of a date."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, TypeAlias, assert_never
from uuid import UUID

from shared.decider import Decider, NotThere
from shared.events.scheduling import (
    ClinicChanged,
    ClinicOpened,
    ClinicSpecialDaysSet,
    ClinicTermsSet,
    ClinicTravelTimesSet,
    SpecialDay,
    TravelTime,
)

FROM_THE_BEGINNING = date(2000, 1, 1)
IDENTITY = ("name", "phone", "external_ids")
TERMS = tuple(each.name for each in fields(ClinicTermsSet) if each.name not in {"clinic_id", "valid_from"})


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic as its stream tells it; `identity` is empty before it is opened, `terms` are the latest of each date."""

    identity: Mapping[str, Any] = field(default_factory=dict)
    terms: Mapping[date, ClinicTermsSet] = field(default_factory=dict)
    special_days: tuple[SpecialDay, ...] = ()
    travel_times: tuple[TravelTime, ...] = ()

    def terms_on(self, day: date) -> ClinicTermsSet:
        return self.terms[max((start for start in self.terms if start <= day), default=min(self.terms))]


@dataclass(frozen=True, slots=True)
class OpenClinic:
    clinic_id: UUID
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChangeClinic:
    """New values of some fields; those of its terms hold from `valid_from` on."""

    clinic_id: UUID
    fields: Mapping[str, Any]
    valid_from: date


@dataclass(frozen=True, slots=True)
class SetTravelTimes:
    clinic_id: UUID
    travel_times: tuple[TravelTime, ...]


ClinicCommand: TypeAlias = OpenClinic | ChangeClinic | SetTravelTimes


def decide(command: ClinicCommand, clinic: Clinic) -> list[Any]:
    match command:
        case OpenClinic(clinic_id, given):
            return [
                ClinicOpened(clinic_id=clinic_id, **part(given, IDENTITY)),
                ClinicTermsSet(clinic_id=clinic_id, valid_from=FROM_THE_BEGINNING, **part(given, TERMS)),
                *special_days(clinic_id, given, clinic),
            ]
        case ChangeClinic():
            if not clinic.identity:
                raise NotThere
            days = special_days(command.clinic_id, command.fields, clinic)
            return [*new_identity(command, clinic), *new_terms(command, clinic), *days]
        case SetTravelTimes(clinic_id, travel_times):
            if travel_times == clinic.travel_times:
                return []
            return [ClinicTravelTimesSet(clinic_id=clinic_id, travel_times=travel_times)]
        case _:
            assert_never(command)


def new_identity(command: ChangeClinic, clinic: Clinic) -> list[Any]:
    identity = {**clinic.identity, **part(command.fields, IDENTITY)}
    return [] if identity == clinic.identity else [ClinicChanged(clinic_id=command.clinic_id, **identity)]


def new_terms(command: ChangeClinic, clinic: Clinic) -> list[Any]:
    """The terms from that date on, and later ones in which a changed field was only carried over from before."""
    before = clinic.terms_on(command.valid_from)
    given = part(command.fields, TERMS)
    changes = {name: value for name, value in given.items() if value != getattr(before, name)}
    if not changes:
        return []
    made = [replace(before, valid_from=command.valid_from, **changes)]
    for start in sorted(start for start in clinic.terms if start > command.valid_from):
        later = clinic.terms[start]
        changes = {name: value for name, value in changes.items() if getattr(later, name) == getattr(before, name)}
        if changes:
            made.append(replace(later, **changes))
    return made


def special_days(clinic_id: UUID, given: Mapping[str, Any], clinic: Clinic) -> list[Any]:
    days = given.get("special_days", clinic.special_days)
    return [] if days == clinic.special_days else [ClinicSpecialDaysSet(clinic_id=clinic_id, special_days=days)]


def part(given: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}


def evolve(clinic: Clinic, event: Any) -> Clinic:
    match event:
        case ClinicOpened() | ClinicChanged():
            return replace(clinic, identity={name: getattr(event, name) for name in IDENTITY})
        case ClinicTermsSet():
            return replace(clinic, terms={**clinic.terms, event.valid_from: event})
        case ClinicSpecialDaysSet():
            return replace(clinic, special_days=event.special_days)
        case ClinicTravelTimesSet():
            return replace(clinic, travel_times=event.travel_times)
        case _:
            return clinic


CLINIC: Decider[Clinic, ClinicCommand] = Decider(Clinic(), decide, evolve)

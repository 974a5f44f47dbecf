"""Rows of the read models as typed documents, and the clinics, therapists and claims that they tell of."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import TypeVar, get_args
from uuid import UUID

import msgspec

from services.scheduling.availability import model
from services.scheduling.availability.model import Claim, Clinic, ClinicTerms, Interval, Room, Therapist
from shared.events.scheduling import DayHours, Hours, Qualification, Weekday
from shared.wall_clock import minute_of_day

WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


class Terms(msgspec.Struct):
    clinic_id: UUID
    valid_from: date
    time_zone: str
    latitude_e6: int
    longitude_e6: int
    opening_hours: list[Hours]


class SpecialDay(msgspec.Struct):
    clinic_id: UUID
    on_date: date
    hours: list[DayHours]


class Closure(msgspec.Struct):
    clinic_id: UUID
    starts_at: datetime
    ends_at: datetime


class RoomRow(msgspec.Struct):
    clinic_id: UUID
    id: UUID
    kind: str


class RoomOutage(msgspec.Struct):
    room_id: UUID
    starts_at: datetime
    ends_at: datetime


class Person(msgspec.Struct):
    id: UUID
    qualifications: list[Qualification]
    leaves_on: date | None


class RotaEntry(msgspec.Struct):
    therapist_id: UUID
    clinic_id: UUID
    weekday: Weekday
    starts: str
    ends: str
    valid_from: date
    valid_to: date | None


class TimeOff(msgspec.Struct):
    therapist_id: UUID
    starts_at: datetime
    ends_at: datetime


class TravelTime(msgspec.Struct):
    from_clinic_id: UUID
    to_clinic_id: UUID
    minutes: int


class ClaimRow(msgspec.Struct, gc=False):
    resource_kind: model.ResourceKind
    resource_id: UUID
    appointment_id: UUID
    clinic_id: UUID
    starts_at: datetime
    ends_at: datetime
    buffer_before: int
    buffer_after: int


class Facts(msgspec.Struct):
    """Rows by kind; those of one clinic or therapist stand together."""

    terms: list[Terms] = []
    special_days: list[SpecialDay] = []
    closures: list[Closure] = []
    rooms: list[RoomRow] = []
    room_outages: list[RoomOutage] = []
    therapists: list[Person] = []
    rota: list[RotaEntry] = []
    time_off: list[TimeOff] = []
    travel_times: list[TravelTime] = []
    claims: list[ClaimRow] = []


NO_FACTS = Facts()


def clinics_of(facts: Facts) -> dict[UUID, Clinic]:
    """The clinics by id."""
    special_days = grouped(facts.special_days, "clinic_id")
    closures = grouped(facts.closures, "clinic_id")
    rooms = grouped(facts.rooms, "clinic_id")
    outages = {
        room_id: tuple(map(interval_of, group)) for room_id, group in grouped(facts.room_outages, "room_id").items()
    }
    return {
        clinic_id: Clinic(
            id=clinic_id,
            terms=tuple(map(terms_of, terms)),
            special_days={each.on_date: tuple(map(clocks_of, each.hours)) for each in special_days.get(clinic_id, ())},
            closures=tuple(map(interval_of, closures.get(clinic_id, ()))),
            rooms=tuple(Room(room.id, room.kind, outages.get(room.id, ())) for room in rooms.get(clinic_id, ())),
        )
        for clinic_id, terms in grouped(facts.terms, "clinic_id").items()
    }


def therapists_of(facts: Facts) -> dict[UUID, Therapist]:
    """The therapists by id."""
    rota = grouped(facts.rota, "therapist_id")
    time_off = grouped(facts.time_off, "therapist_id")
    return {
        person.id: Therapist(
            id=person.id,
            qualifications=tuple(model.Qualification(held.code, held.expires_on) for held in person.qualifications),
            rota=tuple(map(entry_of, rota.get(person.id, ()))),
            time_off=tuple(map(interval_of, time_off.get(person.id, ()))),
            leaves_on=person.leaves_on,
        )
        for person in facts.therapists
    }


def claims_of(facts: Facts) -> dict[UUID, list[Claim]]:
    """The claims by resource, each sorted by start."""
    return {
        resource_id: list(map(claim_of, claims)) for resource_id, claims in grouped(facts.claims, "resource_id").items()
    }


Fact = TypeVar("Fact")


def grouped(facts: Iterable[Fact], key: str) -> dict[UUID, list[Fact]]:
    return {owner: list(group) for owner, group in groupby(facts, attrgetter(key))}


def terms_of(terms: Terms) -> ClinicTerms:
    return ClinicTerms(
        valid_from=terms.valid_from,
        time_zone=terms.time_zone,
        hours=tuple(model.Hours(WEEKDAYS.index(each.weekday), *clocks_of(each)) for each in terms.opening_hours),
        latitude_e6=terms.latitude_e6,
        longitude_e6=terms.longitude_e6,
    )


def entry_of(entry: RotaEntry) -> model.RotaEntry:
    return model.RotaEntry(
        clinic_id=entry.clinic_id,
        weekday=WEEKDAYS.index(entry.weekday),
        starts_minute=minute_of_day(entry.starts),
        ends_minute=minute_of_day(entry.ends),
        valid_from=entry.valid_from,
        valid_to=entry.valid_to,
    )


def claim_of(claim: ClaimRow) -> Claim:
    return Claim(
        resource_kind=claim.resource_kind,
        resource_id=claim.resource_id,
        appointment_id=claim.appointment_id,
        clinic_id=claim.clinic_id,
        starts_at=claim.starts_at.astimezone(UTC),
        ends_at=claim.ends_at.astimezone(UTC),
        buffer_before=timedelta(minutes=claim.buffer_before),
        buffer_after=timedelta(minutes=claim.buffer_after),
    )


def interval_of(span: Closure | TimeOff | RoomOutage) -> Interval:
    return Interval(span.starts_at.astimezone(UTC), span.ends_at.astimezone(UTC))


def clocks_of(hours: Hours | DayHours) -> tuple[int, int]:
    return minute_of_day(hours.opens), minute_of_day(hours.closes)

"""What the read models say about clinics and therapists, read as one typed document for each statement."""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from itertools import groupby
from operator import attrgetter
from typing import TypeVar, get_args
from uuid import UUID

import msgspec
from sqlalchemy import Connection, TextClause, text

from services.scheduling.availability import model
from services.scheduling.availability.model import Clinic, ClinicTerms, Interval, Room, Therapist
from shared.events.scheduling import DayHours, Hours, Qualification, Weekday

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


class RoomOf(msgspec.Struct):
    clinic_id: UUID
    id: UUID
    kind: str


class Person(msgspec.Struct):
    id: UUID
    qualifications: list[Qualification]


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


class Facts(msgspec.Struct):
    """Rows by kind; those of one clinic or therapist stand together."""

    terms: list[Terms] = []
    special_days: list[SpecialDay] = []
    closures: list[Closure] = []
    rooms: list[RoomOf] = []
    therapists: list[Person] = []
    rota: list[RotaEntry] = []
    time_off: list[TimeOff] = []
    travel_times: list[TravelTime] = []


NO_FACTS = Facts()

SELECTS = {
    "terms": """
        SELECT clinic_id, valid_from, time_zone, latitude_e6, longitude_e6, opening_hours FROM clinic_terms
        WHERE clinic_id = ANY(:clinics) ORDER BY clinic_id, valid_from""",
    "special_days": """
        SELECT clinic_id, on_date, hours FROM clinic_special_days
        WHERE clinic_id = ANY(:clinics) AND on_date >= :first_day AND on_date <= :last_day ORDER BY clinic_id""",
    "closures": """
        SELECT clinic_id, starts_at, ends_at FROM closures
        WHERE clinic_id = ANY(:clinics) AND starts_at < :until AND ends_at > :since ORDER BY clinic_id, starts_at""",
    "rooms": """
        SELECT clinic_id, id, kind FROM rooms WHERE clinic_id = ANY(:clinics) ORDER BY clinic_id, id""",
    "therapists": """
        SELECT id, qualifications FROM therapists WHERE id = ANY(:therapists)""",
    "rota": """
        SELECT therapist_id, clinic_id, weekday, starts, ends, valid_from, valid_to FROM rota_entries
        WHERE therapist_id = ANY(:therapists) AND (CAST(:clinics AS uuid[]) IS NULL OR clinic_id = ANY(:clinics))
          AND valid_from <= :last_day AND (valid_to IS NULL OR valid_to >= :first_day) ORDER BY therapist_id, entry""",
    "time_off": """
        SELECT therapist_id, starts_at, ends_at FROM time_off
        WHERE therapist_id = ANY(:therapists) AND starts_at < :until AND ends_at > :since
        ORDER BY therapist_id, starts_at""",
    "travel_times": """
        SELECT from_clinic_id, to_clinic_id, minutes FROM travel_times
        WHERE from_clinic_id = ANY(:clinics) AND to_clinic_id = ANY(:clinics)""",
}


def facts_query(*kinds: str) -> TextClause:
    """One statement that reads these kinds of rows as one JSON document."""
    lists = (
        f"'{kind}', (SELECT coalesce(json_agg(found), '[]') FROM ({SELECTS[kind]}) AS found)"  # noqa: S608 - our own
        for kind in kinds
    )
    return text(f"SELECT CAST(json_build_object({', '.join(lists)}) AS text)")


def read_facts(
    connection: Connection,
    query: TextClause,
    during: Interval,
    *,
    clinics: Collection[UUID] | None,
    therapists: Collection[UUID] = (),
) -> Facts:
    """What is known about these clinics and therapists during a span; no clinics means rotas at all of them."""
    values = {
        "clinics": None if clinics is None else list(clinics),
        "therapists": list(therapists),
        "since": during.starts_at,
        "until": during.ends_at,
        "first_day": during.starts_at.date(),
        "last_day": during.ends_at.date(),
    }
    wanted = {name: values[name] for name in query.compile().params}
    return msgspec.json.decode(connection.execute(query, wanted).scalar_one(), type=Facts)


def clinics_of(facts: Facts) -> dict[UUID, Clinic]:
    """The clinics by id."""
    special_days = grouped(facts.special_days, "clinic_id")
    closures = grouped(facts.closures, "clinic_id")
    rooms = grouped(facts.rooms, "clinic_id")
    return {
        clinic_id: Clinic(
            id=clinic_id,
            terms=tuple(map(terms_of, terms)),
            special_days={each.on_date: tuple(map(clocks_of, each.hours)) for each in special_days.get(clinic_id, ())},
            closures=tuple(map(interval_of, closures.get(clinic_id, ()))),
            rooms=tuple(Room(room.id, room.kind) for room in rooms.get(clinic_id, ())),
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
        )
        for person in facts.therapists
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


def interval_of(span: Closure | TimeOff) -> Interval:
    return Interval(span.starts_at.astimezone(UTC), span.ends_at.astimezone(UTC))


def clocks_of(hours: Hours | DayHours) -> tuple[int, int]:
    return minute_of_day(hours.opens), minute_of_day(hours.closes)


def minute_of_day(clock: str) -> int:
    """`HH:MM` as minutes after midnight; `24:00` is 1440."""
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)

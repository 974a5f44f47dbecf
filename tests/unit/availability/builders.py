"""Clinics, people and requests for tests of free time: every field is filled, a test names only what it is about."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.scheduling.availability.model import (
    Claim,
    Clinic,
    ClinicTerms,
    Hours,
    Interval,
    Offering,
    Qualification,
    Request,
    ResourceKind,
    Room,
    RotaEntry,
    Therapist,
)
from services.scheduling.availability.search import Search
from services.scheduling.availability.situation import Situation

BERLIN = "Europe/Berlin"
LONG_AGO = date(2020, 1, 1)
WEEKDAYS = range(7)


def number(n: int) -> UUID:
    return UUID(int=n)


CLINIC, OTHER_CLINIC = number(1), number(2)
THERAPIST, OTHER_THERAPIST = number(11), number(12)
ROOM, OTHER_ROOM = number(21), number(22)
CLIENT = number(31)
OFFERING = number(41)
VISIT, OTHER_VISIT = number(51), number(52)


def clock(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def local(text: str, zone: str = BERLIN, fold: int = 0) -> datetime:
    """The instant at which the wall clock of a zone shows `2026-05-04 09:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def weekly(opens: str, closes: str, days: Iterable[int] = WEEKDAYS) -> tuple[Hours, ...]:
    return tuple(Hours(day, clock(opens), clock(closes)) for day in days)


def terms(zone: str = BERLIN, **changes: Any) -> ClinicTerms:
    given: dict[str, Any] = {
        "valid_from": LONG_AGO,
        "time_zone": zone,
        "hours": weekly("00:00", "24:00"),
        "latitude_e6": 52_520_000,
        "longitude_e6": 13_405_000,
    }
    return ClinicTerms(**given | changes)


def clinic(id: UUID = CLINIC, zone: str = BERLIN, **changes: Any) -> Clinic:  # noqa: A002
    of_terms = {name: changes.pop(name) for name in ("hours", "latitude_e6", "longitude_e6") if name in changes}
    given: dict[str, Any] = {"id": id, "terms": (terms(zone, **of_terms),), "rooms": (Room(ROOM, "treatment"),)}
    return Clinic(**given | changes)


def rota(
    starts: str = "00:00", ends: str = "24:00", days: Iterable[int] = WEEKDAYS, clinic_id: UUID = CLINIC, **dates: Any
) -> tuple[RotaEntry, ...]:
    return tuple(
        RotaEntry(
            clinic_id=clinic_id,
            weekday=day,
            starts_minute=clock(starts),
            ends_minute=clock(ends),
            **{"valid_from": LONG_AGO} | dates,
        )
        for day in days
    )


def therapist(id: UUID = THERAPIST, **changes: Any) -> Therapist:  # noqa: A002
    given: dict[str, Any] = {"id": id, "qualifications": (Qualification("nkt-1"),), "rota": rota()}
    return Therapist(**given | changes)


def offering(minutes: int = 60, **changes: Any) -> Offering:
    given: dict[str, Any] = {
        "id": OFFERING,
        "version": 1,
        "duration": timedelta(minutes=minutes),
        "buffer_before": timedelta(),
        "buffer_after": timedelta(),
        "qualification": "nkt-1",
        "room_kind": "treatment",
        "grid_minutes": 15,
        "min_notice": timedelta(),
        "horizon_days": 365,
        "cancel_notice": timedelta(hours=24),
    }
    return Offering(**given | changes)


def claim(
    starts_at: datetime,
    minutes: int = 60,
    *,
    kind: ResourceKind = "therapist",
    resource_id: UUID = THERAPIST,
    **changes: Any,
) -> Claim:
    given: dict[str, Any] = {"appointment_id": VISIT, "clinic_id": CLINIC}
    ends_at = starts_at + timedelta(minutes=minutes)
    return Claim(resource_kind=kind, resource_id=resource_id, starts_at=starts_at, ends_at=ends_at, **given | changes)


def situation(
    *,
    clinics: Iterable[Clinic] | None = None,
    therapists: Iterable[Therapist] | None = None,
    claims: Iterable[Claim] = (),
    travel: Mapping[tuple[UUID, UUID], int] | None = None,
    window: tuple[str, str] = ("2026-01-01", "2027-01-01"),
) -> Situation:
    by_resource: dict[UUID, list[Claim]] = {}
    for each in sorted(claims, key=lambda each: each.starts_at):
        by_resource.setdefault(each.resource_id, []).append(each)
    return Situation(
        window=Interval(utc(window[0]), utc(window[1])),
        clinics={each.id: each for each in ([clinic()] if clinics is None else clinics)},
        therapists={each.id: each for each in ([therapist()] if therapists is None else therapists)},
        claims=by_resource,
        travel=travel or {},
    )


def request(starts_at: datetime, **changes: Any) -> Request:
    given: dict[str, Any] = {
        "offering": offering(),
        "clinic_id": CLINIC,
        "therapist_id": THERAPIST,
        "now": utc("2026-01-01"),
    }
    return Request(starts_at=starts_at, **given | changes)


def search(since: datetime, until: datetime, **changes: Any) -> Search:
    given: dict[str, Any] = {"offering": offering(), "clinic_ids": (CLINIC,), "now": utc("2026-01-01")}
    return Search(window=Interval(since, until), **given | changes)

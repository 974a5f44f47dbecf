"""Clinics with their clocks and hours, rotas and absences, as they were known.

A wall-clock time that a change of the clocks skips takes the offset before the change, one that happens twice is the
first (RFC 5545, 3.3.5), as where visits are booked.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from workers.reports.spans import Span
from workers.reports.window import Window

CALENDAR = text("""
    SELECT kind, content FROM (
      SELECT DISTINCT ON (kind, key) kind, key, content FROM report_calendar
      WHERE chain_id = :chain_id AND position <= :scheduling ORDER BY kind, key, position DESC
    ) AS latest WHERE content IS NOT NULL ORDER BY kind, key
""")
TIME_ZONE = text("""
    SELECT content ->> 'time_zone' FROM report_calendar
    WHERE chain_id = :chain_id AND kind = 'terms' AND content ->> 'clinic_id' = (
      SELECT key FROM report_calendar WHERE chain_id = :chain_id AND kind = 'clinic' ORDER BY position LIMIT 1
    )
    ORDER BY position LIMIT 1
""")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = timedelta(days=1)
MINUTES_OF_DAY = 24 * 60

Hours = tuple[int, int]
"""From which to which minute of a day; one that ends at or before its beginning ends on the next day."""


@dataclass(frozen=True, slots=True)
class Terms:
    valid_from: date
    time_zone: str
    hours: Mapping[int, Sequence[Hours]]


@dataclass(slots=True)
class Clinic:
    """`terms` in the order of their days."""

    terms: list[Terms]
    special_days: Mapping[date, Sequence[Hours]]
    closures: list[Span]

    def terms_on(self, day: date) -> Terms | None:
        return next((terms for terms in reversed(self.terms) if terms.valid_from <= day), None)

    def zone_at(self, at: datetime) -> ZoneInfo:
        """Its clock at an instant; before its first terms, that of these."""
        begun = (each for each in reversed(self.terms) if instant(each.valid_from, 0, each.time_zone) <= at)
        return ZoneInfo(next(begun, self.terms[0]).time_zone)


@dataclass(frozen=True, slots=True)
class Shift:
    """Hours of a rota on one weekday, from a day to another, both included."""

    clinic_id: UUID
    weekday: int
    hours: Hours
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True)
class Calendar:
    clinics: Mapping[UUID, Clinic]
    rotas: Mapping[UUID, Sequence[Shift]]
    leaves_on: Mapping[UUID, date]
    absences: Mapping[UUID, Sequence[Span]]

    def day_of(self, clinic_id: UUID, at: datetime) -> date:
        """The day of the clinic's calendar; of one whose clock nobody has set, that of UTC."""
        clinic = self.clinics.get(clinic_id)
        return at.astimezone(clinic.zone_at(at) if clinic and clinic.terms else UTC).date()


def time_zone_of_chain(connection: Connection, chain_id: UUID) -> str:
    """The clock on which periods of the chain begin and end: the first one of the clinic that was opened first."""
    return connection.execute(TIME_ZONE, {"chain_id": chain_id}).scalar() or "UTC"


def calendar(connection: Connection, window: Window) -> Calendar:
    clinics: dict[UUID, Clinic] = defaultdict(lambda: Clinic([], {}, []))
    rotas: dict[UUID, Sequence[Shift]] = {}
    leaves_on: dict[UUID, date] = {}
    absences: dict[UUID, list[Span]] = defaultdict(list)
    for kind, content in connection.execute(CALENDAR, window.values):
        match kind:
            case "clinic":
                clinics[UUID(content["clinic_id"])]
            case "terms":
                clinics[UUID(content["clinic_id"])].terms.append(terms(content))
            case "special_days":
                clinics[UUID(content["clinic_id"])].special_days = special_days(content)
            case "closure":
                clinics[UUID(content["clinic_id"])].closures.append(span(content))
            case "rota":
                rotas[UUID(content["therapist_id"])] = [shift(entry) for entry in content["entries"]]
            case "therapist":
                last = content["leaves_on"]
                leaves_on[UUID(content["therapist_id"])] = date.fromisoformat(last) if last else date.max
            case _:
                absences[UUID(content["therapist_id"])].append(span(content))
    for clinic in clinics.values():
        clinic.terms.sort(key=lambda each: each.valid_from)
    return Calendar(dict(clinics), rotas, leaves_on, absences)


@lru_cache(maxsize=2**14)  # shifts of a whole chain begin at the same few thousand moments
def instant(day: date, minute: int, time_zone: str) -> datetime:
    """When the wall clock of the zone shows that minute of that day; 1440 and beyond are on the days that follow."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time_zone))
    return (midnight + timedelta(minutes=minute)).astimezone(UTC)


def terms(content: Mapping[str, Any]) -> Terms:
    hours: dict[int, list[Hours]] = defaultdict(list)
    for each in content["hours"]:
        hours[WEEKDAYS.index(each["weekday"])].append((minute(each["opens"]), minute(each["closes"])))
    return Terms(date.fromisoformat(content["valid_from"]), content["time_zone"], hours)


def special_days(content: Mapping[str, Any]) -> dict[date, Sequence[Hours]]:
    return {
        date.fromisoformat(day["on"]): [(minute(each["opens"]), minute(each["closes"])) for each in day["hours"]]
        for day in content["days"]
    }


def shift(entry: Mapping[str, Any]) -> Shift:
    valid_to = entry["valid_to"]
    return Shift(
        clinic_id=UUID(entry["clinic_id"]),
        weekday=WEEKDAYS.index(entry["weekday"]),
        hours=(minute(entry["starts"]), minute(entry["ends"])),
        valid_from=date.fromisoformat(entry["valid_from"]),
        valid_to=date.fromisoformat(valid_to) if valid_to else date.max,
    )


def span(content: Mapping[str, Any]) -> Span:
    return Span(datetime.fromisoformat(content["starts_at"]), datetime.fromisoformat(content["ends_at"]))


def minute(clock: str) -> int:
    """`HH:MM`, up to `24:00`, in minutes."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)

"""Which times the tour takes: at any minute of any day a client who is awake, and a reminder that falls due soon."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

ZONES = (
    "Pacific/Auckland",
    "Australia/Brisbane",
    "Asia/Tokyo",
    "Asia/Bangkok",
    "Asia/Karachi",
    "Africa/Nairobi",
    "Africa/Lagos",
    "Atlantic/Azores",
    "America/Sao_Paulo",
    "America/New_York",
    "America/Denver",
    "America/Anchorage",
    "Pacific/Honolulu",
)
EARLY_AFTERNOON = 13 * 60


class Slot(NamedTuple):
    starts_at: datetime
    clinic_id: str
    therapist_id: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two times for one visit; a reminder of the second falls due no earlier than one of the first would have."""

    first: Slot
    second: Slot


def zone_awake(now: datetime) -> str:
    """A zone where it is about one in the afternoon."""
    return min(ZONES, key=lambda zone: abs(minute_of_day(now, zone) - EARLY_AFTERNOON))


def minute_of_day(now: datetime, zone: str) -> int:
    there = now.astimezone(ZoneInfo(zone))
    return there.hour * 60 + there.minute


def next_reminder(starts_at: datetime, lead_minutes: Iterable[int], after: datetime) -> datetime | None:
    """When the visit's first reminder later than `after` falls due."""
    due = (starts_at - timedelta(minutes=lead) for lead in lead_minutes)
    return min((moment for moment in due if moment > after), default=None)


def reminded_soon(slots: Sequence[Slot], lead_minutes: Collection[int], now: datetime) -> list[Pair]:
    """Pairs whose second time has the earliest reminder after `now`, and whose first would have had one by then."""
    due = {slot.starts_at: next_reminder(slot.starts_at, lead_minutes, now) for slot in slots}
    pairs = [
        (moment, Pair(first, second))
        for second in slots
        if (moment := due[second.starts_at]) is not None
        for first in slots
        if first.starts_at < second.starts_at
        if (earlier := due[first.starts_at]) is not None and earlier <= moment
    ]
    return [pair for _, pair in sorted(pairs, key=lambda each: (each[0], each[1].second, each[1].first))]

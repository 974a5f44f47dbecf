"""Which times the tour takes: at any minute of any day a client who is awake, and a reminder that falls due soon."""

from collections.abc import Collection, Iterable
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


TO_FINISH = timedelta(minutes=6)
"""How long before its visit the tour wants to begin waiting for a reminder."""

LONGEST_WAIT = timedelta(minutes=3)


class Slot(NamedTuple):
    starts_at: datetime
    clinic_id: str
    therapist_id: str


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


def reminded_soon(slots: Iterable[Slot], lead_minutes: Collection[int], now: datetime) -> list[Slot]:
    """The times with a reminder just ahead and the visit not too near, the one that is reminded of first in front."""
    found = [
        (due, slot)
        for slot in slots
        if slot.starts_at - now >= TO_FINISH
        and (due := next_reminder(slot.starts_at, lead_minutes, now))
        and due - now <= LONGEST_WAIT
    ]
    return [slot for _, slot in sorted(found)]

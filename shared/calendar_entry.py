"""A visit as a calendar entry (RFC 5545): one UID for its life, a higher SEQUENCE after each change.

The zone's rules travel with the entry, so that every calendar shows the clinic's wall clock, also on the days when
clocks change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard

from shared.visible import visible

PRODUCT = "-//Synergist//Visits//EN"
UID_DOMAIN = "visits.synergist"
WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a calendar shows of a visit; `version` is the visit's own and `time_zone` the clinic's."""

    visit_id: UUID
    version: int
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    summary: str
    location: str
    latitude_e6: int
    longitude_e6: int
    link: str
    cancelled: bool = False

    def event(self, now: datetime) -> Event:
        """The entry as a component, to which a message may add who invites whom."""
        zone = ZoneInfo(self.time_zone)
        event = Event()
        event.add("uid", f"{self.visit_id}@{UID_DOMAIN}")
        event.add("sequence", self.version)
        event.add("dtstamp", now.astimezone(UTC))
        event.add("dtstart", self.starts_at.astimezone(zone))
        event.add("dtend", self.ends_at.astimezone(zone))
        event.add("summary", visible(self.summary))
        event.add("location", visible(self.location))
        event.add("geo", (self.latitude_e6 / 1e6, self.longitude_e6 / 1e6))
        event.add("status", "CANCELLED" if self.cancelled else "CONFIRMED")
        event.add("url", self.link)
        return event


def calendar(method: str, entry: Entry, event: Event) -> bytes:
    """A calendar with one entry; `method` is REQUEST, CANCEL or PUBLISH (RFC 5546)."""
    whole = Calendar()
    whole.add("version", "2.0")
    whole.add("prodid", PRODUCT)
    whole.add("method", method)
    whole.add_component(zone_rules(entry.time_zone, entry.starts_at.year))
    whole.add_component(event)
    content: bytes = whole.to_ical()
    return content


@lru_cache(maxsize=1024)
def zone_rules(name: str, year: int) -> Timezone:
    """The VTIMEZONE of an IANA zone with the changes of clocks from the beginning of a year to the end of the next."""
    zone = ZoneInfo(name)
    rules = Timezone()
    rules.add("tzid", name)
    since = datetime(year, 1, 1, tzinfo=UTC)
    rules.add_component(observance(zone, since, since))
    for change in changes(zone, since, datetime(year + 2, 1, 1, tzinfo=UTC)):
        rules.add_component(observance(zone, change - MINUTE, change))
    return rules


def observance(zone: ZoneInfo, before: datetime, at: datetime) -> TimezoneStandard | TimezoneDaylight:
    """The offset that holds from `at`; its onset is written on the clock that showed the offset `before`."""
    old, new = before.astimezone(zone), at.astimezone(zone)
    part = TimezoneDaylight() if new.dst() else TimezoneStandard()
    part.add("dtstart", at.replace(tzinfo=None) + (old.utcoffset() or timedelta()))
    part.add("tzoffsetfrom", old.utcoffset() or timedelta())
    part.add("tzoffsetto", new.utcoffset() or timedelta())
    part.add("tzname", new.tzname() or "")
    return part


def changes(zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[datetime]:
    """Each instant, to the minute, at which the zone's offset changes."""
    early = since
    while early < until:
        late = early + WEEK
        if offset(early, zone) != offset(late, zone):
            yield first_minute_after(early, late, zone)
        early = late


def first_minute_after(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    minutes = int((late - early) / MINUTE)
    low, high = 0, minutes
    while high - low > 1:
        middle = (low + high) // 2
        if offset(early + middle * MINUTE, zone) == offset(early, zone):
            low = middle
        else:
            high = middle
    return early + high * MINUTE


def offset(instant: datetime, zone: ZoneInfo) -> timedelta | None:
    return instant.astimezone(zone).utcoffset()

"""A visit as a calendar entry (RFC 5545, RFC 5546): one UID for its life, a higher SEQUENCE after each change.

The zone's rules travel with the entry, so that every calendar shows the clinic's wall clock, also on the days when
clocks change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vText

from shared.languages import locale_of, translations
from workers.messages.model import Due, Recipient
from workers.messages.texts import FOLDER, place

PRODUCT = "-//Synergist//Visits//EN"
WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Invitation:
    """The entry's bytes, and the method that its MIME part must name as well."""

    method: str
    content: bytes


def invitation(due: Due, recipient: Recipient, organizer: str, now: datetime) -> Invitation | None:
    """The entry that an announcement carries; None for a reminder, whose visit is in the calendar already.

    `organizer` is the address that the message comes from.
    """
    if due.announcement is None:
        return None
    method = "CANCEL" if due.announcement == "cancelled" else "REQUEST"
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("method", method)
    calendar.add_component(zone_rules(recipient.visit.time_zone, recipient.visit.starts_at.year))
    calendar.add_component(entry(recipient, organizer, now, cancelled=method == "CANCEL"))
    return Invitation(method, calendar.to_ical())


def entry(recipient: Recipient, organizer: str, now: datetime, *, cancelled: bool) -> Event:
    visit = recipient.visit
    zone = ZoneInfo(visit.time_zone)
    summary = translations(FOLDER, locale_of(recipient.locale).language).gettext("Visit at %(clinic)s")
    event = Event()
    event.add("uid", f"{visit.id}@visits.synergist")
    event.add("sequence", visit.version)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", visit.starts_at.astimezone(zone))
    event.add("dtend", visit.ends_at.astimezone(zone))
    event.add("summary", summary % {"clinic": visit.clinic_name})
    event.add("location", f"{visit.clinic_name}, {place(visit.address)}")
    event.add("geo", (visit.latitude_e6 / 1e6, visit.longitude_e6 / 1e6))
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("url", recipient.link)
    event.add("organizer", person(organizer, recipient.chain_name))
    event.add("attendee", attendee(recipient))
    return event


def person(address: str, name: str) -> vCalAddress:
    mailbox = vCalAddress(f"mailto:{address}")
    mailbox.params["CN"] = vText(name.replace('"', "'"))
    return mailbox


def attendee(recipient: Recipient) -> vCalAddress:
    """The client, who accepted by booking; an answer by mail would reach nobody."""
    mailbox = person(recipient.email or "", recipient.name)
    mailbox.params["ROLE"] = vText("REQ-PARTICIPANT")
    mailbox.params["PARTSTAT"] = vText("ACCEPTED")
    mailbox.params["RSVP"] = vText("FALSE")
    return mailbox


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

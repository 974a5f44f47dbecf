"""The minutes in which a therapist could have seen somebody, counted one by one: slow, and hard to get wrong."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.events import scheduling as s
from tests.support.oracle.story import Story

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
QUARTER = timedelta(minutes=5)
"""All of the invented chain's times are on five minutes, so this is as exact as single minutes."""


def clock(at: str, on: date, zone: str) -> datetime:
    """A time on a wall clock; 24:00 is the next midnight."""
    hours, minutes = (int(each) for each in at.split(":"))
    day = on + timedelta(days=1) if hours == 24 else on
    return datetime.combine(day, time(hours % 24, minutes), ZoneInfo(zone)).astimezone(UTC)


def steps(starts: datetime, ends: datetime) -> Iterator[datetime]:
    while starts < ends:
        yield starts
        starts += QUARTER


def terms_on(story: Story, clinic_id: UUID, day: date) -> s.ClinicTermsSet:
    """Those in force on a day: the last that begin by then, else the first."""
    known: dict[date, s.ClinicTermsSet] = {each.valid_from: each for each in story.terms[clinic_id]}
    begun = [day_from for day_from in known if day_from <= day]
    return known[max(begun)] if begun else known[min(known)]


Times = tuple[Counter[tuple[UUID, UUID, date]], ...]


def minutes(story: Story, begin: datetime, end: datetime) -> Times:
    """Rostered, blocked and on leave, by therapist, clinic and day of the clinic's calendar."""
    rostered: Counter[tuple[UUID, UUID, date]] = Counter()
    blocked: Counter[tuple[UUID, UUID, date]] = Counter()
    leave: Counter[tuple[UUID, UUID, date]] = Counter()
    days = [begin.date() + timedelta(days=each - 2) for each in range((end - begin).days + 5)]
    open_at = {clinic_id: opened(story, clinic_id, days) for clinic_id in story.terms}
    away: dict[UUID, set[datetime]] = {}
    for off in story.time_off.values():
        taken = steps(max(off.starts_at, begin), min(off.ends_at, end))
        away.setdefault(off.therapist_id, set()).update(taken)
    for therapist_id, rota in story.rotas.items():
        last_day = story.leaves_on.get(therapist_id)
        working: dict[UUID, set[datetime]] = {}
        for entry in rota:
            for day in days:
                if (
                    WEEKDAYS[day.weekday()] != entry.weekday
                    or day < entry.valid_from
                    or (entry.valid_to is not None and day > entry.valid_to)
                    or (last_day is not None and day > last_day)
                ):
                    continue
                zone = terms_on(story, entry.clinic_id, day).time_zone
                until = day if entry.ends > entry.starts else day + timedelta(days=1)
                shift = steps(clock(entry.starts, day, zone), clock(entry.ends, until, zone))
                working.setdefault(entry.clinic_id, set()).update(at for at in shift if begin <= at < end)
        for clinic_id, at_work in working.items():
            shut = at_work - open_at[clinic_id]
            off_work = (at_work - shut) & away.get(therapist_id, set())
            for counter, found in ((rostered, at_work), (blocked, shut), (leave, off_work)):
                for at in found:
                    counter[therapist_id, clinic_id, day_at(story, clinic_id, at)] += 5
    return rostered, blocked, leave


def day_at(story: Story, clinic_id: UUID, at: datetime) -> date:
    """The day of a clinic's calendar, by the clock of the last terms that had begun on their own clock."""
    known = {each.valid_from: each for each in story.terms[clinic_id]}
    begun = [day for day, each in known.items() if clock("00:00", day, each.time_zone) <= at]
    terms = known[max(begun)] if begun else known[min(known)]
    return at.astimezone(ZoneInfo(terms.time_zone)).date()


def opened(story: Story, clinic_id: UUID, days: list[date]) -> set[datetime]:
    found: set[datetime] = set()
    for day in days:
        zone = terms_on(story, clinic_id, day).time_zone
        for opens, closes in hours_on(story, clinic_id, day):
            until = day if closes > opens else day + timedelta(days=1)
            found.update(steps(clock(opens, day, zone), clock(closes, until, zone)))
    for closure in story.closures.values():
        if closure.clinic_id == clinic_id:
            found.difference_update(steps(closure.starts_at, closure.ends_at))
    return found


def hours_on(story: Story, clinic_id: UUID, day: date) -> list[tuple[str, str]]:
    """Those of a special day, else those of the weekday."""
    special = [each for each in story.special_days.get(clinic_id, ()) if each.on == day]
    if special:
        return [(each.opens, each.closes) for each in special[-1].hours]
    terms = terms_on(story, clinic_id, day)
    return [(each.opens, each.closes) for each in terms.opening_hours if each.weekday == WEEKDAYS[day.weekday()]]

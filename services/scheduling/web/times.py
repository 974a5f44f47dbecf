"""The free times that a client may choose from: what the API lists for the same client, the nearest to the visit first.

The client's own therapist at the clinic comes first, then the clinic's others, then other clinics from near to far.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from services.scheduling.availability.calendar import local_time
from services.scheduling.availability.listing import listed
from services.scheduling.availability.load import load_moving, load_offering, load_situation
from services.scheduling.availability.model import Interval, Offering, Request, Slot
from services.scheduling.availability.rules import by_load
from services.scheduling.availability.search import alternatives, free_slots
from services.scheduling.availability.situation import Situation
from services.scheduling.availability.travel import great_circle_km
from services.scheduling.web.model import Asked, Choice, Clinic, Time, Wanted, days
from services.scheduling.web.visit import Visit
from shared.wall_clock import instant

WEEK = timedelta(days=7)
SOON = timedelta(days=14)
MOST_CLINICS = 5
MOST_TIMES_ELSEWHERE = 6
MOST_ALTERNATIVES = 5

CLINICS = text("""
    SELECT DISTINCT ON (clinic.id) clinic.id, clinic.name, terms.address, terms.time_zone,
      terms.latitude_e6, terms.longitude_e6
    FROM clinics clinic JOIN clinic_terms terms ON terms.clinic_id = clinic.id
    ORDER BY clinic.id, terms.valid_from <= :today DESC, abs(terms.valid_from - :today)
""")
THERAPISTS = text("SELECT id, name FROM therapists WHERE id = ANY(:ids)")

Clocks = Mapping[Slot, datetime]
"""Free times in order, and what the clock of their clinic shows then."""


def to_move(connection: Connection, visit: Visit) -> Wanted:
    """The visit keeps its own length and does not stand in its own way."""
    offering = load_moving(connection, visit.id, offered(connection, visit))
    if offering is None:
        raise LookupError(visit.id)
    return Wanted(visit, offering, visit.id)


def to_book_again(connection: Connection, visit: Visit) -> Wanted:
    """A new visit is as the offering is today."""
    return Wanted(visit, offered(connection, visit), None)


def offered(connection: Connection, visit: Visit) -> Offering:
    offering = load_offering(connection, visit.offering_id)
    if offering is None:
        raise LookupError(visit.offering_id)
    return offering


def clinics_by_distance(connection: Connection, visit: Visit, now: datetime) -> list[Clinic]:
    """All clinics of the chain, the visit's own first and the others from near to far."""
    rows = connection.execute(CLINICS, {"today": now.date()}).all()
    here = visit.latitude_e6, visit.longitude_e6
    far = {row.id: great_circle_km(*here, row.latitude_e6, row.longitude_e6) for row in rows}
    rows = sorted(rows, key=lambda row: (row.id != visit.clinic_id, far[row.id], row.id))
    return [Clinic(row.id, row.name, row.address["city"], row.time_zone) for row in rows]


def choice(connection: Connection, wanted: Wanted, clinics: Sequence[Clinic], asked: Asked, now: datetime) -> Choice:
    """The free times of a week at one of the clinics, and what the others have soon."""
    at = next(each for each in clinics if each.id == asked.clinic_id)
    today = now.astimezone(ZoneInfo(at.time_zone)).date()
    farthest = today + timedelta(days=wanted.offering.horizon_days)
    since = max(today, min(asked.since, farthest)) if asked.since else None
    first = since or first_day(connection, wanted, at, today, now) or today
    others_near = [each.id for each in clinics if each.id != at.id][:MOST_CLINICS]
    same, others = week(connection, wanted, at, first, now)
    there = elsewhere(connection, wanted, others_near, instant(since or today, 0, at.time_zone), now)
    groups = [same or {}, others, *there]
    times = named(connection, clinics, groups)
    return Choice(
        clinic=at,
        first=first,
        last=first + WEEK - timedelta(days=1),
        same=None if same is None else days(times[0]),
        others=days(times[1]),
        elsewhere=tuple(days(group)[0] for group in times[2:]),
        later=first_day(connection, wanted, at, first + WEEK, now),
        earliest=today,
        farthest=farthest,
    )


def first_day(connection: Connection, wanted: Wanted, at: Clinic, since: date, now: datetime) -> date | None:
    """The first day of the clinic, from a date on, that has a free time within the offering's horizon."""
    window = Interval(instant(since, 0, at.time_zone), now + timedelta(days=wanted.offering.horizon_days + 2))
    found = listed(connection, wanted.search([at.id], window, now))
    return next((local_time(place, slot.starts_at).date() for place, slot in found if wanted.is_another(slot)), None)


def week(
    connection: Connection, wanted: Wanted, at: Clinic, first: date, now: datetime
) -> tuple[Clocks | None, Clocks]:
    """The free times of the client's own therapist, None when not working there, and one of the others at each time."""
    window = Interval(instant(first, 0, at.time_zone), instant(first + WEEK, 0, at.time_zone))
    situation = load_situation(
        connection, clinic_ids=[at.id], therapist_ids=None, client_id=wanted.visit.client_id, window=window
    )
    own = wanted.visit.therapist_id
    slots = [slot for slot in free_slots(situation, wanted.search([at.id], window, now)) if wanted.is_another(slot)]
    same = [slot for slot in slots if slot.therapist_id == own]
    others = least_loaded(situation, wanted, (slot for slot in slots if slot.therapist_id != own), now)
    works_here = (own, at.id) in situation.shifts
    return clocks(situation, same) if works_here else None, clocks(situation, others)


def least_loaded(situation: Situation, wanted: Wanted, slots: Iterable[Slot], now: datetime) -> list[Slot]:
    """One slot for each start: where several therapists are free, that of the one with the least to do that day."""
    chosen = []
    for starts_at, group in groupby(slots, key=lambda slot: slot.starts_at):
        free = {slot.therapist_id: slot for slot in group}
        clinic_id = next(iter(free.values())).clinic_id
        request = Request(
            offering=wanted.offering, clinic_id=clinic_id, starts_at=starts_at, now=now, ignoring=wanted.ignoring
        )
        chosen.append(free[by_load(situation, request, [situation.therapists[each] for each in free])[0].id])
    return chosen


def elsewhere(
    connection: Connection, wanted: Wanted, clinic_ids: Sequence[UUID], since: datetime, now: datetime
) -> list[Clocks]:
    """The first times of the first free day of each clinic that has one soon, in the order of the clinics."""
    found: dict[UUID, dict[Slot, datetime]] = {}
    full: set[UUID] = set()
    window = Interval(since, max(since, now) + SOON)
    for place, slot in listed(connection, wanted.search(clinic_ids, window, now)):
        if len(full) == len(clinic_ids):
            break
        times = found.setdefault(place.id, {})
        clock = local_time(place, slot.starts_at)
        last = next(reversed(times), None)
        if last is not None and last.starts_at == slot.starts_at:
            if slot.therapist_id == wanted.visit.therapist_id:
                del times[last]
                times[slot] = clock
        elif last is not None and (times[last].date() != clock.date() or len(times) == MOST_TIMES_ELSEWHERE):
            full.add(place.id)
        elif place.id not in full and wanted.is_another(slot):
            times[slot] = clock
    return [found[clinic_id] for clinic_id in clinic_ids if found.get(clinic_id)]


def nearest(
    connection: Connection, wanted: Wanted, request: Request, clinics: Sequence[Clinic], now: datetime
) -> list[Time]:
    """The free times at a clinic that are nearest to one that was not free, the same therapist's first."""
    first = max(now, request.starts_at - WEEK)
    window = Interval(first, max(first, request.starts_at + WEEK))
    situation = load_situation(
        connection, clinic_ids=[request.clinic_id], therapist_ids=None, client_id=request.client_id, window=window
    )
    found = alternatives(situation, request, MOST_ALTERNATIVES)
    slots = sorted(slot for slot in found if wanted.is_another(slot))
    return named(connection, clinics, [clocks(situation, slots)])[0]


def clocks(situation: Situation, slots: Iterable[Slot]) -> Clocks:
    return {slot: local_time(situation.clinics[slot.clinic_id], slot.starts_at) for slot in slots}


def named(connection: Connection, clinics: Iterable[Clinic], groups: Sequence[Clocks]) -> list[list[Time]]:
    """Groups of free times with the names of their clinics and therapists."""
    ids = list({slot.therapist_id for group in groups for slot in group})
    therapists = {row.id: row.name for row in connection.execute(THERAPISTS, {"ids": ids})}
    by_id = {clinic.id: clinic for clinic in clinics}
    return [
        [Time(slot, clock, by_id[slot.clinic_id], therapists[slot.therapist_id]) for slot, clock in group.items()]
        for group in groups
    ]

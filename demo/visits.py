"""Two weeks of visits, worked out from the rotas alone: the same for the same first day, and none in another's way."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import cycle
from random import Random
from zoneinfo import ZoneInfo

from demo.chain import CLINICS, WEEK, Clinic
from demo.people import CLIENTS, THERAPISTS, Client, Shift, Therapist

DAYS = 14
PITCH = timedelta(minutes=105)
"""From one visit of a therapist to the next; the longest one and its buffer fit in."""

SHARE_BOOKED = 0.55
CLINIC_BY_KEY = {clinic.key: clinic for clinic in CLINICS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """`starts_at` carries the offset of its clinic."""

    clinic: Clinic
    therapist: Therapist
    client: Client
    offering: str
    starts_at: datetime

    @property
    def key(self) -> str:
        return f"{self.therapist.key}-{self.starts_at:%Y%m%dT%H%M}"


@dataclass(frozen=True, slots=True)
class Gap:
    """A time at which a therapist could have a visit."""

    starts_at: datetime
    clinic: Clinic
    therapist: Therapist


def two_weeks(founded_at: datetime) -> list[Visit]:
    """The visits of the fourteen days after the one on which the chain was founded, the earliest first.

    No client comes twice on one day.
    """
    chance = Random("Demo Chain")
    regulars = {clinic.key: [client for client in CLIENTS if client.home == clinic] for clinic in CLINICS}
    turns = {key: cycle(clients) for key, clients in regulars.items()}
    booked: Counter[tuple[date, str]] = Counter()
    visits = []
    for gap in sorted(every_gap(founded_at), key=lambda gap: (gap.starts_at, gap.therapist.number)):
        day = (gap.starts_at.date(), gap.clinic.key)
        if chance.random() < SHARE_BOOKED and booked[day] < len(regulars[gap.clinic.key]):
            visits.append(visit_in(gap, next(turns[gap.clinic.key]), booked[day]))
            booked[day] += 1
    return visits


def visit_in(gap: Gap, client: Client, turn: int) -> Visit:
    offering = gap.therapist.gives[turn % len(gap.therapist.gives)]
    return Visit(clinic=gap.clinic, therapist=gap.therapist, client=client, offering=offering, starts_at=gap.starts_at)


def every_gap(founded_at: datetime) -> Iterator[Gap]:
    for therapist in THERAPISTS:
        for shift in therapist.shifts if therapist.gives else ():
            zone = ZoneInfo(CLINIC_BY_KEY[shift.clinic].time_zone)
            first_day = founded_at.astimezone(zone).date() + timedelta(days=1)
            for day in (first_day + timedelta(days=count) for count in range(DAYS)):
                if WEEK[day.weekday()] in shift.hours.weekdays:
                    yield from gaps_of(therapist, shift, day, zone)


def gaps_of(therapist: Therapist, shift: Shift, day: date, zone: ZoneInfo) -> Iterator[Gap]:
    """The gaps of one shift within one day, in step with everybody's, so that any free room will do."""
    midnight = datetime.combine(day, time())
    opens = datetime.combine(day, time.fromisoformat(shift.hours.opens))
    closes = datetime.combine(day, time.fromisoformat(shift.hours.closes))
    starts = midnight - (midnight - opens) // PITCH * PITCH
    while starts + PITCH <= closes:
        yield Gap(starts.replace(tzinfo=zone), CLINIC_BY_KEY[shift.clinic], therapist)
        starts += PITCH

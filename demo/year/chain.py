"""The invented chain: clinics in three time zones, therapists with weekly hours that change, holidays, an offering."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from demo.year.telling import Teller
from shared.events import scheduling as s
from shared.events.scheduling_staff import LoginAttached, RoleGiven, StaffAdded

ZONES = ("Europe/Berlin", "Europe/Berlin", "Europe/London", "Europe/Berlin", "Europe/Lisbon")
WEEKDAYS: tuple[s.Weekday, ...] = get_args(s.Weekday)
OPENS, CLOSES, BREAK = 8, 18, 13
MINUTES = 50
NOWHERE = s.Address(line="Demo 1", city="Demo", region="", postal_code="1", country="DE")
Slot = tuple[UUID, datetime]


@dataclass(frozen=True, slots=True)
class Clinic:
    id: UUID
    zone: str


@dataclass(frozen=True, slots=True)
class Shift:
    """A weekday at one clinic from a day on; `until` is the last day."""

    clinic: Clinic
    weekday: int
    starts: int
    ends: int
    valid_from: date
    until: date | None


@dataclass
class Therapist:
    """`away` are the days on which they do not work; `taken` the starts of visits that stand."""

    id: UUID
    shifts: list[Shift]
    away: set[date] = field(default_factory=set)
    taken: set[datetime] = field(default_factory=set)

    def slots(self, on: date) -> list[tuple[datetime, Clinic]]:
        """The starts of the day that are free, with their clinic."""
        if on in self.away:
            return []
        found = [
            (datetime.combine(on, time(hour), ZoneInfo(shift.clinic.zone)).astimezone(UTC), shift.clinic)
            for shift in self.shifts
            if shift.weekday == on.weekday() and shift.valid_from <= on and (shift.until is None or on <= shift.until)
            for hour in range(shift.starts, shift.ends)
            if hour != BREAK
        ]
        return [(at, clinic) for at, clinic in found if at not in self.taken]


@dataclass
class Chain:
    id: UUID
    offering: UUID
    clinics: list[Clinic]
    therapists: list[Therapist]


def found(teller: Teller, first: date, days: int, *, clinics: int, therapists: int) -> Chain:
    """Tell of the chain a week before the first day, and of everybody's holidays in the weeks before they are."""
    at = datetime.combine(first - timedelta(days=7), time(9), UTC)
    chain = Chain(teller.new_id(), teller.new_id(), [], [])
    teller.tell(
        at,
        f"chain-{chain.id}",
        s.ChainCreated(chain_id=chain.id, slug="year", name="Demo Year"),
        s.ChainPolicySet(
            chain_id=chain.id,
            reminder_lead_minutes=(2880, 120),
            quiet_from="21:00",
            quiet_to="08:00",
            default_locale="en",
        ),
    )
    teller.tell(at, f"offering-{chain.offering}", offering(chain.offering))
    chain.clinics += [opened(teller, at, number) for number in range(clinics)]
    chain.therapists += [hired(teller, chain, at, number, first) for number in range(therapists)]
    for therapist in chain.therapists:
        holidays(teller, therapist, first, days)
    return chain


def offering(offering_id: UUID) -> s.OfferingAdded:
    return s.OfferingAdded(
        offering_id=offering_id,
        offering_version=1,
        name="Demo session",
        duration_minutes=MINUTES,
        buffer_before_minutes=0,
        buffer_after_minutes=10,
        qualification=None,
        room_kind=None,
        grid_minutes=60,
        min_notice_minutes=0,
        horizon_days=180,
        cancel_notice_minutes=1440,
        reminder_lead_minutes=None,
        price=s.Money(amount_minor=9000, currency="EUR"),
    )


def opened(teller: Teller, at: datetime, number: int) -> Clinic:
    clinic = Clinic(teller.new_id(), ZONES[number % len(ZONES)])
    hours = tuple(s.Hours(weekday=day, opens=f"{OPENS:02}:00", closes=f"{CLOSES:02}:00") for day in WEEKDAYS[:6])
    teller.tell(
        at,
        f"clinic-{clinic.id}",
        s.ClinicOpened(clinic_id=clinic.id, name=f"Demo Clinic {number}", phone="+49301234567"),
        s.ClinicTermsSet(
            clinic_id=clinic.id,
            valid_from=date(2020, 1, 1),
            time_zone=clinic.zone,
            address=NOWHERE,
            latitude_e6=52_500_000,
            longitude_e6=13_400_000,
            opening_hours=hours,
        ),
    )
    return clinic


def hired(teller: Teller, chain: Chain, at: datetime, number: int, first: date) -> Therapist:
    """Most work at one clinic, every third at two, of which the other may be on another clock."""
    home = chain.clinics[number % len(chain.clinics)]
    other = chain.clinics[(number + 1) % len(chain.clinics)] if number % 3 == 0 else home
    turn = first + timedelta(days=182) if number % 4 == 1 else None
    shifts = [
        Shift(home if day < 3 else other, day, OPENS, CLOSES - number % 2 * 2, date(2020, 1, 1), before(turn))
        for day in range(5)
    ]
    if turn:
        shifts += [Shift(home, day, OPENS + 2, CLOSES, turn, None) for day in range(1, 6)]
    therapist = Therapist(teller.new_id(), shifts)
    teller.tell(
        at,
        f"therapist-{therapist.id}",
        s.TherapistAdded(therapist_id=therapist.id, name="", languages=("en",), qualifications=()),
        s.TherapistRotaSet(therapist_id=therapist.id, entries=entries(shifts if not turn else shifts[:5])),
    )
    if turn:
        later = datetime.combine(turn - timedelta(days=20), time(15), UTC)
        teller.tell(later, f"therapist-{therapist.id}", rota(therapist))
    staff_id = teller.new_id()
    given = (RoleGiven(role="therapist", clinics=None),)
    teller.tell(
        at,
        f"staff-{staff_id}",
        StaffAdded(staff_id=staff_id, name="", therapist_id=therapist.id, roles=given),
        LoginAttached(staff_id=staff_id, issuer="synergist", subject=f"year-{number}"),
    )
    return therapist


def before(turn: date | None) -> date | None:
    return turn - timedelta(days=1) if turn else None


def rota(therapist: Therapist) -> s.TherapistRotaSet:
    return s.TherapistRotaSet(therapist_id=therapist.id, entries=entries(therapist.shifts))


def entries(shifts: list[Shift]) -> tuple[s.RotaEntry, ...]:
    """Mornings and afternoons, with an hour between them in which nobody works."""
    return tuple(
        s.RotaEntry(
            clinic_id=shift.clinic.id,
            weekday=WEEKDAYS[shift.weekday],
            starts=f"{starts:02}:00",
            ends=f"{ends:02}:00",
            valid_from=shift.valid_from,
            valid_to=shift.until,
        )
        for shift in shifts
        for starts, ends in ((shift.starts, BREAK), (BREAK + 1, shift.ends))
    )


def holidays(teller: Teller, therapist: Therapist, first: date, days: int) -> None:
    """Some weeks off and some single days; one of them is longer than was said, and one is taken back."""
    draw = teller.random
    zone = ZoneInfo(therapist.shifts[0].clinic.zone)
    for number, start in enumerate(sorted(draw.sample(range(20, max(21, days - 20)), min(5, max(1, days // 60))))):
        length = draw.choice((1, 2, 7, 14))
        time_off_id, day = teller.new_id(), first + timedelta(days=start)
        ids: dict[str, Any] = {"time_off_id": time_off_id, "therapist_id": therapist.id}
        said_at = datetime.combine(day - timedelta(days=draw.randint(1, 15)), time(12), UTC)
        stream = f"time_off-{time_off_id}"
        teller.tell(said_at, stream, s.TimeOffAdded(**ids, **span(day, length, zone), reason=""))
        if number == 1:
            length += 1
            changed = s.TimeOffChanged(**ids, **span(day, length, zone), reason="")
            teller.tell(said_at + timedelta(hours=5), stream, changed)
        if number == 2:
            teller.tell(said_at + timedelta(hours=6), stream, s.TimeOffWithdrawn(**ids))
            continue
        therapist.away |= {day + timedelta(days=each) for each in range(length)}


def span(day: date, length: int, zone: ZoneInfo) -> dict[str, Any]:
    starts_at = datetime.combine(day, time(0), zone)
    ends_at = datetime.combine(day + timedelta(days=length), time(0), zone)
    return {"starts_at": starts_at.astimezone(UTC), "ends_at": ends_at.astimezone(UTC)}

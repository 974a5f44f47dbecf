"""A chain of cases on the edge, told by hand: each therapist is one of them, in March and in October alike.

`idle` has a rota and no visit, `away` sees a client on leave, `unrostered` one without a rota, `silent` never hears of
anybody again, `lone` has one client, `between` works on two clocks, `night` through the changes of the clocks, and
`first` hands clients over to `second` in the middle of the month: one is erased after it, another is merged.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from demo.year.care import charted
from demo.year.chain import NOWHERE, WEEKDAYS, Chain, Clinic, Shift, Therapist, found, rota, span
from demo.year.client import (
    Life,
    Visit,
    attended,
    booked,
    discharge,
    forgotten,
    merged,
    new_care,
    open_episode,
    register,
)
from demo.year.telling import Entry, Teller
from shared.events import scheduling as s, treatment_episodes as e

FIRST, DAYS = date(2025, 1, 1), 365
BEGUN_AT = datetime(2024, 12, 25, 9, tzinfo=UTC)
MONTHS = (date(2025, 3, 1), date(2025, 10, 1))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Edges:
    """The chain while it is told."""

    def __init__(self, seed: int) -> None:
        self.teller = Teller(Random(seed))
        self.chain: Chain = found(self.teller, FIRST, DAYS, clinics=3, therapists=0)
        berlin, _, london = self.chain.clinics
        self.cellar = self.open_at_night()
        weekdays = [(berlin, day, 8, 18) for day in range(5)]
        names = ("idle", "away", "silent", "lone", "first", "second")
        self.staff = {name: self.hire(weekdays) for name in names}
        self.staff["between"] = self.hire([(berlin, day, 8, 18) for day in (0, 1)] + [(london, 2, 8, 18)])
        self.staff["night"] = self.hire([(self.cellar, day, 22, 6) for day in (4, 5, 6)])
        self.staff["unrostered"] = self.hire([])

    def hire(self, hours: list[tuple[Clinic, int, int, int]]) -> Therapist:
        shifts = [Shift(clinic, day, starts, ends, date(2020, 1, 1), None) for clinic, day, starts, ends in hours]
        therapist = Therapist(self.teller.new_id(), shifts)
        added = s.TherapistAdded(therapist_id=therapist.id, name="", languages=("en",), qualifications=())
        self.teller.tell(BEGUN_AT, f"therapist-{therapist.id}", added, whole(therapist))
        self.chain.therapists.append(therapist)
        return therapist

    def open_at_night(self) -> Clinic:
        clinic = Clinic(self.teller.new_id(), "Europe/Berlin")
        hours = tuple(s.Hours(weekday=day, opens="21:00", closes="05:00") for day in WEEKDAYS)
        self.teller.tell(
            BEGUN_AT,
            f"clinic-{clinic.id}",
            s.ClinicOpened(clinic_id=clinic.id, name="Demo Cellar", phone="+49301234568"),
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

    def life(self, name: str, at: datetime) -> Life:
        """A client of somebody, who calls."""
        client_id = self.teller.new_id()
        care = new_care(self.teller, client_id, at)
        life = Life(self.teller, self.chain, FIRST + DAYS * DAY, [client_id], self.staff[name], care)
        register(life, at - HOUR)
        return life

    def seen(self, life: Life, clinic: Clinic, at: datetime, *, opens: bool = False, charts: bool = True) -> datetime:
        """A visit that was booked four days before, and what was charted of it; gives when it was over."""
        visit = Visit(self.teller.new_id(), life.lead, clinic, at)
        self.teller.tell(at - 4 * DAY, visit.stream, booked(life, visit, at - 4 * DAY))
        self.teller.tell(visit.ends_at, visit.stream, attended(life, visit))
        if opens:
            open_episode(life, visit)
        if charts:
            charted(self.teller, life.care, visit, life.client_id)
        return visit.ends_at

    def month(self, first: date) -> None:
        berlin, _, london = self.chain.clinics
        monday = datetime.combine(first + timedelta(days=(7 - first.weekday()) % 7), time(9), UTC)
        self.leave(first)
        for name, at in (("away", monday), ("unrostered", monday + HOUR), ("lone", monday)):
            self.seen(self.life(name, at - 5 * DAY), berlin, at, opens=True)
        for number in range(4):
            at = monday + number * DAY
            life = self.life("silent", at - 5 * DAY)
            self.seen(life, berlin, at, opens=True, charts=False)
        both = self.life("between", monday - 5 * DAY)
        self.seen(both, berlin, monday, opens=True)
        self.seen(both, london, monday + 2 * DAY)
        self.seen(both, london, monday + 9 * DAY)
        last = datetime.combine(last_sunday(first), time(0), UTC)
        self.seen(self.life("night", last - 8 * DAY), self.cellar, last - HOUR, opens=True)
        self.seen(self.life("night", last - 8 * DAY), self.cellar, last + HOUR, opens=True)
        for fate in ("stays", "forgotten", "merged", "ends"):
            self.handed_over(fate, monday + 2 * HOUR)

    def handed_over(self, fate: str, monday: datetime) -> None:
        berlin = self.chain.clinics[0]
        life = self.life("first", monday - 5 * DAY)
        self.seen(life, berlin, monday, opens=True)
        life.lead = self.staff["second"]
        moved = e.EpisodeTransferred(
            episode_id=life.care.episode_id,
            client_id=life.client_id,
            lead_therapist_id=life.lead.id,
            clinic_id=berlin.id,
            reason="",
            happened_at=monday + 7 * DAY,
        )
        self.teller.tell(monday + 8 * DAY, f"episode-{life.care.episode_id}", moved)
        over_at = self.seen(life, berlin, monday + 10 * DAY)
        over_at = self.seen(life, berlin, monday + 14 * DAY)
        match fate:
            case "forgotten":
                forgotten(life, over_at + DAY)
            case "merged":
                merged(life, over_at + DAY)
            case "ends":
                discharge(life, max(over_at, life.care.written_at) + DAY)
            case _:
                pass

    def leave(self, first: date) -> None:
        away = self.staff["away"]
        time_off_id = self.teller.new_id()
        zone = away.shifts[0].clinic.zone
        off = s.TimeOffAdded(
            time_off_id=time_off_id, therapist_id=away.id, reason="", **span(first - 2 * DAY, 40, ZoneInfo(zone))
        )
        self.teller.tell(datetime.combine(first - 9 * DAY, time(12), UTC), f"time_off-{time_off_id}", off)


def whole(therapist: Therapist) -> s.TherapistRotaSet:
    """By day as elsewhere, and through the night where a shift ends before it begins."""
    if all(shift.starts < shift.ends for shift in therapist.shifts):
        return rota(therapist)
    entries = tuple(
        s.RotaEntry(
            clinic_id=shift.clinic.id,
            weekday=WEEKDAYS[shift.weekday],
            starts=f"{shift.starts:02}:00",
            ends=f"{shift.ends:02}:00",
            valid_from=shift.valid_from,
            valid_to=shift.until,
        )
        for shift in therapist.shifts
    )
    return s.TherapistRotaSet(therapist_id=therapist.id, entries=entries)


def last_sunday(month: date) -> date:
    """On which the clocks change."""
    last = month.replace(day=31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def edges(seed: int) -> tuple[UUID, dict[str, UUID], Iterator[Entry]]:
    """The chain's id, its therapists by name, and its events."""
    chain = Edges(seed)
    for first in MONTHS:
        chain.month(first)
    return chain.chain.id, {name: each.id for name, each in chain.staff.items()}, chain.teller.entries()

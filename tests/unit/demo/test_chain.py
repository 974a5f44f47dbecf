"""The invented chain is what it says: five clinics, nobody in two places at once, no visit in another's way."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from demo.chain import CLINICS, OFFERINGS, RIVER, SOON, Hours
from demo.people import CLIENTS, THERAPISTS
from demo.visits import Visit, two_weeks

FOUNDED = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=9 * step, hours=5 * step) for step in range(40)]
LENGTH = {offering.name: timedelta(minutes=offering.duration_minutes) for offering in OFFERINGS}
RESERVED_FOR_FICTION = ("+493023125", "+442079460", "+130355501", "+6187010", "+447700900")
DAY = 24 * 60


def ends_at(visit: Visit) -> datetime:
    return visit.starts_at + LENGTH[visit.offering]


def test_there_are_five_clinics_in_at_least_three_time_zones_and_two_in_one_city() -> None:
    assert len(CLINICS) == 5
    assert len({clinic.time_zone for clinic in CLINICS}) >= 3
    assert max(Counter(clinic.city for clinic in CLINICS).values()) == 2


def test_there_are_fourteen_therapists_some_in_two_clinics_and_sixty_clients() -> None:
    assert len(THERAPISTS) == 14
    assert len([each for each in THERAPISTS if len({shift.clinic for shift in each.shifts}) == 2]) >= 2
    assert len(CLIENTS) == 60
    assert {client.locale for client in CLIENTS} == {"en", "de"}


def test_nobody_in_it_can_be_taken_for_a_real_person() -> None:
    names = [
        *(clinic.name for clinic in CLINICS),
        *(therapist.name for therapist in THERAPISTS),
        *(client.name for client in CLIENTS),
        *(offering.name for offering in OFFERINGS),
    ]
    phones = [*(clinic.phone for clinic in CLINICS), *(client.phone for client in CLIENTS)]
    assert all(name.startswith("Demo ") for name in names)
    assert all(phone.startswith(RESERVED_FOR_FICTION) for phone in phones)
    assert all(client.email.endswith(".example") for client in CLIENTS)


def test_every_key_is_given_once() -> None:
    keys = [
        *(clinic.key for clinic in CLINICS),
        *(therapist.key for therapist in THERAPISTS),
        *(client.key for client in CLIENTS),
    ]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("founded_at", FOUNDED, ids=lambda moment: f"{moment:%m-%d_%H}")
def test_its_visits_are_in_nobodys_way(founded_at: datetime) -> None:
    visits = two_weeks(founded_at)
    for who in ("therapist", "client"):
        by_person = sorted(visits, key=lambda visit: (getattr(visit, who).number, visit.starts_at))
        for earlier, later in pairwise(by_person):
            if getattr(earlier, who) == getattr(later, who):
                assert ends_at(earlier) + timedelta(minutes=15) <= later.starts_at
    assert max(Counter((visit.client.key, visit.starts_at.date()) for visit in visits).values()) == 1


@pytest.mark.parametrize("founded_at", FOUNDED[:5], ids=str)
def test_its_visits_lie_in_the_two_weeks_after_the_day_of_its_founding(founded_at: datetime) -> None:
    visits = two_weeks(founded_at)
    for visit in visits:
        day = founded_at.astimezone(ZoneInfo(visit.clinic.time_zone)).date()
        assert timedelta(days=1) <= visit.starts_at.date() - day <= timedelta(days=14)
    assert {visit.clinic.key for visit in visits} == {clinic.key for clinic in CLINICS}
    assert 120 <= len(visits) <= 300
    assert len({visit.key for visit in visits}) == len(visits)


def test_the_same_founding_gives_the_same_visits() -> None:
    assert two_weeks(FOUNDED[3]) == two_weeks(FOUNDED[3])


def test_every_therapist_with_visits_holds_what_the_offering_asks_for() -> None:
    needs = {offering.name: offering.qualification for offering in OFFERINGS}
    assert all(needs[name] in therapist.qualifications for therapist in THERAPISTS for name in therapist.gives)


def test_at_every_time_of_the_day_two_at_the_river_are_free_for_the_tour() -> None:
    shifts = [shift for therapist in THERAPISTS if not therapist.gives for shift in therapist.shifts]
    assert {shift.clinic for shift in shifts} == {RIVER.key}
    assert all(len(shift.hours.weekdays) == 7 for shift in shifts)
    at_work = Counter(time % DAY for shift in shifts for time in times_within(shift.hours, LENGTH[SOON]))
    assert sorted(at_work) == list(range(0, DAY, 5))
    assert min(at_work.values()) >= 2


def times_within(hours: Hours, length: timedelta) -> range:
    """The starts on the grid of five minutes, as minutes from midnight, from which a visit lies within the hours."""
    first, last = (int(clock[:2]) * 60 + int(clock[3:]) for clock in (hours.opens, hours.closes))
    return range(first, (last if last > first else last + DAY) - length // timedelta(minutes=1) + 1, 5)

"""The invented chain is what it says: five clinics, nobody in two places at once, no visit in another's way."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from demo.chain import CLINICS, OFFERINGS, RIVER, SOON
from demo.people import CLIENTS, THERAPISTS
from demo.visits import Visit, two_weeks

FOUNDED = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=9 * step, hours=5 * step) for step in range(40)]
LENGTH = {offering.name: timedelta(minutes=offering.duration_minutes) for offering in OFFERINGS}
RESERVED_FOR_FICTION = ("+493023125", "+442079460", "+130355501", "+6187010", "+447700900")


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


def test_at_every_minute_somebody_at_the_river_has_time_for_the_tour() -> None:
    free = [shift for therapist in THERAPISTS if not therapist.gives for shift in therapist.shifts]
    spans = sorted(minutes(shift.hours.opens, shift.hours.closes) for shift in free)
    assert {shift.clinic for shift in free} == {RIVER.key}
    assert all(len(shift.hours.weekdays) == 7 for shift in free)
    longest = LENGTH[SOON] // timedelta(minutes=1)
    assert spans[0][0] == 0
    assert all(later[0] + longest <= earlier[1] for earlier, later in pairwise(spans))
    assert spans[-1][1] >= 24 * 60 + longest


def minutes(opens: str, closes: str) -> tuple[int, int]:
    first, last = (int(clock[:2]) * 60 + int(clock[3:]) for clock in (opens, closes))
    return first, last if last > first else last + 24 * 60

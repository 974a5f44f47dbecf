"""Whatever is listed can be booked, whatever is not cannot, no history overlaps, and a zone is only a name for a clock."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, assume, given, settings, strategies as st

from services.scheduling.availability.calendar import on_grid
from services.scheduling.availability.model import (
    Claim,
    Clinic,
    Hours,
    Interval,
    Offering,
    Placement,
    Request,
    Room,
    RotaEntry,
    Slot,
    Therapist,
)
from services.scheduling.availability.rules import judge
from services.scheduling.availability.search import free_slots
from services.scheduling.availability.situation import Situation
from services.scheduling.availability.travel import travel_time
from shared.wall_clock import instant
from tests.unit.availability.builders import LONG_AGO, clinic, number, offering, request, search, situation, therapist

CLINICS, THERAPISTS, ROOMS = (number(1), number(2)), (number(11), number(12)), (number(21), number(22))
CLIENTS = (number(31), number(32))
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Asia/Kathmandu",
    "America/Santiago",
)
CHANGE_DAYS = tuple(
    date(2026, *day)
    for day in ((3, 8), (3, 29), (4, 4), (4, 5), (5, 4), (9, 5), (9, 6), (9, 27), (10, 4), (10, 25), (11, 1))
)
bounded = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])

clock = st.integers(0, 287).map(lambda n: n * 5)
until = st.integers(0, 288).map(lambda n: n * 5)
minutes = st.integers(0, 9).map(lambda n: timedelta(minutes=5 * n))
offerings = st.builds(
    offering,
    st.sampled_from([30, 45, 60, 90]),
    buffer_before=minutes,
    buffer_after=minutes,
    qualification=st.none(),
    room_kind=st.sampled_from(["treatment", None]),
    grid_minutes=st.sampled_from([15, 20, 30, 60]),
)


@st.composite
def places(draw: st.DrawFn, id: UUID, room: UUID, day: date) -> Clinic:  # noqa: A002
    hours = draw(st.lists(st.builds(Hours, st.integers(0, 6), clock, until), min_size=3, max_size=14))
    around_the_clock = tuple(Hours(weekday, 0, 1440) for weekday in range(7))
    closed = draw(st.lists(spans(day), max_size=1))
    return clinic(
        id,
        zone=draw(st.sampled_from(ZONES)),
        hours=draw(st.sampled_from([tuple(hours), around_the_clock])),
        closures=tuple(closed),
        rooms=draw(
            st.sampled_from(
                [(Room(room, "treatment"),), (Room(room, "treatment"), Room(number(room.int + 5), "treatment"))]
            )
        ),
        special_days=draw(st.dictionaries(st.just(day), st.just(((600, 1440), (0, 90))), max_size=1)),
        longitude_e6=draw(st.integers(13_300_000, 13_500_000)),
    )


@st.composite
def spans(draw: st.DrawFn, day: date) -> Interval:
    starts_at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=draw(st.integers(-100, 400)) * 5)
    return Interval(starts_at, starts_at + timedelta(minutes=5 * draw(st.integers(1, 60))))


@st.composite
def workers(draw: st.DrawFn, id: UUID, day: date) -> Therapist:  # noqa: A002
    entries = st.builds(
        RotaEntry,
        clinic_id=st.sampled_from(CLINICS),
        weekday=st.integers(0, 6),
        starts_minute=clock,
        ends_minute=until,
        valid_from=st.sampled_from([LONG_AGO, day]),
        valid_to=st.sampled_from([None, day]),
    )
    return therapist(
        id,
        rota=tuple(draw(st.lists(entries, min_size=4, max_size=14))),
        time_off=tuple(draw(st.lists(spans(day), max_size=1))),
    )


@st.composite
def chains(draw: st.DrawFn) -> tuple[date, Situation]:
    """Two clinics and two therapists around a day on which some clock changes, without visits."""
    day = draw(st.sampled_from(CHANGE_DAYS))
    known = situation(
        clinics=[draw(places(place, room, day)) for place, room in zip(CLINICS, ROOMS, strict=True)],
        therapists=[draw(workers(worker, day)) for worker in THERAPISTS],
        travel=draw(st.sampled_from([{}, {(CLINICS[0], CLINICS[1]): 40}])),
        window=((day - timedelta(days=2)).isoformat(), (day + timedelta(days=3)).isoformat()),
    )
    return day, known


def window_of(day: date, before: int = 1, after: int = 2) -> tuple[datetime, datetime]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return midnight - timedelta(days=before), midnight + timedelta(days=after)


def with_visit(known: Situation, placement: Placement, wanted: Request, visit: UUID) -> Situation:
    taken = [("therapist", placement.therapist_id), ("client", wanted.client_id)]
    taken += [("room", placement.room_id)] if placement.room_id else []
    claims = dict(known.claims)
    for kind, resource in taken:
        claim = Claim(
            resource_kind=kind,  # type: ignore[arg-type]
            resource_id=resource,  # type: ignore[arg-type]
            appointment_id=visit,
            clinic_id=wanted.clinic_id,
            starts_at=placement.starts_at,
            ends_at=placement.ends_at,
            buffer_before=wanted.offering.buffer_before,
            buffer_after=wanted.offering.buffer_after,
        )
        claims[claim.resource_id] = sorted([*claims.get(claim.resource_id, ()), claim], key=lambda each: each.starts_at)
    return replace(known, claims=claims)


def booked(known: Situation, day: date, choices: list[tuple[int, int, Offering]]) -> Situation:
    """The situation after clients took free times one after the other."""
    for n, (choice, client, wanted) in enumerate(choices):
        client_id = CLIENTS[client]
        free = list(
            free_slots(known, search(*window_of(day), offering=wanted, clinic_ids=CLINICS, client_id=client_id))
        )
        if free:
            slot = free[choice % len(free)]
            visit = as_request(slot, wanted, client_id)
            placement = judge(known, visit)
            assert isinstance(placement, Placement)
            known = with_visit(known, placement, visit, number(1000 + n))
    return known


def as_request(slot: Slot, wanted: Offering, client_id: UUID | None) -> Request:
    return request(
        slot.starts_at, clinic_id=slot.clinic_id, therapist_id=slot.therapist_id, client_id=client_id, offering=wanted
    )


histories = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 1), offerings), max_size=6)


@bounded
@given(chains(), histories, offerings, st.sampled_from([None, *CLIENTS]))
def test_what_is_listed_is_accepted_and_what_is_not_listed_is_refused(
    chain: tuple[date, Situation], history: list[tuple[int, int, Offering]], wanted: Offering, client_id: UUID | None
) -> None:
    day, known = chain
    known = booked(known, day, history)
    since, until = window_of(day)
    listed = list(free_slots(known, search(since, until, offering=wanted, clinic_ids=CLINICS, client_id=client_id)))
    assert listed == sorted(set(listed))
    accepted = [
        slot
        for slot in every_slot(known, since, until, wanted)
        if isinstance(judge(known, as_request(slot, wanted, client_id)), Placement)
    ]
    assert listed == accepted


def every_slot(known: Situation, since: datetime, until: datetime, wanted: Offering) -> list[Slot]:
    starts = [since + timedelta(minutes=5 * n) for n in range(int((until - since) / timedelta(minutes=5)))]
    return [
        Slot(starts_at, place.id, worker, starts_at + wanted.duration)
        for starts_at in starts
        for place in known.clinics.values()
        if on_grid(place, starts_at, wanted.grid_minutes)
        for worker in known.therapists
    ]


@bounded
@given(chains(), histories, offerings, st.integers(0, 10_000))
def test_with_any_therapist_a_time_is_free_exactly_when_somebody_is(
    chain: tuple[date, Situation], history: list[tuple[int, int, Offering]], wanted: Offering, choice: int
) -> None:
    day, known = chain
    known = booked(known, day, history)
    slots = every_slot(known, *window_of(day), wanted)
    slot = slots[choice % len(slots)]
    anybody = judge(known, replace(as_request(slot, wanted, None), therapist_id=None))
    each = [judge(known, replace(as_request(slot, wanted, None), therapist_id=worker)) for worker in known.therapists]
    assert isinstance(anybody, Placement) == any(isinstance(verdict, Placement) for verdict in each)


@bounded
@given(chains(), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 1), offerings), min_size=4, max_size=10))
def test_no_accepted_history_overlaps(chain: tuple[date, Situation], history: list[tuple[int, int, Offering]]) -> None:
    day, known = chain
    known = booked(known, day, history)
    assume(known.claims)
    for claims in known.claims.values():
        for earlier, later in pairwise(claims):
            assert earlier.ends_at <= later.starts_at
            if earlier.resource_kind == "client":
                continue
            gap = max(earlier.buffer_after, later.buffer_before)
            here, there = known.clinics[earlier.clinic_id], known.clinics[later.clinic_id]
            way = travel_time(known.travel, here, earlier.starts_at, there, later.starts_at)
            assert later.starts_at - earlier.ends_at >= gap + way


@bounded
@given(chains(), histories, offerings)
def test_a_cancelled_visit_leaves_no_trace(
    chain: tuple[date, Situation], history: list[tuple[int, int, Offering]], wanted: Offering
) -> None:
    day, known = chain
    known = booked(known, day, history)
    span = search(*window_of(day), offering=wanted, clinic_ids=CLINICS)
    before = list(free_slots(known, span))
    assume(before)
    visit = as_request(before[len(before) // 2], wanted, number(39))
    placement = judge(known, visit)
    assert isinstance(placement, Placement)
    after = with_visit(known, placement, visit, number(77))
    assert list(free_slots(after, replace(span, ignoring=number(77)))) == before
    assert before[len(before) // 2] not in list(free_slots(after, span))


# on none of these days does a clock change in any of these zones
QUIET_DAY = date(2026, 5, 20)
QUIET_ZONES = ("UTC", "Asia/Kathmandu", "Pacific/Chatham", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
clock_pairs = st.tuples(clock, until)


@bounded
@given(
    st.sampled_from(QUIET_ZONES),
    st.sampled_from(QUIET_ZONES),
    st.lists(clock_pairs, min_size=1, max_size=3),
    st.lists(clock_pairs, min_size=1, max_size=3),
    st.lists(st.integers(0, 95), max_size=3, unique=True),
    offerings,
)
def test_a_mirrored_day_in_another_zone_is_the_same_day(
    zone: str,
    mirror: str,
    hours: list[tuple[int, int]],
    shifts: list[tuple[int, int]],
    visits: list[int],
    wanted: Offering,
) -> None:
    def clocks(time_zone: str) -> list[datetime]:
        found = free_slots(*day_in(time_zone, hours, shifts, visits, wanted))
        return [slot.starts_at.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None) for slot in found]

    assert clocks(zone) == clocks(mirror)


def day_in(
    time_zone: str, hours: list[tuple[int, int]], shifts: list[tuple[int, int]], visits: list[int], wanted: Offering
) -> tuple[Situation, Any]:
    def at(minute: int) -> datetime:
        return instant(QUIET_DAY, minute, time_zone)

    entries = tuple(
        RotaEntry(clinic_id=CLINICS[0], weekday=day, starts_minute=starts, ends_minute=ends, valid_from=LONG_AGO)
        for day in range(7)
        for starts, ends in shifts
    )
    taken = [
        Claim(
            resource_kind="therapist",
            resource_id=THERAPISTS[0],
            appointment_id=number(500 + quarter),
            clinic_id=CLINICS[0],
            starts_at=at(15 * quarter),
            ends_at=at(15 * quarter + 15),
            buffer_after=timedelta(minutes=quarter % 3 * 5),
        )
        for quarter in visits
    ]
    known = situation(
        clinics=[clinic(CLINICS[0], time_zone, hours=tuple(Hours(day, *pair) for day in range(7) for pair in hours))],
        therapists=[therapist(THERAPISTS[0], rota=entries)],
        claims=taken,
        window=("2026-05-18", "2026-05-23"),
    )
    now = at(9 * 60) - timedelta(days=1)
    noticed = replace(wanted, min_notice=timedelta(hours=20), horizon_days=1)
    return known, search(at(0), at(1440), offering=noticed, clinic_ids=CLINICS[:1], now=now)

"""A search gives free times in order, page by page, and the nearest others when one is taken."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from services.scheduling.availability.model import Interval, Room, Slot
from services.scheduling.availability.search import alternatives, free_slots, pairs
from services.scheduling.availability.situation import Situation
from tests.unit.availability.builders import (
    CLINIC,
    OTHER_CLINIC,
    OTHER_ROOM,
    OTHER_THERAPIST,
    ROOM,
    THERAPIST,
    VISIT,
    claim,
    clinic,
    local,
    number,
    offering,
    request,
    rota,
    search,
    situation,
    therapist,
    utc,
    weekly,
)

MONDAY, TUESDAY = local("2026-05-04 00:00"), local("2026-05-05 00:00")
ROOMS = (Room(ROOM, "treatment"), Room(OTHER_ROOM, "treatment"))


def starts(slots: list[Slot]) -> list[datetime]:
    return [slot.starts_at for slot in slots]


def two_clinics() -> Situation:
    return situation(
        clinics=[
            clinic(rooms=ROOMS, hours=weekly("09:00", "12:00")),
            clinic(OTHER_CLINIC, rooms=(Room(number(23), "treatment"),), hours=weekly("09:00", "12:00")),
        ],
        therapists=[
            therapist(),
            therapist(OTHER_THERAPIST),
            therapist(number(13), rota=rota(clinic_id=OTHER_CLINIC)),
        ],
        travel={(CLINIC, OTHER_CLINIC): 30},
    )


def test_lists_every_start_that_is_free_and_no_other() -> None:
    known = situation(
        clinics=[clinic(hours=weekly("09:00", "12:00"))], claims=[claim(local("2026-05-04 10:00"), minutes=30)]
    )
    found = list(free_slots(known, search(MONDAY, TUESDAY)))
    assert starts(found) == [local(f"2026-05-04 {at}") for at in ("09:00", "10:30", "10:45", "11:00")]
    assert found[0] == Slot(local("2026-05-04 09:00"), CLINIC, THERAPIST, local("2026-05-04 10:00"))


def test_lists_by_start_then_clinic_then_therapist() -> None:
    found = list(free_slots(two_clinics(), search(MONDAY, TUESDAY, clinic_ids=(OTHER_CLINIC, CLINIC))))
    assert found == sorted(found)
    assert [slot[1:3] for slot in found[:3]] == [
        (CLINIC, THERAPIST),
        (CLINIC, OTHER_THERAPIST),
        (OTHER_CLINIC, number(13)),
    ]


def test_the_span_holds_its_start_and_not_its_end() -> None:
    nine, ten = local("2026-05-04 09:00"), local("2026-05-04 10:00")
    assert starts(list(free_slots(situation(), search(nine, ten)))) == [
        nine + timedelta(minutes=15 * n) for n in range(4)
    ]


def test_pages_follow_each_other_without_gap_or_repetition() -> None:
    known, wanted = two_clinics(), (CLINIC, OTHER_CLINIC)
    whole = list(free_slots(known, search(MONDAY, TUESDAY, clinic_ids=wanted)))
    paged: list[Slot] = []
    while page := list(
        islice(free_slots(known, search(MONDAY, TUESDAY, clinic_ids=wanted, after=paged[-1][:3] if paged else None)), 5)
    ):
        paged.extend(page)
    assert paged == whole


def test_only_the_wanted_clinics_and_therapist_are_listed() -> None:
    known = two_clinics()
    assert {slot.clinic_id for slot in free_slots(known, search(MONDAY, TUESDAY))} == {CLINIC}
    one = search(MONDAY, TUESDAY, therapist_id=OTHER_THERAPIST, clinic_ids=(CLINIC, OTHER_CLINIC))
    assert {slot.therapist_id for slot in free_slots(known, one)} == {OTHER_THERAPIST}


def test_nothing_is_listed_inside_the_notice_or_beyond_the_horizon() -> None:
    now = local("2026-05-04 09:05")
    held = offering(min_notice=timedelta(hours=2), horizon_days=0, grid_minutes=60)
    found = list(free_slots(situation(), search(MONDAY, TUESDAY, offering=held, now=now)))
    assert starts(found)[0] == local("2026-05-04 12:00")
    later = search(MONDAY + timedelta(days=1), MONDAY + timedelta(days=3), offering=held, now=now)
    assert list(free_slots(situation(), later)) == []


def test_nothing_is_worked_out_that_nobody_takes() -> None:
    judged: list[UUID] = []

    class Watched(dict[UUID, list[object]]):
        def get(self, resource_id: UUID, default: object = None) -> object:  # type: ignore[override]
            judged.append(resource_id)
            return default

    known = situation()
    object.__setattr__(known, "claims", Watched())
    assert len(list(islice(free_slots(known, search(MONDAY, MONDAY + timedelta(days=200))), 3))) == 3
    assert 0 < judged.count(ROOM) < 20


def test_a_visit_that_moves_finds_its_own_time_free() -> None:
    known = situation(claims=[claim(local("2026-05-04 09:00"))])
    nine = local("2026-05-04 09:00")
    assert nine not in starts(list(free_slots(known, search(MONDAY, TUESDAY))))
    assert nine in starts(list(free_slots(known, search(MONDAY, TUESDAY, ignoring=VISIT))))


def test_alternatives_are_the_nearest_starts_of_the_same_therapist_first() -> None:
    known = situation(clinics=[clinic(hours=weekly("09:00", "12:00"))], claims=[claim(local("2026-05-04 10:00"), 30)])
    near = alternatives(known, request(local("2026-05-04 10:15")), 3)
    assert starts(near) == [local(f"2026-05-04 {at}") for at in ("10:30", "10:45", "11:00")]


def test_alternatives_go_on_with_the_clinics_others_and_then_with_other_clinics() -> None:
    known = situation(
        clinics=list(two_clinics().clinics.values()),
        therapists=[
            therapist(rota=rota("09:00", "10:00", [0], valid_to=local("2026-05-04 12:00").date())),
            therapist(OTHER_THERAPIST, rota=rota("09:00", "10:15", [0], valid_to=local("2026-05-04 12:00").date())),
            therapist(number(13), rota=rota("11:00", "12:00", [0], clinic_id=OTHER_CLINIC)),
        ],
        window=("2026-05-04", "2026-05-05"),
    )
    near = alternatives(known, request(local("2026-05-04 11:00")), 5)
    assert [(slot.starts_at, slot.therapist_id) for slot in near] == [
        (local("2026-05-04 09:00"), THERAPIST),
        (local("2026-05-04 09:15"), OTHER_THERAPIST),
        (local("2026-05-04 11:00"), number(13)),
    ]


def test_alternatives_for_any_therapist_name_each_start_once() -> None:
    known = two_clinics()
    near = alternatives(known, request(local("2026-05-04 09:00"), therapist_id=None), 3)
    assert starts(near) == [local(f"2026-05-04 {at}") for at in ("09:00", "09:15", "09:30")]
    assert {slot.clinic_id for slot in near} == {CLINIC}


def test_alternatives_lie_ahead_and_keep_the_notice_unless_staff_set_it_aside() -> None:
    now = local("2026-05-04 09:50")
    wanted = request(local("2026-05-04 10:15"), offering=offering(min_notice=timedelta(hours=1)), now=now)
    known = situation(claims=[claim(local("2026-05-04 10:00"), 30)], window=("2026-05-04", "2026-05-05"))
    assert starts(alternatives(known, wanted, 1)) == [local("2026-05-04 11:00")]
    allowed = replace(wanted, overrides=frozenset({"notice_too_short"}))
    assert starts(alternatives(known, allowed, 1)) == [local("2026-05-04 10:30")]


def test_a_fully_booked_therapist_costs_nothing_to_pass_over() -> None:
    known = situation(
        claims=[
            claim(utc("2026-05-04") + timedelta(hours=hour), appointment_id=number(100 + hour)) for hour in range(200)
        ]
    )
    found = next(free_slots(known, search(utc("2026-05-04"), utc("2026-05-30"))))
    assert found.starts_at == utc("2026-05-04") + timedelta(hours=200)


def test_closures_and_time_off_leave_no_slots() -> None:
    nine, twelve = local("2026-05-04 09:00"), local("2026-05-04 12:00")
    known = situation(
        clinics=[clinic(closures=(Interval(MONDAY, nine),))],
        therapists=[therapist(time_off=(Interval(twelve, TUESDAY),))],
    )
    found = starts(list(free_slots(known, search(MONDAY, TUESDAY))))
    assert (found[0], found[-1]) == (nine, local("2026-05-04 11:00"))


def test_nobody_is_looked_at_who_could_never_take_the_visit() -> None:
    known = two_clinics()
    assert len(pairs(known, search(MONDAY, TUESDAY, clinic_ids=(CLINIC, OTHER_CLINIC)))) == 3
    for never in (offering(qualification="nkt-9"), offering(room_kind="pool")):
        assert pairs(known, search(MONDAY, TUESDAY, offering=never)) == []

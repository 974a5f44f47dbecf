"""What users of other scheduling systems reported as broken is right here."""

from datetime import timedelta

import pytest

from services.scheduling.availability.model import Claim, Placement, Room
from services.scheduling.availability.refusals import CLIENT_TAKEN, Refusal
from services.scheduling.availability.rules import judge
from services.scheduling.availability.search import free_slots
from tests.unit.availability.builders import (
    CLIENT,
    CLINIC,
    OTHER_CLINIC,
    OTHER_THERAPIST,
    OTHER_VISIT,
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

DAY = timedelta(days=1)


def test_afternoon_hours_on_the_change_day_of_new_york_stay_in_the_afternoon() -> None:
    known = situation(clinics=[clinic(zone="America/New_York", hours=weekly("13:00", "18:00"))])
    found = list(free_slots(known, search(utc("2026-03-08 05:00"), utc("2026-03-09 04:00"))))
    assert found[0].starts_at == utc("2026-03-08 17:00")
    assert found[-1].ends_at == utc("2026-03-08 22:00")


@pytest.mark.parametrize("days", [6, 7, 8])
def test_notice_that_ends_on_the_change_day_offers_the_same_clocks_as_on_its_neighbours(days: int) -> None:
    place = clinic(zone="America/New_York", hours=weekly("09:00", "12:00"))
    now = local("2026-03-01 06:00", "America/New_York")
    week = offering(min_notice=timedelta(days=days))
    found = free_slots(situation(clinics=[place]), search(now, now + 10 * DAY, offering=week, now=now))
    first = next(found)
    assert first.starts_at == local(f"2026-03-0{1 + days} 09:00", "America/New_York")


def test_hours_are_judged_in_the_clinics_zone_wherever_the_server_stands() -> None:
    known = situation(clinics=[clinic(zone="Asia/Kolkata", hours=weekly("09:00", "17:00"))])
    found = list(free_slots(known, search(utc("2026-05-04"), utc("2026-05-05"), offering=offering(grid_minutes=30))))
    assert found[0].starts_at == utc("2026-05-04 03:30")
    assert found[-1].ends_at == utc("2026-05-04 11:30")


def test_hourly_visits_in_kathmandu_follow_each_other_directly() -> None:
    place = clinic(zone="Asia/Kathmandu", hours=weekly("09:00", "17:00"))
    visit = claim(local("2026-05-04 10:00", "Asia/Kathmandu"))
    hourly = search(
        local("2026-05-04 00:00", "Asia/Kathmandu"),
        local("2026-05-05 00:00", "Asia/Kathmandu"),
        offering=offering(grid_minutes=60),
    )
    found = [slot.starts_at for slot in free_slots(situation(clinics=[place], claims=[visit]), hourly)]
    expected = [local(f"2026-05-04 {hour:02}:00", "Asia/Kathmandu") for hour in (9, 11, 12, 13, 14, 15, 16)]
    assert found == expected


def test_two_buffers_of_an_hour_are_one_hour_between_visits() -> None:
    hour = timedelta(hours=1)
    known = situation(claims=[claim(local("2026-05-04 09:00"), buffer_before=hour, buffer_after=hour)])
    same = offering(buffer_before=hour, buffer_after=hour)
    assert isinstance(judge(known, request(local("2026-05-04 11:00"), offering=same)), Placement)
    assert isinstance(judge(known, request(local("2026-05-04 10:45"), offering=same)), Refusal)


def test_the_last_half_hour_starts_half_an_hour_before_closing() -> None:
    known = situation(clinics=[clinic(hours=weekly("09:00", "17:00"))])
    found = list(
        free_slots(known, search(local("2026-05-04 00:00"), local("2026-05-05 00:00"), offering=offering(minutes=30)))
    )
    assert found[-1].starts_at == local("2026-05-04 16:30")


def test_each_clinic_offers_only_its_own_day_of_one_person() -> None:
    worker = therapist(rota=rota("09:00", "17:00", [0]) + rota("09:00", "17:00", [4], clinic_id=OTHER_CLINIC))
    known = situation(clinics=[clinic(), clinic(OTHER_CLINIC)], therapists=[worker])
    week = search(local("2026-05-04 00:00"), local("2026-05-11 00:00"), clinic_ids=(CLINIC, OTHER_CLINIC))
    days = {(slot.clinic_id, slot.starts_at.weekday()) for slot in free_slots(known, week)}
    assert days == {(CLINIC, 0), (OTHER_CLINIC, 4)}


def test_a_visit_elsewhere_leaves_time_for_the_way_there_and_back() -> None:
    known = situation(
        clinics=[clinic(), clinic(OTHER_CLINIC)],
        therapists=[therapist(rota=rota() + rota(clinic_id=OTHER_CLINIC))],
        claims=[claim(local("2026-05-04 10:00"))],
        travel={(CLINIC, OTHER_CLINIC): 30},
    )
    day = search(local("2026-05-04 00:00"), local("2026-05-05 00:00"), clinic_ids=(OTHER_CLINIC,))
    found = [slot.starts_at for slot in free_slots(known, day)]
    assert [at for at in found if at < local("2026-05-04 10:00")][-1] == local("2026-05-04 08:30")
    assert next(at for at in found if at > local("2026-05-04 10:00")) == local("2026-05-04 11:30")


def test_a_start_inside_a_longer_visit_is_refused_though_no_start_is_the_same() -> None:
    known = situation(claims=[claim(local("2026-05-04 09:00"), 30)])
    verdict = judge(known, request(local("2026-05-04 09:15"), offering=offering(minutes=30)))
    assert isinstance(verdict, Refusal)
    assert verdict.code == "therapist_taken"


def test_one_client_is_not_seen_by_two_people_at_two_clinics_at_once() -> None:
    known = situation(
        clinics=[clinic(), clinic(OTHER_CLINIC)],
        therapists=[therapist(), therapist(OTHER_THERAPIST, rota=rota(clinic_id=OTHER_CLINIC))],
        claims=[claim(local("2026-05-04 09:00"), kind="client", resource_id=CLIENT)],
    )
    elsewhere = request(
        local("2026-05-04 09:30"), clinic_id=OTHER_CLINIC, therapist_id=OTHER_THERAPIST, client_id=CLIENT
    )
    assert judge(known, elsewhere) == CLIENT_TAKEN


def test_five_who_want_anybody_get_two_therapists_and_three_refusals() -> None:
    place = clinic(rooms=tuple(Room(number(n), "treatment") for n in range(21, 26)))
    claims: list[Claim] = []
    served: list[object] = []
    for n in range(5):
        known = situation(clinics=[place], therapists=[therapist(), therapist(OTHER_THERAPIST)], claims=claims)
        verdict = judge(known, request(local("2026-05-04 09:00"), therapist_id=None, client_id=number(70 + n)))
        if isinstance(verdict, Placement):
            served.append(verdict.therapist_id)
            taken = (("therapist", verdict.therapist_id), ("room", verdict.room_id or ROOM))
            claims += [
                claim(verdict.starts_at, kind=kind, resource_id=resource, appointment_id=number(80 + n))  # type: ignore[arg-type]
                for kind, resource in taken
            ]
        else:
            served.append(verdict.code)
    assert served == [THERAPIST, OTHER_THERAPIST, "therapist_taken", "therapist_taken", "therapist_taken"]


def test_a_visit_may_move_by_less_than_its_own_length() -> None:
    visits = [claim(local("2026-05-04 09:00")), claim(local("2026-05-04 11:00"), appointment_id=OTHER_VISIT)]
    known = situation(claims=visits)
    later = request(local("2026-05-04 09:30"), ignoring=VISIT)
    assert isinstance(judge(known, later), Placement)
    assert isinstance(judge(known, request(local("2026-05-04 10:15"), ignoring=VISIT)), Refusal)

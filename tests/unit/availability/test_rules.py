"""Each rule says no with its own code, in the order in which they are asked, and yes to everything else."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.scheduling.availability import refusals, rules
from services.scheduling.availability.model import Interval, Placement, Qualification, Request, Room
from services.scheduling.availability.refusals import ORDER, Refusal
from services.scheduling.availability.rules import judge
from services.scheduling.availability.situation import Situation
from tests.unit.availability.builders import (
    CLIENT,
    CLINIC,
    OTHER_CLINIC,
    OTHER_ROOM,
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
    situation,
    terms,
    therapist,
    utc,
    weekly,
)

NINE, TEN, ELEVEN = local("2026-05-04 09:00"), local("2026-05-04 10:00"), local("2026-05-04 11:00")
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
ANY = None


def code(known: Situation, wanted: Request) -> str:
    """The code of the refusal, or `accepted`."""
    verdict = judge(known, wanted)
    return verdict.code if isinstance(verdict, Refusal) else "accepted"


def placed(known: Situation, wanted: Request) -> Placement:
    verdict = judge(known, wanted)
    assert isinstance(verdict, Placement), verdict
    return verdict


def test_a_free_time_is_accepted_with_everything_that_the_visit_takes() -> None:
    assert judge(situation(), request(NINE)) == Placement(
        therapist_id=THERAPIST, room_id=ROOM, starts_at=NINE, ends_at=TEN
    )


def test_refuses_what_has_already_begun() -> None:
    assert code(situation(), request(NINE, now=NINE + timedelta(seconds=1))) == "in_the_past"
    assert code(situation(), request(NINE, now=NINE)) == "accepted"


def test_refuses_less_than_the_minimum_notice() -> None:
    wanted = request(NINE, offering=offering(min_notice=2 * HOUR), now=NINE - 2 * HOUR)
    assert code(situation(), wanted) == "accepted"
    assert code(situation(), replace(wanted, now=wanted.now + timedelta(seconds=1))) == "notice_too_short"


def test_the_horizon_counts_days_of_the_clinics_calendar() -> None:
    soon = offering(horizon_days=3)
    at_night = local("2026-05-01 23:59")
    assert code(situation(), request(local("2026-05-04 22:00"), offering=soon, now=at_night)) == "accepted"
    assert code(situation(), request(local("2026-05-05 00:00"), offering=soon, now=at_night)) == "beyond_horizon"
    after_midnight = local("2026-05-02 00:00")
    assert code(situation(), request(local("2026-05-05 00:00"), offering=soon, now=after_midnight)) == "accepted"


SHORT = offering(min_notice=2 * HOUR, horizon_days=1)
SET_ASIDE: dict[str, tuple[Situation, Request]] = {
    "in_the_past": (situation(), request(NINE, now=TEN)),
    "notice_too_short": (situation(), request(NINE, offering=SHORT, now=NINE)),
    "beyond_horizon": (situation(), request(NINE, offering=SHORT)),
    "off_grid": (situation(), request(NINE + timedelta(minutes=7))),
    "clinic_closed": (situation(clinics=[clinic(hours=())]), request(NINE)),
    "therapist_off_rota": (situation(therapists=[therapist(rota=())]), request(NINE)),
}
OF_WHAT_HAPPENED: dict[str, tuple[Situation, Request]] = {
    "clinic_closure": (situation(clinics=[clinic(closures=(Interval(NINE, TEN),))]), request(NINE)),
    "therapist_time_off": (situation(therapists=[therapist(time_off=(Interval(NINE, TEN),))]), request(NINE)),
}
OF_A_NEW_PROMISE: dict[str, tuple[Situation, Request]] = {
    "therapist_left": (situation(therapists=[therapist(leaves_on=date(2026, 5, 1))]), request(NINE)),
    "not_qualified": (situation(therapists=[therapist(qualifications=())]), request(NINE)),
    "no_room_of_kind": (situation(clinics=[clinic(rooms=())]), request(NINE, room_before_id=ROOM)),
}
NEVER: dict[str, tuple[Situation, Request]] = {
    "therapist_taken": (situation(claims=[claim(NINE)]), request(NINE)),
    "room_taken": (situation(claims=[claim(NINE, kind="room", resource_id=ROOM)]), request(NINE)),
    "client_taken": (
        situation(claims=[claim(NINE, kind="client", resource_id=CLIENT)]),
        request(NINE, client_id=CLIENT),
    ),
    "travel_too_short": (
        situation(
            clinics=[clinic(), clinic(OTHER_CLINIC)],
            claims=[claim(TEN, clinic_id=OTHER_CLINIC)],
            travel={(CLINIC, OTHER_CLINIC): 30},
        ),
        request(NINE),
    ),
}
EVERYTHING = frozenset(refusal.code for refusal in ORDER)


def test_every_rule_is_one_for_staff_to_set_aside_or_of_plans_or_of_new_promises_or_always_holds() -> None:
    assert SET_ASIDE.keys() == refusals.OVERRIDABLE
    assert OF_WHAT_HAPPENED.keys() == refusals.OF_PLANS - refusals.OVERRIDABLE
    assert OF_A_NEW_PROMISE.keys() == refusals.OF_PROMISES - refusals.OF_PLANS
    assert NEVER.keys() == EVERYTHING - refusals.OF_PROMISES


@pytest.mark.parametrize("broken", [*SET_ASIDE, *OF_WHAT_HAPPENED, *OF_A_NEW_PROMISE, *NEVER])
def test_a_rule_is_set_aside_only_if_it_may_be(broken: str) -> None:
    known, wanted = (SET_ASIDE | OF_WHAT_HAPPENED | OF_A_NEW_PROMISE | NEVER)[broken]
    assert code(known, wanted) == broken
    by_staff, in_fact, again, at_all = (
        code(known, replace(wanted, overrides=overrides))
        for overrides in (refusals.OVERRIDABLE, refusals.OF_PLANS, refusals.OF_PROMISES, EVERYTHING)
    )
    assert by_staff == ("accepted" if broken in SET_ASIDE else broken)
    assert in_fact == ("accepted" if broken in SET_ASIDE | OF_WHAT_HAPPENED else broken)
    assert again == at_all == (broken if broken in NEVER else "accepted")


def test_only_a_promise_that_stands_again_has_its_room_though_it_is_out_of_service() -> None:
    closed = situation(clinics=[clinic(rooms=(Room(ROOM, "treatment", (Interval(NINE, TEN),)),))])
    again = request(NINE, room_before_id=ROOM, overrides=refusals.OF_PROMISES)
    assert placed(closed, again).room_id == ROOM
    assert code(closed, replace(again, overrides=refusals.OF_PLANS)) == "room_taken"
    taken = replace(closed, claims={ROOM: [claim(NINE, kind="room", resource_id=ROOM)]})
    assert code(taken, again) == "room_taken"


def test_what_was_set_aside_is_named_and_nothing_else() -> None:
    known = situation(therapists=[therapist(rota=())])
    wanted = request(NINE + timedelta(minutes=7), offering=SHORT, overrides=refusals.OVERRIDABLE)
    assert rules.set_aside(known, wanted, THERAPIST) == ("beyond_horizon", "off_grid", "therapist_off_rota")
    assert rules.set_aside(situation(), request(NINE, overrides=refusals.OVERRIDABLE), THERAPIST) == ()


def test_of_any_therapist_one_who_needs_no_exception_comes_first() -> None:
    off, on = therapist(rota=rota("15:00", "16:00")), therapist(OTHER_THERAPIST)
    busy = claim(ELEVEN, resource_id=OTHER_THERAPIST)
    known = situation(therapists=[off, on], claims=[busy])
    wanted = request(NINE, therapist_id=ANY, overrides=refusals.OVERRIDABLE)
    assert placed(known, wanted).therapist_id == OTHER_THERAPIST
    assert placed(situation(therapists=[off]), wanted).therapist_id == THERAPIST


def test_a_named_room_is_the_only_one_and_the_room_before_is_kept_where_it_is_free() -> None:
    two = clinic(rooms=(Room(ROOM, "treatment"), Room(OTHER_ROOM, "treatment")))
    taken = claim(NINE, kind="room", resource_id=OTHER_ROOM)
    assert placed(situation(clinics=[two]), request(NINE, room_id=OTHER_ROOM)).room_id == OTHER_ROOM
    assert code(situation(clinics=[two], claims=[taken]), request(NINE, room_id=OTHER_ROOM)) == "room_taken"
    assert code(situation(), request(NINE, room_id=OTHER_ROOM)) == "no_room_of_kind"
    assert placed(situation(clinics=[two]), request(NINE, room_before_id=OTHER_ROOM)).room_id == OTHER_ROOM
    assert placed(situation(clinics=[two], claims=[taken]), request(NINE, room_before_id=OTHER_ROOM)).room_id == ROOM


@pytest.mark.parametrize("minute", [5, 10, 20, 50])
def test_refuses_a_start_off_the_grid(minute: int) -> None:
    assert code(situation(), request(NINE + timedelta(minutes=minute))) == "off_grid"
    assert code(situation(), request(NINE + timedelta(seconds=minute))) == "off_grid"


def test_the_whole_visit_lies_within_the_opening_hours() -> None:
    known = situation(clinics=[clinic(hours=weekly("09:00", "17:00"))])
    assert code(known, request(NINE)) == "accepted"
    assert code(known, request(NINE - QUARTER)) == "clinic_closed"
    assert code(known, request(local("2026-05-04 16:00"))) == "accepted"
    assert code(known, request(local("2026-05-04 16:15"))) == "clinic_closed"


def test_buffers_may_reach_beyond_hours_and_rota() -> None:
    known = situation(
        clinics=[clinic(hours=weekly("09:00", "10:00"))], therapists=[therapist(rota=rota("09:00", "10:00"))]
    )
    assert code(known, request(NINE, offering=offering(buffer_before=HOUR, buffer_after=HOUR))) == "accepted"


def test_a_visit_may_span_entries_that_touch_or_overlap() -> None:
    hours = weekly("09:00", "12:00") + weekly("12:00", "17:00")
    entries = rota("08:00", "11:45") + rota("11:30", "17:00")
    known = situation(clinics=[clinic(hours=hours)], therapists=[therapist(rota=entries)])
    assert code(known, request(local("2026-05-04 11:15"))) == "accepted"


def test_a_visit_may_span_midnight() -> None:
    known = situation(therapists=[therapist(rota=rota("20:00", "24:00", [0]) + rota("00:00", "04:00", [1]))])
    assert code(known, request(local("2026-05-04 23:30"))) == "accepted"
    assert code(known, request(local("2026-05-05 03:15"))) == "therapist_off_rota"


def test_refuses_a_time_of_closure() -> None:
    known = situation(clinics=[clinic(closures=(Interval(TEN, ELEVEN),))])
    assert code(known, request(NINE)) == "accepted"
    assert code(known, request(NINE + QUARTER)) == "clinic_closure"
    assert code(known, request(TEN)) == "clinic_closure"
    assert code(known, request(ELEVEN)) == "accepted"


def test_refuses_a_time_outside_the_rota() -> None:
    known = situation(therapists=[therapist(rota=rota("09:00", "12:00"))])
    assert code(known, request(local("2026-05-04 11:00"))) == "accepted"
    assert code(known, request(local("2026-05-04 11:15"))) == "therapist_off_rota"


def test_a_rota_at_another_clinic_does_not_count_here() -> None:
    known = situation(
        clinics=[clinic(), clinic(OTHER_CLINIC)], therapists=[therapist(rota=rota(clinic_id=OTHER_CLINIC))]
    )
    assert code(known, request(NINE)) == "therapist_off_rota"
    assert code(known, request(NINE, therapist_id=ANY)) == "therapist_off_rota"


def test_refuses_the_therapists_time_off() -> None:
    known = situation(therapists=[therapist(time_off=(Interval(TEN, ELEVEN),))])
    assert code(known, request(NINE)) == "accepted"
    assert code(known, request(NINE + QUARTER)) == "therapist_time_off"


def test_a_qualification_counts_through_its_last_day_on_the_clinics_calendar() -> None:
    held = (Qualification("nkt-2"), Qualification("nkt-1", date(2026, 5, 4)))
    known = situation(therapists=[therapist(qualifications=held)])
    assert code(known, request(local("2026-05-04 23:45"))) == "accepted"
    assert code(known, request(local("2026-05-05 00:00"))) == "not_qualified"
    assert code(known, request(NINE, offering=offering(qualification="nkt-3"))) == "not_qualified"
    assert code(known, request(local("2026-05-05 00:00"), offering=offering(qualification=None))) == "accepted"


def test_one_of_two_certificates_with_the_same_code_is_enough() -> None:
    held = (Qualification("nkt-1", date(2026, 1, 1)), Qualification("nkt-1", date(2027, 1, 1)))
    assert code(situation(therapists=[therapist(qualifications=held)]), request(NINE)) == "accepted"


def test_refuses_a_clinic_without_a_room_of_the_kind() -> None:
    known = situation(clinics=[clinic(rooms=(Room(ROOM, "gym"),))])
    assert code(known, request(NINE)) == "no_room_of_kind"


def test_an_offering_without_a_room_kind_takes_no_room() -> None:
    known = situation(clinics=[clinic(rooms=())])
    assert placed(known, request(NINE, offering=offering(room_kind=None))).room_id is None


@pytest.mark.parametrize("minutes", [-45, -15, 0, 15, 45])
def test_refuses_a_visit_that_overlaps_another_of_the_therapist(minutes: int) -> None:
    known = situation(claims=[claim(TEN)])
    assert code(known, request(TEN + timedelta(minutes=minutes))) == "therapist_taken"


def test_visits_may_follow_each_other_without_a_gap() -> None:
    known = situation(claims=[claim(TEN)])
    assert code(known, request(NINE)) == "accepted"
    assert code(known, request(ELEVEN)) == "accepted"


def test_between_two_visits_lies_the_larger_of_the_facing_buffers() -> None:
    known = situation(claims=[claim(NINE, buffer_after=timedelta(minutes=30), buffer_before=timedelta(hours=3))])
    small, large = offering(buffer_before=QUARTER), offering(buffer_before=timedelta(minutes=45))
    assert code(known, request(TEN + QUARTER, offering=small)) == "therapist_taken"
    assert code(known, request(TEN + 2 * QUARTER, offering=small)) == "accepted"
    assert code(known, request(TEN + 2 * QUARTER, offering=large)) == "therapist_taken"
    assert code(known, request(TEN + 3 * QUARTER, offering=large)) == "accepted"


def test_buffers_count_before_a_later_visit_as_well() -> None:
    known = situation(claims=[claim(ELEVEN, buffer_before=QUARTER, buffer_after=timedelta(hours=3))])
    assert code(known, request(TEN)) == "therapist_taken"
    assert code(known, request(TEN - QUARTER)) == "accepted"
    assert code(known, request(TEN - QUARTER, offering=offering(buffer_after=2 * QUARTER))) == "therapist_taken"


def test_the_buffers_of_a_new_visit_count_beside_visits_without_any() -> None:
    known = situation(claims=[claim(NINE), claim(local("2026-05-04 12:00"), appointment_id=OTHER_VISIT)])
    after, before = offering(buffer_after=2 * QUARTER), offering(buffer_before=2 * QUARTER)
    assert code(known, request(ELEVEN - QUARTER, offering=after)) == "therapist_taken"
    assert code(known, request(ELEVEN - 2 * QUARTER, offering=after)) == "accepted"
    assert code(known, request(TEN + QUARTER, offering=before)) == "therapist_taken"
    assert code(known, request(TEN + 2 * QUARTER, offering=before)) == "accepted"


def test_a_room_is_kept_free_between_visits_too() -> None:
    known = situation(
        therapists=[therapist(), therapist(OTHER_THERAPIST)],
        claims=[claim(NINE, kind="room", resource_id=ROOM, buffer_after=QUARTER)],
    )
    assert code(known, request(TEN, therapist_id=OTHER_THERAPIST)) == "room_taken"
    assert code(known, request(TEN + QUARTER, therapist_id=OTHER_THERAPIST)) == "accepted"


def test_another_room_of_the_kind_will_do() -> None:
    rooms = (Room(ROOM, "treatment"), Room(OTHER_ROOM, "treatment"))
    taken = claim(NINE, kind="room", resource_id=ROOM)
    assert placed(situation(clinics=[clinic(rooms=rooms)], claims=[taken]), request(NINE)).room_id == OTHER_ROOM


def test_the_least_loaded_free_room_is_taken() -> None:
    rooms = (Room(ROOM, "treatment"), Room(OTHER_ROOM, "treatment"))
    earlier = claim(local("2026-05-04 07:00"), kind="room", resource_id=ROOM)
    yesterday = claim(local("2026-05-03 07:00"), 120, kind="room", resource_id=OTHER_ROOM, appointment_id=OTHER_VISIT)
    known = situation(clinics=[clinic(rooms=rooms)], claims=[earlier, yesterday])
    assert placed(known, request(NINE)).room_id == OTHER_ROOM
    assert placed(situation(clinics=[clinic(rooms=rooms)]), request(NINE)).room_id == ROOM


def test_a_client_cannot_be_in_two_places_but_needs_no_buffer() -> None:
    visit = claim(NINE, kind="client", resource_id=CLIENT, clinic_id=OTHER_CLINIC, buffer_after=HOUR)
    known = situation(claims=[visit])
    assert code(known, request(NINE + QUARTER, client_id=CLIENT)) == "client_taken"
    assert code(known, request(TEN, client_id=CLIENT)) == "accepted"
    assert code(known, request(NINE + QUARTER, client_id=number(99))) == "accepted"


def two_clinics(*, claims_at_other: tuple[str, ...]) -> Situation:
    return situation(
        clinics=[clinic(), clinic(OTHER_CLINIC)],
        therapists=[therapist(rota=rota() + rota(clinic_id=OTHER_CLINIC))],
        claims=[claim(local(f"2026-05-04 {at}"), clinic_id=OTHER_CLINIC) for at in claims_at_other],
        travel={(OTHER_CLINIC, CLINIC): 30, (CLINIC, OTHER_CLINIC): 45},
    )


def test_a_therapist_needs_time_to_come_from_another_clinic() -> None:
    known = two_clinics(claims_at_other=("10:00",))
    assert code(known, request(ELEVEN + QUARTER)) == "travel_too_short"
    assert code(known, request(ELEVEN + 2 * QUARTER)) == "accepted"


def test_a_therapist_needs_time_to_go_to_another_clinic() -> None:
    known = two_clinics(claims_at_other=("10:00",))
    assert code(known, request(TEN - HOUR - 2 * QUARTER)) == "travel_too_short"
    assert code(known, request(TEN - HOUR - 3 * QUARTER)) == "accepted"


def test_travel_comes_on_top_of_the_buffer() -> None:
    known = two_clinics(claims_at_other=("10:00",))
    buffered = offering(buffer_before=QUARTER)
    assert code(known, request(ELEVEN, offering=buffered)) == "therapist_taken"
    assert code(known, request(ELEVEN + QUARTER, offering=buffered)) == "travel_too_short"
    assert code(known, request(ELEVEN + 2 * QUARTER, offering=buffered)) == "travel_too_short"
    assert code(known, request(ELEVEN + 3 * QUARTER, offering=buffered)) == "accepted"


def test_travel_counts_against_every_visit_and_not_only_the_next() -> None:
    known = replace(
        two_clinics(claims_at_other=("10:00",)),
        travel={(OTHER_CLINIC, CLINIC): 300},
        claims={
            THERAPIST: [
                claim(TEN, clinic_id=OTHER_CLINIC),
                claim(local("2026-05-04 13:00"), appointment_id=OTHER_VISIT),
            ]
        },
    )
    assert code(known, request(local("2026-05-04 15:00"))) == "travel_too_short"
    assert code(known, request(local("2026-05-04 16:00"))) == "accepted"


def test_a_visit_that_moves_does_not_stand_in_its_own_way() -> None:
    own = [
        claim(NINE, buffer_after=HOUR),
        claim(NINE, kind="room", resource_id=ROOM, buffer_after=HOUR),
        claim(NINE, kind="client", resource_id=CLIENT),
    ]
    wanted = request(NINE + QUARTER, client_id=CLIENT, ignoring=VISIT)
    assert code(situation(claims=own), wanted) == "accepted"
    assert code(situation(claims=own), replace(wanted, ignoring=OTHER_VISIT)) == "therapist_taken"


def test_a_visit_that_moves_from_another_clinic_needs_no_way_from_itself() -> None:
    known = two_clinics(claims_at_other=("10:00",))
    assert code(known, request(ELEVEN, ignoring=VISIT)) == "accepted"


def test_any_therapist_means_the_least_loaded_of_the_free() -> None:
    third = number(13)
    known = situation(
        clinics=[clinic(rooms=tuple(Room(number(n), "treatment") for n in range(21, 25)))],
        therapists=[therapist(), therapist(OTHER_THERAPIST), therapist(third)],
        claims=[
            claim(TEN),
            claim(local("2026-05-04 15:00"), 120, resource_id=OTHER_THERAPIST, appointment_id=number(61)),
            claim(local("2026-05-04 13:00"), 90, resource_id=third, appointment_id=number(62)),
        ],
    )
    assert placed(known, request(NINE, therapist_id=ANY)).therapist_id == THERAPIST
    assert placed(known, request(TEN, therapist_id=ANY)).therapist_id == third
    assert placed(known, request(local("2026-05-05 10:00"), therapist_id=ANY)).therapist_id == THERAPIST


def test_load_is_counted_on_the_clinics_day() -> None:
    place = clinic(zone="Pacific/Auckland")
    evening_before = local("2026-05-04 23:00", "Pacific/Auckland")
    known = situation(
        clinics=[place],
        therapists=[therapist(), therapist(OTHER_THERAPIST)],
        claims=[
            claim(evening_before, 90),
            claim(evening_before, 60, resource_id=OTHER_THERAPIST, appointment_id=OTHER_VISIT),
        ],
    )
    next_day = request(local("2026-05-05 09:00", "Pacific/Auckland"), therapist_id=ANY)
    assert placed(known, next_day).therapist_id == OTHER_THERAPIST
    same_day = request(local("2026-05-04 09:00", "Pacific/Auckland"), therapist_id=ANY)
    assert placed(known, same_day).therapist_id == THERAPIST


def test_with_any_therapist_the_refusal_is_the_one_that_came_furthest() -> None:
    busy, off = therapist(), therapist(OTHER_THERAPIST, rota=rota("12:00", "17:00"))
    assert code(situation(therapists=[off, busy], claims=[claim(NINE)]), request(NINE, therapist_id=ANY)) == (
        "therapist_taken"
    )
    assert code(situation(therapists=[off]), request(NINE, therapist_id=ANY)) == "therapist_off_rota"
    assert code(situation(therapists=[]), request(NINE, therapist_id=ANY)) == "therapist_off_rota"


def test_with_any_therapist_the_clinics_own_rules_come_first() -> None:
    known = situation(clinics=[clinic(hours=weekly("10:00", "11:00"))], therapists=[])
    assert code(known, request(NINE, therapist_id=ANY)) == "clinic_closed"


def test_every_rule_is_asked_once_and_in_the_order_of_the_refusals() -> None:
    asked = (*rules.RULES_OF_THE_CLINIC, *rules.RULES_OF_THE_THERAPIST)
    assert tuple(refusal for refusal, _ in asked) == ORDER


def test_the_first_broken_rule_is_the_answer() -> None:
    now = local("2026-05-04 12:00")
    held = offering(min_notice=HOUR, horizon_days=0, grid_minutes=60, qualification="nkt-9", room_kind="gym")
    wanted = request(local("2026-05-04 11:55"), offering=held, now=now, client_id=CLIENT)
    late = local("2026-05-05 08:55")
    busy = (
        claim(late, clinic_id=OTHER_CLINIC, appointment_id=OTHER_VISIT),
        claim(late, kind="room", resource_id=ROOM, appointment_id=OTHER_VISIT),
        claim(late, kind="client", resource_id=CLIENT, appointment_id=OTHER_VISIT),
    )
    known = situation(
        clinics=[
            clinic(hours=weekly("01:00", "02:00"), closures=(Interval(late, late + HOUR),)),
            clinic(OTHER_CLINIC),
        ],
        therapists=[
            therapist(rota=rota("02:00", "03:00"), time_off=(Interval(late, late + HOUR),), leaves_on=date(2026, 5, 4))
        ],
        claims=busy,
        travel={(OTHER_CLINIC, CLINIC): 90},
    )
    found = [code(known, wanted)]
    wanted = replace(wanted, starts_at=local("2026-05-04 12:55"))
    found.append(code(known, wanted))
    wanted = replace(wanted, starts_at=late)
    found.append(code(known, wanted))
    wanted = replace(wanted, offering=replace(held, horizon_days=9))
    found.append(code(known, wanted))
    wanted = replace(wanted, offering=replace(wanted.offering, grid_minutes=5))
    found.append(code(known, wanted))
    place = clinic(closures=(Interval(late, late + HOUR),))
    known = replace(known, clinics={**known.clinics, CLINIC: place})
    found.append(code(known, wanted))
    known = replace(known, clinics={**known.clinics, CLINIC: clinic()})
    found.append(code(known, wanted))
    away = (Interval(late, late + HOUR),)
    known = replace(known, therapists={THERAPIST: therapist(rota=rota("02:00", "03:00"), time_off=away)})
    found.append(code(known, wanted))
    known = replace(known, therapists={THERAPIST: therapist(time_off=away)})
    found.append(code(known, wanted))
    known = replace(known, therapists={THERAPIST: therapist()})
    found.append(code(known, wanted))
    wanted = replace(wanted, offering=replace(wanted.offering, qualification=None))
    found.append(code(known, wanted))
    wanted = replace(wanted, offering=replace(wanted.offering, room_kind="treatment"))
    found.append(code(known, wanted))
    known = replace(known, claims={**known.claims, THERAPIST: [claim(late - HOUR, clinic_id=OTHER_CLINIC)]})
    found.append(code(known, wanted))
    known = replace(known, claims={**known.claims, ROOM: []})
    found.append(code(known, wanted))
    known = replace(known, claims={**known.claims, CLIENT: []})
    found.append(code(known, wanted))
    assert found == [refusal.code for refusal in ORDER]


def test_a_start_outside_what_was_loaded_is_no_answer_at_all() -> None:
    known = situation(window=("2026-05-01", "2026-05-04"))
    with pytest.raises(ValueError, match="the situation knows"):
        judge(known, request(NINE))


def test_every_refusal_has_a_code_of_its_own_and_one_sentence() -> None:
    every = {name.lower(): each for name, each in vars(refusals).items() if isinstance(each, Refusal)}
    assert every.keys() == {each.code for each in (*ORDER, refusals.NOT_AVAILABLE)}
    assert len({each.message for each in every.values()}) == len(every)
    assert all(each.message.endswith(".") for each in every.values())
    assert len(set(ORDER)) == len(ORDER)


def test_each_clinic_judges_by_its_own_clock() -> None:
    kolkata = clinic(OTHER_CLINIC, zone="Asia/Kolkata", hours=weekly("09:00", "17:00"))
    known = situation(clinics=[kolkata], therapists=[therapist(rota=rota(clinic_id=OTHER_CLINIC))])
    assert code(known, request(utc("2026-05-04 03:30"), clinic_id=OTHER_CLINIC)) == "accepted"
    assert code(known, request(utc("2026-05-04 09:00"), clinic_id=OTHER_CLINIC)) == "accepted"
    assert code(known, request(utc("2026-05-04 11:00"), clinic_id=OTHER_CLINIC)) == "clinic_closed"


def test_terms_that_begin_later_hold_from_their_first_day() -> None:
    place = clinic(terms=(terms(hours=weekly("09:00", "17:00")), terms(valid_from=date(2026, 5, 5), hours=())))
    known = situation(clinics=[place])
    assert code(known, request(NINE)) == "accepted"
    assert code(known, request(NINE + timedelta(days=1))) == "clinic_closed"

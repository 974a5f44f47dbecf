"""Which wrong taps can be put right, and when."""

from datetime import timedelta
from typing import Any, get_args

import pytest

from services.scheduling.appointments.decider import APPOINTMENT
from services.scheduling.appointments.decisions.attending import (
    Arrive,
    Fulfil,
    InTheFuture,
    Miss,
    NotStarted,
    TooEarlyToArrive,
)
from services.scheduling.appointments.decisions.cancelling import Cancel
from services.scheduling.appointments.decisions.correcting import CORRECTIONS, Correct, NotCorrectable, TooLongAgo
from services.scheduling.appointments.decisions.placing import Book
from services.scheduling.appointments.state import STATUSES, Appointment
from shared.decider import NotThere
from shared.events.scheduling_corrections import Status
from tests.support.log import START, booked

VISIT = booked()
LATER = START + timedelta(hours=2)
DAY = timedelta(days=1)
WAYS: dict[str, list[Any]] = {
    "booked": [],
    "arrived": [Arrive(VISIT.appointment_id, START, LATER)],
    "fulfilled": [Fulfil(VISIT.appointment_id, LATER, LATER)],
    "noshow": [Miss(VISIT.appointment_id, LATER, LATER)],
    "cancelled": [
        Cancel(appointment_id=VISIT.appointment_id, initiator="client", now=START - timedelta(hours=1)),
    ],
}


def after(*commands: Any, start: Appointment = APPOINTMENT.initial) -> Appointment:
    state = start
    for command in commands:
        for event in APPOINTMENT.decide(command, state):
            state = APPOINTMENT.evolve(state, event)
    return state


def a_visit(status: str) -> Appointment:
    return after(Book(booked=VISIT, now=START - DAY), *WAYS[status])


def to(status: Status, **fields: Any) -> Correct:
    given: dict[str, Any] = {"appointment_id": VISIT.appointment_id, "reason": "wrong Anna", "now": LATER}
    return Correct(to=status, **given | fields)


@pytest.mark.parametrize("before", STATUSES)
@pytest.mark.parametrize("status", get_args(Status))
def test_a_correction_gives_the_status_or_is_none(before: Any, status: Status) -> None:
    visit = a_visit(before)
    if status in CORRECTIONS.get(before, frozenset()):
        assert after(to(status), start=visit).status == status
        return
    with pytest.raises(NotCorrectable):
        APPOINTMENT.decide(to(status), visit)


def test_what_was_never_booked_cannot_be_corrected() -> None:
    with pytest.raises(NotThere):
        APPOINTMENT.decide(to("booked"), APPOINTMENT.initial)


def test_a_late_cancellation_that_was_none_is_late_no_more_and_the_other_way_about() -> None:
    late = a_visit("cancelled")
    assert late.late
    assert not after(to("booked"), start=late).late
    assert after(to("cancelled", late=True), start=a_visit("noshow")).late
    assert not after(to("fulfilled", late=True), start=a_visit("noshow")).late


def test_the_front_desk_corrects_until_a_day_after_the_end_and_a_manager_at_any_time() -> None:
    missed, end = a_visit("noshow"), VISIT.ends_at + DAY
    assert after(to("fulfilled", now=end), start=missed).status == "fulfilled"
    with pytest.raises(TooLongAgo):
        APPOINTMENT.decide(to("fulfilled", now=end + timedelta(seconds=1)), missed)
    assert after(to("fulfilled", now=end + 365 * DAY, reaches_back=True), start=missed).status == "fulfilled"


@pytest.mark.parametrize(
    ("status", "refusal"), [("arrived", TooEarlyToArrive), ("noshow", NotStarted), ("fulfilled", InTheFuture)]
)
def test_nothing_has_happened_before_its_time(status: Status, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        APPOINTMENT.decide(to(status, now=START - timedelta(hours=3)), a_visit("cancelled"))


def test_back_to_booked_it_can_be_moved_and_ended_like_any_other() -> None:
    again = after(to("booked"), start=a_visit("fulfilled"))
    assert after(*WAYS["arrived"], start=again).status == "arrived"
    assert after(*WAYS["noshow"], start=again).status == "noshow"

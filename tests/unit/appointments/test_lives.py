"""Whatever is tapped, in whatever order: a visit has a status at every moment, and its events alone say which."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings, strategies as st

from services.scheduling.appointments.decider import APPOINTMENT
from services.scheduling.appointments.decisions.attending import Arrive, Confirm, Fulfil, Miss
from services.scheduling.appointments.decisions.cancelling import Cancel, WaiveLateness
from services.scheduling.appointments.decisions.changing import Change
from services.scheduling.appointments.decisions.correcting import Correct
from services.scheduling.appointments.decisions.placing import Book, Move
from services.scheduling.appointments.state import STATUSES, place_of, terms_of
from shared.decider import Refused
from tests.support.log import START, booked

VISIT = booked()
ID = VISIT.appointment_id
PLACE, TERMS = place_of(VISIT), terms_of(VISIT)
HOUR = timedelta(hours=1)

whenever = st.integers(-50, 50).map(lambda hours: START + hours * HOUR)


def commands(now: datetime) -> st.SearchStrategy[Any]:
    """Anything that somebody may want of the visit at a moment."""
    return st.one_of(
        st.builds(Arrive, st.just(ID), st.just(now), st.just(now)),
        st.builds(Fulfil, st.just(ID), st.just(now), st.just(now)),
        st.builds(Miss, st.just(ID), st.just(now), st.just(now)),
        st.just(Confirm(ID)),
        st.just(WaiveLateness(ID, None)),
        st.builds(
            Cancel, appointment_id=st.just(ID), initiator=st.sampled_from(["client", "clinic"]), now=st.just(now)
        ),
        st.builds(
            Correct,
            appointment_id=st.just(ID),
            to=st.sampled_from(STATUSES),
            reason=st.just("wrong tap"),
            now=st.just(now),
            late=st.booleans(),
            reaches_back=st.booleans(),
        ),
        st.builds(
            Move,
            appointment_id=st.just(ID),
            place=whenever.map(lambda start: place_of(booked(ID, starts_at=start))),
            initiator=st.just("clinic"),
            now=st.just(now),
        ),
        st.builds(
            Change,
            appointment_id=st.just(ID),
            place=st.sampled_from([30, 90]).map(lambda minutes: place_of(booked(ID, ends_at=START + minutes * HOUR))),
            terms=st.just(TERMS),
            initiator=st.just("clinic"),
            now=st.just(now),
        ),
    )


@given(st.lists(whenever.flatmap(commands), max_size=20))
@settings(max_examples=60)
def test_no_mix_of_taps_leaves_a_visit_without_status_or_its_events_ambiguous(taps: list[Any]) -> None:
    state, events = APPOINTMENT.initial, []
    for command in (Book(booked=VISIT, now=START - 99 * HOUR), *taps):
        try:
            told = APPOINTMENT.decide(command, state)
        except Refused:
            continue
        for event in told:
            state = APPOINTMENT.evolve(state, event)
        events += told
        assert state.status in STATUSES
        assert state.place is not None
        assert not state.late or state.status == "cancelled"
    again = APPOINTMENT.initial
    for event in events:
        again = APPOINTMENT.evolve(again, event)
    assert again == state

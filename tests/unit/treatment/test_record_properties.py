"""Over random histories, of all that is made of a record: a mirrored one gives the mirror image, in whatever parts read."""

from functools import reduce
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import given, settings, strategies as st

from services.treatment.amendment_requests.decider import REQUEST, Accept, Ask, Decline, Disagree, Request
from services.treatment.history.decider import HISTORY
from services.treatment.patterns.load import shown_by
from services.treatment.patterns.plan import next_plan
from services.treatment.patterns.state import Pattern, evolve as evolve_pattern
from services.treatment.patterns.withdrawn import doubts
from services.treatment.sessions.decider import SESSION, Command
from services.treatment.sessions.decisions.signing import missing
from services.treatment.sessions.shown import shown
from services.treatment.timeline.points import of_history, of_pattern, of_session
from shared.decider import Refused
from shared.events import treatment_requests as q
from shared.ids import new_id
from tests.unit.history.builders import CLIENT, injury, noted
from tests.unit.sessions.builders import NOW, THERAPIST
from tests.unit.sessions.test_session_properties import HISTORIES, run
from tests.unit.treatment.builders import LAST
from tests.unit.treatment.test_pattern_properties import HISTORY as WALKS, mirrored, walked

FEWER = settings(max_examples=40)
SIDES = st.sampled_from(["left", "right", "bilateral", "midline"])
TOLD = st.lists(
    st.one_of(
        st.builds(lambda number, side: injury(injury_id=UUID(int=number), side=side), st.integers(1, 5), SIDES),
        st.builds(lambda number, side: noted(number, side=side), st.integers(6, 9), SIDES),
    ),
    max_size=6,
)
CUTS = st.lists(st.integers(0, 30), max_size=4)


def in_parts(evolve: Any, initial: Any, events: list[Any], cuts: list[int]) -> Any:
    """The state after events that are read in parts."""
    bounds = [0, *sorted(min(each, len(events)) for each in cuts), len(events)]
    for first, last in pairwise(bounds):
        initial = reduce(evolve, events[first:last], initial)
    return initial


@FEWER
@given(HISTORIES, CUTS)
def test_a_session_read_in_any_parts_is_the_same_session(history: list[Command], cuts: list[int]) -> None:
    events = run(history)
    assert in_parts(SESSION.evolve, SESSION.initial, events, cuts) == reduce(SESSION.evolve, events, SESSION.initial)


@FEWER
@given(HISTORIES)
def test_all_that_is_made_of_a_session_mirrors_with_it(history: list[Command]) -> None:
    events = run(history)
    here = reduce(SESSION.evolve, events, SESSION.initial)
    there = reduce(SESSION.evolve, mirrored(events), SESSION.initial)
    assert list(of_session(there)) == mirrored(list(of_session(here)))
    assert shown(there, THERAPIST) == mirrored(shown(here, THERAPIST))
    assert list(missing(there)) == list(missing(here))
    session_id = here.start.session_id
    assert shown_by(session_id, there) == mirrored(shown_by(session_id, here))


@given(TOLD)
def test_the_axis_of_a_life_mirrors_with_its_history(told: list[Any]) -> None:
    here, there = (reduce(HISTORY.evolve, events, HISTORY.initial) for events in (told, mirrored(told)))
    assert list(of_history(there)) == mirrored(list(of_history(here)))


@given(WALKS)
def test_the_axis_the_plan_and_the_doubts_mirror_with_a_pattern(history: list[tuple[Any, int]]) -> None:
    steps = walked(history)
    events = [event for _, _, some in steps for event in some]
    sessions = {step[0].session.session_id: step[0].session for step in steps if hasattr(step[0], "session")}
    told = [(new_id(), event) for event in events]
    assert list(of_pattern(mirrored(told))) == mirrored(list(of_pattern(told)))
    here = reduce(evolve_pattern, events, Pattern())
    there = reduce(evolve_pattern, mirrored(events), Pattern())
    one = new_id()
    assert next_plan({one: there}, at=LAST) == mirrored(next_plan({one: here}, at=LAST))
    assert doubts(mirrored(events), mirrored(sessions)) == doubts(events, sessions)


@given(WALKS)
def test_what_a_session_shows_of_one_side_is_in_doubt_when_all_of_it_was_on_the_other(
    history: list[tuple[Any, int]],
) -> None:
    steps = walked(history)
    events = [event for _, _, some in steps for event in some]
    sessions = {step[0].session.session_id: step[0].session for step in steps if hasattr(step[0], "session")}
    resting = [number for number, event in enumerate(events) if getattr(event, "session_id", None) in sessions]
    assert [each.number for each in doubts(events, mirrored(sessions))] == resting


ANSWERS = st.lists(
    st.sampled_from(
        [
            Accept((), "done", NOW),
            Decline("no", NOW),
            Disagree("it was the other knee", "letter", NOW.date(), NOW.date()),
        ]
    ),
    max_size=15,
)


@given(ANSWERS, CUTS)
def test_a_request_is_answered_once_and_disagreed_with_only_after_a_no(answers: list[Any], cuts: list[int]) -> None:
    asked = q.AmendmentRequestedByClient(
        request_id=new_id(),
        client_id=CLIENT,
        session_id=None,
        wish="x",
        way="letter",
        requested_on=NOW.date(),
        due_on=NOW.date(),
    )
    events: list[Any] = []
    for command in (Ask(asked, NOW.date()), *answers):
        try:
            events += REQUEST.decide(command, reduce(REQUEST.evolve, events, Request()))
        except Refused:
            continue
    kinds = [type(event) for event in events]
    answered = [each for each in kinds if each in {q.AmendmentRequestAccepted, q.AmendmentRequestDeclined}]
    assert len(answered) <= 1
    if q.DisagreementStated in kinds:
        assert kinds.index(q.AmendmentRequestDeclined) < kinds.index(q.DisagreementStated)
    assert in_parts(REQUEST.evolve, Request(), events, cuts) == reduce(REQUEST.evolve, events, Request())

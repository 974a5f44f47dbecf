"""What holds in every history of a session that the rules accept, whoever charts what and in whatever order."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from functools import reduce
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import given, settings, strategies as st

from services.treatment.sessions.decider import SESSION, Command
from services.treatment.sessions.decisions.amending import Append, Change, Revise, Withdraw
from services.treatment.sessions.decisions.charting import Chart, Draft, EarlierTest
from services.treatment.sessions.decisions.signing import Countersign, Lock, Sign
from services.treatment.sessions.decisions.starting import Link, Start
from services.treatment.sessions.entries import Entry, Intervention, Test, id_of
from services.treatment.sessions.state import Session, evidence
from shared.codec import decode, encode
from shared.decider import Refused
from shared.events import PERSONAL, name_of
from shared.events.treatment_sessions import (
    AddendumAppended,
    AmendmentMade,
    EnteredInError,
    MuscleRetested,
    MuscleTested,
    PainScored,
    ReleaseApplied,
    SessionCountersigned,
    Side,
)
from tests.unit.sessions.builders import (
    BEGAN,
    COLLEAGUE,
    NOW,
    STARTED,
    THERAPIST,
    a_note,
    a_release,
    a_retest,
    a_score,
    a_test,
    an_activation,
    begun,
    charting,
    draft,
    numbered,
    signing,
)

ENTRY_IDS = st.integers(1, 12).map(lambda number: UUID(int=100 + number))
SIDES = st.sampled_from(["left", "right"])
TARGETS = st.sampled_from(["psoas_major", "gluteus_maximus"])
BEFORE = {
    UUID(int=200): EarlierTest(target="psoas_major", side="left", happened_at=BEGAN - timedelta(days=7)),
    UUID(int=201): EarlierTest(target="gluteus_maximus", side="right", happened_at=BEGAN - timedelta(days=7)),
}
TIMES = st.integers(0, 6).map(lambda tens: BEGAN + timedelta(minutes=10 * tens))
AFTER_A_LOCK = (AddendumAppended, AmendmentMade, EnteredInError, SessionCountersigned)


FIRST = a_test(test_id=UUID(int=100))
SOMETIMES = settings(max_examples=60)


def entries() -> st.SearchStrategy[Entry]:
    place: dict[str, Any] = {
        "sequence": st.one_of(st.just(0), st.integers(1, 5000)),
        "happened_at": TIMES,
        "approximate": st.booleans(),
    }
    what: dict[str, Any] = {"target": TARGETS, "side": SIDES}
    response = st.sampled_from(["holds", "fails"])
    tests = {"test_id": ENTRY_IDS, "cold": st.booleans(), "response": response} | what | place
    named = st.one_of(ENTRY_IDS, st.sampled_from(list(BEFORE)))
    value = st.integers(-5, 15)
    return st.one_of(
        st.builds(a_test, **tests),
        st.builds(retest, of_test_id=named, **tests),
        st.builds(a_release, release_id=ENTRY_IDS, **what, **place),
        st.builds(an_activation, activation_id=ENTRY_IDS, **what, **place),
        st.builds(a_score, score_id=ENTRY_IDS, value=value, **place),
        st.builds(a_note, note_id=ENTRY_IDS, **place),
    )


def loop(first: MuscleTested, ids: list[UUID], release_side: Side, retest_side: Side) -> list[Entry]:
    """Test, release, activation and retest, which now and then is of the other side."""
    return [
        first,
        a_release(release_id=ids[0], side=release_side),
        an_activation(activation_id=ids[1], side=first.side),
        a_retest(first, test_id=ids[2], side=retest_side),
    ]


def batches() -> st.SearchStrategy[list[Entry]]:
    first = st.builds(a_test, test_id=ENTRY_IDS, target=TARGETS, side=SIDES, happened_at=TIMES)
    ids = st.lists(ENTRY_IDS, min_size=3, max_size=3, unique=True)
    return st.one_of(
        st.lists(entries(), min_size=1, max_size=2),
        st.builds(loop, first, ids, SIDES, st.one_of(SIDES, st.just("left"))),
        st.builds(lambda test, before: [retest(before, test)], first, st.sampled_from(list(BEFORE))),
        st.builds(lambda test_id, side: [a_retest(FIRST, test_id=test_id, side=side)], ENTRY_IDS, SIDES),
    )


def retest(of_test_id: UUID, first: MuscleTested | None = None, **values: Any) -> MuscleRetested:
    """A retest that names any test, of the same or of another target."""
    first = first or a_test(**values)
    return MuscleRetested(of_test_id=of_test_id, **{each.name: getattr(first, each.name) for each in fields(first)})


def commands() -> st.SearchStrategy[Command]:
    charts = batches()
    changes = st.builds(
        Change,
        entry_id=ENTRY_IDS,
        kind=st.sampled_from([MuscleTested, MuscleRetested, ReleaseApplied, PainScored]),
        values=st.fixed_dictionaries({}, optional={"side": SIDES, "sequence": st.integers(0, 8)}),
    )
    return st.one_of(
        charts.map(lambda some: Chart(tuple(map(draft, some)), NOW, tests=BEFORE)),
        charts.map(lambda some: Chart(tuple(Draft(entry) for entry in some), NOW, tests=BEFORE)),
        st.builds(
            Revise,
            revision_id=ENTRY_IDS,
            changes=st.lists(changes, min_size=1, max_size=2).map(tuple),
            by=st.just(THERAPIST),
            now=st.just(NOW),
            reason=st.sampled_from([None, "mixed up"]),
            tests=st.just(BEFORE),
        ),
        st.builds(Append, ENTRY_IDS, st.just("x"), restricted=st.booleans(), by=st.just(THERAPIST), now=st.just(NOW)),
        st.builds(
            Withdraw,
            st.lists(ENTRY_IDS, min_size=1, max_size=2).map(tuple),
            st.just("x"),
            st.just(THERAPIST),
            st.just(NOW),
        ),
        st.builds(Link, st.none(), ENTRY_IDS),
        st.sampled_from(
            [signing(), signing(), Sign(COLLEAGUE, "therapist", NOW, "00"), Lock(THERAPIST, NOW), Lock(THERAPIST, NOW)]
        ),
        st.just(Countersign(COLLEAGUE, "therapist", NOW)),
    )


def histories() -> st.SearchStrategy[list[Command]]:
    """Some that are never signed, some that go on after the signature, some after the lock."""
    first: list[Command] = [charting(FIRST)]
    ends = [first, [*first, signing()], [*first, signing(), Lock(THERAPIST, NOW)]]
    some = st.lists(commands(), min_size=2, max_size=7)
    return st.builds(lambda before, end, after: [*before, *end, *after], some, st.sampled_from(ends), some)


HISTORIES = histories()


def run(history: list[Command]) -> list[Any]:
    """The events of all commands that are accepted."""
    events: list[Any] = []
    session = SESSION.initial
    for command in (Start(STARTED, NOW), *history):
        try:
            decided = SESSION.decide(command, session)
        except Refused:
            continue
        session = reduce(SESSION.evolve, decided, session)
        events += decided
    return events


def prefixes(events: list[Any]) -> list[Session]:
    sessions = [SESSION.initial]
    for event in events:
        sessions.append(SESSION.evolve(sessions[-1], event))
    return sessions[1:]


@SOMETIMES
@given(HISTORIES)
def test_nothing_but_additions_follows_a_lock(history: list[Command]) -> None:
    events = run(history)
    for before, event in zip(prefixes(events), events[1:], strict=False):
        assert not before.locked or isinstance(event, AFTER_A_LOCK)


@SOMETIMES
@given(HISTORIES)
def test_a_lock_covers_exactly_what_was_signed(history: list[Command]) -> None:
    for before, after in pairwise(prefixes(run(history))):
        if after.locked and not before.locked:
            assert before.signed is not None
            since = before.version - before.signed.covers - 1
            assert since == len(before.countersigned)


@SOMETIMES
@given(HISTORIES)
def test_a_retest_names_an_earlier_test_of_its_target_and_side_or_was_cold(history: list[Command]) -> None:
    for session in prefixes(run(history)):
        for entry in session.entries.values():
            if not isinstance(entry, MuscleRetested):
                continue
            test = session.entries.get(entry.of_test_id)
            if entry.of_test_id in session.recorded:
                assert isinstance(test, Test)
                assert test.sequence < entry.sequence
                assert (test.target, test.side) == (entry.target, entry.side)
            else:
                before = BEFORE[entry.of_test_id]
                assert entry.cold
                assert (before.target, before.side) == (entry.target, entry.side)


@SOMETIMES
@given(HISTORIES)
def test_a_test_is_cold_exactly_when_nothing_was_released_or_activated_before_it(history: list[Command]) -> None:
    events = run(history)
    for session, event in zip(prefixes(events), events, strict=True):
        if isinstance(event, Test):
            assert event in session.ordered
    ordered = evidence(tuple(events))
    for place, entry in enumerate(ordered):
        if isinstance(entry, Test):
            assert entry.cold == (not any(isinstance(each, Intervention) for each in ordered[:place]))


@SOMETIMES
@given(HISTORIES)
def test_no_two_entries_stand_in_one_place(history: list[Command]) -> None:
    for session in prefixes(run(history)):
        places = [entry.sequence for entry in session.entries.values()]
        assert len(set(places)) == len(places)
        assert all(place >= 1 for place in places)


@given(st.integers(-20, 30))
def test_pain_is_a_whole_number_from_0_to_10(value: int) -> None:
    charted = run([charting(a_score(value=value))])
    assert any(isinstance(event, PainScored) for event in charted) == (0 <= value <= 10)


OTHER = {"left": "right", "right": "left"}


def mirrored(value: Any) -> Any:
    """The same on the other side, however deep the sides are."""
    match value:
        case str():
            return OTHER.get(value, value)
        case tuple() | list():
            return type(value)(mirrored(each) for each in value)
        case dict():
            return {key: mirrored(each) for key, each in value.items()}
        case _ if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{each.name: mirrored(getattr(value, each.name)) for each in fields(value)})
        case _:
            return value


@SOMETIMES
@given(HISTORIES)
def test_left_is_never_right(history: list[Command]) -> None:
    assert run([mirrored(command) for command in history]) == [mirrored(event) for event in run(history)]


def restored(event: Any) -> Any:
    """The event as a log gives it back, own words left out of the question."""
    words: dict[str, Any] = dict.fromkeys(PERSONAL[type(event)], "")
    plain = replace(event, **{name: None for name in words if getattr(event, name) is None})
    sealed = {name: {"$sealed": ""} for name in words if getattr(event, name) is not None}
    opened = {name: getattr(event, name) for name in sealed}
    return decode(name_of(type(event)), encode(plain, sealed), opened)


@SOMETIMES
@given(HISTORIES)
def test_a_session_read_from_its_log_is_the_session(history: list[Command]) -> None:
    events = run(history)
    assert reduce(SESSION.evolve, map(restored, events), SESSION.initial) == reduce(
        SESSION.evolve, events, SESSION.initial
    )


@given(st.lists(entries(), min_size=1, max_size=6, unique_by=id_of), st.randoms(use_true_random=False))
def test_word_may_come_in_any_order(charted: list[Entry], chance: Any) -> None:
    """Of what does not build on what was charted before, which are retests."""
    some = [entry for entry in numbered(charted) if not isinstance(entry, MuscleRetested | PainScored)]
    shuffled = chance.sample(some, len(some))
    at_once = begun(*some)
    one_by_one = reduce(accepted, map(charting, shuffled), begun())
    assert one_by_one.ordered == at_once.ordered


def accepted(session: Session, command: Command) -> Session:
    return reduce(SESSION.evolve, SESSION.decide(command, session), session)


@SOMETIMES
@given(HISTORIES)
def test_what_was_accepted_may_be_sent_again_and_changes_nothing(history: list[Command]) -> None:
    session = SESSION.initial
    repeat: Callable[[Command], bool] = lambda command: not isinstance(command, Sign | Lock | Countersign)  # noqa: E731
    for command in (Start(STARTED, NOW), *history):
        try:
            decided = SESSION.decide(command, session)
        except Refused:
            continue
        session = reduce(SESSION.evolve, decided, session)
        if repeat(command):
            assert SESSION.decide(command, session) == []

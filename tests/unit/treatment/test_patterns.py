"""The life of a pattern goes by the table of states, and every step rests on what a session shows."""

from dataclasses import replace
from datetime import timedelta
from functools import reduce
from itertools import product
from typing import Any, get_args

import pytest

from services.treatment.order import NotYet, OutOfOrder
from services.treatment.patterns import commands as c, refusals as r
from services.treatment.patterns.decider import PATTERN
from services.treatment.patterns.state import LEADS_TO, Change, Pattern, State
from shared.decider import NotThere, Refused
from shared.events import treatment_patterns as p
from shared.ids import new_id
from tests.unit.treatment.builders import (
    DAY,
    FIRST,
    GLUTE,
    LAST,
    OTHER,
    PSOAS,
    TOUCH,
    activated,
    hypothesised,
    loop,
    muscle_test,
    released,
    retested,
    session,
)
from tests.unit.treatment.pattern_paths import EPISODE, PRIMARY_ID, after, cold, corrected_primary, in_state, shown

STATES: tuple[State, ...] = get_args(State)
CHANGES: tuple[Change, ...] = get_args(Change)

TABLE: set[tuple[str, str, str]] = {
    ("none", "hypothesise", "hypothesised"),
    ("hypothesised", "confirm", "confirmed"),
    ("hypothesised", "refute", "refuted"),
    ("confirmed", "refute", "refuted"),
    ("confirmed", "correct", "corrected"),
    ("relapsed", "correct", "corrected"),
    ("corrected", "hold", "holding"),
    ("holding", "hold", "holding"),
    ("unverified", "hold", "holding"),
    ("holding", "resolve", "resolved"),
    ("corrected", "relapse", "relapsed"),
    ("holding", "relapse", "relapsed"),
    ("resolved", "relapse", "relapsed"),
    ("unverified", "relapse", "relapsed"),
    ("hypothesised", "subordinate", "secondary"),
    ("confirmed", "subordinate", "secondary"),
    ("corrected", "subordinate", "secondary"),
    ("relapsed", "subordinate", "secondary"),
    ("secondary", "subordinate", "secondary"),
    ("secondary", "promote", "confirmed"),
    ("secondary", "clear", "holding"),
    ("hypothesised", "close", "unverified"),
    ("confirmed", "close", "unverified"),
    ("corrected", "close", "unverified"),
    ("holding", "close", "unverified"),
    ("relapsed", "close", "unverified"),
    ("secondary", "close", "unverified"),
    ("hypothesised", "enter_in_error", "entered_in_error"),
    ("confirmed", "enter_in_error", "entered_in_error"),
    ("refuted", "enter_in_error", "entered_in_error"),
    ("corrected", "enter_in_error", "entered_in_error"),
    ("holding", "enter_in_error", "entered_in_error"),
    ("resolved", "enter_in_error", "entered_in_error"),
    ("relapsed", "enter_in_error", "entered_in_error"),
    ("secondary", "enter_in_error", "entered_in_error"),
    ("unverified", "enter_in_error", "entered_in_error"),
}
"""State, change, state: written out by hand, so that it agrees with the code only if both are right."""


@pytest.mark.parametrize(("state", "change"), list(product(STATES, CHANGES)))
def test_a_change_leads_on_only_where_the_table_says_so(state: State, change: Change) -> None:
    pattern, at = in_state(state)
    try:
        there = after(pattern, shown(change, at)).state
    except (r.PatternState, r.PatternExists, NotThere):
        assert not [row for row in TABLE if row[:2] == (state, change)]
    else:
        assert (state, change, there) in TABLE


def test_every_event_of_a_pattern_leads_to_one_state() -> None:
    assert set(LEADS_TO) == {each for each in vars(p).values() if getattr(each, "__name__", "").startswith("Pattern")}
    with pytest.raises(TypeError):
        PATTERN.evolve(Pattern(), "something else")


@pytest.mark.parametrize(
    "members",
    [
        (),
        (p.Member(target="psoas_major", side="left", role="overactive"),),
        (p.Member(target="psoas_major", side="left", role="inhibited"),),
        (
            p.Member(target="psoas_major", side="left", role="overactive"),
            p.Member(target="psoas_major", side="left", role="inhibited"),
        ),
        (
            p.Member(target="psoas_major", side="left", role="overactive"),
            p.Member(target="gluteus_maximus", side="left", role="inhibited"),
            p.Member(target="gluteus_maximus", side="left", role="inhibited"),
        ),
    ],
)
def test_a_pattern_has_both_roles_and_no_place_twice(members: tuple[p.Member, ...]) -> None:
    with pytest.raises(r.PatternMembers):
        PATTERN.decide(c.Hypothesise(hypothesised(members=members), LAST), Pattern())


def test_the_same_target_on_both_sides_may_be_in_both_roles() -> None:
    members = (
        p.Member(target="psoas_major", side="left", role="overactive"),
        p.Member(target="psoas_major", side="right", role="inhibited"),
    )
    found = hypothesised(members=members)
    assert PATTERN.decide(c.Hypothesise(found, LAST), Pattern()) == [found]


def confirm(*drafts: Any) -> c.Confirm:
    """By the first and the last test of a session."""
    made = session(*drafts)
    tests = [each.test_id for each in made.tests()]
    return c.Confirm(made, tests[0], tests[-1])


FAILS, HOLDS = muscle_test(GLUTE, "fails"), retested(GLUTE, "holds")


@pytest.mark.parametrize(
    "command",
    [
        confirm(FAILS, released(PSOAS), HOLDS),
        confirm(FAILS, retested(GLUTE, "holds", provocation=TOUCH)),
        confirm(FAILS, released(OTHER), released(PSOAS), activated(GLUTE), HOLDS),
    ],
)
def test_a_link_shows_by_a_release_or_a_touch(command: c.Confirm) -> None:
    assert after(in_state("hypothesised")[0], command).state == "confirmed"


RIGHT_GLUTE = ("gluteus_maximus", "right")


@pytest.mark.parametrize(
    "command",
    [
        confirm(FAILS, HOLDS),
        confirm(FAILS, released(OTHER), HOLDS),
        confirm(FAILS, released(("psoas_major", "right")), HOLDS),
        confirm(released(PSOAS), FAILS, HOLDS),
        confirm(FAILS, HOLDS, released(PSOAS)),
        confirm(muscle_test(GLUTE, "delayed"), released(PSOAS), HOLDS),
        confirm(FAILS, released(PSOAS), retested(GLUTE, "painful")),
        confirm(FAILS, retested(GLUTE, "holds", provocation=replace(TOUCH, side="right"))),
        confirm(FAILS, retested(GLUTE, "holds", provocation=replace(TOUCH, type="stretch"))),
        confirm(muscle_test(GLUTE, "fails", provocation=TOUCH), released(PSOAS), HOLDS),
        confirm(HOLDS, released(PSOAS), FAILS),
    ],
)
def test_nothing_else_shows_a_link(command: c.Confirm) -> None:
    with pytest.raises(r.NotConfirmed):
        after(in_state("hypothesised")[0], command)


@pytest.mark.parametrize("place", [RIGHT_GLUTE, PSOAS, OTHER])
def test_a_test_of_another_place_shows_nothing(place: Any) -> None:
    command = confirm(muscle_test(place, "fails"), released(PSOAS), retested(place, "holds"))
    with pytest.raises(r.NoSuchTest):
        after(in_state("hypothesised")[0], command)
    for state, other in (("corrected", c.Hold), ("holding", c.Relapse)):
        pattern, at = in_state(state)  # type: ignore[arg-type]
        made = session(retested(place, "holds"), at=at)
        with pytest.raises(r.NoSuchTest):
            after(pattern, other(made, next(made.tests()).test_id))


def refute(*drafts: Any) -> c.Refute:
    made = session(*drafts, at=FIRST + 10 * DAY)
    return c.Refute(made, tuple(each.test_id for each in made.tests()))


def test_a_pattern_is_refuted_by_a_cold_hold_or_by_a_release_that_changes_nothing() -> None:
    for state in ("hypothesised", "confirmed"):
        pattern, _ = in_state(state)
        for command in (refute(HOLDS), refute(FAILS, released(PSOAS), retested(GLUTE, "fails"))):
            assert after(pattern, command).state == "refuted"


@pytest.mark.parametrize(
    "command",
    [
        refute(FAILS),
        refute(released(PSOAS), HOLDS),
        refute(retested(GLUTE, "holds", provocation=TOUCH)),
        refute(FAILS, retested(GLUTE, "fails")),
        refute(FAILS, released(OTHER), retested(GLUTE, "fails")),
        refute(FAILS, released(PSOAS), HOLDS),
        refute(FAILS, released(PSOAS), retested(GLUTE, "fails"), retested(GLUTE, "fails")),
        refute(),
    ],
)
def test_nothing_else_refutes_a_pattern(command: c.Refute) -> None:
    with pytest.raises(r.NotRefuted):
        after(in_state("hypothesised")[0], command)


TEST, RELEASE, ACTIVATION, RETEST = loop()


@pytest.mark.parametrize(
    "drafts",
    [
        (TEST, ACTIVATION, RELEASE, RETEST),
        (TEST, RELEASE, RETEST, ACTIVATION),
        (TEST, RELEASE, RETEST),
        (TEST, ACTIVATION, RETEST),
        (TEST, RELEASE, ACTIVATION),
        (TEST, RELEASE | {"loop_id": new_id()}, ACTIVATION, RETEST),
        (TEST, RELEASE, ACTIVATION | {"loop_id": None}, RETEST),
        (TEST, RELEASE, ACTIVATION, RETEST | {"loop_id": None}),
        (TEST, RELEASE | {"side": "right"}, ACTIVATION, RETEST),
        (TEST, RELEASE, ACTIVATION | {"side": "right"}, RETEST),
        (TEST, RELEASE, ACTIVATION, RETEST | {"side": "right"}),
        (TEST, RELEASE, ACTIVATION, RETEST | {"response": "fails"}),
        (TEST, RELEASE, ACTIVATION, RETEST | {"provocation": TOUCH}),
    ],
)
def test_only_a_release_then_an_activation_then_a_retest_that_holds_corrects(drafts: tuple[Any, ...]) -> None:
    pattern, at = in_state("confirmed")
    with pytest.raises(r.NotCorrected):
        after(pattern, c.Correct(session(*drafts, at=at), TEST["loop_id"]))


def test_the_retest_that_confirms_a_pattern_may_correct_it_too() -> None:
    made = session(TEST, RELEASE, ACTIVATION, RETEST)
    command = c.Confirm(made, TEST["test_id"], RETEST["test_id"])
    pattern = after(in_state("hypothesised")[0], command, c.Correct(made, TEST["loop_id"]))
    assert pattern.state == "corrected"


def test_a_loop_from_before_the_pattern_came_back_does_not_correct_it() -> None:
    pattern, at = in_state("relapsed")
    with pytest.raises(r.EvidenceTooEarly):
        after(pattern, shown("correct", at - 4 * DAY))


def test_a_pattern_holds_only_by_a_cold_retest_in_a_later_session_a_day_after() -> None:
    made = session(TEST, RELEASE, ACTIVATION, RETEST, at=FIRST + 2 * DAY)
    pattern = after(in_state("confirmed")[0], c.Correct(made, TEST["loop_id"]))
    assert pattern.corrected is not None
    corrected_at = pattern.corrected.happened_at
    minute = timedelta(minutes=1)
    with pytest.raises(r.TooSoon):
        after(pattern, c.Hold(*cold("holds", corrected_at + DAY - 2 * minute)))
    assert after(pattern, c.Hold(*cold("holds", corrected_at + DAY - minute))).state == "holding"
    with pytest.raises(r.NotCold):
        after(pattern, c.Hold(made, RETEST["test_id"]))
    warm = session(released(OTHER), retested(GLUTE, "holds"), at=corrected_at + 2 * DAY)
    with pytest.raises(r.NotCold):
        after(pattern, c.Hold(warm, next(warm.tests()).test_id))
    with pytest.raises(r.AnotherResponse):
        after(pattern, c.Hold(*cold("fails", corrected_at + 2 * DAY)))


def test_a_test_is_not_cold_because_it_says_so() -> None:
    """A release that a tablet sent later may stand before it."""
    pattern, at = in_state("corrected")
    late = session(released(PSOAS), retested(GLUTE, "holds", cold=True), at=at)
    second = session(muscle_test(GLUTE, "fails"), retested(GLUTE, "holds", cold=True), at=at)
    for made in (late, second):
        [*_, test] = made.tests()
        with pytest.raises(r.NotCold):
            after(pattern, c.Hold(made, test.test_id))


def test_two_tests_of_one_session_are_one_hold() -> None:
    pattern, at = in_state("corrected")
    two = (*in_state("hypothesised")[0].found.members, p.Member(target=OTHER[0], side=OTHER[1], role="inhibited"))  # type: ignore[union-attr]
    assert pattern.found is not None
    pattern = replace(pattern, found=replace(pattern.found, members=two))
    made = session(retested(GLUTE, "holds"), retested(OTHER, "holds"), at=at)
    first, second = (each.test_id for each in made.tests())
    pattern = after(pattern, c.Hold(made, first))
    with pytest.raises(r.SameSession):
        after(pattern, c.Hold(made, second))


def test_what_fails_cold_relapses_though_another_member_held_in_the_same_session() -> None:
    pattern, at = in_state("corrected")
    assert pattern.found is not None
    other = p.Member(target=OTHER[0], side=OTHER[1], role="inhibited")
    pattern = replace(pattern, found=replace(pattern.found, members=(*pattern.found.members, other)))
    made = session(retested(OTHER, "fails"), retested(GLUTE, "holds"), at=at)
    first, second = (each.test_id for each in made.tests())
    assert after(pattern, c.Hold(made, second), c.Relapse(made, first)).state == "relapsed"


def test_what_was_seen_before_may_confirm_what_is_supposed_now() -> None:
    found = hypothesised(happened_at=FIRST + 9 * DAY)
    pattern = after(Pattern(), c.Hypothesise(found, LAST), shown("confirm", FIRST))
    assert (pattern.state, pattern.changed and pattern.changed.happened_at) == ("confirmed", found.happened_at)


def test_the_failure_that_was_corrected_is_no_relapse() -> None:
    made = session(TEST, RELEASE, ACTIVATION, RETEST, at=FIRST + 2 * DAY)
    pattern = after(in_state("confirmed")[0], c.Correct(made, TEST["loop_id"]))
    with pytest.raises(r.EvidenceTooEarly):
        after(pattern, c.Relapse(made, TEST["test_id"]))


def test_holds_are_counted_from_the_correction_on() -> None:
    pattern, at = in_state("corrected")
    pattern = after(pattern, shown("hold", at), shown("hold", at + DAY))
    [third] = PATTERN.decide(shown("hold", at + 9 * DAY), pattern)
    assert (third.hold_count, third.days_since_correction) == (3, 10)
    pattern = after(pattern, shown("relapse", at + 9 * DAY), shown("correct", at + 10 * DAY))
    [first] = PATTERN.decide(shown("hold", at + 12 * DAY), pattern)
    assert (first.hold_count, first.days_since_correction) == (1, 1)


def resolve(pattern: Pattern, **changes: Any) -> list[Any]:
    fields: dict[str, Any] = {"nrs_before": 6, "nrs_now": 4, "happened_at": FIRST + 100 * DAY, "now": LAST}
    return PATTERN.decide(c.Resolve(**fields | changes), pattern)


def test_a_pattern_is_resolved_when_it_held_twice_over_four_weeks_and_the_pain_is_less() -> None:
    pattern, at = in_state("holding")
    at = pattern.holds[0].happened_at - timedelta(minutes=1)
    with pytest.raises(r.NotResolved):
        resolve(pattern)
    with pytest.raises(r.NotResolved):
        resolve(after(pattern, shown("hold", at + 27 * DAY)))
    [event] = resolve(after(pattern, shown("hold", at + 28 * DAY)))
    assert event == p.PatternResolved(
        pattern_id=event.pattern_id,
        client_id=event.client_id,
        hold_count=2,
        span_days=28,
        nrs_before=6,
        nrs_now=4,
        thresholds=p.Thresholds(),
        happened_at=FIRST + 100 * DAY,
    )


@pytest.mark.parametrize(
    ("before", "now", "resolves"),
    [
        (6, 4, True),
        (6, 5, False),
        (7, 5, False),
        (7, 4, True),
        (10, 7, True),
        (10, 8, False),
        (2, 1, True),
        (1, 2, False),
        (4, 4, False),
        (None, 2, False),
        (None, 1, True),
        (6, None, False),
        (0, 0, True),
    ],
)
def test_pain_counts_by_points_and_percent_or_when_little_is_left(
    before: int | None, now: int | None, resolves: bool
) -> None:
    pattern, at = in_state("holding")
    held = after(pattern, shown("hold", at + 30 * DAY))
    if resolves:
        assert resolve(held, nrs_before=before, nrs_now=now)
    else:
        with pytest.raises(r.NotResolved):
            resolve(held, nrs_before=before, nrs_now=now)


def test_a_chain_may_ask_for_more_and_the_event_says_what_it_asked_for() -> None:
    pattern, at = in_state("holding")
    held = after(pattern, shown("hold", at + 30 * DAY))
    asked = p.Thresholds(holds=3)
    with pytest.raises(r.NotResolved):
        resolve(held, thresholds=asked)
    [event] = resolve(after(held, shown("hold", at + 31 * DAY)), thresholds=asked)
    assert event.thresholds == asked


def test_a_closed_pattern_is_taken_up_again_only_in_a_later_episode() -> None:
    pattern, at = in_state("unverified")
    for episode in (EPISODE, None):
        with pytest.raises(r.SameEpisode):
            after(pattern, c.Hold(*cold("holds", at, episode_id=episode)))
    later = new_id()
    assert after(pattern, c.Hold(*cold("holds", at, episode_id=later))).episode_id == later
    assert after(pattern, c.Relapse(*cold("fails", at, episode_id=later))).episode_id == later


def test_it_is_closed_only_with_its_own_episode() -> None:
    pattern, at = in_state("corrected")
    for changes in ({"episode_id": new_id()}, {"is_discharged": False}):
        fields: dict[str, Any] = {"episode_id": EPISODE, "is_discharged": True, "happened_at": at, "now": LAST}
        with pytest.raises(r.EpisodeGoesOn):
            after(pattern, c.Close(**fields | changes))


@pytest.mark.parametrize("kind", [c.Promote, c.Clear])
def test_what_hangs_under_another_waits_for_its_correction(kind: type[c.Promote | c.Clear]) -> None:
    pattern, at = in_state("secondary")
    response = "fails" if kind is c.Promote else "holds"
    uncorrected = after(Pattern(), c.Hypothesise(hypothesised(pattern_id=PRIMARY_ID), LAST))
    too_late = corrected_primary(at + 5 * DAY)
    for primary in (uncorrected, too_late):
        with pytest.raises(r.PrimaryNotCorrected):
            after(pattern, kind(*cold(response, at), primary))


def test_a_pattern_hangs_under_another_of_the_same_client_and_never_under_itself() -> None:
    pattern, at = in_state("confirmed")
    assert pattern.found is not None
    own_id, between = pattern.found.pattern_id, new_id()
    fields: dict[str, Any] = {"primary_id": PRIMARY_ID, "own": {PRIMARY_ID, own_id}, "happened_at": at, "now": LAST}
    with pytest.raises(r.NoSuchPrimary):
        after(pattern, c.Subordinate(**fields | {"own": {own_id}}, above={}))
    with pytest.raises(r.CircularPatterns):
        after(pattern, c.Subordinate(**fields | {"primary_id": own_id}, above={}))
    with pytest.raises(r.CircularPatterns):
        after(pattern, c.Subordinate(**fields, above={PRIMARY_ID: between, between: own_id}))
    assert after(pattern, c.Subordinate(**fields, above={PRIMARY_ID: between})).primary_id == PRIMARY_ID


def test_nothing_happens_in_the_future_or_before_what_has_happened() -> None:
    pattern, at = in_state("corrected")
    with pytest.raises(NotYet):
        after(pattern, c.EnterInError(reason="wrong", happened_at=at, now=at - DAY))
    with pytest.raises(OutOfOrder):
        after(pattern, c.EnterInError(reason="wrong", happened_at=FIRST, now=LAST))
    with pytest.raises(NotYet):
        PATTERN.decide(c.Hypothesise(hypothesised(), FIRST - DAY), Pattern())
    for change in ("hold", "relapse"):
        with pytest.raises(r.EvidenceTooEarly):
            after(pattern, shown(change, FIRST))


def test_every_refusal_has_a_code_of_its_own() -> None:
    codes = [
        each.code
        for each in vars(r).values()
        if isinstance(each, type) and issubclass(each, Refused) and each is not Refused
    ]
    assert len(codes) == len(set(codes))


def test_guessed_times_do_not_put_a_change_before_the_one_it_follows() -> None:
    made = session(TEST, RELEASE, ACTIVATION, RETEST)
    guessed = tuple(replace(each, happened_at=FIRST - timedelta(hours=each.sequence)) for each in made.entries)
    made = replace(made, entries=guessed)
    events: list[Any] = [hypothesised(session_id=made.session_id)]
    for command in (c.Confirm(made, TEST["test_id"], RETEST["test_id"]), c.Correct(made, TEST["loop_id"])):
        events += PATTERN.decide(command, reduce(PATTERN.evolve, events, Pattern()))
    times = [each.happened_at for each in events]
    assert times == sorted(times)

"""What a session suggests would be accepted, and the next one begins with the cold retests that are due."""

from dataclasses import replace
from functools import reduce
from typing import Any

from hypothesis import given, strategies as st

from services.treatment.patterns import commands as c
from services.treatment.patterns.decider import PATTERN
from services.treatment.patterns.evidence import Session
from services.treatment.patterns.plan import next_plan
from services.treatment.patterns.proposals import Asked, Pain, Proposal, proposals
from services.treatment.patterns.state import Pattern, State
from shared.events import treatment_patterns as p
from shared.ids import new_id
from tests.unit.treatment.builders import (
    DAY,
    FIRST,
    GLUTE,
    LAST,
    MEMBERS,
    OTHER,
    PSOAS,
    TOUCH,
    hypothesised,
    loop,
    muscle_test,
    released,
    retested,
    session,
)
from tests.unit.treatment.pattern_paths import PRIMARY_ID, after, corrected_primary, in_state, shown
from tests.unit.treatment.test_pattern_properties import DRAFT, mirrored

ONE = new_id()


def suggested(made: Session, known: Pattern | None = None, **more: Any) -> tuple[Proposal, ...]:
    patterns = {ONE: known} if known else {}
    return proposals(Asked(session=made, patterns=patterns | more.pop("others", {}), now=LAST, **more))


def changes(made: Session, known: Pattern, **more: Any) -> list[str]:
    return [each.change for each in suggested(made, known, **more) if each.pattern_id == ONE]


def ids_of_tests(made: Session) -> tuple[Any, ...]:
    return tuple(each.test_id for each in made.tests())


def test_a_loop_that_eased_a_target_suggests_a_pattern_once() -> None:
    made = session(*loop())
    [found] = suggested(made)
    assert found == Proposal(change="hypothesise", members=MEMBERS, test_ids=ids_of_tests(made))
    known = after(Pattern(), c.Hypothesise(hypothesised(members=found.members), LAST))
    assert changes(made, known) == ["confirm", "correct"]
    assert not [each for each in suggested(made, known) if each.pattern_id is None]


def test_what_was_touched_is_suggested_and_not_what_was_released_besides() -> None:
    made = session(muscle_test(GLUTE, "fails"), released(OTHER), retested(GLUTE, "holds", provocation=TOUCH))
    [found] = suggested(made)
    assert found.members == MEMBERS


def test_one_release_that_eased_two_targets_is_one_pattern() -> None:
    made = session(
        muscle_test(GLUTE, "fails"),
        muscle_test(OTHER, "fails"),
        released(PSOAS),
        retested(GLUTE, "holds"),
        retested(OTHER, "holds"),
    )
    [found] = suggested(made)
    assert [(each.target, each.role) for each in found.members] == [
        (PSOAS[0], "overactive"),
        (GLUTE[0], "inhibited"),
        (OTHER[0], "inhibited"),
    ]


def test_nothing_is_suggested_by_what_shows_nothing() -> None:
    for drafts in (
        (muscle_test(GLUTE, "fails"), retested(GLUTE, "holds")),
        (muscle_test(GLUTE, "fails"), released(PSOAS), retested(GLUTE, "fails")),
        (muscle_test(GLUTE, "fails"), released(GLUTE), retested(GLUTE, "holds")),
        (muscle_test(GLUTE, "fails"), released(PSOAS), retested(("gluteus_maximus", "right"), "holds")),
        (),
    ):
        assert not suggested(session(*drafts))


def test_a_refuted_pattern_may_be_suggested_again() -> None:
    refuted, at = in_state("refuted")
    assert [each.change for each in suggested(session(*loop(), at=at), refuted)] == ["hypothesise"]


def test_a_cold_retest_suggests_that_a_pattern_held_or_came_back() -> None:
    pattern, at = in_state("corrected")
    assert changes(session(retested(GLUTE, "holds"), at=at), pattern) == ["hold"]
    assert changes(session(retested(GLUTE, "fails"), at=at), pattern) == ["relapse"]
    back = session(*(each for each in (retested(GLUTE, "fails"), *loop()[1:])), at=at)
    assert changes(back, pattern) == ["relapse", "correct"]


def test_a_member_that_fails_cold_weighs_more_than_one_that_holds() -> None:
    pattern, at = in_state("corrected")
    assert pattern.found is not None
    other = p.Member(target=OTHER[0], side=OTHER[1], role="inhibited")
    pattern = replace(pattern, found=replace(pattern.found, members=(*MEMBERS, other)))
    made = session(retested(GLUTE, "holds"), retested(OTHER, "fails"), at=at)
    assert changes(made, pattern) == ["relapse"]


def test_the_last_hold_suggests_that_a_pattern_is_resolved() -> None:
    pattern, at = in_state("holding")
    made = session(retested(GLUTE, "holds"), at=at + 30 * DAY)
    assert changes(made, pattern, pain=Pain(before=6, now=2)) == ["hold", "resolve"]
    assert changes(made, pattern, pain=Pain(before=6, now=5)) == ["hold"]
    assert changes(made, pattern, pain=Pain(before=6, now=2), thresholds=p.Thresholds(holds=3)) == ["hold"]


def test_what_hangs_under_a_corrected_pattern_is_promoted_or_cleared() -> None:
    pattern, at = in_state("secondary")
    others = {PRIMARY_ID: corrected_primary(at)}
    assert changes(session(retested(GLUTE, "fails"), at=at), pattern, others=others) == ["promote"]
    assert changes(session(retested(GLUTE, "holds"), at=at), pattern, others=others) == ["clear"]
    assert not changes(session(retested(GLUTE, "holds"), at=at), pattern)


COMMANDS: dict[str, Any] = {
    "confirm": lambda made, found: c.Confirm(made, *found.test_ids),
    "refute": lambda made, found: c.Refute(made, found.test_ids),
    "correct": lambda made, found: c.Correct(made, found.loop_id),
    "hold": lambda made, found: c.Hold(made, *found.test_ids),
    "relapse": lambda made, found: c.Relapse(made, *found.test_ids),
}
STATES: tuple[State, ...] = ("hypothesised", "confirmed", "corrected", "holding", "relapsed", "resolved")


@given(st.lists(DRAFT, max_size=10), st.sampled_from(STATES))
def test_whatever_is_suggested_is_accepted_in_its_order(drafts: list[Any], state: State) -> None:
    pattern, at = in_state(state)
    made = session(*drafts, at=at)
    for found in suggested(made, pattern):
        if found.pattern_id is None:
            event = hypothesised(members=found.members)
            assert PATTERN.decide(c.Hypothesise(event, LAST), Pattern()) == [event]
        else:
            pattern = reduce(PATTERN.evolve, PATTERN.decide(COMMANDS[found.change](made, found), pattern), pattern)


@given(st.lists(DRAFT, max_size=10), st.sampled_from(STATES))
def test_a_mirrored_session_suggests_the_mirror_image(drafts: list[Any], state: State) -> None:
    pattern, at = in_state(state)
    made = session(*drafts, at=at)
    there = mirrored(suggested(made, pattern))
    assert {ordered(each) for each in suggested(mirrored(made), mirrored(pattern))} == {ordered(each) for each in there}


def ordered(found: Proposal) -> Proposal:
    """Members of both sides are listed by target and side, which a mirror turns round."""
    members = tuple(sorted(found.members, key=lambda each: (each.role, each.target, each.side)))
    return replace(found, members=members, test_ids=tuple(sorted(found.test_ids)))


def test_the_next_session_begins_with_the_cold_retests_that_are_due() -> None:
    states: tuple[State, ...] = (
        "hypothesised",
        "confirmed",
        "corrected",
        "holding",
        "resolved",
        "refuted",
        "unverified",
    )
    known = {new_id(): in_state(state)[0] for state in states}
    by_id = {pattern_id: pattern.state for pattern_id, pattern in known.items()}
    plan = next_plan(known, at=LAST)
    assert [(each.kind, by_id[each.pattern_id]) for each in plan] == [
        ("cold_retest", "unverified"),
        ("cold_retest", "corrected"),
        ("cold_retest", "holding"),
        ("correct", "confirmed"),
        ("confirm", "hypothesised"),
    ]
    assert {each.places for each in plan} == {(GLUTE,)}
    [resolved] = [each for each, state in by_id.items() if state == "resolved"]
    assert next_plan(known, at=LAST, worsening={resolved})[0].pattern_id == resolved


def test_what_was_corrected_today_is_not_retested_today() -> None:
    pattern, at = in_state("corrected")
    made_at = at - 2 * DAY
    assert not next_plan({ONE: pattern}, at=made_at + DAY / 2)
    assert next_plan({ONE: pattern}, at=made_at + DAY / 2, thresholds=p.Thresholds(hours_to_hold=6))
    assert next_plan({ONE: pattern}, at=at)


def test_what_hangs_under_another_is_retested_once_that_is_corrected() -> None:
    pattern, at = in_state("secondary")
    assert [each.kind for each in next_plan({ONE: pattern, PRIMARY_ID: in_state("hypothesised")[0]}, at=LAST)] == [
        "confirm"
    ]
    primary = corrected_primary(at)
    due = next_plan({ONE: pattern, PRIMARY_ID: primary}, at=LAST)
    assert {each.pattern_id for each in due} == {ONE, PRIMARY_ID}
    relapsed = after(primary, shown("relapse", at + 5 * DAY))
    assert [each.kind for each in next_plan({ONE: pattern, PRIMARY_ID: relapsed}, at=LAST)] == ["correct"]


def test_a_worse_answer_puts_its_pattern_before_those_due_longer() -> None:
    first, _ = in_state("corrected")
    second, _ = in_state("holding")
    other = new_id()
    assert [each.pattern_id for each in next_plan({ONE: first, other: second}, at=LAST)] == [ONE, other]
    plan = next_plan({ONE: first, other: second}, at=LAST, worsening={other})
    assert [(each.pattern_id, each.is_worse) for each in plan] == [(other, True), (ONE, False)]
    assert plan[1].since > FIRST

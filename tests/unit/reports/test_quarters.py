"""Two ends of quarters, less than a year apart: whoever has both, and a solver, learns of nobody who came or left.

The reader of these tests also knows how many came and how many left, of every therapist, and that nothing changed for
those whom both reports count.
"""

from collections.abc import Iterator, Sequence
from random import Random
from uuid import UUID

import pytest

from tests.support.two_reports import (
    ANN,
    CEM,
    COMPLETERS,
    FATES,
    WHERE,
    WORKS_AT,
    YEAR,
    Case,
    Facts,
    Reader,
    Said,
    Some,
    count,
    left,
    published,
    scopes,
    sums,
    whole,
    worked_out,
)
from workers.reports.adding import place_of
from workers.reports.once import OF_THE_YEAR, Yearly
from workers.reports.quarters import MONTHS, Quarter, kept_back
from workers.reports.suppression import decided

CASE = Case("two quarters", ("2026-09", True), ("2026-12", True), ("first", "both", "second"), ("first", "second"))
THEN, NOW = ("first", "both"), ("both", "second")
SEPTEMBER, DECEMBER = 12 * 2026 + 9, 12 * 2026 + 12
BEGAN = {SEPTEMBER: {"first": 11, "both": 2}, DECEMBER: {"both": 5, "second": 0}}
"""How many months before the end of each quarter those of a part began."""

PLACES = frozenset(place_of(scope) for scope in scopes())
ALL = frozenset(Yearly(place, population) for place in PLACES for population in OF_THE_YEAR)


def quarter(month: int, facts: Facts, told: frozenset[Yearly] = ALL) -> Quarter:
    def began(people: Sequence[UUID], fate: str) -> list[int]:
        found = [0] * MONTHS
        for part, ago in BEGAN[month].items():
            found[ago] = sum(facts.get(Some(person, part, fate), 0) for person in people)
        return found

    cohorts = {
        scope: {population: {fate: began(people, fate) for fate in COMPLETERS} for population in OF_THE_YEAR}
        for scope, people in scopes().items()
    }
    return Quarter(month=month, cohorts=cohorts, works_at=WORKS_AT, told=told)


def back_of(facts: Facts, told: frozenset[Yearly] = ALL) -> set[str]:
    """The places of which episodes are kept back in December."""
    found = kept_back(quarter(DECEMBER, facts), [quarter(SEPTEMBER, facts, told)])
    return {place for place, population in found if population == YEAR}


def place(person: UUID) -> str:
    return f"therapist:{person}"


def everybody(**parts: int) -> dict[Some, int]:
    """As many of each fate with each therapist, by part; nothing is counted by month."""
    return {each: parts[each.part] if each.fate in FATES["year"] else 0 for each in CASE.all}


def drawn(seed: int) -> dict[Some, int]:
    chance = Random(seed)
    most = {"first": 20, "both": 40, "second": 20}
    return {each: chance.randint(0, most[each.part]) if each.fate in FATES["year"] else 0 for each in CASE.all}


def both(facts: Facts, back: frozenset[Yearly] | None = None) -> list[list[Said]]:
    """What is published of each quarter; of the second without what is kept `back`, if not told otherwise."""
    if back is None:
        first = decided(whole("2026-09", facts, THEN), WORKS_AT, is_closed=True)
        back = kept_back(quarter(DECEMBER, facts), [quarter(SEPTEMBER, facts, first.told)])
    september = left("2026-09", facts, THEN, is_closed=True)
    december = left("2026-12", facts, NOW, is_closed=True, kept_back=back)
    return [
        [said for report in reports for said in published(report, parts)]
        for reports, parts in ((september, THEN), (december, NOW))
    ]


def sizes(facts: Facts) -> list[Said]:
    """How many came to each therapist, how many left, and how many stayed."""
    of = [sums([person], [part], *FATES["year"]) for person in WHERE for part in CASE.parts("year")]
    return [(some, sum(facts[each] for each in some)) for some in of]


def learnt(facts: Facts, said: Sequence[Sequence[Said]]) -> Iterator[frozenset[Some]]:
    """What is worked out of both quarters, of others, that is not of one of them alone."""
    for insider in (None, ANN):
        for each in worked_out(CASE, facts, [*said[0], *said[1]], insider, brought=sizes(facts)):
            is_of_others = any(facts[one] for one in each if one.person != insider)
            if is_of_others and not any(knows(facts, alone, insider, each) for alone in said):
                yield each


def knows(facts: Facts, said: Sequence[Said], insider: UUID | None, some: frozenset[Some]) -> bool:
    return Reader(CASE, facts, (*said, *sizes(facts)), insider).knows(some)


ENOUGH = everybody(first=8, both=30, second=9)


@pytest.mark.parametrize("seed", range(4))
def test_no_small_outcome_can_be_worked_out_of_two_quarters(seed: int) -> None:
    facts = drawn(seed)
    assert not list(learnt(facts, both(facts)))


FEW: dict[str, dict[Some, int]] = {
    "nobody left": everybody(first=0, both=30, second=4),
    "nobody came": everybody(first=4, both=30, second=0),
    "few came to one, and few left": ENOUGH
    | {Some(ANN, "second", fate): n for fate, n in zip(FATES["year"], (2, 0, 0, 0), strict=True)}
    | {Some(ANN, "first", fate): n for fate, n in zip(FATES["year"], (0, 3, 0, 0), strict=True)},
    "nobody who came met with the same as those who left": ENOUGH
    | {Some(CEM, "second", fate): n for fate, n in zip(FATES["year"], (12, 0, 3, 0), strict=True)}
    | {Some(CEM, "first", fate): n for fate, n in zip(FATES["year"], (0, 12, 0, 0), strict=True)},
}


@pytest.mark.parametrize("facts", FEW.values(), ids=FEW)
def test_the_solver_works_out_the_few_who_came_or_left_when_everything_is_told(facts: Facts) -> None:
    assert any(learnt(facts, both(facts, frozenset())))
    assert not list(learnt(facts, both(facts)))


def test_the_solver_works_out_what_is_kept_back_of_one_place_alone() -> None:
    facts = FEW["few came to one, and few left"]
    alone = frozenset({Yearly(place(ANN), YEAR)})
    assert any(learnt(facts, both(facts, alone)))
    assert back_of(facts) > {place(ANN)}


def test_what_enough_came_to_and_enough_left_is_told_again() -> None:
    assert back_of(ENOUGH) == set()


@pytest.mark.parametrize("part", ["first", "second"])
@pytest.mark.parametrize(("n", "is_told"), [(11, True), (10, False)])
def test_enough_are_eleven(part: str, n: int, *, is_told: bool) -> None:
    facts = ENOUGH | {Some(CEM, part, "k"): n - 4, Some(CEM, part, "heard"): 4}
    assert (place(CEM) not in back_of(facts)) == is_told


def test_nothing_is_kept_back_of_what_was_not_told() -> None:
    facts = everybody(first=0, both=30, second=1)
    assert back_of(facts) == {place(person) for person in WHERE} | {each for each in PLACES if "therapist" not in each}
    assert back_of(facts, frozenset()) == set()
    other = frozenset(Yearly(each, "patterns_resolved_in_year") for each in PLACES)
    assert back_of(facts, other) == set()


@pytest.mark.parametrize(("month", "is_told"), [(DECEMBER - 12, True), (DECEMBER - 9, False), (DECEMBER, True)])
def test_years_that_share_nobody_tell_nothing_of_each_other(month: int, *, is_told: bool) -> None:
    facts = everybody(first=0, both=30, second=0)
    then = Quarter(month=month, cohorts=quarter(SEPTEMBER, facts).cohorts, works_at=WORKS_AT, told=ALL)
    assert (kept_back(quarter(DECEMBER, facts), [then]) == frozenset()) == is_told


def test_all_quarters_of_the_year_count() -> None:
    facts = ENOUGH | {Some(CEM, "first", "k"): 0}
    june = Quarter(month=DECEMBER - 6, cohorts=quarter(SEPTEMBER, facts).cohorts, works_at=WORKS_AT, told=ALL)
    september = quarter(SEPTEMBER, ENOUGH)
    now = quarter(DECEMBER, ENOUGH)
    assert kept_back(now, [september]) == frozenset()
    assert kept_back(now, [september, june]) == kept_back(now, [june]) != frozenset()
    assert count(facts, [CEM], ["first"], *COMPLETERS) <= 10


@pytest.mark.parametrize(
    ("came", "went", "is_told"),
    [({0: 9}, {11: 9}, True), ({2: 9}, {9: 9}, True), ({3: 9}, {9: 9}, False), ({2: 9}, {8: 9}, False)],
)
def test_who_began_since_has_come_and_who_began_before_the_year_has_left(
    came: dict[int, int], went: dict[int, int], *, is_told: bool
) -> None:
    now, then = alone(DECEMBER, came), alone(SEPTEMBER, went)
    assert (kept_back(now, [then]) == frozenset()) == is_told


def alone(month: int, began: dict[int, int]) -> Quarter:
    """Of a chain with one therapist; so many of each fate began so many months before the end."""
    cohort = {fate: [began.get(ago, 0) for ago in range(MONTHS)] for fate in COMPLETERS}
    there = [scope for scope, people in scopes().items() if people in ([CEM], list(WHERE))]
    cohorts = {scope: dict.fromkeys(OF_THE_YEAR, cohort) for scope in there}
    return Quarter(month=month, cohorts=cohorts, works_at={CEM: WORKS_AT[CEM]}, told=ALL)

"""Two reports of one chain, whichever two: whoever has both, and a solver, learns no small outcome by comparing them.

The reader of these tests knows more than anybody should: that of the clients whom both reports count nothing changed in
between, what became of those whom only the first still counts, and where nobody is counted by one of them alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain as joined, combinations
from typing import NamedTuple
from uuid import UUID

import numpy as np
import pytest
from hypothesis import Phase, given, settings, strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from shared.reports.document import Exclusion, Funnel, Metric, Place, Report, Scope, finished
from tests.support.reports import CHAIN, invented_report, share
from workers.reports.suppression import leaving
from workers.reports.window import period_of

REPORT = invented_report(4)
EMPTY = replace(REPORT.series, funnel=Funnel(), complaints=(), treated=())
YEAR, RETESTS = "episodes_started_in_year", "first_cold_retests_in_period"
ANN, BEN, CEM = (UUID(int=each) for each in range(1, 4))
NORTH, SOUTH = UUID(int=11), UUID(int=12)
WHERE = {ANN: NORTH, BEN: NORTH, CEM: SOUTH}
FATES = {"year": ("k", "heard", "missing", "unknown"), "held": ("passed", "failed"), "knees": ("knee",)}
"""What can become of an episode that began in the year, of a correction of the period, and of a mark on the body."""

STARTED, COMPLETERS = ("k", "heard", "missing"), ("k", "heard")


class Some(NamedTuple):
    """How many of a therapist met with a fate, by which of the two reports count them: `first`, `second` or `both`."""

    person: UUID
    part: str
    fate: str


Facts = Mapping[Some, int]
Said = tuple[frozenset[Some], float]
"""A number that is published, and whom it is a sum of."""


@dataclass(frozen=True)
class Case:
    """Two reports, as (period, whether it is closed with it), which parts there are of years and of periods, and which
    of them the reader recalls.
    """

    name: str
    first: tuple[str, bool]
    second: tuple[str, bool]
    year: tuple[str, ...]
    period: tuple[str, ...]
    recalled: tuple[str, ...] = ()

    def parts(self, kind: str) -> tuple[str, ...]:
        return self.year if kind == "year" else self.period

    @property
    def all(self) -> list[Some]:
        return [
            Some(person, part, fate)
            for person in WHERE
            for kind, fates in FATES.items()
            for part in self.parts(kind)
            for fate in fates
        ]


AGAIN, MOVED = ("both", "second"), ("first", "both", "second")
OVERLAPPING = [
    Case("a month that runs, and closed", ("2026-12", False), ("2026-12", True), AGAIN, AGAIN),
    Case("a month closed, and later", ("2026-12", True), ("2026-12", False), AGAIN, AGAIN),
    Case("two moments of a week", ("2026-W50", False), ("2026-W50", True), AGAIN, AGAIN),
    Case("a week and its month", ("2026-W50", True), ("2026-12", True), MOVED, AGAIN, ("first",)),
    Case("a month and the next", ("2026-11", True), ("2026-12", True), MOVED, ("first", "second"), ("first",)),
    Case("a month and the next of a chain that grows", ("2026-12", True), ("2027-01", True), AGAIN, ("second",)),
]
DISJOINT = Case("two years", ("2025-12", True), ("2026-12", True), ("first", "second"), ("first", "second"))


def count(facts: Facts, people: Sequence[UUID], parts: Sequence[str], *fates: str) -> int:
    return sum(facts.get(each, 0) for each in sums(people, parts, *fates))


def sums(people: Sequence[UUID], parts: Sequence[str], *fates: str) -> frozenset[Some]:
    return frozenset(Some(person, part, fate) for person in people for part in parts for fate in fates)


def scopes() -> dict[Scope, list[UUID]]:
    places = {Scope(kind="therapist", id=person): [person] for person in WHERE}
    for clinic in (NORTH, SOUTH):
        places[Scope(kind="clinic", id=clinic)] = [person for person in WHERE if WHERE[person] == clinic]
    return places | {Scope(kind="chain", id=CHAIN): list(WHERE)}


def report_of(scope: Scope, name: str, facts: Facts, parts: Sequence[str]) -> Report:
    """What one of the two reports says of a place before anything is hidden."""
    people = scopes()[scope]

    def n(*fates: str) -> int:
        return count(facts, people, parts, *fates)

    unknown = (Exclusion(reason="no_baseline", n=n("unknown")),) if n("unknown") else ()
    missing = (Exclusion(reason="missing", n=n("missing")),) if n("missing") else ()
    started = share("responders_of_started", n("k"), n(*STARTED), YEAR, *unknown, suppressible=True)
    heard = share("responders_of_completers", n("k"), n(*COMPLETERS), YEAR, *unknown, *missing, suppressible=True)
    hold = share("hold_rate", n("passed"), n("passed", "failed"), RETESTS, suppressible=True)
    knees = (Place(region="knee", side="left", n=n("knee")),) if n("knee") else ()
    return replace(
        REPORT,
        scope=scope,
        period=period_of(name, "Europe/Berlin"),
        metrics=(started, heard, hold, share("no_show_rate", 3, 9, "visits")),
        series=replace(EMPTY, complaints=knees),
    )


def left(name: str, facts: Facts, parts: Sequence[str], *, is_closed: bool) -> tuple[Report, ...]:
    reports = [report_of(scope, name, facts, parts) for scope in scopes()]
    return leaving(reports, {person: frozenset({clinic}) for person, clinic in WHERE.items()}, is_closed=is_closed)


def both(case: Case, facts: Facts) -> list[Said]:
    readings = []
    for (name, is_closed), parts in ((case.first, ("first", "both")), (case.second, ("both", "second"))):
        for report in left(name, facts, parts, is_closed=is_closed):
            readings += list(published(report, parts))
    return readings


def published(report: Report, parts: Sequence[str]) -> Iterator[Said]:
    people = scopes()[report.scope]
    fates = {
        "responders_of_started": (("k",), STARTED),
        "responders_of_completers": (("k",), COMPLETERS),
        "hold_rate": (("passed",), ("passed", "failed")),
    }
    for code, (k, n) in fates.items():
        metric = report.metric(code)
        if metric.numerator is not None:
            yield sums(people, parts, *k), metric.numerator
        if metric.denominator is not None:
            yield sums(people, parts, *n), metric.denominator
        for each in metric.exclusions:
            yield sums(people, parts, "missing" if each.reason == "missing" else "unknown"), each.n
    for (k, n), points in ((fates["responders_of_started"], "responders"), (fates["hold_rate"], "hold")):
        for point in getattr(report.series.funnel, points):
            if point.is_this:
                yield sums(people, parts, *k), point.k
                yield sums(people, parts, *n), point.n
    for place in report.series.complaints:
        yield sums(people, parts, "knee"), place.n


class Reader:
    """Knows what is published, what is recalled, and all of one therapist."""

    def __init__(self, case: Case, facts: Facts, said: Sequence[Said], insider: UUID | None) -> None:
        self.at = {each: index for index, each in enumerate(case.all)}
        mine = [
            (frozenset({each}), float(facts[each]))
            for each in case.all
            if each.person == insider or each.part in case.recalled
        ]
        known = [(self.vector(some), value) for some, value in (*said, *mine)]
        rows, values = np.array([row for row, _ in known]), [value for _, value in known]
        self.known = [LinearConstraint(rows, values, values)] if known else []
        self.seen: list[np.ndarray] = []

    def vector(self, some: frozenset[Some]) -> np.ndarray:
        found = np.zeros(len(self.at))
        found[[self.at[each] for each in some if each in self.at]] = 1
        return found

    def knows(self, some: frozenset[Some]) -> bool:
        """Whether everything that fits what is known has as many of them."""
        aim = self.vector(some)
        if len({round(aim @ each) for each in self.seen}) > 1:
            return False
        ends = set()
        for sign in (1, -1):
            solved = milp(sign * aim, constraints=self.known, bounds=Bounds(0, 5_000), integrality=1)
            assert solved.success
            self.seen.append(np.round(solved.x))
            ends.add(round(aim @ solved.x))
        return len(ends) == 1


def small(case: Case, facts: Facts, insider: UUID | None) -> Iterator[frozenset[Some]]:
    """All counts of 1 to 10 that somebody could want to know: of any place, any parts and any fates."""
    for people in scopes().values():
        if people == [insider]:
            continue
        for kind, fates in FATES.items():
            for parts in subsets([each for each in case.parts(kind) if each not in case.recalled]):
                for some in subsets(fates):
                    if 0 < count(facts, people, parts, *some) <= 10:
                        yield sums(people, parts, *some)


def subsets(of: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return joined.from_iterable(combinations(of, size) for size in range(1, len(of) + 1))


def worked_out(case: Case, facts: Facts, said: Sequence[Said], insider: UUID | None) -> Iterator[frozenset[Some]]:
    """What the reader learns that was not plain from the zeros among the numbers."""
    reader = Reader(case, facts, said, insider)
    bare = Reader(case, facts, [each for each in said if each[1] == 0], insider)
    return (each for each in small(case, facts, insider) if reader.knows(each) and not bare.knows(each))


def facts_of(case: Case, draw: st.DrawFn) -> Facts:
    """Many whom both reports count, or one alone where they share nobody; and few whom only one does."""
    apart = case is DISJOINT
    return {each: draw(st.integers(0, 30 if apart or each.part == "both" else 9)) for each in case.all}


chains = st.composite(lambda draw, case: facts_of(case, draw))


@pytest.mark.parametrize("case", [*OVERLAPPING, DISJOINT], ids=lambda case: case.name)
@given(data=st.data())
@settings(max_examples=3, deadline=None, phases=[Phase.generate])
def test_no_small_outcome_can_be_worked_out_of_two_reports(case: Case, data: st.DataObject) -> None:
    facts = data.draw(chains(case))
    said = both(case, facts)
    for insider in (None, ANN):
        assert not list(worked_out(case, facts, said, insider))


MANY = {"k": 30, "heard": 25, "missing": 20, "unknown": 15, "passed": 30, "failed": 30, "knee": 40}


@pytest.mark.parametrize("case", OVERLAPPING, ids=lambda case: case.name)
def test_the_solver_works_out_the_few_when_both_reports_are_shown_in_full(case: Case) -> None:
    facts = {each: MANY[each.fate] if each.part != "second" else 2 for each in case.all}
    whole = [
        said
        for parts in (("first", "both"), ("both", "second"))
        for report in left("2026-12", facts, parts, is_closed=True)
        for said in published(report, parts)
    ]
    assert any({some.part for some in each} == {"second"} for each in worked_out(case, facts, whole, None))
    assert not list(worked_out(case, facts, both(case, facts), None))


@pytest.mark.parametrize(
    ("name", "is_closed", "why"),
    [
        ("2026-12", True, (None, None)),
        ("2026-11", True, (None, "once_a_year")),
        ("2026-12", False, ("not_closed", "once_a_year")),
        ("2026-W53", True, ("not_closed", "once_a_year")),
    ],
)
def test_outcomes_are_shown_once_and_say_where(name: str, is_closed: bool, why: tuple[str | None, str | None]) -> None:
    facts = {each: MANY[each.fate] for each in DISJOINT.all}
    for report in left(name, facts, ("first", "second"), is_closed=is_closed):
        hold, started = report.metric("hold_rate"), report.metric("responders_of_started")
        assert (hold.why_none, started.why_none) == why
        assert (hold.value is None, started.value is None) == tuple(each is not None for each in why)
        assert bool(report.series.complaints) == (why[0] is None)
        if report.scope.kind != "chain":
            points = (report.series.funnel.hold, report.series.funnel.responders)
            assert tuple(bool(each.n) for each in points) == tuple(each is None for each in why)
        assert report.metric("no_show_rate").value == pytest.approx(1 / 3)


def test_a_number_of_a_population_that_nobody_named_is_not_shown() -> None:
    strange = Metric(
        code="x", unit="share", population="new", value=0.5, numerator=50, denominator=100, suppressible=True
    )
    (shown,) = leaving([finished(replace(REPORT, metrics=(strange,)))], {}, is_closed=True)
    assert shown.metric("x").value is None

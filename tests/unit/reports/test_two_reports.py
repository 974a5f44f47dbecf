"""Two reports of one chain, whichever two: whoever has both, and a solver, learns no small outcome by comparing them.

The reader of these tests knows more than anybody should: that of the clients whom both reports count nothing changed in
between, what became of those whom only the first still counts, and where nobody is counted by one of them alone.
"""

from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings, strategies as st

from shared.reports.document import Metric, finished
from tests.support.two_reports import ANN, REPORT, Case, Facts, both, left, published, worked_out
from workers.reports.suppression import leaving

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
        ("2026-09", True, (None, None)),
        ("2026-11", True, (None, "once_a_quarter")),
        ("2026-12", False, ("not_closed", "once_a_quarter")),
        ("2026-W53", True, ("not_closed", "once_a_quarter")),
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

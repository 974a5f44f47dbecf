"""Reports that leave a clinic: whoever has all of them, and a solver, learns no small outcome of anybody else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from shared.reports.document import Exclusion, Funnel, FunnelPoint, Interval, Metric, Place, Report, Scope, finished
from tests.support.reports import CHAIN, invented_report, points, share
from workers.reports.suppression import leaving, own
from workers.reports.window import period_of

REPORT = replace(invented_report(4), period=period_of("2026-12", "Europe/Berlin"))
SERIES = replace(REPORT.series, funnel=Funnel(), complaints=(), treated=())
PEOPLE = [UUID(int=each) for each in range(1, 6)]
CLINICS = [UUID(int=each) for each in range(11, 14)]
YEAR = "episodes_started_in_year"
Fate = tuple[int, int, int, int]
"""Of a therapist's episodes: responded, heard of again without, not heard of again, without baseline."""

LOOKED_AT: dict[str, Fate] = {
    "k": (1, 0, 0, 0),
    "others heard of": (0, 1, 0, 0),
    "missing": (0, 0, 1, 0),
    "no baseline": (0, 0, 0, 1),
    "completers": (1, 1, 0, 0),
    "started": (1, 1, 1, 0),
    "not responders": (0, 1, 1, 0),
}
"""What a reader could want to know, as sums of fates."""


def report_of(scope: Scope, fates: Sequence[Fate]) -> Report:
    k, heard, missing, without = (sum(fate[at] for fate in fates) for at in range(4))
    no_baseline = (Exclusion(reason="no_baseline", n=without),) if without else ()
    lost = (Exclusion(reason="missing", n=missing),) if missing else ()
    started = share("responders_of_started", k, k + heard + missing, YEAR, *no_baseline, suppressible=True)
    completers = share("responders_of_completers", k, k + heard, YEAR, *no_baseline, *lost, suppressible=True)
    change = Metric(
        code="outcome_change",
        unit="score",
        population=YEAR,
        value=-3.0,
        denominator=float(k + heard),
        exclusions=(*no_baseline, *lost),
        suppressible=True,
    )
    metrics = (started, completers, change, share("no_show_rate", 3, 9, "visits"))
    return finished(replace(REPORT, scope=scope, metrics=metrics, series=SERIES))


def chain_of(people: Mapping[UUID, tuple[UUID, Fate]]) -> list[Report]:
    reports = [report_of(Scope(kind="therapist", id=person), [fate]) for person, (_, fate) in people.items()]
    for clinic in sorted({clinic for clinic, _ in people.values()}):
        inside = [fate for where, fate in people.values() if where == clinic]
        reports.append(report_of(Scope(kind="clinic", id=clinic), inside))
    return [*reports, report_of(Scope(kind="chain", id=CHAIN), [fate for _, fate in people.values()])]


def published(report: Report) -> Iterator[tuple[Fate, float]]:
    """Each number that stands in a report, with what it is a sum of."""
    started, completers, change, _ = report.metrics
    for metric, number in ((started, LOOKED_AT["started"]), (completers, LOOKED_AT["completers"])):
        if metric.numerator is not None:
            yield LOOKED_AT["k"], metric.numerator
        if metric.denominator is not None:
            yield number, metric.denominator
    if change.denominator is not None:
        yield LOOKED_AT["completers"], change.denominator
    for metric in (started, completers, change):
        for each in metric.exclusions:
            yield LOOKED_AT[each.reason.replace("_", " ")], each.n
    for point in report.series.funnel.responders:
        if point.is_this:
            yield LOOKED_AT["k"], point.k
            yield LOOKED_AT["started"], point.n


def members(report: Report, people: Mapping[UUID, tuple[UUID, Fate]]) -> list[UUID]:
    match report.scope.kind:
        case "therapist":
            return [report.scope.id]
        case "clinic":
            return [person for person, (clinic, _) in people.items() if clinic == report.scope.id]
        case _:
            return list(people)


def worked_out(
    reports: Sequence[Report], people: Mapping[UUID, tuple[UUID, Fate]], insider: UUID | None
) -> set[tuple[str, str]]:
    """The small numbers that the reports give away to a reader who knows who works where, and all of their own."""
    order = list(people)
    wide = 4 * len(order)

    def vector(report: Report, number: Fate) -> np.ndarray:
        found = np.zeros(wide)
        for person in members(report, people):
            found[4 * order.index(person) : 4 * order.index(person) + 4] = number
        return found

    rows = [(vector(report, number), value) for report in reports for number, value in published(report)]
    if insider is not None:
        at = 4 * order.index(insider)
        rows += [(np.eye(wide)[at + which], people[insider][1][which]) for which in range(4)]
    constraints = [LinearConstraint(np.array([row]), value, value) for row, value in rows]
    found = set()
    for report in reports:
        inside = members(report, people)
        for name, number in LOOKED_AT.items():
            truth = sum(
                times * count for person in inside for times, count in zip(number, people[person][1], strict=True)
            )
            if not 0 < truth <= 10 or inside == [insider]:
                continue
            ends = []
            for sign in (1, -1):
                aim = sign * vector(report, number)
                solved = milp(aim, constraints=constraints, bounds=Bounds(0, 5_000), integrality=1)
                assert solved.success
                ends.append(round(sign * solved.fun))
            if ends[0] == ends[1]:
                found.add((str(report.scope), name))
    return found


def only_zeros(report: Report) -> Report:
    """Everything hidden that is not zero: what is worked out even then, readers bring along themselves."""

    def hide(metric: Metric) -> Metric:
        return replace(
            metric,
            numerator=metric.numerator if metric.numerator == 0 else None,
            denominator=metric.denominator if metric.denominator == 0 else None,
            exclusions=(),
        )

    return replace(report, metrics=tuple(map(hide, report.metrics)), series=replace(report.series, funnel=Funnel()))


fates = st.tuples(*[st.integers(0, 26)] * 4)
chains = st.dictionaries(st.sampled_from(PEOPLE), st.tuples(st.sampled_from(CLINICS), fates), min_size=1, max_size=5)


@given(chains)
@settings(max_examples=8, deadline=None)
@example(
    {
        PEOPLE[0]: (CLINICS[0], (30, 20, 3, 0)),
        PEOPLE[1]: (CLINICS[0], (20, 20, 20, 20)),
        PEOPLE[2]: (CLINICS[1], (30, 30, 30, 30)),
    }
)
def test_no_small_outcome_can_be_worked_out_of_all_reports_of_a_period(
    people: dict[UUID, tuple[UUID, Fate]],
) -> None:
    reports = chain_of(people)
    left = leaving(reports, {person: frozenset({clinic}) for person, (clinic, _) in people.items()}, is_closed=True)
    bare = [only_zeros(each) for each in left]
    for insider in (None, *list(people)[:2]):
        assert worked_out(left, people, insider) <= worked_out(bare, people, insider)


FEW: dict[UUID, tuple[UUID, Fate]] = {
    PEOPLE[0]: (CLINICS[0], (5, 20, 0, 0)),
    PEOPLE[1]: (CLINICS[0], (20, 20, 0, 0)),
    PEOPLE[2]: (CLINICS[1], (30, 30, 0, 0)),
    PEOPLE[3]: (CLINICS[1], (40, 30, 0, 0)),
}
WHERE = {person: frozenset({clinic}) for person, (clinic, _) in FEW.items()}


def test_the_solver_works_out_what_is_left_open() -> None:
    assert worked_out(chain_of(FEW), FEW, None)


def test_a_small_number_goes_with_all_that_is_made_of_it() -> None:
    first = leaving(chain_of(FEW), WHERE, is_closed=True)[0]
    started = first.metric("responders_of_started")
    assert (started.value, started.numerator, started.interval, started.why_none) == (None, None, None, "suppressed")
    assert started.denominator == 25
    assert first.metric("outcome_change").value == -3
    assert not [point for point in first.series.funnel.responders if point.is_this]


def test_operational_numbers_and_enough_clients_stay() -> None:
    large = {person: (clinic, (30, 30, 15, 15)) for person, (clinic, _) in FEW.items()}
    reports = chain_of(large)
    for before, after in zip(reports, leaving(reports, WHERE, is_closed=True), strict=True):
        assert after.metrics == before.metrics
    for before, after in zip(chain_of(FEW), leaving(chain_of(FEW), WHERE, is_closed=True), strict=True):
        assert after.metric("no_show_rate") == before.metric("no_show_rate")
        assert after.series.utilisation == before.series.utilisation


def test_nobody_is_drawn_alone() -> None:
    for each in leaving(chain_of(FEW), WHERE, is_closed=True):
        assert (each.series.trajectories, each.series.dumbbells, each.series.holding, each.series.overdue) == ((),) * 4
        assert all(place.n > 10 for place in (*each.series.complaints, *each.series.treated))


def test_places_of_the_body_add_up_over_the_clinics_and_are_hidden_together() -> None:
    reports = chain_of({PEOPLE[0]: (CLINICS[0], (30, 30, 0, 0)), PEOPLE[1]: (CLINICS[1], (30, 30, 0, 0))})
    knees = [3, 20, 3, 20, 23]
    reports = [
        replace(each, series=replace(each.series, treated=(), complaints=(Place(region="knee", side="left", n=n),)))
        for each, n in zip(reports, knees, strict=True)
    ]
    where = {PEOPLE[0]: frozenset({CLINICS[0]}), PEOPLE[1]: frozenset({CLINICS[1]})}
    shown = [[place.n for place in each.series.complaints] for each in leaving(reports, where, is_closed=True)]
    assert shown[0] == shown[2] == []
    assert (shown[1] == []) or (shown[4] == [])


def test_the_few_corrections_of_earlier_months_are_a_number_of_their_own() -> None:
    done = share("cold_retests_done", 24, 40, "corrections_in_period", suppressible=True)
    held = share("hold_rate", 15, 30, "first_cold_retests_in_period", suppressible=True)
    (left,) = leaving([replace(REPORT, metrics=(replace(held, parts=(done,)),))], {}, is_closed=True)
    shown = left.metric("hold_rate")
    assert shown.denominator is None or shown.parts[0].numerator is None


def test_what_is_estimated_is_shown_in_hundredths() -> None:
    bounds = Interval(kind="greenwood_95", low=0.312345, high=0.612345)
    resolved = replace(
        share("pattern_resolution", 40, 80, "patterns_confirmed_in_year", suppressible=True),
        value=0.498765,
        interval=bounds,
    )
    mix = Metric(
        code="case_mix_ratio",
        unit="ratio",
        population=YEAR,
        value=1.043478,
        numerator=48.0,
        denominator=46.012345,
        suppressible=True,
    )
    (left,) = leaving([replace(REPORT, metrics=(resolved, mix))], {}, is_closed=True)
    shown = left.metric("pattern_resolution")
    assert (shown.value, shown.interval) == (0.5, replace(bounds, low=0.31, high=0.61))
    assert (left.metric("case_mix_ratio").value, left.metric("case_mix_ratio").denominator) == (1.04, 46.01)


def test_what_is_compared_with_the_chain_is_seen_by_therapists_as_by_others() -> None:
    mix = Metric(
        code="case_mix_ratio",
        unit="ratio",
        population=YEAR,
        value=1.2,
        numerator=48.0,
        denominator=40.0,
        suppressible=True,
    )
    mine = finished(replace(REPORT, metrics=(mix,)))
    (left,) = leaving([mine], {}, is_closed=False)
    assert own(mine, left).metric("case_mix_ratio").why_none == "once_a_quarter"


def test_therapists_see_their_own_small_numbers_and_of_others_what_may_be_compared() -> None:
    reports = chain_of(FEW)
    left = leaving(reports, WHERE, is_closed=True)
    mine = FunnelPoint(25, 5, is_this=True)
    full = replace(reports[0], series=replace(reports[0].series, funnel=Funnel(responders=points(mine))))
    seen = own(full, left[0])
    assert seen.metrics == reports[0].metrics
    assert mine in seen.series.funnel.responders
    assert [each for each in seen.series.funnel.responders if not each.is_this] == [
        each for each in left[0].series.funnel.responders if not each.is_this
    ]


def test_the_few_who_came_back_later_are_a_number_of_their_own() -> None:
    parts = tuple(share(f"by_day_{day}", k, 60, "p", suppressible=True) for day, k in ((30, 14), (90, 17)))
    relapse = replace(share("relapse", 30, 60, "p", suppressible=True), parts=parts)
    alone = finished(replace(REPORT, metrics=(relapse,)))
    (left,) = leaving([alone], {}, is_closed=True)
    early, later = left.metric("relapse").parts
    assert early.numerator is None or later.numerator is None


@pytest.mark.parametrize(
    "other",
    [
        replace(REPORT, period=replace(REPORT.period, name="2026-09")),
        replace(REPORT, as_of=replace(REPORT.as_of, at=REPORT.period.ends_at)),
    ],
    ids=["of another period", "of another moment"],
)
def test_reports_of_two_periods_or_moments_are_not_taken_together(other: Report) -> None:
    with pytest.raises(ValueError, match="one chain, period and moment"):
        leaving([REPORT, other], {}, is_closed=True)

"""A synthetic year of a chain: every number of every report is that of an oracle which reads the log alone."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import isclose
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, text

from demo.year import Size, year
from demo.year.telling import Entry
from shared.codec import encode
from shared.database import make_engine
from shared.event_store import Recorded
from shared.events import name_of
from shared.events.treatment_reports import ReportRulesSet
from shared.reports.document import Metric, Report, Scope, Series
from shared.settings import DatabaseSettings
from tests.support.keys import envelopes
from tests.support.oracle.arithmetic import Bounds, Number
from tests.support.oracle.bounds import bounds
from tests.support.oracle.edges import edges
from tests.support.oracle.pictures import pictures
from tests.support.oracle.reckoning import Reckoning, everybody
from tests.support.oracle.story import told
from workers.reports.caseload import caseload_report, scopes
from workers.reports.cohorts import cohorts
from workers.reports.facts.keeping import FACTS, keep_facts
from workers.reports.knowledge import Knowledge, as_of, read
from workers.reports.known.rules import period_known
from workers.reports.quarters import MONTHS
from workers.reports.window import Window

LONG_AFTER = datetime(2026, 6, 1, tzinfo=UTC)
CLOCKS = (
    (datetime(2025, 9, 10, 9, tzinfo=UTC), "America/Chicago"),
    (datetime(2025, 9, 24, 9, tzinfo=UTC), "Pacific/Kiritimati"),
)
ENTER = text("SELECT set_config('search_path', 'views_a, public', true)")


def recorded(entry: Entry, chain_id: UUID) -> Recorded:
    return Recorded(
        partition=0,
        position=entry.position,
        chain_id=chain_id,
        stream=entry.stream,
        version=entry.version,
        event_id=entry.event_id,
        name=name_of(type(entry.event)),
        data=encode(entry.event, envelopes(entry.event, chain_id, entry.event_id)),
        metadata={"actor": entry.actor, "role": entry.role},
        recorded_at=entry.recorded_at,
        prev_hash=b"",
        hash=b"",
    )


def keep(engine: Engine, chain_id: UUID, entries: Sequence[Entry]) -> None:
    """As the projector does it, a batch at a time."""
    rows = [recorded(each, chain_id) for each in entries]
    for start in range(0, len(rows), 5000):
        with engine.begin() as connection:
            connection.execute(ENTER)
            keep_facts(connection, rows[start : start + 5000])


def known(engine: Engine, chain_id: UUID, name: str, at: datetime) -> Knowledge:
    with engine.begin() as connection:
        connection.execute(ENTER)
        period = period_known(connection, chain_id, name, at)
        return read(connection, Window(chain_id, period, as_of(connection, chain_id, at)))


def differences(entries: Sequence[Entry], found: Knowledge) -> list[str]:
    """Where reports of all scopes say otherwise than the oracle, which knows the log, the period's name and a moment."""
    window = found.window
    story = told(entries, window.as_of.at)
    period = bounds(entries, window.period.name, window.as_of.at)
    assert (window.starts_at, window.ends_at, window.period.time_zone) == period
    assert {(each.kind, each.id) for each in scopes(found)} == everybody(story, window.chain_id)
    said = []
    for scope in scopes(found):
        report = caseload_report(found, scope)
        oracle = Reckoning(story, scope.kind, scope.id, period, window.as_of.at)
        numbers = oracle.numbers()
        assert {each.code for each in report.metrics} == set(numbers)
        for code, number in numbers.items():
            said += [f"{scope.kind} {code}: {each}" for each in unlike(report.metric(code), number)]
        mine = drawn(report.series)
        for name, wanted in pictures(oracle).items():
            if not alike(mine.pop(name), wanted):
                said.append(f"{scope.kind} {name} should be {wanted}")
        assert mine == {}
        if window.period.kind == "month":
            said += [f"{scope.kind} counts over the year {each}" for each in miscounted(found, oracle, report)]
    return said


def miscounted(found: Knowledge, oracle: Reckoning, report: Report) -> Iterator[str]:
    """Where whom a year counts, by the month in which it began, is not whom the oracle or the numbers count."""
    counted = cohorts(found, report.scope)
    zone, began = ZoneInfo(oracle.zone), [0] * MONTHS
    last = oracle.end.astimezone(zone) - timedelta(days=1)
    for each in oracle.outcomes():
        if each.is_complete:
            at = each.episode.opened.happened_at.astimezone(zone)
            began[12 * (last.year - at.year) + last.month - at.month] += 1
    mine = [sum(each) for each in zip(*counted["episodes_started_in_year"].values(), strict=True)]
    if (mine or [0] * MONTHS) != began:
        yield f"{mine}, and should {began}"
    for code, population, fate in (
        ("responders_of_completers", "episodes_started_in_year", "responded"),
        ("pattern_resolution", "patterns_confirmed_in_year", "by_day"),
        ("relapse", "patterns_resolved_in_year", "by_day_180"),
    ):
        metric, of = report.metric(code), counted[population]
        k = sum(sum(months) for name, months in of.items() if fate in name.split())
        if (k, sum(map(sum, of.values()))) != (metric.numerator, metric.denominator):
            yield f"{of}, and should as {metric}"


def unlike(metric: Metric, number: Number) -> Iterator[str]:
    for name in ("value", "numerator", "denominator"):
        mine, other = getattr(metric, name), getattr(number, name)
        if not same(mine, other):
            yield f"{name} is {mine}, and should be {other}"
    if not alike(bounds_of(metric), number.bounds):
        yield f"interval is {metric.interval}, and should be {number.bounds}"
    left = {each.reason: each.n for each in metric.exclusions if each.n}
    if left != {reason: n for reason, n in number.left.items() if n}:
        yield f"left out are {left}, and should be {number.left}"
    parts = {each.code: each for each in metric.parts}
    if set(parts) != set(number.parts):
        yield f"parts are {set(parts)}, and should be {set(number.parts)}"
    for name, other in number.parts.items():
        if isinstance(other, Number):
            yield from (f"{name}: {each}" for each in unlike(parts[name], other))
        elif not same(parts[name].value, other):
            yield f"{name} is {parts[name].value}, and should be {other}"


def bounds_of(metric: Metric) -> Bounds | None:
    found = metric.interval
    return Bounds(found.kind, found.low, found.high) if found else None


def drawn(series: Series) -> dict[str, Any]:
    """What the figures are drawn from, as the oracle writes it."""
    return {
        "trajectories": [
            (
                x.key,
                x.baseline,
                [(y.day, y.score, y.source) for y in x.points],
                [*x.corrections],
                [*x.relapses],
                [*x.visits],
            )
            for x in series.trajectories
        ],
        "dumbbells": [(x.key, x.baseline, x.latest) for x in series.dumbbells],
        "responders": [(x.n, x.k, x.is_this) for x in series.funnel.responders],
        "hold": [(x.n, x.k, x.is_this) for x in series.funnel.hold],
        "holding": [(x.day, x.share, x.low, x.high, x.at_risk) for x in series.holding],
        "utilisation": [(x.on, x.attended, x.capacity) for x in series.utilisation],
        "complaints": [(x.region, x.side, x.n) for x in series.complaints],
        "treated": [(x.region, x.side, x.n) for x in series.treated],
        "overdue": [(x.planned_on, x.episode_id, x.client_id) for x in series.overdue],
    }


def alike(one: Any, other: Any) -> bool:
    """Numbers that differ by less than the document's last decimal are the same."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, int | float) and isinstance(other, int | float):
        return same(one, other)
    return bool(one == other)


def same(one: float | None, other: float | None) -> bool:
    return one is other or (one is not None and other is not None and isclose(one, other, abs_tol=2e-6))


@pytest.fixture
def engine(workers_db: DatabaseSettings) -> Iterator[Engine]:
    made = make_engine(workers_db.api)
    yield made
    made.dispose()


@pytest.mark.parametrize(
    ("seed", "name", "at"),
    [
        (5, "2025-03", datetime(2025, 4, 5, 6, tzinfo=UTC)),
        (2, "2025-10", datetime(2025, 11, 5, 6, tzinfo=UTC)),
        (3, "2025-08", datetime(2025, 8, 20, 11, tzinfo=UTC)),
        (4, "2025-W44", datetime(2026, 6, 1, tzinfo=UTC)),
    ],
)
def test_every_number_of_a_small_chain_is_the_oracles(engine: Engine, seed: int, name: str, at: datetime) -> None:
    """Months with a change of clocks, a month that still runs, and a week that was looked at long after."""
    chain_id, told_of = year(seed, Size(clinics=3, therapists=5, clients=160))
    entries = list(told_of)
    keep(engine, chain_id, entries)
    found = known(engine, chain_id, name, at)
    assert differences(entries, found) == []
    reports = [drawn(caseload_report(found, scope).series) for scope in scopes(found)]
    assert all(any(report[picture] for report in reports) for picture in reports[0])


def test_every_number_on_the_edge_is_the_oracles(engine: Engine) -> None:
    """No visits, no capacity, nobody heard of again, one client, hand-overs, erased, merged, two clocks that change."""
    chain_id, staff, told_of = edges(5)
    entries = list(told_of)
    keep(engine, chain_id, entries)
    for name, at in (
        ("2025-03", datetime(2025, 4, 5, 6, tzinfo=UTC)),
        ("2025-W13", datetime(2025, 4, 9, tzinfo=UTC)),
        ("2025-10", datetime(2025, 11, 5, 6, tzinfo=UTC)),
        ("2025-W43", datetime(2025, 10, 29, tzinfo=UTC)),
    ):
        found = known(engine, chain_id, name, at)
        assert differences(entries, found) == [], name
        on_the_edge(name, {each: numbers_of(found, id_) for each, id_ in staff.items()})


def test_every_number_is_the_oracles_where_the_chain_changes_its_clock(engine: Engine) -> None:
    """Neighbours share no hour and leave none out: what both weeks count, and both months, is what one would."""
    chain_id, told_of = year(6, Size(clinics=2, therapists=2, clients=40))
    entries = list(told_of)
    for number, (set_at, zone) in enumerate(CLOCKS, start=1):
        entries.append(rules_set(entries, set_at, zone, number))
    keep(engine, chain_id, entries)
    found = {name: known(engine, chain_id, name, LONG_AFTER) for name in ("2025-09", "2025-10", "2025-W37", "2025-W38")}
    for name, each in found.items():
        assert differences(entries, each) == [], name
    windows = {name: each.window for name, each in found.items()}
    assert windows["2025-09"].ends_at == windows["2025-10"].starts_at == datetime(2025, 9, 30, 10, tzinfo=UTC)
    assert windows["2025-W37"].ends_at == windows["2025-W38"].starts_at == datetime(2025, 9, 15, 5, tzinfo=UTC)


def rules_set(entries: Sequence[Entry], set_at: datetime, zone: str, version: int) -> Entry:
    """What the chain said of its clock, after everything else in the log."""
    last = max(each.position for each in entries if each.log == "treatment")
    return Entry(
        log="treatment",
        position=last + 1,
        recorded_at=set_at,
        stream="report_rules",
        version=version,
        event_id=UUID(int=version),
        event=ReportRulesSet(time_zone=zone, set_at=set_at),
        actor="admin",
        role="chain_admin",
    )


def numbers_of(found: Knowledge, therapist_id: UUID) -> dict[str, Metric]:
    report = caseload_report(found, Scope(kind="therapist", id=therapist_id))
    return {each.code: each for metric in report.metrics for each in (metric, *metric.parts)}


def on_the_edge(name: str, values: dict[str, dict[str, Metric]]) -> None:
    """That the cases are really there, in the month; and in the week the nights of one hour less or more."""
    if "W" in name:
        hours = {"2025-W13": 23, "2025-W43": 25}[name]
        assert values["night"]["rostered_minutes"].value == 60 * hours
        return
    idle, silent = values["idle"], values["silent"]
    assert (idle["attended_visits"].value, idle["utilisation"].value) == (0, 0)
    assert idle["no_show_rate"].why_none == "nobody"
    for each in ("away", "unrostered"):
        assert (values[each]["attended_visits"].value, values[each]["utilisation"].why_none) == (1, "no_capacity")
    assert values["lone"]["clients_by_therapist"].value == 1
    assert (silent["responders_of_started"].numerator, silent["responders_of_completers"].why_none) == (0, "nobody")
    assert silent["responders_of_started"].denominator
    assert values["first"]["active_caseload"].value == 0
    assert values["second"]["active_caseload"].value == 2
    assert values["between"]["attended_visits"].value == 3


def test_whatever_reports_count_happens_in_the_invented_year() -> None:
    """Otherwise the oracle and the reports agree on what neither has seen; homework is in no number."""
    told_of = {type(each.event) for each in year(2, Size(clinics=3, therapists=5, clients=160))[1]}
    assert {each for each in FACTS if not each.__module__.endswith("_homework")} <= told_of


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_number_of_a_whole_chain_is_the_oracles(engine: Engine) -> None:
    """Five clinics, fourteen therapists, two thousand clients and about two hundred thousand events."""
    chain_id, told_of = year(11)
    entries = list(told_of)
    assert len(entries) > 190_000
    keep(engine, chain_id, entries)
    at = datetime(2025, 12, 5, 6, tzinfo=UTC)
    assert differences(entries, known(engine, chain_id, "2025-11", at)) == []

"""A synthetic year of a chain: every number of every report is that of an oracle which reads the log alone."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from math import isclose
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from demo.year import Size, year
from demo.year.telling import Entry
from shared.codec import encode
from shared.database import make_engine
from shared.event_store import Recorded
from shared.events import name_of
from shared.reports.document import Metric
from shared.settings import DatabaseSettings
from tests.support.keys import envelopes
from tests.support.oracle.arithmetic import Number
from tests.support.oracle.reckoning import Reckoning
from tests.support.oracle.story import told
from workers.reports.caseload import caseload_report, scopes
from workers.reports.facts.keeping import keep_facts
from workers.reports.knowledge import Knowledge, as_of, read
from workers.reports.known.calendar import time_zone_of_chain
from workers.reports.window import Window, period_of

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
        period = period_of(name, time_zone_of_chain(connection, chain_id))
        return read(connection, Window(chain_id, period, as_of(connection, chain_id, at)))


def differences(entries: Sequence[Entry], found: Knowledge) -> list[str]:
    """Where reports of all scopes say otherwise than the oracle."""
    window = found.window
    story = told(entries, window.as_of.scheduling, window.as_of.treatment)
    said = []
    for scope in scopes(found):
        report = caseload_report(found, scope)
        period = (window.starts_at, window.ends_at)
        numbers = Reckoning(story, scope.kind, scope.id, period, window.as_of.at).numbers()
        assert {each.code for each in report.metrics} == set(numbers)
        for code, number in numbers.items():
            said += [f"{scope.kind} {code}: {each}" for each in unlike(report.metric(code), number)]
    return said


def unlike(metric: Metric, number: Number) -> Iterator[str]:
    for name in ("value", "numerator", "denominator"):
        mine, other = getattr(metric, name), getattr(number, name)
        if not same(mine, other):
            yield f"{name} is {mine}, and should be {other}"
    left = {each.reason: each.n for each in metric.exclusions if each.n}
    if left != {reason: n for reason, n in number.left.items() if n}:
        yield f"left out are {left}, and should be {number.left}"
    parts = {each.code: each.value for each in metric.parts}
    for name, other in number.parts.items():
        if not same(parts.get(name), other):
            yield f"{name} is {parts.get(name)}, and should be {other}"


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
        (1, "2025-03", datetime(2025, 4, 5, 6, tzinfo=UTC)),
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
    assert differences(entries, known(engine, chain_id, name, at)) == []


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

"""Whatever is recorded late, by whomever: a closed report stays, and its restatement explains all that is known since."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import Connection, Engine

from demo.year import Size, year
from demo.year.telling import Entry
from shared.database import make_engine
from shared.ids import new_id
from shared.reports.document import AsOf, Report, Scope, encode
from shared.reports.restatement import ELAPSED, Line, Restatement, decode
from shared.settings import DatabaseSettings
from tests.integration.test_reports_year import ENTER, keep
from tests.integration.test_restatements import documents, must_add_up
from workers.reports.caseload import caseload_report, scopes
from workers.reports.knowledge import as_of, read
from workers.reports.restating.restatement import look, restatements
from workers.reports.restating.walked import Walked
from workers.reports.window import Window, period_of

FEW = Size(clinics=2, therapists=3, clients=10, days=70)
PERIODS = ("2025-02", "2025-W07", "2025-01")


@pytest.fixture
def engine(workers_db: DatabaseSettings) -> Iterator[Engine]:
    made = make_engine(workers_db.api)
    yield made
    made.dispose()


def held_up(entries: Sequence[Entry], seed: int) -> list[Entry]:
    """One stream in three waits from some event on, as on a tablet without a network; then the logs are as recorded."""
    draw = Random(seed)
    waits = {
        stream: (draw.randint(1, 4), timedelta(days=draw.randint(1, 60)))
        for stream in sorted({each.stream for each in entries})
        if draw.random() < 0.33
    }
    later = [
        replace(each, recorded_at=each.recorded_at + waits[each.stream][1])
        if each.stream in waits and each.version >= waits[each.stream][0]
        else each
        for each in entries
    ]
    positions: Counter[str] = Counter()
    found = []
    for each in sorted(later, key=lambda entry: entry.recorded_at):
        positions[each.log] += 1
        found.append(replace(each, position=positions[each.log]))
    return found


def reports(connection: Connection, window: Window) -> Mapping[Scope, Report]:
    known = read(connection, window)
    return {scope: caseload_report(known, scope) for scope in scopes(known)}


def written(found: Mapping[Scope, Report]) -> dict[Scope, bytes]:
    return {scope: encode(report) for scope, report in found.items()}


def late_events(entries: Sequence[Entry], closed: AsOf) -> set[UUID]:
    known = {"scheduling": closed.scheduling, "treatment": closed.treatment}
    return {each.event_id for each in entries if each.position > known[each.log]}


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 400),
    delays=st.integers(0, 400),
    name=st.sampled_from(PERIODS),
    closes_after=st.integers(0, 9),
    days=st.integers(1, 200),
    looks=st.sets(st.integers(0, 9), min_size=1, max_size=2),
)
def test_late_events_change_what_is_known_now_and_never_a_closed_report(
    engine: Engine, seed: int, delays: int, name: str, closes_after: int, days: int, looks: set[int]
) -> None:
    entries = held_up(list(year(seed, FEW)[1]), delays)
    chain_id, period = new_id(), period_of(name, "Europe/Berlin")
    closes_at = period.ends_at.astimezone(UTC) + timedelta(days=closes_after)
    now = closes_at + timedelta(days=days)
    known_then = [each for each in entries if each.recorded_at <= closes_at]
    keep(engine, chain_id, known_then)
    with engine.begin() as connection:
        connection.execute(ENTER)
        closing = Window(chain_id, period, as_of(connection, chain_id, closes_at))
        closed = reports(connection, closing)
    keep(engine, chain_id, entries[len(known_then) :])
    with engine.begin() as connection:
        connection.execute(ENTER)
        later = as_of(connection, chain_id, now)
        assert written(reports(connection, closing)) == written(closed)
        by_now = reports(connection, replace(closing, as_of=later))
        found = documents(restatements(look(connection, closing, later)))
        in_steps = told_in_steps(
            connection, closing, [closes_at + (now - closes_at) * share / 10 for share in sorted(looks)]
        )
        last = documents(restatements(look(connection, closing, later, None, in_steps)))
    assert found.keys() == closed.keys()
    must_tell_the_same(found, last, in_steps)
    late, people = late_events(entries, closing.as_of), clients_in(entries)
    for scope, restatement in found.items():
        must_add_up(last[scope], closed[scope], by_now[scope])
        must_add_up(restatement, closed[scope], by_now[scope])
        told = [cause for line in restatement.lines for cause in line.causes]
        assert {cause.event_id for cause in told if cause.name != ELAPSED} <= late
        document = encode(restatement)
        assert decode(document) == restatement
        assert not any(person in document for person in people)


def told_in_steps(connection: Connection, closing: Window, moments: Sequence[datetime]) -> Mapping[Scope, Walked]:
    kept: Mapping[Scope, Walked] = {}
    for moment in moments:
        later = as_of(connection, closing.chain_id, moment)
        found = restatements(look(connection, closing, later, kept or None, kept))
        for scope, way in kept.items():
            must_go_on(way.lines, found[scope].way.lines)
        kept = {scope: each.way for scope, each in found.items()}
    return kept


def must_go_on(told: Sequence[Line], lines: Sequence[Line]) -> None:
    """What was told stays, and what came since is behind it."""
    by_code = {(line.code, line.part): line for line in lines}
    for line in told:
        later = by_code[line.code, line.part]
        assert later.before == line.before
        assert later.causes[: len(line.causes)] == line.causes


def must_tell_the_same(
    at_once: Mapping[Scope, Restatement], in_steps: Mapping[Scope, Restatement], kept: Mapping[Scope, Walked]
) -> None:
    """Wherever the same events are told; others are told where something came back to what it was."""
    assert at_once.keys() == in_steps.keys()
    for scope, restatement in in_steps.items():
        must_go_on(kept[scope].lines, restatement.lines)
    if causes(at_once) == causes(in_steps):
        assert {scope: encode(each) for scope, each in in_steps.items()} == {
            scope: encode(each) for scope, each in at_once.items()
        }


def causes(found: Mapping[Scope, Restatement]) -> set[UUID | None]:
    return {cause.event_id for each in found.values() for line in each.lines for cause in line.causes}


def clients_in(entries: Sequence[Entry]) -> set[bytes]:
    """Every id of a client that any event names."""
    ids = {getattr(each.event, "client_id", None) for each in entries}
    return {str(each).encode() for each in ids if each is not None}

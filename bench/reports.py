"""What a month's caseload reports cost: all therapists of a large chain, against the same aggregates in one statement.

The facts of an invented year are written first, by the projector's own functions, which takes some minutes.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TypeVar
from uuid import UUID

import click
import msgspec
from sqlalchemy import Connection, Engine, text

from demo.year import Size, year
from demo.year.telling import Entry
from shared.database import make_engine
from shared.event_store import Recorded
from shared.events import name_of
from shared.settings import Settings
from workers.reports.caseload import caseload_report, scopes
from workers.reports.facts.keeping import keep_facts
from workers.reports.knowledge import as_of, read
from workers.reports.known.calendar import time_zone_of_chain
from workers.reports.window import Window, period_of

BATCH = 5_000
MONTH, CLOSED_AT = "2025-11", datetime(2025, 12, 5, tzinfo=UTC)
ENTER = text("SELECT enter_views()")
Result = TypeVar("Result")
AGGREGATES = text((Path(__file__).parent / "reports.sql").read_text())


def measure(settings: Settings, rounds: int, *, therapists: int, clinics: int, clients: int) -> None:
    """Write the facts, make the reports and run the statement in turns, and print medians in seconds."""
    engine = make_engine(settings.workers.api)
    try:
        chain_id, events = written(engine, Size(clinics=clinics, therapists=therapists, clients=clients))
        click.echo(f"{events} events of {therapists} therapists")
        in_turns(engine, chain_id, rounds)
    finally:
        engine.dispose()


def written(engine: Engine, size: Size) -> tuple[UUID, int]:
    """The chain, and how many events its facts are from."""
    chain_id, entries = year(1, size)
    events = 0
    while batch := list(islice(entries, BATCH)):
        with engine.begin() as connection:
            connection.execute(ENTER)
            keep_facts(connection, [recorded(each, chain_id) for each in batch])
        events += len(batch)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(ENTER)
        connection.execute(text("ANALYZE"))
    return chain_id, events


def recorded(entry: Entry, chain_id: UUID) -> Recorded:
    """As a log holds it, but for what is sealed, which reports do not read."""
    return Recorded(
        partition=0,
        position=entry.position,
        chain_id=chain_id,
        stream=entry.stream,
        version=entry.version,
        event_id=entry.event_id,
        name=name_of(type(entry.event)),
        data=msgspec.to_builtins(entry.event),
        metadata={"actor": entry.actor, "role": entry.role},
        recorded_at=entry.recorded_at,
        prev_hash=b"",
        hash=b"",
    )


def in_turns(engine: Engine, chain_id: UUID, rounds: int) -> None:
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for name, seconds in one_round(engine, chain_id):
            found[name].append(seconds)
            click.echo(f"  {name}: {seconds:.2f} s")
    for name, times in found.items():
        click.echo(f"{name}: {median(times):.2f} s, from {min(times):.2f} to {max(times):.2f}")
    ratios = [ours / theirs for ours, theirs in zip(found["reports"], found["one statement"], strict=True)]
    click.echo(f"reports, ratio to one statement: {median(ratios):.2f}, from {min(ratios):.2f} to {max(ratios):.2f}")


def one_round(engine: Engine, chain_id: UUID) -> Iterator[tuple[str, float]]:
    with engine.begin() as connection:
        connection.execute(ENTER)
        window = window_of(connection, chain_id)
        reading, known = timed(lambda: read(connection, window))
    found = [each for each in scopes(known) if each.kind == "therapist"]
    making, reports = timed(lambda: [caseload_report(known, scope) for scope in found])
    yield "reports", reading + making
    yield "of which reading", reading
    yield f"of which making {len(reports)}", making
    with engine.begin() as connection:
        connection.execute(ENTER)
        yield "one statement", timed(lambda: aggregates(connection, window))[0]


def window_of(connection: Connection, chain_id: UUID) -> Window:
    period = period_of(MONTH, time_zone_of_chain(connection, chain_id))
    return Window(chain_id, period, as_of(connection, chain_id, CLOSED_AT))


def aggregates(connection: Connection, window: Window) -> int:
    connection.execute(text("SELECT set_config('work_mem', '64MB', true)"))
    return len(connection.execute(AGGREGATES, window.values).all())


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result

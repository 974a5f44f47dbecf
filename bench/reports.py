"""What a month's caseload reports cost: all therapists of a large chain, against the same aggregates in one statement.

The facts of an invented year are written first, by the projector's own functions, which takes some minutes.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TypeVar
from uuid import UUID

import click
import msgspec
from psutil import NoSuchProcess, Process
from sqlalchemy import Connection, Engine, text

from demo.year import Size, year
from demo.year.telling import Entry
from shared.database import make_engine
from shared.event_store import Recorded
from shared.events import name_of
from shared.settings import Settings
from workers.reports.caseload import kept_reports, scopes
from workers.reports.facts.keeping import keep_facts
from workers.reports.knowledge import as_of, read
from workers.reports.known.calendar import time_zone_of_chain
from workers.reports.window import Window, period_of

BATCH = 5_000
MONTH, CLOSED_AT = "2025-11", datetime(2025, 12, 5, tzinfo=UTC)
ENTER = text("SELECT enter_views()")
HELPED = text("""
    SELECT set_config('statement_timeout', '600s', true), set_config('work_mem', '64MB', true),
      set_config('enable_nestloop', 'off', true)
""")
"""The planner takes what a statement makes on its way for a few rows, and nested loops over these take minutes."""

Result = TypeVar("Result")
AGGREGATES = text((Path(__file__).parent / "reports.sql").read_text())


def measure(settings: Settings, rounds: int, *, therapists: int, clinics: int, clients: int) -> None:
    """Write the facts, make the reports and run the statement in turns, and print medians in seconds: of processor
    time, in this process and in PostgreSQL, and of the clock.
    """
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
    meter = Meter.of(engine)
    found: dict[str, list[Spent]] = defaultdict(list)
    for _ in range(rounds):
        for name, spent in one_round(engine, chain_id, meter):
            found[name].append(spent)
            click.echo(f"  {name}: {spent.processor:.2f} s of processor time, {spent.clock:.2f} s")
    for name, all_spent in found.items():
        click.echo(f"{name}: {middle([each.processor for each in all_spent])} s of processor time")
        click.echo(f"{name}: {middle([each.clock for each in all_spent])} s by the clock")
    pairs = list(zip(found["reports"], found["one statement"], strict=True))
    ratios = [ours.processor / theirs.processor for ours, theirs in pairs]
    click.echo(f"reports, ratio to one statement in processor time: {middle(ratios)}")
    click.echo(f"and by the clock: {middle([ours.clock / theirs.clock for ours, theirs in pairs])}")


def middle(numbers: Sequence[float]) -> str:
    return f"{median(numbers):.2f} ({min(numbers):.2f} to {max(numbers):.2f})"


def one_round(engine: Engine, chain_id: UUID, meter: "Meter") -> Iterator[tuple[str, "Spent"]]:
    with engine.begin() as connection:
        connection.execute(ENTER)
        window = window_of(connection, chain_id)
        reading, known = meter.spent(lambda: read(connection, window))
    found = [each for each in scopes(known) if each.kind == "therapist"]
    making, reports = meter.spent(lambda: kept_reports(known, found))
    yield "reports", Spent(reading.processor + making.processor, reading.clock + making.clock)
    yield "of which reading", reading
    yield f"of which making {len(reports)}", making
    with engine.begin() as connection:
        connection.execute(ENTER)
        yield "one statement", meter.spent(lambda: aggregates(connection, window))[0]


def window_of(connection: Connection, chain_id: UUID) -> Window:
    period = period_of(MONTH, time_zone_of_chain(connection, chain_id))
    return Window(chain_id, period, as_of(connection, chain_id, CLOSED_AT))


def aggregates(connection: Connection, window: Window) -> int:
    connection.execute(HELPED)
    return len(connection.execute(AGGREGATES, window.values | {"known_at": window.as_of.at}).all())


@dataclass(frozen=True)
class Spent:
    """Seconds."""

    processor: float
    clock: float


@dataclass(frozen=True)
class Meter:
    """Of this process and the whole of PostgreSQL, in which nothing else of weight may run."""

    postgres: Process

    @classmethod
    def of(cls, engine: Engine) -> "Meter":
        with engine.connect() as connection:
            backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        parent = Process(backend).parent()
        if parent is None:
            raise click.ClickException("PostgreSQL does not run on this machine.")
        return cls(parent)

    def spent(self, work: Callable[[], Result]) -> tuple[Spent, Result]:
        begun, processor = time.perf_counter(), self.processor()
        result = work()
        return Spent(self.processor() - processor, time.perf_counter() - begun), result

    def processor(self) -> float:
        """With parallel workers, whose time is their parent's when they have ended."""
        own = self.postgres.cpu_times()
        ended = own.user + own.system + own.children_user + own.children_system
        running = 0.0
        for child in self.postgres.children():
            with suppress(NoSuchProcess):
                times = child.cpu_times()
                running += times.user + times.system
        return float(time.process_time() + ended + running)

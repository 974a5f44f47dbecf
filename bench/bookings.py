"""Bookings over HTTP beside what PostgreSQL does with the bare statements of one, in turns on the same server.

`wrk` books free times of several chains, each request with a token and an `Idempotency-Key` of its own, and whatever is
not a 201 makes the figures worthless; then `pgbench` runs `statements.sql` with as many connections, for as long.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import click
from sqlalchemy import text

from bench.chains import Chain
from shared.database import make_engine
from shared.settings import Settings

HERE = Path(__file__).parent
CONNECTIONS, SECONDS = 8, 8
MOST_IN_A_ROUND = 4000
"""More bookings than a round makes, so that none is asked for twice."""

TABLES = """
    CREATE SCHEMA bench;
    CREATE TABLE bench.heads (partition smallint PRIMARY KEY, position bigint NOT NULL) WITH (fillfactor = 10);
    INSERT INTO bench.heads SELECT partition, 0 FROM generate_series(0, 15) partition;
    CREATE TABLE bench.events (partition smallint NOT NULL, event_id uuid PRIMARY KEY, name text NOT NULL,
      data jsonb NOT NULL, recorded_at timestamptz NOT NULL);
    CREATE TABLE bench.appointments (id uuid PRIMARY KEY, client_id uuid NOT NULL, therapist_id uuid NOT NULL,
      starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, status text NOT NULL);
    CREATE INDEX ON bench.appointments (therapist_id, starts_at);
    CREATE TABLE bench.claims (resource_id uuid NOT NULL, starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL,
      during tstzrange GENERATED ALWAYS AS (tstzrange(starts_at, ends_at, '[)')) STORED,
      EXCLUDE USING gist (resource_id WITH =, during WITH &&));
"""


def measure(settings: Settings, rounds: int, *, chains: int = 16) -> None:
    """Print the medians of both, their ratio, and how long a booking took."""
    for program in ("wrk", "pgbench"):
        if shutil.which(program) is None:
            raise click.ClickException(f"{program} is not installed; Debian has it in a package of its own.")
    made = [Chain(settings.address.scheduling_url) for _ in range(chains)]
    engine = make_engine(settings.scheduling.migrate)
    with engine.begin() as connection:
        connection.execute(text(TABLES))
    ours, bare, percentiles = [], [], []
    with TemporaryDirectory() as folder:
        for number, lines in enumerate(islice(portions(made), rounds + 1)):
            requests = Path(folder) / "requests.tsv"
            requests.write_text("\n".join(lines), encoding="utf-8")
            rate, times = booked(settings.address.scheduling_url, requests)
            reference = transactions(settings.scheduling.migrate)
            if number:  # the first round warms up
                ours.append(rate)
                bare.append(reference)
                percentiles.append(times)
    click.echo(f"bookings over HTTP: {told(ours)}; bare statements: {told(bare)}")
    click.echo(f"ratio: {told([mine / other for mine, other in zip(ours, bare, strict=True)], unit='')}")
    for name, found in zip(("p50", "p95", "p99"), zip(*percentiles, strict=True), strict=True):
        click.echo(f"{name} {median(found):.0f} ms")


def portions(chains: list[Chain]) -> Iterator[list[str]]:
    """The requests of one round after the other, from all chains alike."""
    lines = [f"{chain.token}\t{json.dumps(body)}" for chain in chains for body in sampled(chain)]
    Random(0).shuffle(lines)
    for at in range(0, len(lines), MOST_IN_A_ROUND):
        yield lines[at : at + MOST_IN_A_ROUND]


def sampled(chain: Chain) -> list[dict[str, Any]]:
    bookings = chain.bookings()
    Random(1).shuffle(bookings)
    return bookings[:5000]


def booked(url: str, requests: Path) -> tuple[float, list[float]]:
    """Bookings a second, and the times in milliseconds of which 50, 95 and 99 in a hundred took less."""
    load = [
        "wrk",
        "-t2",
        f"-c{CONNECTIONS}",
        f"-d{SECONDS}s",
        "-s",
        str(HERE / "bookings.lua"),
        url,
        "--",
        str(requests),
    ]
    said = subprocess.run(load, capture_output=True, text=True, check=True).stdout
    statuses = {int(status): int(count) for status, count in re.findall(r"status (\d+): (\d+)", said)}
    if set(statuses) != {201}:
        raise click.ClickException(f"Not every booking was accepted: {statuses}\n{said}")
    return sum(statuses.values()) / SECONDS, [float(each) for each in re.findall(r"p\d+ ([\d.]+) ms", said)]


def transactions(url: str) -> float:
    """Transactions a second of the bare statements."""
    load = ["pgbench", "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2", "-T", str(SECONDS)]
    said = subprocess.run(
        [*load, "-f", str(HERE / "statements.sql"), url], capture_output=True, text=True, check=True
    ).stdout
    return float(re.findall(r"tps = ([\d.]+)", said)[0])


def told(found: list[float], unit: str = "/s") -> str:
    digits = 0 if unit else 3
    return f"{median(found):.{digits}f}{unit} ({min(found):.{digits}f} to {max(found):.{digits}f})"

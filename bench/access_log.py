"""What the access log costs: the same requests with it and without it, in turns, on the database of a running system.

Every round makes bookings and reads clients through the app in this process, by several threads of one chain each, once
with every look recorded and once with none; the medians of the rounds are compared.

    python -m bench.access_log --rounds 7
"""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import click
from flask import Flask

from bench.prepare_bookings import Chain
from services.local_environment import read
from services.scheduling.app import NEEDED, create_app
from shared import access_log
from shared.http.operations import EXTENSION
from shared.settings import Settings

WAYS = ("with", "without")


@contextmanager
def recording(way: str) -> Iterator[None]:
    """Leave out the rows, and nothing else, where the way is `without`."""
    kept = access_log.append
    if way == "without":
        access_log.append = lambda *_: None
    try:
        yield
    finally:
        access_log.append = kept


class Desk:
    """One thread's chain: bookings that nobody else asks for, and a list of clients."""

    def __init__(self, app: Flask, chain: Chain) -> None:
        self.client = app.test_client()
        self.headers = {"Authorization": f"Bearer {chain.token}"}
        self.wishes = iter(chain.bookings())

    def book(self) -> None:
        self.ask("POST", "/v1/appointments", json=next(self.wishes))

    def list_clients(self) -> None:
        self.ask("GET", "/v1/clients")

    def ask(self, method: str, path: str, **what: Any) -> None:
        answer = self.client.open(path, method=method, headers=self.headers, **what)
        if answer.status_code not in {200, 201}:
            raise click.ClickException(f"{answer.status_code}: {answer.text[:200]}")


def rate(desks: list[Desk], work: Callable[[Desk], None], times: int) -> float:
    """Requests a second, of all desks together."""

    def many(desk: Desk) -> None:
        for _ in islice(iter(int, 1), times):
            work(desk)

    begun = time.perf_counter()
    with ThreadPoolExecutor(len(desks)) as pool:
        list(pool.map(many, desks))
    return times * len(desks) / (time.perf_counter() - begun)


@click.command()
@click.option("--rounds", default=7, show_default=True)
@click.option("--threads", default=4, show_default=True)
@click.option("--requests", default=60, show_default=True, help="Of each thread in each round.")
@click.option("--one-chain", is_flag=True, help="All threads at one chain, whose looks wait for each other.")
def main(rounds: int, threads: int, requests: int, *, one_chain: bool) -> None:
    """Measure, and print medians and their ratio."""
    folder = Path(os.environ.get("SYNERGIST_FOLDER", ".synergist"))
    os.environ.update({name: value for name, value in read(folder).items() if name not in os.environ})
    settings = Settings.read(os.environ, need=NEEDED)
    app = create_app(settings)
    first = Chain(settings.address.scheduling_url)
    chains = [first if one_chain else Chain(settings.address.scheduling_url) for _ in range(threads)]
    desks = [Desk(app, chain) for chain in chains]
    if one_chain:
        shared = desks[0].wishes
        for desk in desks:
            desk.wishes = shared
    works = {"bookings": Desk.book, "lists of clients": Desk.list_clients}
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for number in range(rounds + 1):
        for way in WAYS if number % 2 else WAYS[::-1]:
            for name, work in works.items():
                with recording(way):
                    measured = rate(desks, work, requests)
                if number:  # the first round warms up
                    found[name, way].append(measured)
    app.extensions[EXTENSION].close()
    for name in works:
        on, off = (median(found[name, way]) for way in WAYS)
        click.echo(f"{name}: {on:.0f}/s with the access log, {off:.0f}/s without: {on / off:.2f}")


if __name__ == "__main__":
    main()

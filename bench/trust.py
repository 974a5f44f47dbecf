"""What sealing and the access log cost: the same requests with both, with one of them and with neither, in turns.

Every round books visits, registers clients and lists them through the app in this process, by several threads at
chains of their own (or at one), on the database of the running system; the medians of the rounds are compared.
"""

import time
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from statistics import median
from typing import Any
from uuid import UUID

import click
import msgspec
from flask import Flask
from sqlalchemy import Connection

from bench.chains import Chain
from services.scheduling.app import create_app
from shared import access_log
from shared.http.operations import EXTENSION, Parts
from shared.ids import new_id
from shared.sealing import SEALED, Envelope, Plain, Sealed
from shared.settings import Settings

WAYS = {"both": (True, True), "no access log": (True, False), "no sealing": (False, True), "neither": (False, False)}
"""Whether values are sealed, and whether looks are recorded."""


class Readable:
    """Envelopes, answers and indexes without keys: what there was before anything was sealed."""

    def seal(self, connection: Connection, chain_id: UUID, values: Sequence[Plain]) -> list[Envelope]:
        del connection, chain_id
        return [
            {
                SEALED: str(UUID(int=0)),
                "class": plain.about.data_class,
                "subject": str(plain.about.subject),
                "c": b64encode(msgspec.json.encode(plain.value)).decode(),
            }
            for plain in values
        ]

    def open(self, connection: Connection, values: Sequence[Sealed]) -> list[Any]:
        del connection
        return [msgspec.json.decode(b64decode(sealed.envelope["c"])) for sealed in values]

    def wrap(self, connection: Connection, chain_id: UUID, content: bytes, about: bytes) -> bytes:
        del connection, chain_id, about
        return content

    def unwrap(self, connection: Connection, chain_id: UUID, wrapped: bytes, about: bytes) -> bytes:
        del connection, chain_id, about
        return wrapped

    def index(self, connection: Connection, chain_id: UUID, kind: str, value: str) -> bytes:
        del connection
        return sha256(f"{chain_id} {kind} {value}".encode()).digest()


@contextmanager
def only(parts: Parts, *, sealed: bool, recorded: bool) -> Iterator[None]:
    """Leave out the one, the other or both, and nothing else."""
    sealer, append = parts.database.sealer, access_log.append
    if not sealed:
        parts.database.sealer = Readable()
    if not recorded:
        access_log.append = lambda *_: None
    try:
        yield
    finally:
        parts.database.sealer, access_log.append = sealer, append


class Desk:
    """One thread's chain: bookings that nobody else asks for, people whom nobody knows yet, and a list of clients."""

    def __init__(self, app: Flask, chain: Chain, wishes: Iterator[dict[str, str]]) -> None:
        self.client = app.test_client()
        self.token = chain.token
        self.wishes = wishes

    def book(self) -> None:
        self.ask("POST", "/v1/appointments", next(self.wishes))

    def register(self) -> None:
        name, email = f"Bench {new_id().hex[-8:]}", f"{new_id().hex}@bench.example"
        self.ask("POST", "/v1/clients", {"name": name, "time_zone": "UTC", "email": email})

    def list_clients(self) -> None:
        self.ask("GET", "/v1/clients")

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["Idempotency-Key"] = new_id().hex
        answer = self.client.open(path, method=method, json=body, headers=headers)
        if answer.status_code not in {200, 201}:
            raise click.ClickException(f"{answer.status_code}: {answer.text[:200]}")


WORKS = {"bookings": Desk.book, "new clients": Desk.register, "lists of clients": Desk.list_clients}


def desks_of(app: Flask, url: str, threads: int, *, one_chain: bool) -> list[Desk]:
    if one_chain:
        chain = Chain(url)
        shared = iter(chain.bookings())
        return [Desk(app, chain, shared) for _ in range(threads)]
    chains = [Chain(url) for _ in range(threads)]
    return [Desk(app, chain, iter(chain.bookings())) for chain in chains]


def rate(desks: list[Desk], work: Callable[[Desk], None], times: int) -> float:
    """Requests a second, of all desks together."""

    def many(desk: Desk) -> None:
        for _ in range(times):
            work(desk)

    begun = time.perf_counter()
    with ThreadPoolExecutor(len(desks)) as pool:
        list(pool.map(many, desks))
    return times * len(desks) / (time.perf_counter() - begun)


def measure(settings: Settings, rounds: int, *, threads: int = 4, requests: int = 25, one_chain: bool = False) -> None:
    """Print medians and their ratios to what neither costs; of `requests` of each thread in each round."""
    app = create_app(settings)
    parts: Parts = app.extensions[EXTENSION]
    desks = desks_of(app, settings.address.scheduling_url, threads, one_chain=one_chain)
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for number in range(rounds + 1):
        for way in list(WAYS) if number % 2 else list(WAYS)[::-1]:
            sealed, recorded = WAYS[way]
            with only(parts, sealed=sealed, recorded=recorded):
                rates = {name: rate(desks, work, requests) for name, work in WORKS.items()}
            if number:  # the first round warms up
                for name, measured in rates.items():
                    found[name, way].append(measured)
    parts.close()
    for name in WORKS:
        bare = median(found[name, "neither"])
        told = (f"{way} {median(found[name, way]):.0f}/s ({median(found[name, way]) / bare:.2f})" for way in WAYS)
        click.echo(f"{name}: {', '.join(told)}")

"""What sealing costs: the same requests with it and without it, in turns, on the database of a running system.

Every round books visits (each with an Idempotency-Key) and registers clients through the app in this process,
by several threads of one chain each, once sealed and once in readable envelopes; the medians are compared.
Only on data of no worth: no read model can be made anew from a log with readable envelopes in it.

    python -m bench.sealing --rounds 7
"""

import os
import time
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import click
import msgspec
from flask import Flask
from sqlalchemy import Connection

from bench.prepare_bookings import Chain
from services.local_environment import read
from services.scheduling.app import NEEDED, create_app
from shared.http.operations import EXTENSION, Parts
from shared.ids import new_id
from shared.sealing import SEALED, Envelope, Plain, Sealed, Sealer
from shared.settings import Settings


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


class Desk:
    """One thread's chain: bookings that nobody else asks for, and people whom nobody knows yet."""

    def __init__(self, app: Flask, chain: Chain) -> None:
        self.client = app.test_client()
        self.token = chain.token
        self.wishes = iter(chain.bookings())

    def book(self) -> None:
        self.ask("/v1/appointments", next(self.wishes))

    def register(self) -> None:
        name = f"Bench {new_id().hex[-8:]}"
        self.ask("/v1/clients", {"name": name, "time_zone": "UTC", "email": f"{new_id().hex}@bench.example"})

    def ask(self, path: str, body: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": new_id().hex}
        answer = self.client.post(path, json=body, headers=headers)
        if answer.status_code != 201:
            raise click.ClickException(f"{answer.status_code}: {answer.text[:200]}")


def rate(desks: list[Desk], work: Callable[[Desk], None], times: int) -> float:
    """Requests a second, of all desks together."""

    def many(desk: Desk) -> None:
        for _ in range(times):
            work(desk)

    begun = time.perf_counter()
    with ThreadPoolExecutor(len(desks)) as pool:
        list(pool.map(many, desks))
    return times * len(desks) / (time.perf_counter() - begun)


@click.command()
@click.option("--rounds", default=7, show_default=True)
@click.option("--threads", default=4, show_default=True)
@click.option("--requests", default=60, show_default=True, help="Of each thread in each round.")
def main(rounds: int, threads: int, requests: int) -> None:
    """Measure, and print medians and their ratio."""
    folder = Path(os.environ.get("SYNERGIST_FOLDER", ".synergist"))
    os.environ.update({name: value for name, value in read(folder).items() if name not in os.environ})
    settings = Settings.read(os.environ, need=NEEDED)
    app = create_app(settings)
    parts: Parts = app.extensions[EXTENSION]
    ways: dict[str, Sealer] = {"sealed": parts.database.sealer, "readable": Readable()}
    desks = [Desk(app, Chain(settings.address.scheduling_url)) for _ in range(threads)]
    works = {"bookings": Desk.book, "registrations": Desk.register}
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for number in range(rounds + 1):
        for way in list(ways) if number % 2 else list(ways)[::-1]:
            parts.database.sealer = ways[way]
            for name, work in works.items():
                measured = rate(desks, work, requests)
                if number:  # the first round warms up
                    found[name, way].append(measured)
    parts.close()
    for name in works:
        sealed, readable = (median(found[name, way]) for way in ways)
        click.echo(f"{name}: {sealed:.0f}/s sealed, {readable:.0f}/s readable: {sealed / readable:.2f}")


if __name__ == "__main__":
    main()

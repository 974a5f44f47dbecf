"""What a consumer's test needs: a log with its feed, a Redis, and another database that keeps visits."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import redis
from prometheus_client import REGISTRY
from sqlalchemy import Connection, Engine, text

from services.treatment.views import VIEWS
from shared.consumer import Consumer
from shared.database import make_engine
from shared.event_store import Recorded, read
from shared.feed import Feed, FeedUnavailable
from shared.heads import Head, read_heads
from shared.projection import Handle, one_by_one, through_views
from shared.settings import DatabaseSettings
from shared.streams import connect
from tests.support.log import Log, a_log, rows_of

IN_TREATMENT: Handle = through_views(VIEWS, None)
HandleOne = Callable[[Connection, Recorded], None]


class FeedOfLog(Feed):
    """Reads the log itself instead of asking for it over HTTP; counts the questions and can be away."""

    def __init__(self, log: Log) -> None:
        super().__init__("http://of-no-use", lambda: "", httpx.Client())
        self.log = log
        self.looks = 0
        self.pages = 0
        self.away = False

    def heads(self) -> dict[int, Head]:
        self.answer()
        self.looks += 1
        with self.log.reader.connect() as connection:
            return read_heads(connection)

    def read(self, partition: int, after: int, limit: int) -> list[Recorded]:
        self.answer()
        self.pages += 1
        with self.log.reader.connect() as connection:
            return read(connection, partition, after, limit)

    def answer(self) -> None:
        if self.away:
            raise FeedUnavailable("away")


class Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class NoWaiting(threading.Event):
    """A stop signal whose waits are noted instead of waited."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        return self.is_set()


@dataclass
class Setting:
    """Scheduling's log, a Redis, and treatment's database with one consumer, all real."""

    log: Log
    client: redis.Redis
    engine: Engine
    owner: Engine
    feed: FeedOfLog
    clock: Clock = field(default_factory=Clock)

    def handle(self, connection: Connection, entry: Recorded) -> None:
        IN_TREATMENT(connection, [entry])

    def consumer(self, handle: HandleOne | None = None) -> Consumer:
        return Consumer(
            "treatment",
            engine=self.engine,
            client=self.client,
            feeds={"scheduling": self.feed},
            handle=one_by_one(handle) if handle else IN_TREATMENT,
            stop=NoWaiting(),
            clock=self.clock,
            block_seconds=0.01,
        )

    def visits(self) -> list[dict[str, Any]]:
        """All visits of all chains in the read models in use."""
        with self.engine.begin() as connection:
            schema = connection.execute(text("SELECT schema FROM active_views")).scalar_one()
        return self.rows(f"{schema}.visits", "appointment_id")

    def rows(self, table: str, order: str) -> list[dict[str, Any]]:
        with self.owner.begin() as connection:
            connection.execute(text("SET LOCAL row_security = off"))
            connection.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
            rows = connection.execute(text(f"SELECT * FROM {table} ORDER BY {order}")).all()
            found = [dict(row._mapping) for row in rows]
            connection.rollback()
        return found

    def letters(self) -> list[tuple[int, str]]:
        return [(row["position"], row["state"]) for row in rows_of(self.owner, "dead_letters", "position")]

    def position(self, partition: int) -> int:
        with self.engine.begin() as connection:
            connection.execute(text("SELECT enter_views()"))
            sql = text("SELECT position FROM checkpoints WHERE source = 'scheduling' AND partition = :partition")
            return int(connection.execute(sql, {"partition": partition}).scalar_one())

    def metric(self, name: str, **labels: Any) -> float:
        wanted = {"consumer": "treatment", "source": "scheduling"} | {k: str(v) for k, v in labels.items()}
        return REGISTRY.get_sample_value(name, wanted) or 0.0


@contextmanager
def a_setting(scheduling: DatabaseSettings, treatment: DatabaseSettings, redis_url: str) -> Iterator[Setting]:
    with a_log(scheduling) as log, connect(redis_url) as client:
        engine, owner = make_engine(treatment.api), make_engine(treatment.migrate)
        yield Setting(log, client, engine, owner, FeedOfLog(log))
        engine.dispose()
        owner.dispose()


def folded(rows: list[Recorded]) -> dict[str, dict[str, Any]]:
    """What the visits should be, told by a few lines that share nothing with the view."""
    found: dict[str, dict[str, Any]] = {}
    statuses = {"cancelled": "cancelled", "arrived": "arrived", "fulfilled": "fulfilled", "missed": "noshow"}
    for row in sorted(rows, key=lambda row: (row.partition, row.position)):
        what = row.name.removeprefix("scheduling.appointment_").removesuffix(".v1")
        visit = found.setdefault(str(row.data["appointment_id"]), {"status": "booked"})
        visit |= {"version": row.version, "chain_id": str(row.chain_id)}
        visit |= {name: row.data[name] for name in ("starts_at", "clinic_id") if name in row.data}
        visit |= {"status": statuses[what]} if what in statuses else {}
    return found


def seen(visits: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The view's rows in the form of `folded`."""
    return {
        str(row["appointment_id"]): {
            "status": row["status"],
            "version": row["version"],
            "chain_id": str(row["chain_id"]),
            "starts_at": row["starts_at"].isoformat().replace("+00:00", "Z"),
            "clinic_id": str(row["clinic_id"]),
        }
        for row in visits
    }

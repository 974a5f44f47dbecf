"""Events that flow all the while a test breaks things, and what must be true of them in the end."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import redis
from sqlalchemy.exc import OperationalError

from shared.event_store import Recorded
from shared.feed import read_event
from shared.partitions import PARTITIONS
from shared.settings import DatabaseSettings
from shared.streams import stream_key
from tests.support.consuming import folded, seen
from tests.support.log import START, Log, a_chain, booked, cancelled, confirmed, moved
from tests.support.processes import wait_until

CHAINS = [a_chain(partition) for partition in (0, 0, 5, 11)]
AT_LEAST = 20
"""Lives that are recorded even when the breaking takes no time."""


@contextmanager
def flowing(log: Log, writers: int = 2) -> Iterator[None]:
    """Record one life of a visit after the other, as fast as it goes, until the block ends."""
    done = threading.Event()

    def write(number: int) -> int:
        lives = 0
        while not done.is_set() or lives < AT_LEAST:
            a_life(log, lives + number)
            lives += 1
        return lives

    with ThreadPoolExecutor(writers) as pool:
        running = [pool.submit(write, number) for number in range(writers)]
        try:
            yield
        finally:
            done.set()
        for writer in running:
            writer.result(timeout=60)


def a_life(log: Log, number: int) -> None:
    chain, visit = CHAINS[number % len(CHAINS)], booked()
    patiently(log, chain, visit, booked())
    patiently(log, chain, [confirmed(visit), cancelled(visit), moved(visit, START + timedelta(days=2))][number % 3])


def patiently(log: Log, chain: UUID, *events: Any) -> None:
    """Record, and again while writers are held up for longer than one waits: as callers do who are told to come again."""
    while True:
        try:
            log.record(chain, *events)
        except OperationalError as error:
            if not isinstance(error.orig, psycopg.errors.LockNotAvailable):
                raise
        else:
            return


def must_arrive_in_redis(log: Log, client: redis.Redis, *, within_seconds: float = 40.0) -> None:
    """Every stream ends with the log's last event, and what it holds is the log's tail, row for row."""
    heads = {partition: position for partition, position in log.positions().items() if position}

    def arrived() -> bool:
        return all(ends_at(client, partition) == position for partition, position in heads.items())

    wait_until(arrived, within_seconds, "Redis has all of the log")
    for partition in heads:
        rows = in_redis(client, partition)
        assert rows == log.rows(partition)[-len(rows) :]


def ends_at(client: redis.Redis, partition: int) -> int:
    try:
        last: Any = client.xrevrange(stream_key("scheduling", partition), count=1)
    except redis.RedisError:
        return -1
    return int(last[0][0].split(b"-")[0]) if last else 0


def in_redis(client: redis.Redis, partition: int) -> list[Recorded]:
    entries: Any = client.xrange(stream_key("scheduling", partition))
    return [read_event(entry[b"event"]) for _, entry in entries]


def must_take_effect(log: Log, treatment: DatabaseSettings, *, within_seconds: float = 60.0) -> None:
    """Treatment's visits become what an independent fold of the log gives, with nothing set aside."""
    heads = log.positions()

    def reached() -> bool:
        return positions(treatment) == heads

    wait_until(reached, within_seconds, "treatment has read all of the log")
    assert seen(visits(treatment)) == folded(log.all_rows())
    with psycopg.connect(treatment.migrate) as connection:
        assert connection.execute("SELECT count(*) FROM dead_letters").fetchone() == (0,)


def positions(treatment: DatabaseSettings) -> dict[int, int]:
    with psycopg.connect(treatment.migrate) as connection:
        (schema,) = connection.execute("SELECT schema FROM active_views").fetchone() or ("",)
        followed = f"SELECT partition, position FROM {schema}.checkpoints WHERE source = 'scheduling'"
        rows = connection.execute(followed).fetchall()
    return dict.fromkeys(range(PARTITIONS), 0) | dict(rows)


def visits(treatment: DatabaseSettings) -> list[dict[str, Any]]:
    """All visits of all chains in the read models in use."""
    with psycopg.connect(treatment.migrate, row_factory=psycopg.rows.dict_row) as connection:
        active = connection.execute("SELECT schema FROM active_views").fetchone()
        assert active is not None
        connection.execute(f"ALTER TABLE {active['schema']}.visits NO FORCE ROW LEVEL SECURITY")
        found = connection.execute(f"SELECT * FROM {active['schema']}.visits").fetchall()
        connection.rollback()
    return found

"""The relay brings to Redis what the log has, and refuses a Redis that knows another past."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import redis
from prometheus_client import REGISTRY
from sqlalchemy import Connection

from shared.event_store import Recorded
from shared.feed import read_event, write_event
from shared.ids import new_id
from shared.relay import LOOK_AGAIN_ROUNDS, Relay, reset, take_the_lead
from shared.settings import DatabaseSettings
from shared.streams import connect, stream_key
from tests.support.log import Log, a_chain, a_log, booked, confirmed
from tests.support.servers import PrivateRedis

P = 2
KEY = stream_key("scheduling", P)


@pytest.fixture
def log(scheduling_db: DatabaseSettings) -> Iterator[Log]:
    with a_log(scheduling_db) as log:
        yield log


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with connect(redis_url) as client:
        yield client


@pytest.fixture
def reader(log: Log) -> Iterator[Connection]:
    with log.reader.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


@pytest.fixture
def relay(reader: Connection, client: redis.Redis) -> Relay:
    return Relay("scheduling", reader, client, retained=10_000)


def fill(log: Log, visits: int, partition: int = P) -> None:
    chain = a_chain(partition)
    log.record(chain, *[booked() for _ in range(visits)])


def in_redis(client: redis.Redis, key: str = KEY) -> list[Recorded]:
    entries: Any = client.xrange(key)
    events = [read_event(entry[b"event"]) for _, entry in entries]
    assert [entry_id for entry_id, _ in entries] == [f"{event.position}-0".encode() for event in events]
    return events


def until_quiet(relay: Relay) -> None:
    while relay.round():
        pass


def look_again(relay: Relay) -> None:
    """Rounds until the relay has looked at Redis anew and has done what it found to do."""
    for _ in range(LOOK_AGAIN_ROUNDS):
        relay.round()
    until_quiet(relay)


def metric(name: str, partition: int = P) -> float | None:
    return REGISTRY.get_sample_value(name, {"service": "scheduling", "partition": str(partition)})


def test_what_arrives_in_redis_is_the_log_row_for_row(log: Log, relay: Relay, client: redis.Redis) -> None:
    visit = booked(override_reason="she asked for it")
    log.record(a_chain(P), visit, confirmed(visit))
    fill(log, 3, partition=P + 1)
    until_quiet(relay)
    assert in_redis(client) == log.rows(P)
    assert in_redis(client, stream_key("scheduling", P + 1)) == log.rows(P + 1)
    assert metric("synergist_relay_lag_positions") == 0


def test_sends_only_what_redis_lacks(log: Log, relay: Relay, client: redis.Redis) -> None:
    fill(log, 3)
    until_quiet(relay)
    fill(log, 2)
    assert relay.round() == 2
    assert relay.round() == 0
    assert in_redis(client) == log.rows(P)


def test_many_events_go_in_batches(log: Log, relay: Relay, client: redis.Redis) -> None:
    fill(log, 600)
    fill(log, 600)
    assert relay.round() == 500
    until_quiet(relay)
    assert len(in_redis(client)) == 1200


def test_a_wiped_redis_is_sent_the_tail_again(log: Log, relay: Relay, client: redis.Redis) -> None:
    fill(log, 5)
    until_quiet(relay)
    client.flushdb()
    look_again(relay)
    assert in_redis(client) == log.rows(P)


def test_a_redis_put_back_to_an_older_state_is_sent_the_rest(log: Log, relay: Relay, client: redis.Redis) -> None:
    fill(log, 5)
    until_quiet(relay)
    older = log.rows(P, limit=2)
    client.delete(KEY)
    for row in older:
        client.xadd(KEY, {"event": write_event(row, "scheduling")}, id=f"{row.position}-0")
    look_again(relay)
    assert in_redis(client) == log.rows(P)


def test_a_redis_that_is_wiped_while_it_is_sent_to_keeps_no_hole(log: Log, relay: Relay, client: redis.Redis) -> None:
    fill(log, 5)
    assert relay.send(P, 3, log.rows(P)[3:]) == 0
    until_quiet(relay)
    assert in_redis(client) == log.rows(P)


def test_an_empty_redis_gets_only_the_retained_tail(log: Log, reader: Connection, client: redis.Redis) -> None:
    fill(log, 30)
    until_quiet(Relay("scheduling", reader, client, retained=10))
    assert [event.position for event in in_redis(client)] == list(range(21, 31))


def test_a_stream_keeps_little_more_than_the_retained_tail(
    log: Log, reader: Connection, private_redis: PrivateRedis
) -> None:
    with connect(address(private_redis)) as client:
        client.config_set("stream-node-max-entries", 10)
        relay = Relay("scheduling", reader, client, retained=100)
        for _ in range(6):
            fill(log, 100)
            until_quiet(relay)
        assert 100 <= client.xlen(KEY) <= 120
        assert in_redis(client)[-1].position == 600


def test_two_relays_that_both_believe_to_lead_do_no_harm(log: Log, reader: Connection, client: redis.Redis) -> None:
    fill(log, 4)
    one, other = (
        Relay("scheduling", reader, client, retained=10_000),
        Relay("scheduling", reader, client, retained=1000),
    )
    rows = log.rows(P)
    one.send(P, 0, rows[:3])
    other.send(P, 0, rows)
    one.send(P, 3, rows)
    assert in_redis(client) == rows
    until_quiet(one)
    until_quiet(other)
    assert in_redis(client) == rows


def test_only_one_relay_of_a_service_leads(log: Log, reader: Connection) -> None:
    rounds: list[None] = []

    def count() -> None:
        rounds.append(None)

    assert take_the_lead(reader, "scheduling", Stopped(after=1), count)
    with log.reader.connect() as second:
        assert not take_the_lead(second, "scheduling", Stopped(after=2), count)
        assert take_the_lead(second, "treatment", Stopped(after=1), count)
    reader.invalidate()
    with log.reader.connect() as third:
        assert take_the_lead(third, "scheduling", Stopped(after=200), count)
    assert len(rounds) >= 2


def address(own: PrivateRedis) -> str:
    assert own.server is not None
    return own.server.database(0)


class Stopped(threading.Event):
    """Is set after so many looks, so that nothing waits for ever."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0


def test_a_redis_that_is_ahead_of_the_log_is_refused_until_it_is_reset(
    log: Log, relay: Relay, client: redis.Redis, redis_url: str
) -> None:
    fill(log, 2)
    until_quiet(relay)
    client.xadd(KEY, {"event": b"{}"}, id="7-0")
    fill(log, 3)
    fill(log, 1, partition=P + 1)
    look_again(relay)
    assert [entry_id for entry_id, _ in client.xrange(KEY)] == [b"1-0", b"2-0", b"7-0"]  # type: ignore[union-attr]
    assert metric("synergist_relay_refused") == 1
    assert in_redis(client, stream_key("scheduling", P + 1)) == log.rows(P + 1)

    reset(redis_url, "scheduling", P)
    look_again(relay)
    assert in_redis(client) == log.rows(P)
    assert metric("synergist_relay_refused") == 0


@pytest.mark.parametrize("new_in_log", [0, 2])
def test_a_redis_with_another_past_of_the_same_length_is_refused(
    log: Log, relay: Relay, client: redis.Redis, new_in_log: int
) -> None:
    fill(log, 3)
    for row in log.rows(P):
        other = replace(row, event_id=new_id(), hash=bytes(reversed(row.hash)))
        client.xadd(KEY, {"event": write_event(other, "scheduling")}, id=f"{row.position}-0")
    if new_in_log:
        fill(log, new_in_log)
    look_again(relay)
    assert client.xlen(KEY) == 3
    assert metric("synergist_relay_refused") == 1


def test_a_redis_without_memory_is_waited_for(log: Log, reader: Connection, private_redis: PrivateRedis) -> None:
    with connect(address(private_redis)) as client:
        relay = Relay("scheduling", reader, client, retained=10_000)
        fill(log, 3)
        until_quiet(relay)
        client.config_set("maxmemory", 1)
        fill(log, 3)
        with pytest.raises(redis.RedisError):
            relay.round()
        assert client.xlen(KEY) == 3
        client.config_set("maxmemory", 0)
        until_quiet(relay)
        assert in_redis(client) == log.rows(P)


def test_a_batch_is_taken_whole_or_not_at_all(log: Log, reader: Connection, private_redis: PrivateRedis) -> None:
    """There is memory for a few of its entries only."""
    with connect(address(private_redis)) as client:
        relay = Relay("scheduling", reader, client, retained=10_000)
        fill(log, 400)
        used: Any = client.info("memory")
        client.config_set("maxmemory", used["used_memory"] + 100_000)
        with contextlib.suppress(redis.RedisError):
            relay.round()
        assert client.xlen(KEY) in {0, 400}


def test_the_lag_counts_what_redis_does_not_have(log: Log, reader: Connection, private_redis: PrivateRedis) -> None:
    with connect(address(private_redis)) as client:
        relay = Relay("scheduling", reader, client, retained=10_000)
        fill(log, 3)
        until_quiet(relay)
        private_redis.kill()
        fill(log, 4)
        with pytest.raises(redis.RedisError):
            relay.round()
        assert metric("synergist_relay_lag_positions") == 4
        private_redis.start()
        until_quiet(relay)
        assert metric("synergist_relay_lag_positions") == 0
        assert in_redis(client) == log.rows(P)

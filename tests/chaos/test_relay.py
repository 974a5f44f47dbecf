"""Relays are killed, doubled, frozen and cut off while events flow; Redis gets every event once and in order."""

from collections.abc import Iterator

import psycopg
import pytest
import redis

from shared.settings import DatabaseSettings
from shared.streams import connect
from tests.support.flow import flowing, in_redis, must_arrive_in_redis
from tests.support.log import Log, a_log
from tests.support.processes import Launcher, Running, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def log(scheduling_db: DatabaseSettings) -> Iterator[Log]:
    with a_log(scheduling_db) as log:
        yield log


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with connect(redis_url) as client:
        yield client


def relay(launch: Launcher) -> Running:
    return launch("scheduling", "relay")


def events_in(client: redis.Redis) -> int:
    return sum(len(in_redis(client, partition)) for partition in (0, 5, 11))


def more_than(client: redis.Redis, known: int) -> None:
    wait_until(lambda: events_in(client) > known, 30, "more events in Redis")


def test_a_relay_that_is_killed_again_and_again_loses_and_doubles_nothing(
    log: Log, client: redis.Redis, launch: Launcher
) -> None:
    with flowing(log):
        for _ in range(4):
            known = events_in(client)
            running = relay(launch)
            more_than(client, known)
            running.kill()
    relay(launch)
    must_arrive_in_redis(log, client)


def test_of_two_relays_the_second_takes_over_when_the_first_is_killed(
    log: Log, client: redis.Redis, launch: Launcher
) -> None:
    with flowing(log):
        first = relay(launch)
        more_than(client, 0)
        second = relay(launch).wait_ready()
        assert "relay_leads" in first.said()
        assert "relay_leads" not in second.said()
        first.kill()
        wait_until(lambda: "relay_leads" in second.said(), 20, "the second leads")
    must_arrive_in_redis(log, client)


def cut_connections(scheduling: DatabaseSettings) -> None:
    """End every relay's connection, as a failing network would."""
    with psycopg.connect(scheduling.reader, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'scheduling relay'"
        )


def test_a_relay_whose_connection_is_cut_leads_again(
    log: Log, client: redis.Redis, launch: Launcher, scheduling_db: DatabaseSettings
) -> None:
    running = relay(launch)
    with flowing(log):
        for _ in range(3):
            more_than(client, events_in(client))
            cut_connections(scheduling_db)
        wait_until(lambda: running.said().count("relay_leads") >= 4, 30, "it leads again")
    must_arrive_in_redis(log, client)


def test_a_frozen_leader_that_wakes_up_after_another_has_taken_over_does_no_harm(
    log: Log, client: redis.Redis, launch: Launcher, scheduling_db: DatabaseSettings
) -> None:
    with flowing(log):
        first = relay(launch)
        more_than(client, 0)
        second = relay(launch).wait_ready()
        first.pause()
        cut_connections(scheduling_db)
        wait_until(lambda: "relay_leads" in second.said(), 20, "the second leads")
        more_than(client, events_in(client))
        first.resume()
        wait_until(lambda: "relay_has_no_database" in first.said(), 20, "the first knows that it lost the lead")
        more_than(client, events_in(client))
    assert first.said().count("relay_leads") == 1
    must_arrive_in_redis(log, client)


def test_a_relay_stops_in_good_order_when_told_to(log: Log, client: redis.Redis, launch: Launcher) -> None:
    running = relay(launch).wait_ready()
    assert running.terminate() == 0
    assert "Traceback" not in running.said()

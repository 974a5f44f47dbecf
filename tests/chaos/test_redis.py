"""Redis is emptied, killed, lost and put back while events flow; what the other service knows ends up right."""

import shutil
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from shared.settings import DatabaseSettings
from shared.streams import connect
from tests.support.flow import CHAINS, flowing, must_arrive_in_redis, must_take_effect, positions
from tests.support.log import Log, a_log, booked
from tests.support.processes import Launcher, Running, launch_api, wait_until
from tests.support.servers import PrivateRedis

pytestmark = pytest.mark.slow


@pytest.fixture
def log(scheduling_db: DatabaseSettings) -> Iterator[Log]:
    with a_log(scheduling_db) as log:
        yield log


@pytest.fixture
def url(private_redis: PrivateRedis) -> str:
    assert private_redis.server is not None
    return private_redis.server.database(0)


@pytest.fixture
def consuming(log: Log, url: str, launch: Launcher) -> Running:
    """Relay, scheduling's API and treatment's consumer, all on the Redis that is going to suffer."""
    launch.environ = {**launch.environ, "SYNERGIST_REDIS_URL": url}
    launch("scheduling", "relay")
    launch_api(launch, "scheduling")
    return launch("treatment", "consume").wait_ready()


def handles_more(treatment: DatabaseSettings) -> None:
    known = sum(positions(treatment).values())
    wait_until(lambda: sum(positions(treatment).values()) > known, 60, "more takes effect")


def test_a_redis_that_is_emptied_under_load(
    log: Log, url: str, consuming: Running, treatment_db: DatabaseSettings
) -> None:
    with flowing(log), connect(url) as client:
        for _ in range(4):
            handles_more(treatment_db)
            client.flushall()
    must_take_effect(log, treatment_db)
    with connect(url) as client:
        must_arrive_in_redis(log, client)


def test_a_redis_that_is_killed_and_comes_back_empty(
    log: Log, url: str, consuming: Running, private_redis: PrivateRedis, treatment_db: DatabaseSettings
) -> None:
    with flowing(log):
        handles_more(treatment_db)
        private_redis.kill()
        shutil.rmtree(private_redis.folder / "redis")
        private_redis.start()
        handles_more(treatment_db)
    must_take_effect(log, treatment_db)
    with connect(url) as client:
        must_arrive_in_redis(log, client)


def test_while_redis_is_down_bookings_are_recorded_and_take_effect_by_the_feed(
    log: Log, url: str, consuming: Running, private_redis: PrivateRedis, treatment_db: DatabaseSettings
) -> None:
    with flowing(log):
        handles_more(treatment_db)
        private_redis.kill()
        for _ in range(5):
            handles_more(treatment_db)
        private_redis.start()
        handles_more(treatment_db)
    must_take_effect(log, treatment_db)
    with connect(url) as client:
        must_arrive_in_redis(log, client)


def test_a_redis_put_back_to_an_older_state_under_load(
    log: Log, url: str, consuming: Running, treatment_db: DatabaseSettings
) -> None:
    with flowing(log), connect(url) as client:
        handles_more(treatment_db)
        older = {key: client.dump(key) for key in client.keys("synergist:*")}
        handles_more(treatment_db)
        for key, value in older.items():
            client.restore(key, 0, value, replace=True)
        handles_more(treatment_db)
    must_take_effect(log, treatment_db)
    with connect(url) as client:
        must_arrive_in_redis(log, client)


def test_a_database_restored_to_yesterday_is_noticed_by_relay_and_consumer_and_repaired(
    log: Log, url: str, consuming: Running, treatment_db: DatabaseSettings, launch: Launcher
) -> None:
    """Redis and the consumer know events that the log has lost; nothing of the new past may reach them by mistake."""
    chain, partition = CHAINS[2], 5
    log.record(chain, booked(), booked(), booked())
    must_take_effect(log, treatment_db)
    kept = log.rows(partition)[1]
    with log.tampering() as connection:
        connection.execute(text("DELETE FROM events WHERE partition = 5 AND position > 2"))
        connection.execute(
            text("UPDATE log_heads SET position = 2, hash = :hash WHERE partition = 5"), {"hash": kept.hash}
        )
    relay = launch.started[0]
    wait_until(lambda: "redis_contradicts_the_log" in relay.said(), 20, "the relay refuses")
    log.record(chain, booked(), booked())
    log.record(CHAINS[0], booked())
    wait_until(lambda: "log_contradicts_checkpoint" in consuming.said(), 20, "the consumer stops the partition")
    wait_until(lambda: positions(treatment_db)[0] == 1, 20, "the other partition goes on")

    assert launch.run("relay", "reset", "--service", "scheduling", "--partition", "5").returncode == 0
    with connect(url) as client:
        must_arrive_in_redis(log, client)
    rebuilt = launch.run("rebuild", "treatment")
    assert rebuilt.returncode == 0, rebuilt.stderr
    must_take_effect(log, treatment_db)

"""Treatment's consumer is killed at every moment that matters; every event takes effect exactly once."""

from collections.abc import Iterator

import psycopg
import pytest

from shared.partitions import partition_of
from shared.settings import DatabaseSettings
from tests.support.flow import flowing, must_take_effect, positions, visits
from tests.support.log import Log, a_chain, a_log, booked, confirmed
from tests.support.processes import Launcher, Running, launch_api, wait_until

pytestmark = pytest.mark.slow
CHAIN = a_chain(5)


@pytest.fixture
def log(scheduling_db: DatabaseSettings) -> Iterator[Log]:
    with a_log(scheduling_db) as log:
        yield log


def consumer(launch: Launcher) -> Running:
    return launch("treatment", "consume")


def handled(treatment: DatabaseSettings) -> int:
    return sum(positions(treatment).values())


def test_a_consumer_killed_before_its_commit_has_changed_nothing_and_begins_again(
    log: Log, treatment_db: DatabaseSettings, launch: Launcher
) -> None:
    launch("scheduling", "relay")
    launch_api(launch, "scheduling")
    visit = booked()
    log.record(CHAIN, booked(), visit)
    with psycopg.connect(treatment_db.api) as blocking:
        take_the_row(blocking, visit)
        running = consumer(launch)
        wait_until(lambda: somebody_waits(treatment_db), 30, "the consumer waits inside its transaction")
        running.kill()
        blocking.rollback()
    assert positions(treatment_db)[partition_of(CHAIN)] == 0
    assert visits(treatment_db) == []
    log.record(CHAIN, confirmed(visit))
    consumer(launch)
    must_take_effect(log, treatment_db)


def take_the_row(connection: psycopg.Connection, visit: object) -> None:
    """Hold the key under which the consumer will want to insert the visit."""
    connection.execute("SELECT set_config('app.chain_id', %s, true)", [str(CHAIN)])
    connection.execute(
        "INSERT INTO views_a.visits (appointment_id, chain_id, version, status, clinic_id, therapist_id, client_id,"
        " booked_client_id, offering_id, offering_version, starts_at, ends_at, time_zone)"
        " VALUES (%(id)s, %(chain)s, 1, 'booked', %(id)s, %(id)s, %(id)s, %(id)s, %(id)s, 1, now(), now(), 'UTC')",
        {"id": visit.appointment_id, "chain": CHAIN},  # type: ignore[attr-defined]
    )


def somebody_waits(database: DatabaseSettings) -> bool:
    with psycopg.connect(database.api) as connection:
        found = connection.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock')"
        )
        return found.fetchone() == (True,)


def test_a_consumer_killed_after_its_commit_does_nothing_twice(
    log: Log, treatment_db: DatabaseSettings, launch: Launcher
) -> None:
    launch("scheduling", "relay")
    launch_api(launch, "scheduling")
    for _ in range(3):
        running = consumer(launch)
        visit = booked()
        log.record(CHAIN, visit)
        log.record(CHAIN, confirmed(visit))
        wait_until(lambda: handled(treatment_db) == sum(log.positions().values()), 30, "all handled")
        running.kill()
    consumer(launch)
    log.record(CHAIN, booked())
    must_take_effect(log, treatment_db)


def test_a_consumer_killed_at_any_moment_under_load_ends_as_the_log_says(
    log: Log, treatment_db: DatabaseSettings, launch: Launcher
) -> None:
    launch("scheduling", "relay")
    launch_api(launch, "scheduling")
    with flowing(log):
        for _ in range(4):
            known = handled(treatment_db)
            running = consumer(launch)
            wait_until(lambda known=known: handled(treatment_db) > known, 30, "some handled")  # type: ignore[misc]
            running.kill()
    consumer(launch)
    must_take_effect(log, treatment_db)


def test_two_consumers_at_once_are_as_good_as_one(log: Log, treatment_db: DatabaseSettings, launch: Launcher) -> None:
    launch("scheduling", "relay")
    launch_api(launch, "scheduling")
    consumer(launch)
    consumer(launch)
    with flowing(log):
        wait_until(lambda: handled(treatment_db) > 100, 60, "some handled")
    must_take_effect(log, treatment_db)


def test_a_consumer_works_without_a_relay(log: Log, treatment_db: DatabaseSettings, launch: Launcher) -> None:
    launch_api(launch, "scheduling")
    consumer(launch)
    with flowing(log):
        wait_until(lambda: handled(treatment_db) > 10, 60, "some handled")
    must_take_effect(log, treatment_db)


def test_a_consumer_goes_on_while_the_other_service_is_down_and_fills_its_holes_later(
    log: Log, treatment_db: DatabaseSettings, launch: Launcher
) -> None:
    launch("scheduling", "relay")
    running = consumer(launch)
    with flowing(log):
        wait_until(lambda: handled(treatment_db) > 50, 60, "some handled without the feed")
    launch_api(launch, "scheduling")
    must_take_effect(log, treatment_db)
    assert running.terminate() == 0
    assert "Traceback" not in running.said()

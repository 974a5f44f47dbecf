"""The projector is killed at every moment that matters; every event plans its messages exactly once."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import psycopg
import pytest

from shared.partitions import PARTITIONS
from shared.settings import DatabaseSettings
from tests.support.log import Log, a_chain, a_log, booked, cancelled, moved
from tests.support.processes import Launcher, Running, launch_api, wait_until
from tests.support.workers import Workers, a_workers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
STARTS_AT = (datetime.now(UTC) + timedelta(days=30)).replace(hour=12, minute=0, second=0, microsecond=0)
DAY = timedelta(days=1)
CHAINS = [a_chain(partition) for partition in (0, 0, 5, 11)]


@pytest.fixture
def log(scheduling_db: DatabaseSettings) -> Iterator[Log]:
    with a_log(scheduling_db) as made:
        yield made


@pytest.fixture
def workers(workers_db: DatabaseSettings) -> Iterator[Workers]:
    with a_workers(workers_db) as made:
        yield made


def source(launch: Launcher) -> None:
    """Scheduling, as far as a projector needs it."""
    launch("scheduling", "relay")
    launch_api(launch, "scheduling")


def projector(launch: Launcher) -> Running:
    return launch("workers", "project")


def lives(log: Log, number: int) -> None:
    """Visits of every kind, from the booking to what became of them."""
    for place in range(number):
        chain, visit = CHAINS[place % len(CHAINS)], booked(starts_at=STARTS_AT)
        log.record(chain, visit)
        match place % 4:
            case 0:
                log.record(chain, moved(visit, STARTS_AT + DAY))
            case 1:
                log.record(chain, cancelled(visit))
            case 2:
                log.record(chain, moved(visit, STARTS_AT + DAY), moved(visit, STARTS_AT))
            case _:
                pass


def expected(log: Log) -> Counter[tuple[str, str]]:
    """Keys and states, told by a few lines that share nothing with the plan.

    All of it is done by staff within their two minutes, so a visit that ends cancelled is not spoken of.
    """
    found: dict[str, tuple[str, str]] = {}
    live: dict[str, list[str]] = {}
    for row in log.all_rows():
        visit = str(row.data["appointment_id"])
        for key in live.pop(visit, []):
            found[key] = (key, "withdrawn")
        keys = []
        if not row.name.startswith("scheduling.appointment_cancelled"):
            keys = [f"confirmation:{visit}:{row.version}"]
            keys += [f"reminder:{visit}:{row.version}:{lead}" for lead in (2880, 120)]
        live[visit] = keys
        found |= {key: (key, "pending") for key in keys}
    return Counter(found.values())


def planned(workers: Workers) -> Counter[tuple[str, str]]:
    return Counter((row["key"], row["state"]) for row in workers.rows())


def reached(workers: Workers) -> dict[int, int]:
    with workers.engine.connect() as connection:
        schema = connection.exec_driver_sql("SELECT schema FROM active_views").scalar_one()
        followed = f"SELECT partition, position FROM {schema}.checkpoints WHERE source = 'scheduling'"
        rows = connection.exec_driver_sql(followed).all()
    return dict.fromkeys(range(PARTITIONS), 0) | {row.partition: row.position for row in rows}


def must_be_planned(log: Log, workers: Workers) -> None:
    heads = log.positions()
    wait_until(lambda: reached(workers) == heads, 60, "the projector has read all of the log")
    assert planned(workers) == expected(log)


def test_what_is_recorded_is_planned_as_the_log_says(log: Log, workers: Workers, launch: Launcher) -> None:
    source(launch)
    running = projector(launch).wait_ready()
    lives(log, 40)
    must_be_planned(log, workers)
    assert running.terminate() == 0


def test_a_projector_killed_before_its_commit_has_planned_nothing_and_begins_again(
    log: Log, workers: Workers, workers_db: DatabaseSettings, launch: Launcher
) -> None:
    source(launch)
    visit = booked(starts_at=STARTS_AT)
    log.record(CHAINS[0], booked(starts_at=STARTS_AT), visit)
    with psycopg.connect(workers_db.api) as blocking:
        blocking.execute("LOCK TABLE due_messages IN SHARE MODE")
        running = projector(launch)
        wait_until(lambda: somebody_waits(workers), 30, "the projector waits inside its transaction")
        running.kill()
        blocking.rollback()
    assert planned(workers) == Counter()
    assert set(reached(workers).values()) == {0}
    projector(launch)
    must_be_planned(log, workers)


def somebody_waits(workers: Workers) -> bool:
    with workers.engine.connect() as connection:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(connection.exec_driver_sql(waiting).scalar_one())


def test_a_projector_killed_again_and_again_plans_everything_once(log: Log, workers: Workers, launch: Launcher) -> None:
    source(launch)
    chance = Random(7)
    for _ in range(4):
        lives(log, 30)
        before = sum(reached(workers).values())
        running = projector(launch)
        goal = before + chance.randrange(1, 30)
        wait_until(lambda goal=goal: sum(reached(workers).values()) >= goal, 60)  # type: ignore[misc]
        running.kill()
    projector(launch)
    must_be_planned(log, workers)


def test_two_projectors_plan_everything_once(log: Log, workers: Workers, launch: Launcher) -> None:
    source(launch)
    projector(launch)
    projector(launch)
    lives(log, 60)
    must_be_planned(log, workers)


def test_facts_made_anew_while_it_runs_change_no_message(log: Log, workers: Workers, launch: Launcher) -> None:
    source(launch)
    launch_api(launch, "treatment")
    running = projector(launch)
    lives(log, 40)
    must_be_planned(log, workers)
    before = workers.rows()
    made = launch.run("rebuild", "workers")
    assert made.returncode == 0, made.stderr
    assert workers.rows() == before
    with workers.engine.connect() as connection:
        old, new = (
            connection.exec_driver_sql(f"SELECT * FROM {schema}.visits ORDER BY appointment_id").all()
            for schema in ("views_a", "views_b")
        )
    assert old == new
    lives(log, 10)
    must_be_planned(log, workers)
    assert running.process.poll() is None

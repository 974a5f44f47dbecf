"""A rebuild as an operator starts it: killed in the middle it goes on the next time, and readers never notice."""

from collections.abc import Iterator

import psycopg
import pytest

from services.scheduling.views import VIEWS
from shared.settings import DatabaseSettings
from tests.support.flow import CHAINS, flowing, must_take_effect, positions, visits
from tests.support.log import Log, a_log
from tests.support.processes import Launcher, launch_api, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def log(scheduling_db: DatabaseSettings) -> Iterator[Log]:
    with a_log(scheduling_db, VIEWS) as log:
        yield log


def waits_for_the_writers(database: DatabaseSettings) -> bool:
    with psycopg.connect(database.migrate) as connection:
        found = connection.execute(
            "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_database ON oid = database AND datname = current_database()"
            " WHERE locktype = 'advisory' AND NOT granted AND mode = 'ExclusiveLock')"
        )
        return found.fetchone() == (True,)


def active(database: DatabaseSettings) -> str:
    with psycopg.connect(database.migrate) as connection:
        (schema,) = connection.execute("SELECT schema FROM active_views").fetchone() or ("",)
        return str(schema)


def test_a_rebuild_killed_before_its_swap_is_finished_by_the_next(
    log: Log, scheduling_db: DatabaseSettings, launch: Launcher
) -> None:
    with flowing(log):
        pass
    with psycopg.connect(scheduling_db.api) as writer:
        writer.execute("SELECT enter_chain(%s, true)", [CHAINS[0]])
        first = launch("rebuild", "scheduling")
        wait_until(lambda: waits_for_the_writers(scheduling_db), 30, "the rebuild wants to swap")
        first.kill()
    assert active(scheduling_db) == "views_a"
    with flowing(log):
        second = launch.run("rebuild", "scheduling")
    assert second.returncode == 0, second.stderr
    assert active(scheduling_db) == "views_b"
    assert "resumed=True" in second.stderr
    assert rows(scheduling_db, "views_b") == rows_of_log(log)


def rows(database: DatabaseSettings, schema: str) -> set[str]:
    with psycopg.connect(database.migrate) as connection:
        connection.execute(f"ALTER TABLE {schema}.appointments NO FORCE ROW LEVEL SECURITY")
        found = connection.execute(f"SELECT id::text || ' ' || version FROM {schema}.appointments").fetchall()
        connection.rollback()
    return {row for (row,) in found}


def rows_of_log(log: Log) -> set[str]:
    latest: dict[str, int] = {}
    for entry in log.all_rows():
        appointment = str(entry.data["appointment_id"])
        latest[appointment] = max(entry.version, latest.get(appointment, 0))
    return {f"{appointment} {version}" for appointment, version in latest.items()}


def test_a_consumers_read_models_are_made_anew_while_it_consumes(
    log: Log, treatment_db: DatabaseSettings, launch: Launcher
) -> None:
    launch("scheduling", "relay")
    launch_api(launch, "scheduling")
    launch("treatment", "consume")
    with flowing(log):
        wait_until(lambda: sum(positions(treatment_db).values()) > 20, 60, "some handled")
        for expected in ("views_b", "views_a"):
            known = len(visits(treatment_db))
            ended = launch.run("rebuild", "treatment")
            assert ended.returncode == 0, ended.stderr
            assert active(treatment_db) == expected
            assert len(visits(treatment_db)) >= known
    must_take_effect(log, treatment_db)

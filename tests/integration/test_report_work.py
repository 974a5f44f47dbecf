"""Work on reports may take as long as reading a large chain takes, and nobody else does it meanwhile."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event, enumerate as threads
from uuid import uuid4

import pytest
from celery import Celery
from sqlalchemy import Engine, text

from shared.database import make_engine
from shared.settings import DatabaseSettings
from tests.support.processes import wait_until
from workers import reporter
from workers.celery_app import CLOSE_PERIODS, MAKE_REPORTS, RESTATE_REPORTS
from workers.messages.tally import Tally
from workers.messages.tasks import now
from workers.messages.treatment import Treatment
from workers.reports import tasks
from workers.reports.due.measured import Periods
from workers.reports.holding import LAST_WORDS, LEASE, RENEWED, STATEMENT, TASK, TURN, held, meanwhile, renew
from workers.reports.knowledge import PATIENCE

NOW = datetime(2026, 11, 5, 5, tzinfo=UTC)
OFTEN = timedelta(milliseconds=5)
WANT = text("""
    INSERT INTO wanted_reports
      (report_id, chain_id, scope_kind, scope_id, period, as_of_at, asked_at, next_at, partition, lease_token, attempts)
    VALUES (gen_random_uuid(), gen_random_uuid(), 'chain', gen_random_uuid(), '2026-10', :now, :now, :now, 0, :token, 2)
""")


@pytest.fixture
def engine(workers_db: DatabaseSettings) -> Iterator[Engine]:
    made = make_engine(workers_db.api, size=2)
    yield made
    made.dispose()


def want(engine: Engine, token: object) -> None:
    with engine.begin() as connection:
        connection.execute(WANT, {"now": NOW, "token": token})


def free_at(engine: Engine, token: object) -> datetime:
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT next_at FROM wanted_reports WHERE lease_token = :token"), {"token": token}
        ).scalar_one()
    return datetime.fromisoformat(str(found))


def test_a_lease_is_renewed_while_its_work_goes_on_and_no_other(engine: Engine) -> None:
    mine, other = uuid4(), uuid4()
    for token in (mine, other):
        want(engine, token)
    with held(engine, mine, lambda: NOW + TASK, OFTEN):
        wait_until(lambda: free_at(engine, mine) == NOW + TASK + LEASE, what="a lease to be renewed")
    assert free_at(engine, other) == NOW


def test_what_is_done_meanwhile_ends_with_the_block_also_when_that_fails() -> None:
    done = Event()

    def fail_then() -> None:
        with meanwhile(done.set, OFTEN):
            assert done.wait(60)
            raise LookupError

    with pytest.raises(LookupError):
        fail_then()
    done.clear()
    assert not any(each.name == "meanwhile" for each in threads())
    assert not done.is_set()


def test_a_lease_that_cannot_be_renewed_ends_no_work() -> None:
    away = make_engine("postgresql://nobody@127.0.0.1:9/nothing", size=1)
    renew(away, uuid4(), now)
    away.dispose()


def test_every_limit_lets_through_what_is_within_it() -> None:
    assert STATEMENT.total_seconds() == float(PATIENCE.compile().params["seconds"].removesuffix("s"))
    assert TURN < STATEMENT < TASK
    assert 3 * RENEWED < LEASE
    assert timedelta(seconds=reporter.STALLED_SECONDS) > 3 * RENEWED


def test_tasks_of_reports_have_their_own_time() -> None:
    app = Celery("limits", set_as_current=False)
    app.conf.update(task_soft_time_limit=240, task_time_limit=300)

    def unopened() -> tasks.Reporter:
        raise AssertionError

    tasks.register(app, unopened, Tally(now))
    for name in (MAKE_REPORTS, CLOSE_PERIODS, RESTATE_REPORTS):
        task = app.tasks[name]
        assert task.soft_time_limit == TASK.total_seconds()
        assert task.time_limit == (TASK + LAST_WORDS).total_seconds()
    app.close()


def test_tasks_that_find_nothing_to_do_end_and_have_looked(engine: Engine) -> None:
    app = Celery("idle", set_as_current=False)
    treatment = Treatment("http://127.0.0.1:9", lambda: "")
    tally = Tally(lambda: NOW)
    tasks.register(app, lambda: tasks.Reporter(engine, treatment, {}), tally)
    for name in (MAKE_REPORTS, CLOSE_PERIODS, RESTATE_REPORTS):
        tally.last_tick.value = 0
        app.tasks[name]()
        assert tally.last_tick.value == NOW.timestamp()
    assert not any(each.name == "meanwhile" for each in threads())
    treatment.close()
    app.close()


def test_what_was_begun_again_is_counted_by_kind(engine: Engine) -> None:
    want(engine, uuid4())
    [repeated] = [each for each in Periods(engine, lambda: NOW).collect() if each.name.endswith("work_repeated")]
    assert {sample.labels["work"]: sample.value for sample in repeated.samples} == {
        "closing": 0,
        "report": 1,
        "restatement": 0,
        "daily_restatement": 0,
    }

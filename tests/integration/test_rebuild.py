"""Read models are made anew while people read and write: nobody sees a half, and what comes out equals what was there."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from services.scheduling.migrations import create_views
from services.scheduling.views import VIEWS
from shared import rebuild as rebuilding
from shared.event_store import Happened, Transaction, View
from shared.ids import new_id
from shared.rebuild import (
    LogContradictory,
    ReadModels,
    RebuildRunning,
    Rebuilt,
    SwapRefused,
    bring_up_to_date,
    rebuild,
)
from shared.replay import LogAtHand, own_log
from shared.settings import DatabaseSettings
from tests.support.keys import sealer
from tests.support.log import START, WHO, Log, a_chain, a_log, booked, cancelled, confirmed, moved, stream_of
from tests.support.processes import wait_until
from tests.support.read_models import active, content

pytestmark = pytest.mark.postgres15
CHAINS = [a_chain(1), a_chain(1), a_chain(2)]


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


@pytest.fixture
def log(scheduling_db: DatabaseSettings) -> Iterator[Log]:
    with a_log(scheduling_db, VIEWS) as log:
        yield log


def models(log: Log, views: tuple[View, ...], made_by: str, **more: Any) -> ReadModels:
    replay = own_log("scheduling", LogAtHand(log.reader), views, sealer())
    return ReadModels(owner=log.owner, replays=[replay], create=create_views, made_by=made_by, **more)


def rebuilt(log: Log, views: tuple[View, ...] = VIEWS, made_by: str = "these views") -> Rebuilt:
    return rebuild(models(log, views, made_by))


def lives(log: Log, visits: int = 4) -> None:
    """Visits in every chain, some moved, confirmed or cancelled."""
    for chain in CHAINS:
        for number in range(visits):
            visit = booked(
                starts_at=START + timedelta(hours=number), ends_at=START + timedelta(hours=number, minutes=50)
            )
            log.record(chain, visit)
            later = START + timedelta(days=1, hours=number)
            changes: tuple[list[Any], ...] = ([], [moved(visit, later)], [confirmed(visit)], [cancelled(visit)])
            log.record(chain, *changes[number % 4])


def test_what_was_replayed_equals_what_was_live(log: Log) -> None:
    lives(log)
    result = rebuilt(log)
    assert result == Rebuilt("views_b", log.positions()[1] + log.positions()[2], resumed=False)
    assert active(log.owner) == "views_b"
    live, replayed = content(log.owner, "views_a"), content(log.owner, "views_b")
    assert live == replayed
    assert len(live["appointments"]) == 12
    assert live["claims"]


def test_it_can_be_done_again_and_again(log: Log) -> None:
    lives(log)
    before = content(log.owner, "views_a")
    for expected in ("views_b", "views_a", "views_b"):
        assert rebuilt(log).schema == expected
        log.record(CHAINS[0], booked())
    assert len(content(log.owner, "views_b")["appointments"]) == len(before["appointments"]) + 3


def test_new_events_go_where_the_readers_are(log: Log) -> None:
    lives(log)
    rebuilt(log)
    visit = booked()
    log.record(CHAINS[0], visit)
    with log.database.reading(CHAINS[0]) as connection:
        found = connection.execute(text("SELECT status FROM appointments WHERE id = :id"), {"id": visit.appointment_id})
        assert found.scalar_one() == "booked"
    assert rebuilt(log).schema == "views_a"
    assert content(log.owner, "views_a") == content(log.owner, "views_b")


def killing_after(number: int, views: tuple[View, ...] = VIEWS) -> tuple[View, ...]:
    """The views, with a process that ends at the given event."""
    left = [number]

    def kill(connection: Connection, entry: Happened) -> None:
        del connection, entry
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    return (kill, *views)


def test_a_killed_rebuild_goes_on_where_it_stopped(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "BATCH", 5)
    lives(log)
    total = sum(log.positions().values())
    with pytest.raises(Killed):
        rebuilt(log, killing_after(13))
    assert active(log.owner) == "views_a"
    lives(log, visits=1)
    result = rebuilt(log)
    assert result.resumed
    assert result.events == total + 3 - 10
    assert content(log.owner, "views_a") == content(log.owner, "views_b")


def test_what_other_views_had_begun_is_not_gone_on_with(log: Log) -> None:
    lives(log)
    with pytest.raises(Killed):
        rebuilt(log, killing_after(5), made_by="older views")
    result = rebuilt(log)
    assert not result.resumed
    assert content(log.owner, "views_a") == content(log.owner, "views_b")


def test_a_view_that_fails_leaves_everything_as_it_was(log: Log) -> None:
    lives(log)

    def fail(connection: Connection, entry: Happened) -> None:
        raise LookupError("a bug")

    with pytest.raises(LookupError):
        rebuilt(log, (fail,))
    assert active(log.owner) == "views_a"
    assert rebuilt(log).schema == "views_b"


def test_only_one_rebuild_runs_at_a_time(log: Log) -> None:
    with rebuilding.alone(log.owner), pytest.raises(RebuildRunning):
        rebuilt(log)
    assert rebuilt(log).schema == "views_b"


def up_to_date(log: Log, made_by: str, views: tuple[View, ...] = VIEWS, **more: Any) -> Rebuilt | None:
    return bring_up_to_date(models(log, views, made_by, **more))


def test_read_models_are_made_anew_only_when_their_making_has_changed(log: Log) -> None:
    lives(log)
    first = up_to_date(log, "one version")
    assert first is not None
    assert first.schema == active(log.owner) == "views_b"
    assert up_to_date(log, "one version") is None
    assert active(log.owner) == "views_b"
    assert up_to_date(log, "the next") is not None
    assert content(log.owner, "views_a") == content(log.owner, "views_b")


def test_bringing_up_to_date_that_was_killed_goes_on_where_it_stopped(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "BATCH", 5)
    lives(log)
    with pytest.raises(Killed):
        up_to_date(log, "one version", killing_after(13))
    assert active(log.owner) == "views_a"
    result = up_to_date(log, "one version")
    assert result is not None
    assert result.resumed
    assert up_to_date(log, "one version") is None


def test_what_comes_after_the_swap_and_was_killed_is_done_by_the_next_call(log: Log) -> None:
    done: list[str] = []

    def end() -> None:
        done.append("begun")
        if len(done) == 1:
            raise Killed

    with pytest.raises(Killed):
        up_to_date(log, "one version", afterwards=end)
    assert up_to_date(log, "one version", afterwards=end) is not None
    assert up_to_date(log, "one version", afterwards=end) is None
    assert len(done) == 2


def test_of_two_that_bring_up_to_date_the_second_waits_and_finds_nothing_to_do(log: Log) -> None:
    with ThreadPoolExecutor(1) as pool:
        with rebuilding.alone(log.owner):
            second = pool.submit(up_to_date, log, "one version")
            wait_until(lambda: waits(log, "ExclusiveLock"))
            with log.owner.begin() as connection:
                connection.execute(rebuilding.COMPLETE, {"made_by": "one version"})
        assert second.result(timeout=30) is None


def test_a_log_with_a_hole_is_not_replayed(log: Log) -> None:
    lives(log)
    with log.tampering() as connection:
        connection.execute(text("DELETE FROM events WHERE partition = 1 AND position = 4"))
    with pytest.raises(LogContradictory):
        rebuilt(log)
    assert active(log.owner) == "views_a"


def test_an_append_that_has_written_the_old_read_models_is_waited_for(log: Log) -> None:
    """The race of inline views: the row is in the old schema, the event is not yet in the log, and then comes the swap."""
    lives(log)
    visit, written, may_commit = booked(), threading.Event(), threading.Event()

    def slow(transaction: Transaction) -> None:
        transaction.append(stream_of(visit), 0, [visit])
        written.set()
        may_commit.wait(timeout=30)

    with ThreadPoolExecutor(3) as pool:
        append = pool.submit(log.database.command, CHAINS[0], WHO, slow)
        assert written.wait(timeout=20)
        swap = pool.submit(rebuilt, log)
        wait_until(lambda: waits(log, "ExclusiveLock"))
        late = pool.submit(log.record, CHAINS[0], booked())
        wait_until(lambda: waits(log, "ShareLock"))
        assert active(log.owner) == "views_a"
        may_commit.set()
        append.result(timeout=30)
        assert swap.result(timeout=30).schema == "views_b"
        late.result(timeout=30)
    with log.database.reading(CHAINS[0]) as connection:
        found = connection.execute(text("SELECT count(*) FROM appointments")).scalar_one()
    assert found == 4 + 2
    missing_in_old = set(content(log.owner, "views_b")["appointments"]) - set(
        content(log.owner, "views_a")["appointments"]
    )
    assert len(missing_in_old) == 1


def waits(log: Log, mode: str) -> bool:
    return locks(log, mode, granted=False) > 0


def locks(log: Log, mode: str, *, granted: bool) -> int:
    """How many advisory locks of a mode are held, or waited for, in this database."""
    sql = text(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON oid = database AND datname = current_database()"
        " WHERE locktype = 'advisory' AND mode = :mode AND granted = :granted"
    )
    with log.owner.connect() as connection:
        return int(connection.execute(sql, {"mode": mode, "granted": granted}).scalar_one())


def test_a_long_transaction_does_not_hold_up_the_writers_behind_a_swap_for_long(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "WAIT_BRIEFLY", text("SET LOCAL lock_timeout = '50ms'"))
    monkeypatch.setattr(rebuilding, "SWAP_TRIES", 3)
    lives(log)
    with log.api.begin() as connection:
        connection.execute(text("SELECT enter_chain(:chain, true)"), {"chain": CHAINS[0]})
        with pytest.raises(SwapRefused):
            rebuilt(log)
        log.record(CHAINS[0], booked())
    result = rebuilt(log)
    assert result.resumed
    assert content(log.owner, "views_a") == content(log.owner, "views_b")


@contextmanager
def meanwhile(*works: Callable[[], None]) -> Iterator[None]:
    """Do each of the works over and over until the block ends; their failures are the test's.

    Who waited too long for a swap has done nothing, and is told to come again (503): on a busy machine that happens.
    """
    done = threading.Event()

    def repeat(work: Callable[[], None]) -> int:
        times = 0
        while not done.is_set() or not times:
            try:
                work()
            except OperationalError as error:
                if not isinstance(error.orig, LockNotAvailable):
                    raise
            else:
                times += 1
        return times

    with ThreadPoolExecutor(len(works)) as pool:
        running = [pool.submit(repeat, work) for work in works]
        try:
            yield
        finally:
            done.set()
        assert all(work.result(timeout=60) for work in running)


def test_reads_are_never_empty_or_mixed_and_no_write_is_lost_while_rebuilding(log: Log) -> None:
    lives(log)
    recorded: list[UUID] = []
    allowed, replayed = threading.Semaphore(0), count()

    def allow(connection: Connection, entry: Happened) -> None:
        """One visit more for every fourth event: without a limit there would be ever more to replay."""
        del connection, entry
        if next(replayed) % 4 == 0:
            allowed.release()

    def write() -> None:
        if not allowed.acquire(timeout=0.02):
            return
        visit = booked(occupies=())
        log.record(CHAINS[0], visit, confirmed(visit))
        recorded.append(visit.appointment_id)

    def look() -> None:
        known = len(recorded)
        with log.database.reading(CHAINS[0]) as connection:
            first = counts(connection)
            second = counts(connection)
        assert first.total >= 4 + known
        assert second.total >= first.total
        assert first.unconfirmed == second.unconfirmed == 3

    with meanwhile(write, write, look, look):
        for _ in range(4):
            rebuilt(log, (allow, *VIEWS))
    with log.database.reading(CHAINS[0]) as connection:
        ids = set(connection.execute(text("SELECT id FROM appointments")).scalars())
    assert set(recorded) <= ids
    rebuilt(log)
    assert content(log.owner, "views_a") == content(log.owner, "views_b")


def test_writers_that_are_faster_than_the_replay_do_not_keep_it_from_ending(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "BATCH", 2)
    monkeypatch.setattr(rebuilding, "HOLD_EVENTS", 4)
    lives(log)
    left = [300]

    def outrun(connection: Connection, entry: Happened) -> None:
        """Three events more for each that is replayed, until the replay holds the writers."""
        del connection, entry
        if left[0] and not holds(log):
            left[0] -= 1
            log.record(CHAINS[0], booked(), booked(), booked())

    assert rebuilt(log, (outrun, *VIEWS)).schema == "views_b"
    assert left[0]
    assert content(log.owner, "views_a") == content(log.owner, "views_b")


def holds(log: Log) -> bool:
    """Whether the rebuild keeps writers out now: it has its own lock and theirs."""
    return locks(log, "ExclusiveLock", granted=True) == 2


def counts(connection: Connection) -> Any:
    return connection.execute(
        text("SELECT count(*) AS total, count(*) FILTER (WHERE NOT confirmed) AS unconfirmed FROM appointments")
    ).one()


def test_another_chains_rows_stay_hidden_in_the_new_read_models(log: Log) -> None:
    lives(log)
    rebuilt(log)
    with log.database.reading(new_id()) as connection:
        assert connection.execute(text("SELECT count(*) FROM appointments")).scalar_one() == 0
    with log.database.reading(CHAINS[2]) as connection:
        assert connection.execute(text("SELECT count(*) FROM appointments")).scalar_one() == 4

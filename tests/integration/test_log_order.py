"""A tailing reader sees every event that is ever committed, in order: by construction, not by luck.

The same checks run against a log with a plain identity column, and must catch it: a check that cannot fail is none.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from shared.event_store import Transaction
from shared.ids import new_id
from shared.partitions import partition_of
from shared.settings import DatabaseSettings
from shared.verify import verify
from tests.support.log import WHO, Log, a_chain, a_log, booked, stream_of
from tests.support.processes import wait_until

pytestmark = pytest.mark.postgres15
P = 5
CHAIN = a_chain(P)
WAITING = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"


class Missed(Exception):
    """A committed event will never be seen by the reader."""


class Store(Protocol):
    """A log under test: one open append, and what a reader finds after a position."""

    def append(self, between: Callable[[], None]) -> UUID:
        """Append one event and call `between` just before the commit."""

    def after(self, position: int) -> list[tuple[int, UUID]]:
        """Positions and event ids after a position, in order."""

    def somebody_waits(self) -> bool:
        """Whether an append waits for a lock."""


@dataclass
class OurLog:
    log: Log
    chain_id: UUID = CHAIN

    def append(self, between: Callable[[], None]) -> UUID:
        visit = booked()
        written: list[UUID] = []

        def work(transaction: Transaction) -> None:
            transaction.append(stream_of(visit), 0, [visit])
            written.append(transaction.staged[0].event_id)
            transaction.commit_events()
            transaction.staged.clear()
            between()

        self.log.database.command(self.chain_id, WHO, work)
        return written[0]

    def after(self, position: int) -> list[tuple[int, UUID]]:
        return [(row.position, row.event_id) for row in self.log.rows(P, position)]

    def somebody_waits(self) -> bool:
        with self.log.api.connect() as connection:
            return bool(connection.execute(text(WAITING)).scalar_one())


@dataclass
class NaiveLog:
    """What the reader of an identity column meets: the position is taken at insert and seen at commit."""

    url: str

    def append(self, between: Callable[[], None]) -> UUID:
        event_id = new_id()
        with psycopg.connect(self.url) as connection:
            connection.execute("INSERT INTO naive (event_id) VALUES (%s)", [event_id])
            between()
        return event_id

    def after(self, position: int) -> list[tuple[int, UUID]]:
        with psycopg.connect(self.url) as connection:
            sql = "SELECT position, event_id FROM naive WHERE position > %s ORDER BY position"
            return list(connection.execute(sql, [position]))

    def somebody_waits(self) -> bool:
        with psycopg.connect(self.url) as connection:
            return connection.execute(WAITING).fetchone() == (True,)


@dataclass
class Tail:
    """A reader that remembers only its position."""

    store: Store
    position: int = 0
    seen: list[UUID] = field(default_factory=list)

    def read(self) -> None:
        for position, event_id in self.store.after(self.position):
            self.seen.append(event_id)
            self.position = position

    def must_have_seen(self, events: set[UUID]) -> None:
        if missing := events - set(self.seen):
            raise Missed(f"{len(missing)} of {len(events)}")
        assert len(self.seen) == len(set(self.seen))


def a_slow_append_is_not_overtaken(store: Store) -> None:
    """A slow transaction that wrote first commits after a fast one had every chance to commit before it."""
    tail, slow_has_written, slow_may_commit = Tail(store), threading.Event(), threading.Event()

    def dawdle() -> None:
        slow_has_written.set()
        slow_may_commit.wait(timeout=20)

    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(store.append, dawdle)
        assert slow_has_written.wait(timeout=20)
        fast = pool.submit(store.append, lambda: None)
        wait_until(lambda: fast.done() or store.somebody_waits())
        waited = not fast.done()
        tail.read()
        slow_may_commit.set()
        written = {slow.result(timeout=20), fast.result(timeout=20)}
    tail.read()
    tail.must_have_seen(written)
    if not waited:
        raise Missed("the fast append did not wait for the slow one")


def nothing_is_missed_under_load(store: Store, writers: int = 8, each: int = 40) -> None:
    """Many writers while a reader follows; every event that was committed must have been seen."""
    tail, done = Tail(store), threading.Event()

    def follow() -> None:
        while not done.is_set():
            tail.read()
        tail.read()

    with ThreadPoolExecutor(writers + 1) as pool:
        follower = pool.submit(follow)
        appends = [pool.submit(store.append, lambda: None) for _ in range(writers * each)]
        written = {append.result(timeout=60) for append in appends}
        done.set()
        follower.result(timeout=60)
    tail.must_have_seen(written)


@pytest.fixture
def ours(scheduling_db: DatabaseSettings) -> Iterator[OurLog]:
    with a_log(scheduling_db) as log:
        yield OurLog(log)


@pytest.fixture
def naive(scheduling_db: DatabaseSettings) -> NaiveLog:
    with psycopg.connect(scheduling_db.migrate) as connection:
        connection.execute(
            "CREATE TABLE naive (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id uuid NOT NULL)"
        )
    return NaiveLog(scheduling_db.migrate)


def test_a_slow_append_is_not_overtaken(ours: OurLog) -> None:
    a_slow_append_is_not_overtaken(ours)


def test_the_check_catches_a_log_whose_slow_append_is_overtaken(naive: NaiveLog) -> None:
    with pytest.raises(Missed):
        a_slow_append_is_not_overtaken(naive)
    with pytest.raises(Missed, match="1 of 2"):
        overtaken(naive)


def overtaken(store: Store) -> None:
    """The same interleaving, made certain: the fast append has committed and was read before the slow one commits."""
    tail, written = Tail(store), set[UUID]()

    def overtake() -> None:
        written.add(store.append(lambda: None))
        tail.read()

    written.add(store.append(overtake))
    tail.read()
    tail.must_have_seen(written)


def test_nothing_is_missed_under_load(ours: OurLog) -> None:
    nothing_is_missed_under_load(ours)
    report = verify(ours.log.reader)
    assert report.faults == ()
    assert report.events == 320


def test_positions_have_no_gap_while_appends_of_many_chains_fail_and_succeed(scheduling_db: DatabaseSettings) -> None:
    chains = [a_chain(P), a_chain(P), a_chain(P + 1), a_chain(P + 2), CHAIN]
    with a_log(scheduling_db) as log:
        seen: dict[int, list[int]] = {P: [0], P + 1: [0], P + 2: [0]}
        done = threading.Event()

        def follow() -> None:
            while not done.is_set():
                for partition, positions in seen.items():
                    found = log.rows(partition, positions[-1])
                    for row in found:
                        assert row.position == positions[-1] + 1
                        positions.append(row.position)

        with ThreadPoolExecutor(9) as pool:
            follower = pool.submit(follow)
            outcomes = [pool.submit(append_or_fail, log, chains[n % 5], fails=n % 7 == 0) for n in range(280)]
            committed = [chain for outcome in outcomes if (chain := outcome.result(timeout=60)) is not None]
            done.set()
            follower.result(timeout=60)
        for partition in seen:
            expected = sum(partition_of(chain) == partition for chain in committed)
            assert [row.position for row in log.rows(partition)] == list(range(1, expected + 1))
        assert verify(log.reader).faults == ()


def append_or_fail(log: Log, chain_id: UUID, *, fails: bool) -> UUID | None:
    """Append; when told to fail, only after the position was taken."""
    visit = booked()

    def work(transaction: Transaction) -> None:
        transaction.append(stream_of(visit), 0, [visit])
        if fails:
            transaction.commit_events()
            raise LookupError("changed its mind")

    try:
        log.database.command(chain_id, WHO, work)
    except LookupError:
        return None
    return chain_id


def test_times_of_recording_never_go_back_within_a_partition(ours: OurLog) -> None:
    nothing_is_missed_under_load(ours, writers=4, each=10)
    with ours.log.reader.connect() as connection:
        backwards = connection.execute(
            text(
                "SELECT count(*) FROM (SELECT recorded_at, lag(recorded_at) OVER (PARTITION BY partition ORDER BY position)"
                " AS before FROM events) AS pairs WHERE recorded_at < before"
            )
        )
        assert backwards.scalar_one() == 0

"""An event that cannot be handled holds up its own stream only, until somebody decides; then all go on in order."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from shared import dead_letters
from shared.checkpoints import Track
from shared.consumer import LOOK_SECONDS, Consumer
from shared.dead_letters import DeadLetter, NoSuchLetter
from shared.draining import drain
from shared.event_store import Recorded
from shared.settings import DatabaseSettings
from tests.support.consuming import Setting, a_setting, folded, seen
from tests.support.log import START, a_chain, booked, cancelled, confirmed, moved
from tests.support.processes import wait_until

P = 7
CHAIN = a_chain(P)
TRACK = Track("treatment", "scheduling", P)


@pytest.fixture
def setting(scheduling_db: DatabaseSettings, treatment_db: DatabaseSettings, redis_url: str) -> Iterator[Setting]:
    with a_setting(scheduling_db, treatment_db, redis_url) as setting:
        yield setting


@dataclass
class Faulty:
    """A handler with a bug about some positions; remembers what it handled, of the transactions that may yet fail."""

    setting: Setting
    fails_at: set[int]
    tried: list[int] = field(default_factory=list)

    def __call__(self, connection: Connection, entry: Recorded) -> None:
        self.tried.append(entry.position)
        self.setting.handle(connection, entry)
        if entry.position in self.fails_at:
            raise LookupError("Jane Doe, +49 30 1234567")


def rounds(setting: Setting, consumer: Consumer, number: int = 3) -> None:
    for _ in range(number):
        setting.clock.now += LOOK_SECONDS
        consumer.round()


def letters(setting: Setting) -> list[DeadLetter]:
    with setting.engine.connect() as connection:
        return dead_letters.listed(connection)


def mark(setting: Setting, position: int, what: str) -> None:
    with setting.engine.begin() as connection:
        {"retry": dead_letters.retry, "skip": dead_letters.skip}[what](connection, TRACK, position, "an operator")


def two_visits(setting: Setting) -> None:
    """Positions 1, 3, 4 and 5 belong to one appointment, 2 and 6 to another."""
    visit, other = booked(), booked()
    events = [
        visit,
        other,
        moved(visit, START + timedelta(days=1)),
        confirmed(visit),
        cancelled(visit),
        confirmed(other),
    ]
    setting.log.record(CHAIN, *events)


def versions(setting: Setting) -> set[int]:
    return {row["version"] for row in setting.visits()}


def test_only_the_stream_of_a_poison_event_waits(setting: Setting) -> None:
    two_visits(setting)
    handler = Faulty(setting, {3})
    rounds(setting, setting.consumer(handler))
    assert setting.position(P) == 6
    assert setting.letters() == [(3, "parked"), (4, "waiting"), (5, "waiting")]
    assert versions(setting) == {1, 2}
    (letter,) = letters(setting)
    assert (letter.position, letter.attempts, letter.waiting) == (3, 3, 2)


def test_the_number_of_waiting_streams_is_measured(setting: Setting) -> None:
    two_visits(setting)
    handler = Faulty(setting, {1, 2})
    consumer = setting.consumer(handler)
    rounds(setting, consumer)
    assert setting.metric("synergist_consumer_parked_streams") == 2
    handler.fails_at.clear()
    mark(setting, 1, "retry")
    rounds(setting, consumer)
    assert setting.metric("synergist_consumer_parked_streams") == 1


def test_what_failed_is_told_without_anybodys_data(setting: Setting) -> None:
    two_visits(setting)
    rounds(setting, setting.consumer(Faulty(setting, {3})))
    (letter,) = letters(setting)
    assert letter.error is not None
    assert letter.error.startswith("LookupError at test_consumer_dead_letters.py:")
    assert "Jane" not in letter.error


def test_later_events_of_the_stream_join_the_queue(setting: Setting) -> None:
    visit = booked()
    setting.log.record(CHAIN, visit)
    consumer = setting.consumer(Faulty(setting, {1}))
    rounds(setting, consumer)
    setting.log.record(CHAIN, confirmed(visit), booked())
    rounds(setting, consumer)
    assert setting.letters() == [(1, "parked"), (2, "waiting")]
    assert len(setting.visits()) == 1


@pytest.mark.postgres15
def test_a_retry_after_the_fix_heals_the_stream_in_order(setting: Setting) -> None:
    two_visits(setting)
    handler = Faulty(setting, {3})
    consumer = setting.consumer(handler)
    rounds(setting, consumer)
    handler.fails_at.clear()
    handler.tried.clear()
    rounds(setting, consumer)
    assert handler.tried == []
    mark(setting, 3, "retry")
    rounds(setting, consumer)
    assert handler.tried == [3, 4, 5]
    assert seen(setting.visits()) == folded(setting.log.all_rows())
    assert setting.letters() == [(3, "handled"), (4, "handled"), (5, "handled")]
    assert letters(setting) == []


def test_a_healed_stream_lives_on(setting: Setting) -> None:
    visit = booked()
    setting.log.record(CHAIN, visit)
    handler = Faulty(setting, {1})
    consumer = setting.consumer(handler)
    rounds(setting, consumer)
    handler.fails_at.clear()
    mark(setting, 1, "retry")
    rounds(setting, consumer)
    setting.log.record(CHAIN, confirmed(visit))
    rounds(setting, consumer)
    assert seen(setting.visits()) == folded(setting.log.all_rows())


def test_a_skipped_event_is_left_out_and_the_rest_follows(setting: Setting) -> None:
    two_visits(setting)
    consumer = setting.consumer(Faulty(setting, {4}))
    rounds(setting, consumer)
    assert setting.letters() == [(4, "parked"), (5, "waiting")]
    mark(setting, 4, "skip")
    rounds(setting, consumer)
    assert setting.letters() == [(4, "skipped"), (5, "handled")]
    assert {(row["version"], row["status"]) for row in setting.visits()} == {(4, "cancelled"), (2, "booked")}
    assert [row["confirmed"] for row in setting.visits() if row["status"] == "cancelled"] == [False]


def test_an_event_that_fails_again_waits_again(setting: Setting) -> None:
    two_visits(setting)
    consumer = setting.consumer(Faulty(setting, {3}))
    rounds(setting, consumer)
    mark(setting, 3, "retry")
    rounds(setting, consumer)
    assert setting.letters() == [(3, "parked"), (4, "waiting"), (5, "waiting")]
    (letter,) = letters(setting)
    assert letter.attempts == 6


def test_another_event_of_the_drained_stream_may_fail_too(setting: Setting) -> None:
    two_visits(setting)
    handler = Faulty(setting, {3, 5})
    consumer = setting.consumer(handler)
    rounds(setting, consumer)
    handler.fails_at.discard(3)
    mark(setting, 3, "retry")
    rounds(setting, consumer)
    assert setting.letters() == [(3, "handled"), (4, "handled"), (5, "parked")]


def test_two_readers_that_drain_at_once_handle_nothing_twice(setting: Setting) -> None:
    two_visits(setting)
    rounds(setting, setting.consumer(Faulty(setting, {4})))
    mark(setting, 4, "retry")
    handled: list[int] = []

    def note(connection: Connection, entry: Recorded) -> None:
        setting.handle(connection, entry)
        handled.append(entry.position)

    with ThreadPoolExecutor(1) as pool:
        others: list[Future[int]] = []

        def meet_another(connection: Connection, entry: Recorded) -> None:
            note(connection, entry)
            if not others:
                others.append(pool.submit(drain, setting.consumer(note).projection, "scheduling", setting.feed.read))
                wait_until(lambda: others[0].done() or somebody_waits(setting))

        drain(setting.consumer(meet_another).projection, "scheduling", setting.feed.read)
        others[0].result(timeout=20)
    assert handled == [4, 5]


def somebody_waits(setting: Setting) -> bool:
    waiting = "wait_event_type = 'Lock' AND datname = current_database()"
    with setting.engine.connect() as connection:
        return bool(connection.execute(text(f"SELECT count(*) FROM pg_stat_activity WHERE {waiting}")).scalar_one())


def test_draining_waits_for_the_feed(setting: Setting) -> None:
    two_visits(setting)
    handler = Faulty(setting, {3})
    consumer = setting.consumer(handler)
    rounds(setting, consumer)
    handler.fails_at.clear()
    mark(setting, 3, "retry")
    setting.feed.away = True
    rounds(setting, consumer)
    assert setting.letters()[0] == (3, "retry")
    setting.feed.away = False
    rounds(setting, consumer)
    assert setting.letters()[0] == (3, "handled")


def test_an_event_that_this_version_does_not_know_is_parked(setting: Setting) -> None:
    two_visits(setting)
    setting.log.record(CHAIN, booked())
    with setting.log.tampering() as connection:
        connection.execute(text("UPDATE events SET name = 'scheduling.from_tomorrow.v9' WHERE position = 7"))
    rounds(setting, setting.consumer())
    (letter,) = letters(setting)
    assert (letter.position, letter.name) == (7, "scheduling.from_tomorrow.v9")
    assert letter.error is not None
    assert letter.error.startswith("UnknownEvent")


def test_an_event_that_somebody_had_skipped_stays_out_when_it_is_handled_anew(setting: Setting) -> None:
    two_visits(setting)
    consumer = setting.consumer(Faulty(setting, {4}))
    rounds(setting, consumer)
    mark(setting, 4, "skip")
    rounds(setting, consumer)
    with setting.owner.begin() as connection:
        connection.execute(text("UPDATE active_views SET schema = 'views_b'"))
    consumer = setting.consumer(Faulty(setting, {4}))
    rounds(setting, consumer)
    assert {(row["version"], row["status"]) for row in setting.visits()} == {(4, "cancelled"), (2, "booked")}
    assert letters(setting) == []


@pytest.mark.parametrize("position", [4, 99])
def test_only_what_failed_itself_can_be_marked(setting: Setting, position: int) -> None:
    two_visits(setting)
    rounds(setting, setting.consumer(Faulty(setting, {3})))
    with pytest.raises(NoSuchLetter):
        mark(setting, position, "retry")


def test_streams_of_the_same_name_in_two_chains_do_not_hold_each_other_up(setting: Setting) -> None:
    visit, same_id = booked(), UUID(int=5)
    setting.log.record(CHAIN, visit, stream="appointment-same")
    setting.log.record(a_chain(P), booked(same_id), stream="appointment-same")
    rounds(setting, setting.consumer(Faulty(setting, {1})))
    assert setting.letters() == [(1, "parked")]
    assert [row["appointment_id"] for row in setting.visits()] == [same_id]

"""A consumer makes of another service's log exactly what the log says, whatever Redis has of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import redis
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from shared.checkpoints import START as START_OF_LOG, Overtaken
from shared.consumer import BLOCK_SECONDS, LOOK_SECONDS, Consumer
from shared.event_store import Recorded
from shared.feed import write_event
from shared.relay import Relay
from shared.settings import DatabaseSettings
from shared.streams import stream_key
from tests.support.consuming import Setting, a_setting, folded, seen
from tests.support.log import START, a_chain, arrived, booked, cancelled, confirmed, moved

P = 4
KEY = stream_key("scheduling", P)
CHAIN = a_chain(P)


@pytest.fixture
def setting(scheduling_db: DatabaseSettings, treatment_db: DatabaseSettings, redis_url: str) -> Iterator[Setting]:
    with a_setting(scheduling_db, treatment_db, redis_url) as setting:
        yield setting


def publish(setting: Setting) -> None:
    with setting.log.reader.connect() as connection:
        relay = Relay("scheduling", connection, setting.client, retained=1000)
        while relay.round():
            pass


def rounds(consumer: Consumer, number: int = 4) -> None:
    for _ in range(number):
        consumer.round()


def looks(setting: Setting, consumer: Consumer, number: int = 2) -> None:
    """Rounds that each begin with a look at the feed."""
    for _ in range(number):
        setting.clock.now += LOOK_SECONDS
        rounds(consumer)


def must_agree(setting: Setting) -> None:
    assert seen(setting.visits()) == folded(setting.log.all_rows())


def a_life(setting: Setting) -> None:
    visit, other, third = booked(), booked(), booked()
    setting.log.record(CHAIN, visit)
    setting.log.record(CHAIN, other, moved(visit, START + timedelta(days=1)))
    setting.log.record(CHAIN, confirmed(visit), cancelled(other), third, arrived(third))


@pytest.mark.postgres15
def test_the_visits_are_what_the_log_says(setting: Setting) -> None:
    consumer = setting.consumer()
    consumer.round()
    a_life(setting)
    setting.log.record(a_chain(P), booked())
    setting.log.record(a_chain(P + 1), booked())
    publish(setting)
    consumer.round()
    must_agree(setting)
    assert setting.position(P) == 8
    assert setting.feed.pages == 0


def test_what_is_read_again_has_no_second_effect(setting: Setting) -> None:
    a_life(setting)
    publish(setting)
    handled: list[int] = []
    consumer = setting.consumer(lambda _, entry: handled.append(entry.position))
    rounds(consumer)
    rows = setting.log.rows(P)
    consumer.advance(next(key for key in consumer.checkpoints if key.partition == P), rows, "redis")
    rounds(setting.consumer(lambda _, entry: handled.append(entry.position)))
    assert handled == [1, 2, 3, 4, 5, 6, 7]


def test_a_new_consumer_catches_up_with_an_empty_redis(setting: Setting) -> None:
    a_life(setting)
    rounds(setting.consumer())
    must_agree(setting)


def test_a_new_consumer_catches_up_when_redis_has_only_the_tail(setting: Setting) -> None:
    consumer = setting.consumer()
    consumer.round()
    a_life(setting)
    publish(setting)
    setting.client.xtrim(KEY, minid=6, approximate=False)
    before = setting.metric("synergist_consumer_holes_total")
    rounds(consumer)
    must_agree(setting)
    assert setting.metric("synergist_consumer_holes_total") == before + 1


def test_a_hole_in_the_middle_is_filled_from_the_feed(setting: Setting) -> None:
    consumer = setting.consumer()
    consumer.round()
    a_life(setting)
    publish(setting)
    setting.client.xdel(KEY, "3-0", "4-0")
    rounds(consumer)
    must_agree(setting)
    assert setting.feed.pages == 1


def test_a_hole_waits_for_the_feed_and_only_its_partition_waits(setting: Setting) -> None:
    consumer = setting.consumer()
    consumer.round()
    a_life(setting)
    publish(setting)
    setting.client.xdel(KEY, "3-0")
    setting.feed.away = True
    rounds(consumer)
    assert setting.position(P) == 2
    setting.log.record(a_chain(P + 1), booked())
    publish(setting)
    rounds(consumer)
    assert setting.position(P + 1) == 1
    setting.feed.away = False
    rounds(consumer)
    must_agree(setting)


def test_what_never_reaches_redis_arrives_a_little_later(setting: Setting) -> None:
    consumer = setting.consumer()
    consumer.round()
    a_life(setting)
    rounds(consumer)
    assert setting.visits() == []
    looks(setting, consumer, 1)
    must_agree(setting)


def test_an_entry_that_is_no_event_is_read_from_the_feed(setting: Setting) -> None:
    consumer = setting.consumer()
    consumer.round()
    a_life(setting)
    rows = setting.log.rows(P)
    for row in rows:
        document = b'{"specversion":"1.0"}' if row.position == 2 else write_event(row, "scheduling")
        setting.client.xadd(KEY, {"event": document}, id=f"{row.position}-0")
    rounds(consumer)
    must_agree(setting)


def test_events_altered_on_the_way_are_noticed(setting: Setting) -> None:
    consumer = setting.consumer()
    consumer.round()
    a_life(setting)
    first, *_ = setting.log.rows(P)
    forged = replace(first, prev_hash=bytes(31) + b"x")
    setting.client.xadd(KEY, {"event": write_event(forged, "scheduling")}, id="1-0")
    rounds(consumer)
    assert setting.position(P) == 0


def test_a_log_that_was_replaced_stops_its_partition_and_no_other(setting: Setting) -> None:
    consumer = setting.consumer()
    a_life(setting)
    publish(setting)
    rounds(consumer)
    with setting.owner.begin() as connection:
        connection.execute(text(f"UPDATE views_a.checkpoints SET hash = sha256('x') WHERE partition = {P}"))
    consumer = setting.consumer()
    setting.log.record(CHAIN, booked())
    setting.log.record(a_chain(P + 1), booked())
    publish(setting)
    rounds(consumer)
    looks(setting, consumer)
    assert setting.position(P) == 7
    assert setting.position(P + 1) == 1
    assert setting.metric("synergist_consumer_stopped", partition=P) == 1
    assert setting.metric("synergist_consumer_stopped", partition=P + 1) == 0


def test_a_log_that_is_shorter_than_what_was_read_stops_its_partition(setting: Setting) -> None:
    a_life(setting)
    consumer = setting.consumer()
    rounds(consumer)
    fifth = setting.log.rows(P)[4]
    with setting.log.tampering() as connection:
        connection.execute(text(f"DELETE FROM events WHERE partition = {P} AND position > 5"))
        connection.execute(
            text("UPDATE log_heads SET position = 5, hash = :hash WHERE partition = :p"), {"hash": fifth.hash, "p": P}
        )
    looks(setting, consumer)
    assert setting.metric("synergist_consumer_stopped", partition=P) == 1


def test_a_stopped_partition_goes_on_when_its_checkpoint_is_right_again(setting: Setting) -> None:
    a_life(setting)
    rounds(setting.consumer())
    right = setting.log.rows(P)[-1].hash
    change = text("UPDATE views_a.checkpoints SET hash = :hash WHERE partition = :p")
    with setting.owner.begin() as connection:
        connection.execute(change, {"hash": bytes(32), "p": P})
    consumer = setting.consumer()
    setting.log.record(CHAIN, booked())
    looks(setting, consumer)
    assert setting.metric("synergist_consumer_stopped", partition=P) == 1
    with setting.owner.begin() as connection:
        connection.execute(change, {"hash": right, "p": P})
    looks(setting, consumer)
    must_agree(setting)
    assert setting.metric("synergist_consumer_stopped", partition=P) == 0


def test_two_readers_of_one_track_do_not_handle_anything_twice(setting: Setting) -> None:
    a_life(setting)
    publish(setting)
    handled: list[int] = []

    def note(_: Connection, entry: Recorded) -> None:
        handled.append(entry.position)

    one, other = setting.consumer(note), setting.consumer(note)
    one.look_at = other.look_at = 1e9
    one.round()
    other.checkpoints = dict.fromkeys(one.checkpoints, START_OF_LOG)
    with pytest.raises(Overtaken):
        other.round()
    assert handled == [1, 2, 3, 4, 5, 6, 7]
    assert setting.position(P) == 7


def test_everything_or_nothing_of_a_batch_takes_effect_when_the_connection_breaks(setting: Setting) -> None:
    a_life(setting)
    publish(setting)
    broken: list[int] = []

    def break_once(connection: Connection, entry: Recorded) -> None:
        setting.handle(connection, entry)
        if entry.position == 5 and not broken:
            broken.append(entry.position)
            with setting.engine.connect() as other:
                pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            connection.execute(text("SELECT 1"))

    consumer = setting.consumer(break_once)
    with pytest.raises(DBAPIError):
        rounds(consumer)
    assert setting.position(P) == 0
    assert setting.visits() == []
    consumer.checkpoints.clear()
    rounds(consumer)
    must_agree(setting)
    assert setting.letters() == []


def test_run_waits_out_whatever_happens(setting: Setting) -> None:
    a_life(setting)
    failures = [redis.ConnectionError(), Overtaken(), ValueError("a bug")]
    consumer = setting.consumer()
    original = consumer.round

    def round_or_fail() -> None:
        if failures:
            raise failures.pop()
        original()
        consumer.stop.set()

    consumer.round = round_or_fail  # type: ignore[method-assign]
    consumer.run()
    must_agree(setting)


def test_an_idle_consumer_waits_for_redis_and_asks_the_feed_seldom(setting: Setting) -> None:
    consumer = setting.consumer()
    for _ in range(10):
        consumer.round()
        setting.clock.now += BLOCK_SECONDS
    assert (setting.feed.looks, setting.feed.pages) == (1, 0)

"""What a consumer made of another service's log is made anew while it goes on consuming."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from services.treatment.migrations import create_views
from shared import dead_letters
from shared.checkpoints import Track
from shared.consumer import LOOK_SECONDS, Consumer
from shared.event_store import Recorded
from shared.feed import FeedUnavailable
from shared.projection import one_by_one
from shared.rebuild import ReadModels, Rebuilt, rebuild
from shared.replay import consumed_log
from shared.settings import DatabaseSettings
from tests.support.consuming import HandleOne, Setting, a_setting, folded, seen
from tests.support.log import a_chain, booked, cancelled, confirmed

P = 9
CHAIN = a_chain(P)


@pytest.fixture
def setting(scheduling_db: DatabaseSettings, treatment_db: DatabaseSettings, redis_url: str) -> Iterator[Setting]:
    with a_setting(scheduling_db, treatment_db, redis_url) as setting:
        yield setting


def rebuilt(setting: Setting, handle: HandleOne | None = None) -> Rebuilt:
    replay = consumed_log("treatment", "scheduling", setting.feed, one_by_one(handle or setting.handle))
    return rebuild(ReadModels(owner=setting.owner, replays=[replay], create=create_views, made_by="these views"))


def rounds(setting: Setting, consumer: Consumer, number: int = 3) -> None:
    for _ in range(number):
        setting.clock.now += LOOK_SECONDS
        consumer.round()


def lives(setting: Setting) -> None:
    for chain in (CHAIN, a_chain(P), a_chain(P + 1)):
        visit, other = booked(), booked()
        setting.log.record(chain, visit, other)
        setting.log.record(chain, confirmed(visit), cancelled(other))


def schemas(setting: Setting) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    return tuple(setting.rows(f"{schema}.visits", "appointment_id") for schema in ("views_a", "views_b"))  # type: ignore[return-value]


@pytest.mark.postgres15
def test_the_visits_are_the_same_and_the_consumer_goes_on(setting: Setting) -> None:
    lives(setting)
    consumer = setting.consumer()
    rounds(setting, consumer)
    assert rebuilt(setting).schema == "views_b"
    old, new = schemas(setting)
    assert old == new
    lives(setting)
    rounds(setting, consumer)
    assert seen(setting.visits()) == folded(setting.log.all_rows())
    assert schemas(setting)[0] == old
    assert len(setting.visits()) == 12


def test_a_rebuild_leaves_to_the_consumer_what_has_had_no_effect_yet(setting: Setting) -> None:
    lives(setting)
    consumer = setting.consumer()
    rounds(setting, consumer)
    before = setting.visits()
    lives(setting)
    rebuilt(setting)
    assert setting.visits() == before
    rounds(setting, consumer)
    assert seen(setting.visits()) == folded(setting.log.all_rows())


def test_a_log_that_was_replaced_by_a_shorter_one_is_taken_over_too(setting: Setting) -> None:
    lives(setting)
    consumer = setting.consumer()
    rounds(setting, consumer)
    with setting.owner.begin() as connection:
        connection.execute(text(f"UPDATE views_a.checkpoints SET position = position + 7 WHERE partition = {P}"))
    rebuilt(setting)
    consumer.checkpoints.clear()
    lives(setting)
    rounds(setting, consumer)
    assert seen(setting.visits()) == folded(setting.log.all_rows())


def test_a_rebuild_does_not_fall_behind_the_consumer(setting: Setting) -> None:
    """The consumer applies more between the last pass of the rebuild and its swap."""
    lives(setting)
    consumer = setting.consumer()
    rounds(setting, consumer)
    overtaken: list[str] = []

    def overtake(connection: Connection, entry: Recorded) -> None:
        setting.handle(connection, entry)
        if not overtaken:
            overtaken.append("once")
            setting.log.record(CHAIN, booked())
            rounds(setting, consumer)

    rebuilt(setting, overtake)
    assert overtaken
    rounds(setting, consumer)
    assert seen(setting.visits()) == folded(setting.log.all_rows())


def test_a_rebuild_needs_the_feed_and_changes_nothing_without_it(setting: Setting) -> None:
    lives(setting)
    rounds(setting, setting.consumer())
    setting.feed.away = True
    with pytest.raises(FeedUnavailable):
        rebuilt(setting)
    setting.feed.away = False
    assert rebuilt(setting).resumed
    assert seen(setting.visits()) == folded(setting.log.all_rows())


def test_a_log_that_was_replaced_is_taken_over_by_a_rebuild(setting: Setting) -> None:
    """What a stopped partition needs after the other service's database was restored."""
    lives(setting)
    consumer = setting.consumer()
    rounds(setting, consumer)
    with setting.owner.begin() as connection:
        connection.execute(text(f"UPDATE views_a.checkpoints SET hash = sha256('x') WHERE partition = {P}"))
    consumer.checkpoints.clear()
    rounds(setting, consumer)
    assert setting.metric("synergist_consumer_stopped", partition=P) == 1
    rebuilt(setting)
    lives(setting)
    rounds(setting, consumer)
    assert setting.metric("synergist_consumer_stopped", partition=P) == 0
    assert seen(setting.visits()) == folded(setting.log.all_rows())


def test_what_cannot_be_handled_waits_in_the_new_read_models_and_the_fixed_is_forgotten(setting: Setting) -> None:
    lives(setting)

    def fail_at(position: int) -> HandleOne:
        def handle(connection: Connection, entry: Recorded) -> None:
            setting.handle(connection, entry)
            if entry.position == position and entry.partition == P:
                raise LookupError

        return handle

    rounds(setting, setting.consumer(fail_at(1)))
    assert parked(setting) == [1]
    rebuilt(setting, fail_at(4))
    assert parked(setting) == [4]
    rebuilt(setting)
    assert parked(setting) == []
    assert seen(setting.visits()) == folded(setting.log.all_rows())


def parked(setting: Setting) -> list[int]:
    with setting.engine.connect() as connection:
        return [letter.position for letter in dead_letters.listed(connection)]


def test_what_somebody_had_skipped_stays_out_of_the_new_read_models(setting: Setting) -> None:
    lives(setting)

    def fail(connection: Connection, entry: Recorded) -> None:
        setting.handle(connection, entry)
        if entry.position == 4 and entry.partition == P:
            raise LookupError

    consumer = setting.consumer(fail)
    rounds(setting, consumer)
    with setting.engine.begin() as connection:
        dead_letters.skip(connection, Track("treatment", "scheduling", P), 4, "an operator")
    rounds(setting, consumer)
    rebuilt(setting, fail)
    assert parked(setting) == []
    old, new = schemas(setting)
    assert old == new

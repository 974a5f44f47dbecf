"""What a provider passes on is taken once, also when it comes twice at once or when its taker dies."""

import threading
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from services.scheduling.notices import first_time
from services.scheduling.views import VIEWS
from shared.database import Database, make_engine
from shared.event_store import Metadata, Transaction
from shared.settings import DatabaseSettings
from tests.support.keys import sealer

PROVIDER = Metadata(actor="provider", role="provider", origin="hook", correlation_id="test")
SLOWEST_SECONDS = 20


class Died(Exception):
    """Whoever took the notice did not live to commit."""


def second_takes(database: Database, first: Callable[[], None]) -> bool:
    """Whether the second of two at once takes the notice, when the first ends with `first`."""
    chain_id, inside, go_on = uuid4(), threading.Event(), threading.Event()
    said: list[bool] = []

    def slow(tx: Transaction) -> None:
        assert first_time(tx, "sms:SM1")
        inside.set()
        go_on.wait(SLOWEST_SECONDS)
        first()

    def run_slow() -> None:
        try:
            database.command(chain_id, PROVIDER, slow)
        except Died:
            return

    def run_second() -> None:
        said.append(database.command(chain_id, PROVIDER, lambda tx: first_time(tx, "sms:SM1")))

    threads = [threading.Thread(target=run_slow), threading.Thread(target=run_second)]
    threads[0].start()
    assert inside.wait(SLOWEST_SECONDS)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(SLOWEST_SECONDS)
    return said[0]


@pytest.fixture
def database(scheduling_db: DatabaseSettings) -> Iterator[Database]:
    database = Database(make_engine(scheduling_db.api, size=2), sealer=sealer(), views=VIEWS)
    yield database
    database.engine.dispose()


def nothing() -> None:
    pass


def die() -> None:
    raise Died


def test_of_two_at_once_the_second_waits_and_takes_nothing(database: Database) -> None:
    assert not second_takes(database, nothing)


def test_what_died_with_its_taker_is_taken_by_the_next(database: Database) -> None:
    assert second_takes(database, die)


def test_each_chain_takes_a_notice_of_its_own(database: Database) -> None:
    for chain_id in (uuid4(), uuid4()):
        taken = [database.command(chain_id, PROVIDER, lambda tx: first_time(tx, "sms:SM1")) for _ in range(2)]
        assert taken == [True, False]

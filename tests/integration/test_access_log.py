"""The access log takes one row after another, shows each chain its own, and lets nobody change what it holds."""

from collections.abc import Iterator
from threading import Thread

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from shared import access_log
from shared.decider import StreamChanged
from shared.event_store import Transaction
from shared.ids import new_id
from shared.settings import DatabaseSettings
from shared.verify import verify
from tests.support.log import WHO, Log, a_chain, a_log, an_access, booked, stream_of

pytestmark = pytest.mark.postgres15
P = 3


@pytest.fixture
def log(scheduling_db: DatabaseSettings) -> Iterator[Log]:
    with a_log(scheduling_db) as log:
        yield log


def test_an_entry_says_who_looked_as_what_what_for_and_at_whom(log: Log) -> None:
    chain, client, other = a_chain(P), new_id(), new_id()
    log.look(chain, client, other, actor="anna", role="manager", purpose="audit", data_class="identity")
    with log.database.reading(chain) as connection:
        (entry,) = access_log.accesses_of(connection, [client], most=10)
    assert (entry.actor, entry.role, entry.purpose, entry.data_class) == ("anna", "manager", "audit", "identity")
    assert entry.client_ids == sorted([client, other])
    assert (entry.partition, entry.position, entry.prev_hash) == (P, 1, bytes(32))


def test_entries_about_a_client_come_newest_first_and_in_pages(log: Log) -> None:
    chain, client = a_chain(P), new_id()
    for _ in range(3):
        log.look(chain, client)
        log.look(chain, new_id())
    with log.database.reading(chain) as connection:
        first = access_log.accesses_of(connection, [client], most=2)
        rest = access_log.accesses_of(connection, [client], before=first[-1].position, most=2)
    assert [entry.position for entry in [*first, *rest]] == [5, 3, 1]


def test_another_chain_sees_nothing_even_where_it_knows_the_client(log: Log) -> None:
    chain, client = a_chain(P), new_id()
    log.look(chain, client)
    with log.database.reading(a_chain(P)) as connection:
        assert access_log.accesses_of(connection, [client], most=10) == []


def test_nobody_records_a_look_for_another_chain(log: Log) -> None:
    with pytest.raises(ProgrammingError), log.database.reading(a_chain(P)) as connection:
        access_log.append(connection, a_chain(P), an_access(new_id()))


@pytest.mark.parametrize(
    "statement", ["UPDATE access_log SET actor = 'x'", "DELETE FROM access_log", "TRUNCATE access_log"]
)
@pytest.mark.parametrize("role", ["api", "migrate"])
def test_neither_the_service_nor_the_owner_changes_an_entry(
    log: Log, scheduling_db: DatabaseSettings, role: str, statement: str
) -> None:
    log.look(a_chain(P), new_id())
    with (
        psycopg.connect(getattr(scheduling_db, role)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)
    assert verify(log.reader).accesses == 1


def test_a_command_that_shows_data_leaves_its_entry_with_its_events_or_neither(log: Log) -> None:
    chain, visit = a_chain(P), booked()

    def work(transaction: Transaction) -> None:
        transaction.append(stream_of(visit), 0, [visit])
        transaction.shown = an_access(visit.client_id)

    log.database.command(chain, WHO, work)
    with pytest.raises(StreamChanged):
        log.database.command(chain, WHO, work)
    report = verify(log.reader)
    assert (report.events, report.accesses, report.faults) == (1, 1, ())


def test_looks_and_commands_at_once_leave_gapless_logs_and_no_deadlock(log: Log) -> None:
    chain = a_chain(P)

    def look() -> None:
        for _ in range(10):
            log.look(chain, new_id())

    def command() -> None:
        for _ in range(10):
            visit = booked()

            def work(transaction: Transaction, visit: object = visit) -> None:
                transaction.append(stream_of(visit), 0, [visit])
                transaction.shown = an_access(new_id())

            log.database.command(chain, WHO, work)

    threads = [Thread(target=each) for each in (look, command, look, command)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = verify(log.reader)
    assert (report.events, report.accesses, report.faults) == (20, 40, ())
    with log.reader.connect() as connection:
        found = connection.execute(text("SELECT position FROM access_log ORDER BY position")).scalars().all()
    assert list(found) == list(range(1, 41))

"""Whatever is done to a stored log, `verify` names the first row that shows it."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from shared.event_store import Transaction
from shared.hash_chain import hash_of
from shared.settings import DatabaseSettings
from shared.verify import Fault, verify
from tests.support.log import WHO, Log, a_chain, a_log, booked, cancelled, confirmed, stream_of

pytestmark = pytest.mark.postgres15
P = 3


@pytest.fixture
def log(scheduling_db: DatabaseSettings) -> Iterator[Log]:
    with a_log(scheduling_db) as log:
        chain = a_chain(P)
        for _ in range(3):
            visit = booked()
            log.record(chain, visit)
            log.record(chain, confirmed(visit), cancelled(visit))
        log.record(a_chain(P + 1), booked())
        yield log


def fault(log: Log) -> Fault:
    (found,) = verify(log.reader).faults
    return found


def change(log: Log, sql: str) -> None:
    with log.tampering() as connection:
        connection.execute(text(sql))


def test_finds_nothing_in_an_untouched_log(log: Log) -> None:
    report = verify(log.reader)
    assert report.faults == ()
    assert report.events == 10


@pytest.mark.parametrize(
    "change_made",
    [
        """data = jsonb_set(data, '{late}', 'true')""",
        """metadata = jsonb_set(metadata, '{actor}', '"somebody else"')""",
        """recorded_at = recorded_at + interval '1 microsecond'""",
        """chain_id = gen_random_uuid()""",
        """stream = 'appointment-another'""",
        """version = 99""",
        """event_id = gen_random_uuid()""",
        """name = 'scheduling.appointment_missed.v1'""",
        """prev_hash = decode(repeat('11', 32), 'hex')""",
        """hash = decode(repeat('11', 32), 'hex')""",
    ],
)
def test_names_an_altered_row_whatever_was_altered(log: Log, change_made: str) -> None:
    change(log, f"UPDATE events SET {change_made} WHERE partition = {P} AND position = 6")
    first = verify(log.reader).faults[0]
    assert (first.partition, first.position, first.kind) == (P, 6, "altered")


def test_names_a_missing_row(log: Log) -> None:
    change(log, f"DELETE FROM events WHERE partition = {P} AND position = 5")
    first = verify(log.reader).faults[0]
    assert (first.partition, first.position, first.kind) == (P, 5, "missing")


def test_names_where_a_missing_row_was_closed_up(log: Log) -> None:
    change(
        log,
        f"DELETE FROM events WHERE partition = {P} AND position = 3;"
        f"UPDATE events SET position = position - 1 WHERE partition = {P} AND position = 4",
    )
    first = verify(log.reader).faults[0]
    assert (first.position, first.kind) == (3, "altered")


@pytest.mark.parametrize("position", [0, 10])
def test_names_an_inserted_row(log: Log, position: int) -> None:
    change(
        log,
        f"INSERT INTO events SELECT partition, {position}, chain_id, 'appointment-forged', 1, gen_random_uuid(), name,"
        f" data, metadata, recorded_at, prev_hash, hash FROM events WHERE partition = {P} AND position = 9",
    )
    found = fault(log)
    assert (found.position, found.kind) == (position, "inserted")


def test_names_a_cut_tail(log: Log) -> None:
    change(log, f"DELETE FROM events WHERE partition = {P} AND position > 7")
    found = fault(log)
    assert (found.position, found.kind) == (8, "cut")


def test_names_a_head_that_does_not_fit(log: Log) -> None:
    change(log, f"UPDATE log_heads SET hash = sha256('x') WHERE partition = {P}")
    found = fault(log)
    assert (found.position, found.kind) == (9, "replaced")


def test_names_the_row_after_one_that_was_exchanged_for_a_forgery_with_a_right_hash(log: Log) -> None:
    row = log.rows(P)[4]
    forged = replace(row, data=row.data | {"notice_minutes": 7})
    with log.tampering() as connection:
        connection.execute(
            text("UPDATE events SET data = CAST(:data AS jsonb), hash = :hash WHERE partition = :p AND position = 5"),
            {"data": json.dumps(forged.data), "hash": hash_of(forged), "p": P},
        )
    found = fault(log)
    assert (found.position, found.kind) == (6, "replaced")


def test_names_a_row_whose_chain_belongs_elsewhere(log: Log) -> None:
    (row,) = log.rows(P + 1)
    stranger = replace(row, chain_id=a_chain(P + 2))
    with log.tampering() as connection:
        connection.execute(
            text("UPDATE events SET chain_id = :chain, hash = :hash WHERE partition = :p"),
            {"chain": stranger.chain_id, "hash": hash_of(stranger), "p": P + 1},
        )
        connection.execute(
            text("UPDATE log_heads SET hash = :hash WHERE partition = :p"), {"hash": hash_of(stranger), "p": P + 1}
        )
    found = fault(log)
    assert (found.partition, found.position, found.kind) == (P + 1, 1, "misplaced")


def test_names_a_stream_whose_versions_do_not_count_from_one(log: Log) -> None:
    chain = a_chain(P)
    visit = booked()

    def skip_a_version(transaction: Transaction) -> None:
        transaction.append(stream_of(visit), 4, [visit])

    log.database.command(chain, WHO, skip_a_version)
    found = fault(log)
    assert (found.position, found.kind) == (10, "version")

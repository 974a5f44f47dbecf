"""A master key is exchanged while people write: nothing is lost, whatever is killed, and the old one is not needed after."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import text

from services.scheduling.views import VIEWS
from shared.ids import new_id
from shared.master_keys import MasterKeyMissing, new_master_key
from shared.settings import DatabaseSettings
from tests.support.flow import CHAINS
from tests.support.keys import MASTER_KEYS, sealer
from tests.support.log import WHO, Log, a_chain, a_log, booked, moved
from tests.support.processes import Launcher, wait_until

pytestmark = pytest.mark.slow
NEW = new_master_key("test-2")
LOCKED = text("SELECT * FROM keys.chain_keys WHERE chain_id = :chain_id FOR UPDATE")
ENTER = text("SELECT enter_chain(:chain_id, false)")
WAITS = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@pytest.fixture
def log(scheduling_db: DatabaseSettings) -> Iterator[Log]:
    with a_log(scheduling_db, VIEWS) as log:
        yield log


def write(log: Log, reasons: dict[str, str], number: int, master_keys: str) -> None:
    """Record a visit with a reason, as a process that has just started."""
    log.database.sealer = sealer(master_keys)
    visit, chain = booked(), CHAINS[number % len(CHAINS)] if number % 3 else a_chain()
    reason = f"reason {number} {new_id()}"
    log.record(chain, visit, moved(visit, visit.starts_at, reason=reason))
    reasons[f"{chain} {visit.appointment_id}"] = reason


def read(log: Log, reasons: dict[str, str], master_keys: str) -> dict[str, str]:
    log.database.sealer = sealer(master_keys)
    return {place: reason_of(log, place) for place in reasons}


def reason_of(log: Log, place: str) -> str:
    chain, _, visit = place.partition(" ")
    history = log.database.command(UUID(chain), WHO, lambda tx: tx.load(f"appointment-{visit}"))
    return str(history[-1].event.reason)


def test_a_master_key_is_exchanged_while_people_write_and_a_killed_exchange_goes_on(log: Log, launch: Launcher) -> None:
    reasons: dict[str, str] = {}
    for number in range(12):
        write(log, reasons, number, MASTER_KEYS)
    both = f"{NEW},{MASTER_KEYS}"
    with log.owner.begin() as holding:
        holding.execute(LOCKED, {"chain_id": CHAINS[0]})
        first = launch("keys", "rotate", MASTER_KEYS=both)
        wait_until(lambda: waiting(log), 30, "the exchange waits for a row")
        first.kill()
    write(log, reasons, 12, f"{MASTER_KEYS},{NEW}")
    second = launch("keys", "rotate", MASTER_KEYS=both)
    while second.process.poll() is None:
        write(log, reasons, len(reasons), both)
    assert second.process.returncode == 0, second.said()
    status = launch.run("keys", "status", MASTER_KEYS=NEW)
    assert status.returncode == 0, status.stderr
    assert "by test-2 (current); data keys" in status.stdout
    assert read(log, reasons, NEW) == reasons
    with pytest.raises(MasterKeyMissing):
        read(log, reasons, MASTER_KEYS)


def waiting(log: Log) -> bool:
    with log.owner.connect() as connection:
        return bool(connection.execute(WAITS).scalar_one())


def test_status_and_rotation_name_the_master_key_that_is_missing(log: Log, launch: Launcher) -> None:
    write(log, {}, 0, MASTER_KEYS)
    for command in ("status", "rotate"):
        ended = launch.run("keys", command, MASTER_KEYS=NEW)
        assert ended.returncode == 1
        assert "test-1" in ended.stderr
        assert MASTER_KEYS.partition(":")[2] not in ended.stdout + ended.stderr
    made = launch.run("keys", "new", "another")
    assert launch.run("keys", "status", MASTER_KEYS=f"{made.stdout.strip()},{MASTER_KEYS}").returncode == 0

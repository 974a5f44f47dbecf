"""The keys of people and chains in a real database: made once, found together, destroyed for ever, of one chain only."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg.errors
import pytest
from sqlalchemy import Connection, event as sql_event, text
from sqlalchemy.exc import DBAPIError

from services.scheduling.migrations import create_views
from services.scheduling.views import VIEWS
from shared.cipher import Unreadable
from shared.event_store import Transaction
from shared.events.scheduling_people import ClientChanged, ClientRegistered
from shared.events.scheduling_relations import RelationAdded
from shared.ids import new_id
from shared.keys import THE_SERVICE, About, DataKey, KeyUnknown, destroy
from shared.master_keys import MasterKeyMissing, new_master_key
from shared.rebuild import ReadModels, rebuild
from shared.replay import LogAtHand, own_log
from shared.sealing import FORGOTTEN, SEALED, Place, Plain, Sealed
from shared.settings import DatabaseSettings
from tests.support.keys import MASTER_KEYS, sealer
from tests.support.log import WHO, Log, a_chain, a_log
from tests.support.processes import wait_until
from tests.support.read_models import content

CHAIN, OTHER = a_chain(), a_chain()
ENTER = text("SELECT enter_chain(:chain_id, false)")


@pytest.fixture
def log(scheduling_db: DatabaseSettings) -> Iterator[Log]:
    with a_log(scheduling_db, VIEWS) as log:
        yield log


def registered(client_id: UUID, name: str = "Ada Example", **changes: Any) -> ClientRegistered:
    fields: dict[str, Any] = {"home_clinic_id": None, "time_zone": "Europe/Berlin", "locale": "en", "external_ids": {}}
    return ClientRegistered(client_id=client_id, name=name, **fields | changes)


def register(log: Log, client_id: UUID, name: str = "Ada Example", chain_id: UUID = CHAIN) -> None:
    log.record(chain_id, registered(client_id, name), stream=f"client-{client_id}")


def names(log: Log, client_id: UUID, chain_id: UUID = CHAIN) -> list[str]:
    """What the log tells of a client, the oldest first."""
    return log.database.command(
        chain_id, WHO, lambda tx: [entry.event.name for entry in tx.load(f"client-{client_id}")]
    )


def plain(subject: UUID, value: Any = "Ada", chain_id: UUID = CHAIN) -> Plain:
    return Plain(Place(chain_id, new_id(), "name"), About(subject, "identity"), value)


@contextmanager
def counted(connection: Connection) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        sent.append(statement)

    sql_event.listen(connection, "before_cursor_execute", note)
    yield sent
    sql_event.remove(connection, "before_cursor_execute", note)


def test_what_is_stored_of_a_person_can_be_read_by_those_with_keys_alone(log: Log) -> None:
    client_id = new_id()
    register(log, client_id, "Zephyrine Canary")
    (row,) = log.all_rows()
    assert "Zephyrine" not in str(row)
    assert set(row.data["name"]) == {SEALED, "class", "subject", "c"}
    assert names(log, client_id) == ["Zephyrine Canary"]
    log.database.sealer = sealer(new_master_key("other"))
    with pytest.raises(MasterKeyMissing, match="test-1"):
        names(log, client_id)


def test_two_at_once_make_one_key(log: Log) -> None:
    client_id = new_id()
    first_has_sealed, pool = threading.Event(), ThreadPoolExecutor(2)

    def seal_and_wait(tx: Transaction) -> list[Any]:
        made = tx.sealer.seal(tx.connection, CHAIN, [plain(client_id)])
        first_has_sealed.set()
        wait_until(lambda: waits(log))
        return made

    def seal_after(tx: Transaction) -> list[Any]:
        first_has_sealed.wait(20)
        return tx.sealer.seal(tx.connection, CHAIN, [plain(client_id)])

    first = pool.submit(log.database.command, CHAIN, WHO, seal_and_wait)
    second = pool.submit(log.database.command, CHAIN, WHO, seal_after)
    assert first.result(60)[0][SEALED] == second.result(60)[0][SEALED]
    pool.shutdown()


def waits(log: Log) -> bool:
    """Whether some transaction waits for another's row."""
    with log.reader.connect() as connection:
        found: int = connection.execute(
            text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
        ).scalar_one()
    return found > 0


def test_a_chain_key_of_a_transaction_that_came_to_nothing_is_not_used_again(log: Log) -> None:
    def fail(tx: Transaction) -> None:
        tx.sealer.seal(tx.connection, CHAIN, [plain(new_id())])
        raise LookupError

    with pytest.raises(LookupError):
        log.database.command(CHAIN, WHO, fail)
    client_id = new_id()
    register(log, client_id)
    log.database.sealer = sealer()
    assert names(log, client_id) == ["Ada Example"]


def test_many_values_take_as_many_queries_as_one(log: Log) -> None:
    known = new_id()
    register(log, known)

    def queries(tx: Transaction, number: int) -> tuple[int, int]:
        values = [plain(new_id()) for _ in range(number)]
        with counted(tx.connection) as sent:
            envelopes = tx.sealer.seal(tx.connection, CHAIN, values)
            to_seal = len(sent)
            tx.sealer.open(tx.connection, [Sealed(v.place, e) for v, e in zip(values, envelopes, strict=True)])
        return to_seal, len(sent) - to_seal

    assert names(log, known) == ["Ada Example"]  # from now on the chain's own key is held
    few = log.database.command(CHAIN, WHO, lambda tx: queries(tx, 1))
    many = log.database.command(CHAIN, WHO, lambda tx: queries(tx, 50))
    assert few == many == (3, 1)


def test_an_event_without_anything_personal_asks_for_no_key(log: Log) -> None:
    def queries(tx: Transaction) -> int:
        with counted(tx.connection) as sent:
            assert tx.sealer.seal(tx.connection, CHAIN, []) == []
            assert tx.sealer.open(tx.connection, []) == []
        return len(sent)

    assert log.database.command(CHAIN, WHO, queries) == 0


def test_what_was_destroyed_reads_as_nothing_and_nothing_can_be_added_to_it(log: Log) -> None:
    gone, stays = new_id(), new_id()
    for client_id in (gone, stays):
        register(log, client_id)
    keys = log.database.command(CHAIN, WHO, lambda tx: destroy(tx.connection, CHAIN, [gone], ["identity", "contact"]))
    assert len(keys) == 2
    assert names(log, gone) == [""]
    assert names(log, stays) == ["Ada Example"]
    fields: dict[str, Any] = {"home_clinic_id": None, "time_zone": "Europe/Berlin", "locale": "en", "external_ids": {}}
    log.record(CHAIN, ClientChanged(client_id=gone, name="Ada Again", **fields), stream=f"client-{gone}")
    assert names(log, gone) == ["", ""]
    assert [row.data["name"].get("c") for row in log.all_rows() if row.version == 2] == [None]


def test_read_models_of_the_forgotten_are_the_same_live_and_replayed(log: Log) -> None:
    """After the destruction; what was shown before it is for the erasure to sweep."""
    gone = new_id()
    log.database.command(CHAIN, WHO, lambda tx: destroy(tx.connection, CHAIN, [gone], ["identity"]))
    register(log, gone)
    models = ReadModels(
        owner=log.owner,
        replays=[own_log("scheduling", LogAtHand(log.reader), VIEWS, sealer())],
        create=create_views,
        made_by="these views",
    )
    rebuild(models)
    live, replayed = content(log.owner, "views_a"), content(log.owner, "views_b")
    assert live == replayed
    assert len(live["clients"]) == 1
    assert "Ada" not in str(live)


def test_each_field_is_sealed_for_the_person_it_is_about(log: Log) -> None:
    child, parent = new_id(), new_id()
    added = RelationAdded(
        relation_id=new_id(),
        client_id=child,
        related_client_id=parent,
        kind="guardian",
        may=("book",),
        until=None,
        source="client",
        evidence="seen a passport",
    )
    log.record(CHAIN, added, stream=f"relation-{added.relation_id}")
    (row,) = log.all_rows()
    assert row.data["evidence"]["subject"] == str(child)
    log.database.command(CHAIN, WHO, lambda tx: destroy(tx.connection, CHAIN, [parent], ["contact"]))
    assert evidence(log, added) == "seen a passport"
    log.database.command(CHAIN, WHO, lambda tx: destroy(tx.connection, CHAIN, [child], ["contact"]))
    assert evidence(log, added) is None


def evidence(log: Log, added: RelationAdded) -> str | None:
    (entry,) = log.database.command(CHAIN, WHO, lambda tx: tx.load(f"relation-{added.relation_id}"))
    found: str | None = entry.event.evidence
    return found


def test_a_destruction_waits_for_what_is_being_sealed(log: Log) -> None:
    client_id = new_id()
    register(log, client_id)
    with ThreadPoolExecutor(1) as pool:

        def seal(tx: Transaction) -> Any:
            (envelope,) = tx.sealer.seal(tx.connection, CHAIN, [plain(client_id)])
            work = log.database.command
            other = pool.submit(work, CHAIN, WHO, lambda tx: destroy(tx.connection, CHAIN, [client_id], ["identity"]))
            wait_until(lambda: waits(log))
            assert not other.done()
            return envelope, other

        envelope, other = log.database.command(CHAIN, WHO, seal)
        assert other.result(60) == [UUID(envelope[SEALED])]


def test_a_chain_neither_sees_nor_destroys_keys_of_another(log: Log) -> None:
    client_id = new_id()
    register(log, client_id, chain_id=OTHER)
    with log.api.begin() as connection:
        connection.execute(ENTER, {"chain_id": CHAIN})
        for table in ("keys.data_keys", "keys.chain_keys"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
    (row,) = log.all_rows()
    envelope = row.data["name"]
    foreign = Sealed(Place(OTHER, row.event_id, "name"), envelope)
    with log.database.reading(CHAIN) as connection, pytest.raises(KeyUnknown):
        log.database.sealer.open(connection, [foreign])
    with pytest.raises(DBAPIError), log.database.reading(CHAIN) as connection:
        destroy(connection, OTHER, [client_id], ["identity"])
    assert names(log, client_id, OTHER) == ["Ada Example"]


def test_the_reader_of_the_log_holds_no_keys(log: Log) -> None:
    register(log, new_id())
    with log.reader.connect() as connection, pytest.raises(DBAPIError) as refused:
        connection.execute(text("SELECT * FROM keys.chain_keys"))
    assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)


@pytest.mark.parametrize("change", ["wrapped = '\\x00'", "subject = chain_id", "key_id = chain_id"])
def test_a_data_key_cannot_be_exchanged(log: Log, change: str) -> None:
    register(log, new_id())
    with log.database.reading(CHAIN) as connection, pytest.raises(DBAPIError):
        connection.execute(text(f"UPDATE keys.data_keys SET {change}"))


def test_a_destroyed_key_does_not_come_back(log: Log) -> None:
    client_id = new_id()
    log.database.command(CHAIN, WHO, lambda tx: destroy(tx.connection, CHAIN, [client_id], ["identity"]))
    with log.database.reading(CHAIN) as connection, pytest.raises(DBAPIError):
        connection.execute(text("UPDATE keys.data_keys SET wrapped = '\\x00', destroyed_at = NULL"))


def test_the_service_has_keys_of_its_own_that_every_chain_may_use(log: Log) -> None:
    with log.database.reading(CHAIN) as connection:
        first = log.database.sealer.index(connection, THE_SERVICE, "number", "+491701234567")
        own = log.database.sealer.index(connection, CHAIN, "number", "+491701234567")
    with log.database.reading(OTHER) as connection:
        assert sealer().index(connection, THE_SERVICE, "number", "+491701234567") == first
        assert sealer().index(connection, OTHER, "number", "+491701234567") not in {first, own}


def test_keys_held_for_a_minute_are_asked_for_again_after_it(log: Log) -> None:
    register(log, new_id())
    holding = sealer()
    now = [0.0]
    holding.keyring.clock = lambda: now[0]

    def queries() -> int:
        with log.database.reading(CHAIN) as connection, counted(connection) as sent:
            holding.index(connection, CHAIN, "kind", "value")
        return len(sent)

    assert [queries(), queries()] == [3, 1]
    assert queries() == 0
    now[0] = 61.0
    assert queries() == 1


def test_a_wrapped_answer_opens_for_its_chain_and_request_alone(log: Log) -> None:
    with log.database.reading(CHAIN) as connection:
        wrapped = log.database.sealer.wrap(connection, CHAIN, b"the answer", b"one request")
        assert log.database.sealer.unwrap(connection, CHAIN, wrapped, b"one request") == b"the answer"
        with pytest.raises(Unreadable):
            log.database.sealer.unwrap(connection, CHAIN, wrapped, b"another request")
    with log.database.reading(OTHER) as connection, pytest.raises(Unreadable):
        log.database.sealer.unwrap(connection, OTHER, wrapped, b"one request")


def test_a_key_tells_nothing_when_it_is_shown() -> None:
    secret = b"\xaa" * 32
    assert repr(secret) not in repr(DataKey(new_id(), About(new_id(), "contact"), secret))
    assert "Ada" not in repr(plain(new_id(), "Ada"))
    assert FORGOTTEN is not None
    assert MASTER_KEYS.split(":")[1] not in repr(sealer().keyring.masters)

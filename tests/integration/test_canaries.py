"""A canary in every personal field: outside the tables of contacts no store shows it, and after erasure none has it.

The fields are found by their marks, so that a new one is looked after without anybody thinking of it here.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text

from services.scanning.command import scan
from services.scanning.forms import forms_of
from services.scheduling.erasure.stores import DELETED
from services.scheduling.views import VIEWS
from services.treatment.consume import handle as in_treatment
from shared.consumer import Consumer
from shared.database import Database, make_engine
from shared.event_store import Transaction
from shared.events import EVENTS, PERSONAL
from shared.events.scheduling_reaching import ContactAttempted, ContactTaskOpened
from shared.http.operations import EXTENSION
from shared.projection import Handle
from shared.relay import Relay
from shared.settings import DatabaseSettings, Settings
from shared.streams import connect
from tests.contracts.examples import FILLED
from tests.contracts.who_and_when import CLIENT
from tests.support.api import Chain
from tests.support.consuming import FeedOfLog, NoWaiting
from tests.support.flow import positions
from tests.support.keys import sealer
from tests.support.log import WHO, Log, a_log
from workers.consume import handle as in_workers

CANARY = "canary4711"
BORN = date(1907, 3, 4)
LONG_AFTER = datetime(2099, 1, 1, tzinfo=UTC)
CONTACTS = {"clients", "client_names", "client_external_ids", "contact_points"}
"""The tables in which a client can be found by what stands there readable."""


def about_clients(event_class: type) -> list[str]:
    return [field for field, mark in PERSONAL[event_class].items() if mark.subject == "client_id"]


def planted(event: Any) -> Any:
    """The event with a canary in each field about its client, and nothing left open by it."""
    values = {field: canary(getattr(event, field)) for field in about_clients(type(event))}
    settled = {"outcome": "reached"} if isinstance(event, ContactAttempted) else {}
    nowhere = {"occupies": ()} if hasattr(event, "occupies") else {}
    return replace(event, **values, **settled, **nowhere)


def canary(example: Any) -> Any:
    match example:
        case date():
            return BORN
        case dict():
            return {"old": CANARY}
        case _:
            return f"{CANARY}@demo.example"


def plant(log: Log, chain: Chain) -> set[tuple[str, str]]:
    """Record what has a personal field; gives the fields."""
    wanted = [event for event in FILLED if about_clients(type(event)) or isinstance(event, ContactTaskOpened)]
    database = Database(log.api, sealer=sealer(), views=VIEWS)

    def work(transaction: Transaction) -> None:
        for number, event in enumerate(wanted):
            stream = f"client-{CLIENT}" if number == 0 else f"planted-{number}"
            transaction.append(stream, 0, [planted(event)])

    database.command(chain.id, WHO, work)
    return {(type(event).__name__, field) for event in wanted for field in about_clients(type(event))}


def carry(log: Log, redis_url: str, followers: Mapping[str, tuple[DatabaseSettings, Handle]]) -> None:
    """Let the log go through Redis to those who follow it, as far as it goes."""
    reader = log.reader.connect().execution_options(isolation_level="AUTOCOMMIT")
    with reader, connect(redis_url) as client:
        relay = Relay("scheduling", reader, client, retained=10_000)
        while relay.round():
            pass
        for name, (settings, handle) in followers.items():
            engine = make_engine(settings.api)
            consumer = Consumer(
                name,
                engine=engine,
                client=client,
                feeds={"scheduling": FeedOfLog(log)},
                handle=handle,
                stop=NoWaiting(),
                block_seconds=0.01,
            )
            consumer.round()
            assert positions(settings) == log.positions()
            engine.dispose()


def seen(settings: Settings, wanted: str) -> set[tuple[str, str]]:
    """Each store with the place in it where a text stands."""
    return {(store, place) for store, place, _ in scan(settings, forms_of(wanted))}


def tables(found: set[tuple[str, str]]) -> set[str]:
    return {place.split(".")[1] for _, place in found}


@pytest.fixture
def system(scheduling_settings: Settings, treatment_db: DatabaseSettings, workers_db: DatabaseSettings) -> Settings:
    """The settings of everything there is; the broker is the same Redis."""
    redis = replace(scheduling_settings.redis, broker_url=scheduling_settings.redis.url)
    return replace(scheduling_settings, treatment=treatment_db, workers=workers_db, redis=redis)


def test_a_canary_is_seen_among_contacts_alone_and_nowhere_after_erasure(
    chain: Chain, system: Settings, treatment_db: DatabaseSettings, workers_db: DatabaseSettings
) -> None:
    followers = {"treatment": (treatment_db, in_treatment), "workers": (workers_db, in_workers)}
    with a_log(system.scheduling) as log:
        fields = plant(log, chain)
        assert fields == {(cls.__name__, field) for cls in EVENTS.values() for field in about_clients(cls)}
        path = f"/v1/clients/{CLIENT}"
        added = {"kind": "email", "address": f"{CANARY}-two@demo.example"}
        chain.desk.post(f"{path}/contact-points", added, Idempotency_Key="a-canary")
        carry(log, system.redis.url, followers)
        before = seen(system, CANARY) | seen(system, BORN.isoformat())
        assert {store for store, _ in before} == {"scheduling"}
        assert tables(before) == CONTACTS

        request = chain.desk.post(f"{path}/erasure-requests")
        assert request["holds"] == []
        confirm = f"/v1/erasure-requests/{request['id']}/confirm"
        done = chain.admin.post(confirm, {}, 200, If_Match=f'"{request["version"]}"')
        if done["state"] == "waiting":
            chain.app.extensions[EXTENSION] = replace(chain.app.extensions[EXTENSION], clock=lambda: LONG_AFTER)
            chain.service.post("/internal/v1/erasures/due", {}, 200)
        carry(log, system.redis.url, followers)
        assert seen(system, CANARY) | seen(system, BORN.isoformat()) == set()


def test_every_table_that_names_clients_and_is_not_made_from_the_log_is_swept(system: Settings) -> None:
    named = text("""
        SELECT table_name FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name IN ('client_id', 'client_ids')
    """)
    owner = make_engine(system.scheduling.migrate)
    with owner.connect() as connection:
        found = set(connection.execute(named).scalars())
    owner.dispose()
    assert found - {"access_log"} == set(DELETED)

"""An erasure that is due, while whoever carries it out is killed: it happens once and whole, and leaves nothing behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from celery import Celery
from sqlalchemy import text

from services.scanning.command import scan
from services.scanning.forms import forms_of
from services.scheduling.app import create_app
from services.scheduling.chains import create_chain
from shared.events.scheduling_erasure import ClientErased
from shared.http.operations import EXTENSION
from shared.settings import Settings
from tests.support.api import Chain, Keys, set_clock
from tests.support.flow import positions
from tests.support.keys import sealer
from tests.support.log import WHO, Log, a_log
from tests.support.pages import link_to
from tests.support.processes import Launcher, launch_api, wait_until
from tests.support.quiet import nothing_at_treatment
from tests.support.read_models import active
from workers.celery_app import ERASE_DUE, QUEUE, make_app

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CANARY = "canary4711"
LONG_AGO = datetime(2008, 3, 3, 9, 0, tzinfo=UTC)
FOLLOWERS = (("scheduling", "relay"), ("treatment", "consume"), ("workers", "project"))
WAITS = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = CAST(:table AS regclass)")


@dataclass
class Erasure:
    """A request about a client last treated long ago, whose record may go by now, in a system that runs."""

    launch: Launcher
    settings: Settings
    log: Log
    chain_id: UUID
    request: Any
    ticks: Celery

    def tick(self) -> None:
        """What beat says every ten minutes."""
        self.ticks.send_task(ERASE_DUE, queue=QUEUE)

    def erased(self) -> list[tuple[str, ...]]:
        """The classes of each time that something was let go of."""
        stream = f"erasure-{self.request['id']}"
        history = self.log.database.command(self.chain_id, WHO, lambda tx: tx.load(stream))
        return [each.event.classes for each in history if isinstance(each.event, ClientErased)]

    def opens(self) -> bool:
        """Whether there is still a key to what the log has sealed of the client, as a new process finds it."""
        self.log.database.sealer = sealer()
        stream = f"client-{self.request['client_id']}"
        registered = self.log.database.command(self.chain_id, WHO, lambda tx: tx.load(stream))[0].event
        return CANARY in str(getattr(registered, "name", ""))

    @contextmanager
    def stopped_at(self, table: str) -> Iterator[None]:
        """An erasure begins, and stands still where it comes to write to `table`."""
        with self.log.owner.begin() as holding:
            holding.execute(text(f"LOCK TABLE {table} IN SHARE MODE"))
            self.tick()
            wait_until(lambda: holding.execute(WAITS, {"table": table}).scalar(), 30, f"the erasure at {table}")
            yield

    def everybody_knows(self) -> None:
        heads = self.log.positions()
        for follower in (self.settings.treatment, self.settings.workers):
            wait_until(lambda at=follower: positions(at) == heads, 60, "all who follow have read the log")  # type: ignore[misc]


@pytest.fixture
def erasure(launch: Launcher) -> Iterator[Erasure]:
    settings = Settings.read(launch.environ)
    app = create_app(settings)
    nothing_at_treatment(app)
    parts = app.extensions[EXTENSION]
    keys = Keys(settings.auth.issuer_key, settings.auth.service_key)
    chain = Chain(app, keys, create_chain(parts.database, "demo", "Demo Chain"))
    request = asked_for(chain, settings)
    with a_log(settings.scheduling) as log, make_app(settings) as ticks:
        yield Erasure(launch, settings, log, chain.id, request, ticks)
    parts.close()


def seen(settings: Settings) -> set[str]:
    """The stores in which the client can be read."""
    return {store for store, _, _ in scan(settings, forms_of(CANARY))}


def asked_for(chain: Chain, settings: Settings) -> Any:
    """Confirmed long ago, on the day after the client's only visit, when the record had to stay for years."""
    set_clock(chain, LONG_AGO - timedelta(days=2))
    ready = chain.ready()
    client = chain.person(name=f"Demo {CANARY}", email=f"{CANARY}@demo.example")
    given = {"client_id": client["id"], "therapist_id": ready.therapist["id"], "override_reason": f"for {CANARY}"}
    visit = ready.book(LONG_AGO, **given)
    link_to(chain, visit)
    set_clock(chain, LONG_AGO + timedelta(days=1))
    chain.desk.change(chain.desk.change(visit, "arrive"), "fulfil")
    request = chain.desk.post(f"/v1/clients/{client['id']}/erasure-requests")
    assert seen(settings) == {"scheduling"}
    path = f"/v1/erasure-requests/{request['id']}/confirm"
    waiting = chain.admin.post(path, {}, 200, If_Match=f'"{request["version"]}"')
    assert (waiting["state"], waiting["gone"]) == ("waiting", ["contact"])
    return request


def test_an_erasure_whose_processes_are_killed_in_the_middle_happens_once_and_leaves_nothing(erasure: Erasure) -> None:
    launch = erasure.launch
    for part in FOLLOWERS:
        launch(*part)
    api, sender = launch_api(launch, "scheduling"), launch("workers", "send").wait_ready()
    for table in ("keys.data_keys", f"{active(erasure.log.owner)}.clients"):
        with erasure.stopped_at(table):
            api.kill()
        assert (erasure.erased(), erasure.opens()) == ([("contact",)], True)
        api = launch_api(launch, "scheduling")
    with erasure.stopped_at("events"):
        sender.kill()
    done = [("contact",), ("identity", "clinical")]
    wait_until(lambda: erasure.erased() == done, what="the service goes on without the worker that asked")
    launch("workers", "send").wait_ready()
    erasure.tick()
    erasure.tick()
    erasure.everybody_knows()
    assert (erasure.erased(), erasure.opens()) == (done, False)
    assert seen(erasure.settings) == set()

"""Redis is down for a whole minute while visits are booked: bookings go on, and every effect comes, each once."""

import time
from collections import Counter
from collections.abc import Iterator
from itertools import product

import httpx
import pytest

from services.scheduling.app import create_app
from services.scheduling.chains import create_chain
from services.scheduling.views import VIEWS
from shared.database import Database, make_engine
from shared.embedded.mailbox import Mailbox
from shared.http.operations import EXTENSION
from shared.settings import DatabaseSettings, Settings
from tests.support.api import Chain, Keys, Ready, at
from tests.support.flow import visits
from tests.support.keys import sealer
from tests.support.processes import Launcher, Running, launch_api, wait_until
from tests.support.servers import PrivateRedis
from tests.support.workers import Workers, a_workers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

AWAY_SECONDS = 60.0
PAUSE_SECONDS = 4.0
TIMES = [at(day, hour) for day, hour in product(range(3, 9), range(8, 20))]


@pytest.fixture
def own_redis(launch: Launcher, private_redis: PrivateRedis) -> PrivateRedis:
    """The Redis of the whole system, streams and broker."""
    assert private_redis.server is not None
    urls = {f"SYNERGIST_{name}_URL": private_redis.server.database(at) for at, name in enumerate(("REDIS", "BROKER"))}
    launch.environ = {**launch.environ, **urls}
    return private_redis


@pytest.fixture
def ready(launch: Launcher, own_redis: PrivateRedis) -> Iterator[Ready]:
    settings = Settings.read(launch.environ)
    app = create_app(settings)
    engine = make_engine(settings.scheduling.api)
    chain_id = create_chain(Database(engine, sealer=sealer(), views=VIEWS), "away", "Demo")
    chain = Chain(app, Keys(settings.auth.issuer_key, settings.auth.service_key), chain_id)
    chain.admin.patch("/v1/chain", {"staff_confirmation_wait_seconds": 0})
    yield chain.ready()
    app.extensions[EXTENSION].close()
    engine.dispose()


@pytest.fixture
def workers(workers_db: DatabaseSettings) -> Iterator[Workers]:
    with a_workers(workers_db) as made:
        yield made


def book(api: Running, ready: Ready, booked: list[str]) -> None:
    headers = {"Authorization": f"Bearer {ready.chain.desk.token}"}
    wish = ready.wish(TIMES[len(booked)])
    answer = httpx.post(f"{api.url}/v1/appointments", json=wish, headers=headers, timeout=60)
    assert answer.status_code == httpx.codes.CREATED, answer.text
    booked.append(answer.json()["id"])


def confirmations(workers: Workers) -> Counter[str]:
    return Counter(row["state"] for row in workers.rows() if row["kind"] == "confirmation")


def pass_time(seconds: float) -> None:
    until = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > until, 2 * seconds)


def test_a_minute_without_redis_costs_time_alone(
    launch: Launcher,
    own_redis: PrivateRedis,
    ready: Ready,
    treatment_db: DatabaseSettings,
    workers: Workers,
    mailbox: Mailbox,
) -> None:
    api, booked = launch_api(launch, "scheduling"), list[str]()
    parts = [("scheduling", "relay"), ("treatment", "consume"), ("workers", "project"), ("workers", "send")]
    running = [launch(*part) for part in parts] + [launch("workers", "beat", TICK_SECONDS="0.5")]
    for each in running:
        each.wait_ready()

    def must_be_known() -> None:
        known = {*booked}
        wait_until(lambda: {str(row["appointment_id"]) for row in visits(treatment_db)} == known, 60, "treatment knows")
        wait_until(lambda: sum(confirmations(workers).values()) == len(known), 60, "the workers know")

    def must_be_sent() -> None:
        wait_until(lambda: confirmations(workers) == Counter(sent=len(booked)), 60, "all confirmations are sent")

    book(api, ready, booked)
    must_be_known()
    must_be_sent()

    own_redis.kill()
    since = time.monotonic()
    while time.monotonic() - since < AWAY_SECONDS:
        book(api, ready, booked)
        must_be_known()
        pass_time(PAUSE_SECONDS)
    assert confirmations(workers)["sent"] == 1

    own_redis.start()
    book(api, ready, booked)
    must_be_known()
    must_be_sent()
    mails = httpx.get(f"http://127.0.0.1:{mailbox.http_port}/messages").json()
    assert len(mails) == len(booked)
    assert {each.process.poll() for each in (api, *running)} == {None}

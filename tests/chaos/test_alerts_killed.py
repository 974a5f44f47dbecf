"""Alerts that are due, while whoever escalates them is killed: the managers are told of each once, and of all."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import text

from services.treatment.own_views import OWN_VIEWS
from shared.minting import mint_service_token
from shared.settings import Settings
from tests.support.alerts import an_alert
from tests.support.log import Log, a_chain, a_log
from tests.support.processes import Launcher, launch_api, wait_until
from workers.messages.treatment import Treatment, TreatmentAway

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CHAIN = a_chain(3)
ALERTS = 3
TOLD = text("SELECT stream FROM events WHERE name = 'treatment.alert_escalated.v1' ORDER BY stream")
WAITS = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = CAST('events' AS regclass)")


@pytest.fixture
def log(launch: Launcher) -> Iterator[Log]:
    """Treatment's, with alerts that have waited for an hour."""
    with a_log(Settings.read(launch.environ).treatment, OWN_VIEWS) as log:
        due = datetime.now(UTC) - timedelta(hours=1)
        for _ in range(ALERTS):
            alert = an_alert(happened_at=due - timedelta(minutes=30), escalate_at=due)
            log.record(CHAIN, alert, stream=f"alert-{alert.alert_id}")
        yield log


def told(log: Log) -> list[str]:
    """The alerts of which the managers were told, each as often."""
    with log.reader.connect() as connection:
        return list(connection.execute(TOLD).scalars())


def test_a_service_killed_while_it_escalates_tells_the_managers_once_of_each(launch: Launcher, log: Log) -> None:
    settings = Settings.read(launch.environ)
    token = partial(mint_service_token, settings.auth.service_key, subject="workers", to="treatment")
    api = launch_api(launch, "treatment")

    def tick() -> None:
        with closing(Treatment(settings.address.treatment_url, token)) as treatment:
            treatment.escalate_due()

    with ThreadPoolExecutor(2) as ticks:
        with log.owner.begin() as holding:
            holding.execute(text("LOCK TABLE events IN SHARE MODE"))
            cut_short = [ticks.submit(tick) for _ in range(2)]
            wait_until(lambda: holding.execute(WAITS).scalar(), 30, "an alert to be about to be escalated")
            api.kill()
        for each in cut_short:
            with pytest.raises(TreatmentAway):
                each.result()
        assert told(log) == []
        launch_api(launch, "treatment")
        for each in [ticks.submit(tick) for _ in range(4)]:
            each.result()
    found = told(log)
    assert len(found) == len(set(found)) == ALERTS
    assert all(UUID(stream.removeprefix("alert-")) for stream in found)

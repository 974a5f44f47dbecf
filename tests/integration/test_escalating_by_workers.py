"""The workers' tick has treatment escalate what is due; while treatment is away, nothing is lost."""

from functools import partial
from uuid import UUID

import httpx
import pytest
from celery import Celery

from shared.minting import mint_service_token
from shared.settings import Settings
from tests.support.alerts import DAY, MONDAY, Asked
from tests.support.api import Keys
from workers.celery_app import ESCALATE_DUE, make_app
from workers.messages.tally import Tally
from workers.messages.tasks import now, open_sender, register
from workers.messages.treatment import Treatment, TreatmentAway

pytestmark = pytest.mark.one_database


def connected(asked: Asked) -> Treatment:
    token = partial(mint_service_token, asked.treatment.keys.service, subject="workers", to="treatment")
    found = Treatment("http://treatment", token)
    found.http = httpx.Client(transport=httpx.WSGITransport(app=asked.treatment.app), base_url="http://treatment")
    return found


def test_what_is_due_is_escalated(asked: Asked) -> None:
    asked.answer(4, "night_pain")
    treatment = connected(asked)
    asked.treatment.set_clock(MONDAY)
    treatment.escalate_due()
    [alert] = asked.open()
    assert alert["status"] == "raised"
    asked.treatment.set_clock(MONDAY + DAY)
    treatment.escalate_due()
    [alert] = asked.open()
    assert (alert["status"], UUID(alert["clinic_id"])) == ("escalated", asked.clinic_id)


def test_whoever_finds_treatment_away_says_so() -> None:
    with pytest.raises(TreatmentAway):
        Treatment("http://127.0.0.1:9", lambda: "").escalate_due()


def test_a_tick_that_finds_treatment_away_ends_in_peace(keys: Keys) -> None:
    environ = {"SYNERGIST_SERVICE_KEY": keys.service} | {
        "SYNERGIST_BROKER_URL": "redis://127.0.0.1:9",
        "SYNERGIST_WORKERS_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
        "SYNERGIST_TREATMENT_URL": "http://127.0.0.1:9",
    }
    settings = Settings.read(environ)
    app: Celery = make_app(settings)
    sender = open_sender(settings, Tally(now))
    register(app, lambda: sender, Tally(now))
    app.tasks[ESCALATE_DUE]()
    sender.engine.dispose()

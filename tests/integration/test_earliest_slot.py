"""An alert is shown with the earliest free time that scheduling can book, and without one while scheduling is away."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest
from flask import Flask

from services.scheduling.availability.earliest import earliest
from services.treatment.alerts import slots
from shared.http.operations import EXTENSION
from shared.minting import mint_service_token
from shared.settings import Settings
from tests.integration.test_availability_load import statements
from tests.support.alerts import an_alert
from tests.support.api import Api, Keys, NewChain, Ready, at
from tests.support.log import WHO
from tests.support.treatment import follow

pytestmark = pytest.mark.one_database


@pytest.fixture(scope="module")
def both(pages_app: Flask, treatment_app: Flask, keys: Keys) -> Iterator[Flask]:
    """Treatment, which finds scheduling in this process."""
    before = treatment_app.extensions[slots.EXTENSION]
    token = partial(mint_service_token, keys.service, subject="treatment", to="scheduling")
    http = httpx.Client(transport=httpx.WSGITransport(app=pages_app))
    treatment_app.extensions[slots.EXTENSION] = slots.Scheduling("http://scheduling", token, http)
    yield treatment_app
    treatment_app.extensions[slots.EXTENSION] = before


@pytest.fixture
def ready(new_pages_chain: NewChain, both: Flask, pages_settings: Settings) -> Ready:
    """A client with a visit behind them, of whom treatment knows."""
    found = new_pages_chain("demo").ready()
    found.book(at(20))
    follow(both, pages_settings.scheduling)
    return found


def shown(ready: Ready, app: Flask) -> Any:
    """An alert about the client, as its therapist sees it."""
    alert = an_alert(
        client_id=UUID(ready.client["id"]),
        clinic_id=UUID(ready.clinic["id"]),
        therapist_id=UUID(ready.therapist["id"]),
    )
    database = app.extensions[EXTENSION].database
    database.command(ready.chain.id, WHO, lambda tx: tx.append(f"alert-{alert.alert_id}", 0, [alert]))
    caller = replace(ready.chain.caller("therapist"), client=app.test_client())
    return caller.get(f"/v1/alerts/{alert.alert_id}")


def first_listed(ready: Ready, **given: str) -> Any:
    asked = {"offering_id": ready.offering["id"], "clinic_id": ready.clinic["id"], "client_id": ready.client["id"]}
    span = {"from": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "to": at(14).astimezone(UTC).strftime("%FT%TZ")}
    query = "&".join(f"{name}={value}" for name, value in (asked | span | given).items())
    return ready.chain.desk.get(f"/v1/availability?{query}")["slots"][0]


def moment(slot: Any) -> datetime:
    return datetime.fromisoformat(slot["starts_at"]).astimezone(UTC)


def test_it_is_the_first_time_that_scheduling_lists_and_can_be_booked(ready: Ready, both: Flask) -> None:
    slot = shown(ready, both)["earliest"]
    assert moment(slot) == moment(first_listed(ready, therapist_id=ready.therapist["id"]))
    assert slot["therapist_id"] == ready.therapist["id"]
    listed = ready.chain.desk.get(slot["search"].replace("+00%3A00", "Z"))["slots"][0]
    assert moment(listed) == moment(slot)
    ready.book(moment(slot), therapist_id=slot["therapist_id"])
    assert moment(shown(ready, both)["earliest"]) > moment(slot)


def test_where_who_leads_is_not_there_it_is_somebody_else_at_the_clinic(ready: Ready, both: Flask) -> None:
    colleague = ready.chain.therapist(ready.clinic)
    away = {"starts_at": at(0, 0).isoformat(), "ends_at": at(16, 0).isoformat()}
    ready.chain.desk.post(f"/v1/therapists/{ready.therapist['id']}/time-off", away | {"reason": "ill"})
    slot = shown(ready, both)["earliest"]
    assert slot["therapist_id"] == colleague["id"]
    assert moment(slot) == moment(first_listed(ready))


def test_where_nothing_is_free_soon_there_is_none(ready: Ready, both: Flask) -> None:
    closed = {"starts_at": at(0, 0).isoformat(), "ends_at": at(16, 0).isoformat()}
    ready.chain.desk.post(f"/v1/clinics/{ready.clinic['id']}/closures", closed)
    assert shown(ready, both)["earliest"] is None


def test_while_scheduling_is_away_the_alert_is_shown_without_it(ready: Ready, both: Flask) -> None:
    before = both.extensions[slots.EXTENSION]
    both.extensions[slots.EXTENSION] = slots.Scheduling("http://127.0.0.1:9", before.token)
    try:
        alert = shown(ready, both)
    finally:
        both.extensions[slots.EXTENSION] = before
    assert (alert["status"], alert["earliest"]) == ("raised", None)


def test_it_takes_as_many_statements_however_far_away_it_is(ready: Ready) -> None:
    parts = ready.chain.app.extensions[EXTENSION]
    names = ("clinic", "therapist", "client", "offering")
    wanted = {f"{name}_id": UUID(getattr(ready, name)["id"]) for name in names}
    counts: list[int] = []
    for days in (0, 9):
        closed = {"starts_at": at(0, 0).isoformat(), "ends_at": at(days, 0).isoformat()}
        if days:
            ready.chain.desk.post(f"/v1/clinics/{ready.clinic['id']}/closures", closed)
        with parts.database.reading(ready.chain.id) as connection, statements(parts.database.engine) as sent:
            found = earliest(connection, wanted, datetime.now(UTC))
        assert found is not None
        assert (found.starts_at > at(9, 0)) == bool(days)
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 6


def test_nobody_but_a_service_asks(ready: Ready) -> None:
    desk: Api = ready.chain.desk
    ids = {f"{name}_id": ready.chain.id for name in ("chain", "client", "offering", "clinic", "therapist")}
    body = {name: str(value) for name, value in ids.items()}
    desk.post("/internal/v1/earliest-slot", body, 403)
    assert ready.chain.service.post("/internal/v1/earliest-slot", body, 200) == {"slot": None}

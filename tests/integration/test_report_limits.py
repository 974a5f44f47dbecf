"""Reports and restatements that somebody asks for: once for what is being made, and so many in an hour."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from redis import Redis
from sqlalchemy import text

from shared.events.scheduling import ClinicOpened
from shared.http.limits import HOUR, Counters, Quota
from shared.http.operations import EXTENSION, Parts
from shared.ids import new_id
from shared.reports.document import finished, packed
from shared.reports.restatement import Restatement
from tests.support.api import Api
from tests.support.messages import at
from tests.support.published import Published, publish, publisher
from tests.support.treatment import Treatment

pytestmark = pytest.mark.one_database

REPORTS = "/v1/caseload-reports"
NOW = at("2026-11-06 08:00")
PERSON, CHAIN = 3, 5
WISHES = [f"2025-{month:02}" for month in range(1, 13)]


@dataclass(frozen=True)
class Clinic:
    """A clinic and who asks about it."""

    treatment: Treatment
    clinic_id: UUID

    def manager(self) -> Api:
        return self.treatment.caller("manager", clinics=(self.clinic_id,), subject=f"manager-{new_id()}")

    def ask(self, api: Api, expect: int | None = 201, period: str = "2026-10", **fields: Any) -> Any:
        body = {"scope": "clinic", "scope_id": str(self.clinic_id), "period": period}
        return api.call("POST", REPORTS, expect, body | fields)

    def publish(self, hours: int = 1) -> Published:
        """A report of October, as known so long ago, that somebody else has asked for."""
        admin = self.treatment.caller("chain_admin", subject=f"admin-{new_id()}")
        known_at = NOW - timedelta(hours=hours)
        return publish(self.treatment.chain, admin, "clinic", self.clinic_id, "2026-10", known_at)

    def tell(self, made: Published, known_at: datetime) -> None:
        """That nothing is known otherwise by then."""
        report = made.others
        restatement = Restatement(
            definitions=report.definitions,
            chain_id=report.chain_id,
            scope=report.scope,
            period=report.period,
            closed=report.as_of,
            as_of=replace(report.as_of, at=known_at),
            lines=(),
        )
        body = {"chain_id": str(report.chain_id), "report_id": made.id, "document": packed(finished(restatement))}
        publisher(self.treatment.chain).post("/internal/v1/caseload-restatements", body, 200)

    def events(self, report_id: str) -> list[str]:
        sql = text("SELECT name FROM events WHERE stream = :stream ORDER BY version")
        with self.treatment.database.reading(self.treatment.chain_id) as connection:
            rows = connection.execute(sql, {"stream": f"caseload_report-{report_id}"})
            return [str(name).partition("caseload_")[2] for name in rows.scalars()]


@pytest.fixture
def clinic(new_treatment: Callable[[], Treatment], redis_url: str) -> Iterator[Clinic]:
    """It is counted by a clock that stands, so that no hour ends in the middle of a test."""
    treatment = new_treatment()
    parts: Parts = treatment.app.extensions[EXTENSION]
    with Redis.from_url(redis_url) as redis:
        limits = replace(
            parts.limits,
            counters=Counters(redis, lambda: 1_800_000_000.0),
            reports=Quota("reports", PERSON, HOUR),
            chain_reports=Quota("chain-reports", CHAIN, HOUR),
        )
        treatment.app.extensions[EXTENSION] = replace(parts, limits=limits)
        treatment.set_clock(NOW)
        clinic_id = treatment.clinic()
        opened = ClinicOpened(clinic_id=clinic_id, name="Demo Clinic", phone="+15005550001")
        treatment.tell(opened, stream=f"clinic-{clinic_id}")
        yield Clinic(treatment, clinic_id)


def test_who_asks_for_what_is_being_made_gets_that_and_nothing_is_recorded(clinic: Clinic) -> None:
    first = clinic.ask(clinic.manager())
    clinic.treatment.set_clock(NOW + timedelta(minutes=9))
    for api in (clinic.manager(), clinic.treatment.caller("chain_admin")):
        again = clinic.ask(api, 200)
        assert again.json == first.json
        assert [again.headers[name] for name in ("Location", "ETag")] == [
            first.headers[name] for name in ("Location", "ETag")
        ]
    assert clinic.events(first.json["id"]) == ["report_asked.v1"]
    clinic.treatment.set_clock(NOW + timedelta(minutes=10))
    assert clinic.ask(clinic.manager()).json["id"] != first.json["id"]
    assert clinic.ask(clinic.manager(), 200, as_of=NOW.isoformat()).json == first.json


def test_what_is_there_already_or_of_another_month_is_not_what_is_being_made(clinic: Clinic) -> None:
    manager, made = clinic.manager(), clinic.publish(hours=0)
    clinic.treatment.set_clock(NOW + timedelta(minutes=1))
    asked = clinic.ask(manager).json
    assert (asked["status"], asked["id"] != made.id) == ("asked", True)
    assert clinic.ask(manager, period="2026-09").json["id"] != asked["id"]


def test_those_who_ask_at_once_ask_for_one_report(clinic: Clinic) -> None:
    people = [clinic.manager() for _ in range(3)]
    together, moments = Barrier(len(people)), count()
    app = clinic.treatment.app
    parts: Parts = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = replace(parts, clock=lambda: NOW + timedelta(seconds=next(moments)))

    def ask(api: Api) -> str:
        together.wait()
        return str(clinic.ask(api, None).json["id"])

    with ThreadPoolExecutor(len(people)) as pool:
        assert len(set(pool.map(ask, people))) == 1


def test_one_person_may_have_so_many_made_and_nobody_else_pays_for_it(clinic: Clinic) -> None:
    eager, other, wishes = clinic.manager(), clinic.manager(), list(WISHES)
    asked = [clinic.ask(eager, period=wishes.pop()).json["id"] for _ in range(PERSON)]
    for _ in range(CHAIN):
        refused = clinic.ask(eager, 429, period=wishes[-1])
        assert refused.json["code"] == "too_many_reports"
        assert 0 < int(refused.headers["Retry-After"]) <= HOUR
    assert eager.get(f"{REPORTS}?period={wishes[-1]}")["items"] == []
    assert eager.get(f"{REPORTS}/{asked[0]}")["status"] == "asked"
    clinic.ask(eager, 200, period=WISHES[-1])
    for _ in range(CHAIN - PERSON):
        clinic.ask(other, period=wishes.pop())
    assert clinic.ask(other, 429, period=wishes.pop()).json["code"] == "too_many_reports"


def test_what_was_refused_may_be_asked_for_later_under_the_same_key(clinic: Clinic, redis_url: str) -> None:
    eager, wishes = clinic.manager(), list(WISHES)
    for _ in range(PERSON):
        clinic.ask(eager, period=wishes.pop())
    body = {"scope": "clinic", "scope_id": str(clinic.clinic_id), "period": wishes.pop()}
    eager.call("POST", REPORTS, 429, body, Idempotency_Key="one")
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
    first = eager.call("POST", REPORTS, 201, body, Idempotency_Key="one")
    assert eager.call("POST", REPORTS, 201, body, Idempotency_Key="one").data == first.data


def test_a_key_of_somebody_else_opens_nothing(clinic: Clinic) -> None:
    body = {"scope": "clinic", "scope_id": str(clinic.clinic_id), "period": "2026-10"}
    path = f"{REPORTS}/{clinic.publish().id}/restatements"
    manager = clinic.manager()
    manager.call("POST", REPORTS, 201, body, Idempotency_Key="one")
    manager.call("POST", path, 201, {}, Idempotency_Key="two")
    stranger = clinic.treatment.caller("manager", clinics=(new_id(),), subject="stranger")
    stranger.call("POST", REPORTS, 403, body, Idempotency_Key="one")
    stranger.call("POST", path, 404, {}, Idempotency_Key="two")


def test_what_has_become_known_is_looked_at_once_for_all_who_ask_meanwhile(clinic: Clinic) -> None:
    made = clinic.publish()
    path, manager = f"{REPORTS}/{made.id}/restatements", clinic.manager()
    first = manager.call("POST", path, 201)
    clinic.treatment.set_clock(NOW + timedelta(minutes=59))
    assert clinic.manager().call("POST", path, 200).json == first.json
    assert clinic.events(made.id) == ["report_asked.v1", "report_published.v1", "restatement_asked.v1"]
    clinic.treatment.set_clock(NOW + timedelta(hours=1))
    manager.call("POST", path, 201)
    clinic.tell(made, NOW + timedelta(hours=1, minutes=1))
    clinic.treatment.set_clock(NOW + timedelta(hours=1, minutes=2))
    manager.call("POST", path, 201)
    manager.call("POST", path, 200)
    assert clinic.events(made.id)[3:] == ["restatement_asked.v1", "report_restated.v1", "restatement_asked.v1"]


def test_restatements_count_as_reports_do(clinic: Clinic) -> None:
    manager = clinic.manager()
    manager.call("POST", f"{REPORTS}/{clinic.publish().id}/restatements", 201)
    for period in WISHES[: PERSON - 1]:
        clinic.ask(manager, period=period)
    clinic.ask(manager, 429, period=WISHES[-1])
    refused = manager.call("POST", f"{REPORTS}/{clinic.publish(hours=2).id}/restatements", 429)
    assert refused.json is not None
    assert refused.json["code"] == "too_many_reports"

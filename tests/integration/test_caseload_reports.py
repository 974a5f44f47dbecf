"""A report that was asked for is made by the workers once, kept by treatment for good, and seen by whom it concerns."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from celery import Celery
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from shared.ids import new_id
from shared.minting import mint_service_token
from shared.reports.document import Kind, Overdue, Report, decode, encode, finished, packed
from shared.settings import DatabaseSettings, Settings
from tests.support.api import Api, Keys
from tests.support.house import CLOSED_AT, REPORTS, House, a_house
from tests.support.messages import CHAIN, at
from tests.support.providers import served
from tests.support.reports import invented_report
from tests.support.treatment import Treatment
from workers.celery_app import MAKE_REPORTS, make_app
from workers.consume import CONSUMER
from workers.messages.tally import Tally
from workers.messages.tasks import now
from workers.messages.treatment import Treatment as Reached
from workers.reports.holding import LEASE
from workers.reports.making import ENTER, make_wanted
from workers.reports.tasks import open_reporter, register
from workers.reports.wanted import claim

pytestmark = pytest.mark.one_database


@pytest.fixture
def house(new_treatment: Callable[[], Treatment], workers_db: DatabaseSettings) -> Iterator[House]:
    with a_house(new_treatment(), workers_db) as made:
        yield made


def document_of(answer: Any) -> Any:
    return {metric["code"]: metric for metric in answer["document"]["metrics"]}


def test_what_was_asked_for_is_published_once_and_is_the_same_bytes_for_ever(house: House) -> None:
    house.treat(house.anna)
    manager = house.manager(house.clinic_id)
    asked = house.ask(manager, "clinic", house.clinic_id)
    assert (asked["status"], asked["hash"]) == ("asked", None)
    assert manager.problem("GET", f"{REPORTS}/{asked['id']}/csv", 409)["code"] == "report_not_ready"
    assert house.make() == 1
    shown = manager.get(f"{REPORTS}/{asked['id']}")
    assert (shown["status"], shown["document"]["hash"]) == ("published", shown["hash"])
    assert document_of(shown)["attended_visits"]["value"] == 3
    again = house.ask(manager, "clinic", house.clinic_id, 200)
    assert (again["id"], again["hash"]) == (asked["id"], shown["hash"])
    assert (house.waiting(), house.make()) == (0, 0)
    for form, first in (("pdf", b"%PDF"), ("csv", b"period")):
        files = [manager.call("GET", f"{REPORTS}/{asked['id']}/{form}", 200) for _ in range(2)]
        assert files[0].data.startswith(first)
        assert files[0].data == files[1].data
        assert f"caseload-clinic-2026-10-{shown['hash'][:12]}.{form}" in files[0].headers["Content-Disposition"]
    assert shown["hash"] in files[0].text


def test_what_comes_later_changes_no_report_that_is_published(house: House) -> None:
    manager = house.manager(house.clinic_id)
    asked = house.ask(manager, "clinic", house.clinic_id)
    house.make()
    before = manager.get(f"{REPORTS}/{asked['id']}")
    house.treat(house.anna)
    assert manager.get(f"{REPORTS}/{asked['id']}") == before
    later = house.ask(manager, "clinic", house.clinic_id, as_of=at("2026-11-05 06:00").isoformat())
    assert later["id"] != asked["id"]
    house.make()
    assert document_of(manager.get(f"{REPORTS}/{later['id']}"))["attended_visits"]["value"] == 3


def test_therapists_have_the_whole_of_their_own_report_and_others_no_small_outcome(house: House) -> None:
    house.treat(house.anna)
    other = house.hire(house.clinic_id)
    elsewhere = house.manager(house.open_clinic())
    asked = house.ask(house.anna.api, "therapist", house.anna.therapist_id)
    house.make()
    path = f"{REPORTS}/{asked['id']}"
    own, seen = house.anna.api.get(path), house.manager(house.clinic_id).get(path)
    assert own["hash"] != seen["hash"]
    assert len(own["document"]["series"]["trajectories"]) == 3
    assert seen["document"]["series"]["trajectories"] == []
    coverage = (document_of(each)["check_in_coverage"]["denominator"] for each in (own, seen))
    assert list(coverage) == [3, None]
    visits = (document_of(each)["attended_visits"]["value"] for each in (own, seen))
    assert list(visits) == [3, 3]
    assert own["document"]["series"]["overdue"] == []
    body = {"scope": "therapist", "scope_id": str(house.anna.therapist_id), "period": "2026-10"}
    for stranger, status in ((other.api, 403), (elsewhere, 404)):
        stranger.get(path, status)
        assert asked["id"] not in [each["id"] for each in stranger.get(REPORTS)["items"]]
        assert stranger.problem("POST", REPORTS, 403, body)["code"] == "not_allowed"


def test_the_report_of_the_chain_is_for_those_whose_role_holds_everywhere(house: House) -> None:
    admin = house.treatment.caller("chain_admin")
    asked = house.ask(admin, "chain", CHAIN)
    house.make()
    assert admin.get(f"{REPORTS}/{asked['id']}")["status"] == "published"
    house.manager(house.clinic_id).get(f"{REPORTS}/{asked['id']}", 403)
    house.ask(house.manager(house.clinic_id), "chain", CHAIN, 403)
    house.ask(admin, "clinic", new_id(), 404)


def test_lists_go_on_by_pages_and_are_of_one_scope_or_period(house: House) -> None:
    manager = house.manager(house.clinic_id)
    months = [house.ask(manager, "clinic", house.clinic_id, period=f"2026-0{month}")["id"] for month in (7, 8, 9)]
    first = manager.get(f"{REPORTS}?limit=2&scope_id={house.clinic_id}")
    rest = manager.get(f"{REPORTS}?limit=2&scope_id={house.clinic_id}&cursor={first['next']}")
    assert sorted(each["id"] for each in (*first["items"], *rest["items"])) == sorted(months)
    [august] = manager.get(f"{REPORTS}?scope=clinic&scope_id={house.clinic_id}&period=2026-08")["items"]
    assert august["id"] == months[1]
    assert manager.get(f"{REPORTS}?scope=therapist")["items"] == []


@pytest.mark.parametrize(
    "fields",
    [{"period": "2026-13"}, {"period": "October"}, {"period": "2025-W53"}, {"as_of": "2026-11-07T00:00:00Z"}],
)
def test_a_question_that_has_no_answer_is_refused(house: House, fields: dict[str, str]) -> None:
    house.ask(house.manager(), "clinic", house.clinic_id, 422, **fields)


def test_what_cannot_be_made_says_why_and_may_be_asked_for_again(house: House) -> None:
    admin = house.treatment.caller("chain_admin")
    asked = house.ask(admin, "clinic", house.clinic_id, period="2026-12")
    assert house.make() == 1
    failed = admin.get(f"{REPORTS}/{asked['id']}")
    assert (failed["status"], failed["cause"], failed["document"]) == ("failed", "not_begun", None)
    again = house.ask(admin, "clinic", house.clinic_id, period="2026-12")
    assert (again["id"], again["status"], again["cause"], house.waiting()) == (asked["id"], "asked", None, 1)


def test_of_a_moment_before_anything_was_known_there_is_no_report(house: House) -> None:
    admin, early = house.treatment.caller("chain_admin"), at("2025-12-01 00:00").isoformat()
    scopes: dict[Kind, UUID] = {"clinic": house.clinic_id, "therapist": house.anna.therapist_id}
    for kind, scope_id in scopes.items():
        asked = house.ask(admin, kind, scope_id, period="2025-11", as_of=early)
        assert house.make() == 1
        assert admin.get(f"{REPORTS}/{asked['id']}")["cause"] == "unknown_scope"


def test_a_worker_that_dies_is_followed_by_another_and_the_first_document_stays(house: House) -> None:
    manager = house.manager(house.clinic_id)
    asked = house.ask(manager, "clinic", house.clinic_id)
    house.read_all()
    with house.workers.engine.begin() as connection:
        connection.execute(ENTER)
        assert len(claim(connection, CONSUMER, uuid4(), house.now)) == 1
    assert house.make() == 0
    house.now += LEASE
    assert (house.make(), house.waiting()) == (1, 0)
    shown = manager.get(f"{REPORTS}/{asked['id']}")
    report = decode(encode(report_in(shown)))
    late = finished(replace(report, definitions=2))
    house.reached.publish_report(CHAIN, UUID(asked["id"]), late, None)
    assert manager.get(f"{REPORTS}/{asked['id']}") == shown
    with house.treatment.database.reading(CHAIN) as connection:
        sql = text("SELECT count(*) FROM report_documents WHERE report_id = :id")
        assert connection.execute(sql, {"id": asked["id"]}).scalar() == 1


def report_in(shown: Any) -> Report:
    return msgspec.convert(shown["document"], Report)


def test_word_that_comes_twice_makes_one_report(house: House) -> None:
    asked = house.ask(house.manager(house.clinic_id), "clinic", house.clinic_id)
    house.workers.tell(house.event(asked["id"]), house.now, stream="again")
    assert house.waiting() == 1
    assert (house.make(), house.make()) == (1, 0)


def test_while_treatment_is_away_a_report_waits_and_is_given_up_only_when_it_was_tried_often(house: House) -> None:
    manager = house.manager(house.clinic_id)
    asked = house.ask(manager, "clinic", house.clinic_id)
    away = Reached("http://127.0.0.1:9", lambda: "")
    house.read_all()
    assert make_wanted(house.workers.engine, away, lambda: house.now) == 0
    assert (house.waiting(), house.make()) == (1, 0)
    house.workers.change("UPDATE wanted_reports SET attempts = 12")
    house.now += timedelta(hours=1)
    assert (house.make(), house.waiting()) == (1, 0)
    assert manager.get(f"{REPORTS}/{asked['id']}")["cause"] == "gave_up"


def test_a_report_that_treatment_refuses_holds_up_no_other_and_is_given_up_at_last(house: House) -> None:
    admin = house.treatment.caller("chain_admin")
    scopes: dict[Kind, UUID] = {"clinic": house.clinic_id, "therapist": house.anna.therapist_id}
    asked = sorted(house.ask(admin, kind, scope_id)["id"] for kind, scope_id in scopes.items())
    house.read_all()
    with refusing(house, asked[0]) as reached:
        assert make_wanted(house.workers.engine, reached, lambda: house.now) == 1
        assert (house.waiting(), make_wanted(house.workers.engine, reached, lambda: house.now)) == (1, 0)
    assert [admin.get(f"{REPORTS}/{each}")["status"] for each in asked] == ["asked", "published"]
    house.workers.change("UPDATE wanted_reports SET attempts = 12")
    house.now += timedelta(minutes=1)
    assert (house.make(), house.waiting()) == (1, 0)
    assert admin.get(f"{REPORTS}/{asked[0]}")["cause"] == "gave_up"


@contextmanager
def refusing(house: House, report_id: str) -> Iterator[Reached]:
    """Treatment, which refuses one report."""

    def answer(request: httpx.Request) -> httpx.Response:
        if report_id in request.content.decode():
            return httpx.Response(422, json={"code": "bad_fields"})
        return house.reached.http.post(request.url.path, content=request.content, headers=request.headers)

    reached = Reached("http://treatment", house.reached.token)
    reached.http.close()
    reached.http = httpx.Client(transport=httpx.MockTransport(answer), base_url="http://treatment")
    yield reached
    reached.close()


@pytest.mark.parametrize("fault", ["other", "altered", "names"])
def test_treatment_keeps_no_document_but_the_one_that_was_asked_for(house: House, fault: str) -> None:
    asked = house.ask(house.manager(house.clinic_id), "clinic", house.clinic_id)
    report = invented_report()
    right = replace(
        report,
        chain_id=CHAIN,
        scope=replace(report.scope, kind="clinic", id=house.clinic_id),
        as_of=replace(report.as_of, at=CLOSED_AT),
    )
    somebody = Overdue(client_id=new_id(), episode_id=new_id(), planned_on=date(2026, 9, 1))
    named = replace(right.series, overdue=(somebody,))
    sent = {"other": finished(report), "altered": right, "names": finished(replace(right, series=named))}[fault]
    token = mint_service_token(house.treatment.keys.service, subject="workers", to="treatment")
    service = Api(house.treatment.app.test_client(), token)
    body = {"chain_id": str(CHAIN), "report_id": asked["id"], "document": packed(sent)}
    assert "document" in str(service.problem("POST", "/internal/v1/caseload-reports", 422, body))
    service.post("/internal/v1/caseload-reports", body | {"report_id": str(new_id())}, 404)
    assert service.post("/internal/v1/caseload-reports", body | {"document": packed(finished(right))}, 200) == {
        "status": "published"
    }


@pytest.mark.parametrize("sql", ["UPDATE report_documents SET hash = hash", "DELETE FROM report_documents"])
def test_nobody_changes_or_takes_away_a_document(house: House, sql: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), house.treatment.database.engine.begin() as direct:
        direct.execute(text(sql))


def test_the_task_itself_makes_what_was_asked_for(house: House, keys: Keys, workers_db: DatabaseSettings) -> None:
    manager = house.manager(house.clinic_id)
    asked = house.ask(manager, "clinic", house.clinic_id)
    house.workers.change("UPDATE wanted_reports SET next_at = '2000-01-01'")
    house.read_all()
    with served(house.treatment.app) as url:
        environ = {
            "SYNERGIST_SERVICE_KEY": keys.service,
            "SYNERGIST_BROKER_URL": "redis://127.0.0.1:9",
            "SYNERGIST_WORKERS_DATABASE_URL": workers_db.api,
            "SYNERGIST_TREATMENT_URL": url,
        }
        settings = Settings.read(environ)
        app: Celery = make_app(settings)
        reporter = open_reporter(settings)
        register(app, lambda: reporter, Tally(now))
        app.tasks[MAKE_REPORTS]()
        reporter.close()
    assert manager.get(f"{REPORTS}/{asked['id']}")["status"] == "published"

"""How a published report differs from what is known later is found out by the workers, and shown as the report is."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from shared.codec import decode as event_of
from shared.events.treatment_reports import CaseloadRestatementAsked
from shared.http.parsing import LARGEST_BODY
from shared.ids import new_id
from shared.minting import mint_service_token
from shared.reports.document import finished, packed
from shared.reports.ids import closing_report_id_of
from shared.reports.restatement import Restatement, operational
from shared.settings import DatabaseSettings
from tests.support.api import Api
from tests.support.house import CLOSED_AT, REPORTS, House, a_house
from tests.support.log import a_chain, booked, corrected
from tests.support.messages import BERLIN, at
from tests.support.treatment import Treatment
from workers.messages.treatment import Treatment as Reached
from workers.reports.due import rows
from workers.reports.due.planning import Planned
from workers.reports.holding import LEASE
from workers.reports.knowledge import as_of, read
from workers.reports.making import pairs_of
from workers.reports.restating import telling, work
from workers.reports.restating.restatement import Unexplained
from workers.reports.restating.telling import restate_closed, restate_wanted
from workers.reports.wanted import PAUSE
from workers.reports.window import Window, period_of

pytestmark = pytest.mark.one_database

LATE = at("2026-11-06 09:00")
LATER = at("2026-11-20 09:00")


@pytest.fixture
def house(new_treatment: Callable[[], Treatment], workers_db: DatabaseSettings) -> Iterator[House]:
    with a_house(new_treatment(), workers_db, a_chain()) as made:
        yield made
        made.workers.change("DELETE FROM restated_periods")
        made.workers.change("DELETE FROM due_periods")


def published(house: House, api: Api, kind: Any = "therapist", scope_id: UUID | None = None) -> str:
    """Of October, as of 5 November."""
    asked = house.ask(api, kind, scope_id or house.anna.therapist_id)
    assert house.make() == 1
    return str(asked["id"])


def visit_of_october(house: House) -> Any:
    visit = booked(therapist_id=house.anna.therapist_id, clinic_id=house.clinic_id, starts_at=at("2026-10-20 10:00"))
    house.workers.tell(visit, at("2026-10-13 10:00"))
    return visit


def put_right(house: House, visit: Any, recorded_at: datetime = LATE) -> None:
    house.workers.tell(corrected(visit, "booked", "fulfilled"), recorded_at)


def go_on_to(house: House, now: datetime) -> None:
    house.now = now
    house.treatment.set_clock(now)


def ask(house: House, api: Api, report_id: str) -> Any:
    """Ask, and let the workers hear of it."""
    told = api.post(f"{REPORTS}/{report_id}/restatements", {}, 201)
    house.workers.tell(question(house, report_id), house.now, stream=f"caseload_report-{report_id}")
    return told


def question(house: House, report_id: str) -> CaseloadRestatementAsked:
    sql = text("SELECT name, data FROM events WHERE stream = :stream ORDER BY version DESC LIMIT 1")
    with house.treatment.database.reading(house.treatment.chain_id) as connection:
        row = connection.execute(sql, {"stream": f"caseload_report-{report_id}"}).one()
    found: CaseloadRestatementAsked = event_of(row.name, row.data, {})
    return found


def restate(house: House) -> int:
    return restate_wanted(house.workers.engine, house.reached, lambda: house.now)


def look(house: House) -> bool:
    return restate_closed(house.workers.engine, house.reached, lambda: house.now)


def lines(told: Any) -> dict[str, Any]:
    return {line["code"]: line for line in told["document"]["lines"] if line["part"] is None}


def restatements(house: House, report_id: str) -> int:
    sql = text("SELECT count(*) FROM events WHERE stream = :stream AND name = 'treatment.caseload_report_restated.v1'")
    with house.treatment.database.reading(house.treatment.chain_id) as connection:
        return int(connection.execute(sql, {"stream": f"caseload_report-{report_id}"}).scalar_one())


def test_a_restatement_that_was_asked_for_names_what_came_late_and_leaves_the_report_alone(house: House) -> None:
    house.treat(house.anna)
    visit = visit_of_october(house)
    manager = house.manager(house.clinic_id)
    report_id = published(house, manager)
    before = manager.get(f"{REPORTS}/{report_id}")
    put_right(house, visit)
    go_on_to(house, LATER)
    path = f"{REPORTS}/{report_id}/restatement"
    assert manager.get(path)["document"] is None
    asked = ask(house, manager, report_id)
    assert (asked["asked_at"], asked["as_of"]) == (LATER.isoformat(), None)
    assert (restate(house), restate(house)) == (1, 0)
    told = manager.get(path)
    assert (told["asked_at"], told["as_of"], told["hash"]) == (None, LATER.isoformat(), told["document"]["hash"])
    attended = lines(told)["attended_visits"]
    assert (attended["before"]["value"], attended["after"]["value"]) == (3, 4)
    [cause] = attended["causes"]
    assert (cause["name"], cause["change"]["value"]) == ("scheduling.appointment_status_corrected.v1", 1)
    assert cause["about_at"] == "2026-10-20T08:00:00Z"
    after = manager.get(f"{REPORTS}/{report_id}")
    assert after["document"] == before["document"]


def test_outcomes_are_restated_for_the_therapist_alone(house: House) -> None:
    house.treat(house.anna)
    report_id = published(house, house.anna.api)
    house.treat(house.anna, clients=1)
    go_on_to(house, LATER)
    ask(house, house.anna.api, report_id)
    assert restate(house) == 1
    own, seen = (
        api.get(f"{REPORTS}/{report_id}/restatement") for api in (house.anna.api, house.manager(house.clinic_id))
    )
    of_outcomes = {"check_in_coverage", "outcome_change", "responders_of_started", "responders_of_completers"}
    assert set(lines(own)) - set(lines(seen)) == of_outcomes
    assert own["hash"] != seen["hash"]
    stranger = house.hire(house.clinic_id).api
    for method, path in (("GET", "restatement"), ("POST", "restatements"), ("GET", f"comparison?with={report_id}")):
        assert stranger.problem(method, f"{REPORTS}/{report_id}/{path}", 403)["code"] == "not_allowed"


def test_what_is_not_published_or_of_a_period_that_still_runs_is_not_restated(house: House) -> None:
    manager = house.manager(house.clinic_id)
    waiting = house.ask(manager, "clinic", house.clinic_id)["id"]
    assert manager.problem("POST", f"{REPORTS}/{waiting}/restatements", 409)["code"] == "report_not_ready"
    running = house.ask(manager, "clinic", house.clinic_id, as_of=at("2026-10-20 10:00").isoformat())["id"]
    assert house.make() == 1
    assert house.make() == 1
    assert manager.problem("POST", f"{REPORTS}/{running}/restatements", 409)["code"] == "period_not_over"
    assert manager.get(f"{REPORTS}/{running}/restatement")["as_of"] is None


def test_two_moments_of_one_report_are_compared_number_by_number(house: House) -> None:
    visit = visit_of_october(house)
    manager = house.manager(house.clinic_id)
    first = published(house, manager, "clinic", house.clinic_id)
    put_right(house, visit)
    go_on_to(house, LATER)
    second = house.ask(manager, "clinic", house.clinic_id, as_of=LATE.isoformat())["id"]
    september = house.ask(manager, "clinic", house.clinic_id, period="2026-09")["id"]
    while house.make():
        pass
    told = manager.get(f"{REPORTS}/{first}/comparison?with={second}")
    assert (told["before_as_of"], told["after_as_of"]) == (CLOSED_AT.isoformat(), LATE.isoformat())
    changed = {each["code"]: each["change"]["value"] for each in told["numbers"] if each["change"]["value"]}
    assert changed["attended_visits"] == 1
    [hidden] = [each for each in told["numbers"] if each["code"] == "responders_of_started"]
    assert (hidden["before"]["why_none"], hidden["change"]["numerator"]) == ("once_a_quarter", None)
    assert manager.problem("GET", f"{REPORTS}/{first}/comparison?with={september}", 422)["fields"]["with"]
    manager.get(f"{REPORTS}/{first}/comparison?with={new_id()}", 404)


def closed(house: House) -> str:
    """October, closed as of 5 November with all of its reports; gives the therapist's."""
    chain_id, period = house.treatment.chain_id, period_of("2026-10", BERLIN)
    with house.workers.engine.begin() as connection:
        connection.execute(text("SELECT enter_views()"))
        known = as_of(connection, chain_id, CLOSED_AT)
        pairs = pairs_of(read(connection, Window(chain_id, period, known)), is_closed=True)
        rows.plan(connection, chain_id, Planned(period, CLOSED_AT))
    ids = {scope: closing_report_id_of(chain_id, scope.kind, scope.id, period.name, CLOSED_AT) for scope in pairs}
    for scope, pair in pairs.items():
        house.reached.publish_report(chain_id, ids[scope], pair.others, pair.own, for_closing=True)
    house.workers.change(
        "UPDATE due_periods SET state = 'closed', scheduling = :scheduling, treatment = :treatment, reports = :reports",
        scheduling=known.scheduling,
        treatment=known.treatment,
        reports=len(pairs),
    )
    return next(str(id_) for scope, id_ in ids.items() if scope.kind == "therapist")


def test_a_closed_period_is_looked_at_once_a_day_and_told_of_only_when_it_differs_otherwise(house: House) -> None:
    visit = visit_of_october(house)
    manager = house.manager(house.clinic_id)
    report_id = closed(house)
    go_on_to(house, CLOSED_AT + timedelta(hours=23))
    assert look(house) is False
    days = [CLOSED_AT + timedelta(days=1, hours=day * 25) for day in range(5)]
    told = []
    for day, now in enumerate(days):
        if day == 1:
            put_right(house, visit, days[1] - timedelta(hours=1))
        if day == 3:
            house.treat(house.anna)
        go_on_to(house, now)
        assert (look(house), look(house)) == (True, False)
        told.append(restatements(house, report_id))
    assert told == [0, 1, 1, 2, 2]
    shown = manager.get(f"{REPORTS}/{report_id}/restatement")
    assert (shown["as_of"], lines(shown)["attended_visits"]["after"]["value"]) == (days[3].isoformat(), 4)
    go_on_to(house, CLOSED_AT + work.FOR)
    assert look(house) is False


def test_while_treatment_is_away_nothing_is_lost_and_a_worker_that_dies_is_followed(house: House) -> None:
    visit = visit_of_october(house)
    manager = house.manager(house.clinic_id)
    report_id = closed(house)
    put_right(house, visit)
    go_on_to(house, LATER)
    ask(house, manager, report_id)
    away = Reached("http://127.0.0.1:9", lambda: "")
    assert restate_wanted(house.workers.engine, away, lambda: house.now) == 0
    assert restate_closed(house.workers.engine, away, lambda: house.now) is True
    away.close()
    assert (restate(house), look(house)) == (0, False)
    go_on_to(house, LATER + timedelta(hours=1))
    with house.workers.engine.begin() as connection:
        assert len(work.claim(connection, uuid4(), house.now)) == 1
    assert restate(house) == 0
    go_on_to(house, house.now + LEASE)
    assert (restate(house), look(house), restatements(house, report_id)) == (1, True, 1)


def test_what_cannot_be_made_is_tried_later_and_later_and_says_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = house.manager(house.clinic_id)
    report_id = closed(house)
    house.treat(house.anna)
    go_on_to(house, LATER)
    ask(house, manager, report_id)

    def fail(*_: object) -> None:
        raise Unexplained

    monkeypatch.setattr(telling, "restatements", fail)
    for wait in (PAUSE, 2 * PAUSE):
        for attempt in (restate, look):
            with pytest.raises(Unexplained):
                attempt(house)
        assert (restate(house), look(house)) == (0, False)
        go_on_to(house, house.now + wait)
    assert restatements(house, report_id) == 0


def test_a_question_that_is_asked_twice_is_answered_once(house: House) -> None:
    manager = house.manager(house.clinic_id)
    report_id = published(house, manager)
    go_on_to(house, LATER)
    ask(house, manager, report_id)
    manager.call("POST", f"{REPORTS}/{report_id}/restatements", 200)
    house.workers.tell(question(house, report_id), house.now, stream="again")
    assert (restate(house), restate(house), restatements(house, report_id)) == (1, 0, 1)
    assert manager.get(f"{REPORTS}/{report_id}/restatement")["document"]["lines"] == []


def test_what_was_made_by_other_definitions_is_not_restated(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = house.manager(house.clinic_id)
    report_id = published(house, manager)
    go_on_to(house, LATER)
    ask(house, manager, report_id)
    monkeypatch.setattr(telling, "DEFINITIONS", 2)
    assert (restate(house), restatements(house, report_id)) == (1, 0)


@pytest.mark.parametrize("fault", ["outcomes", "numbers", "period", "altered", "whole"])
def test_treatment_keeps_no_restatement_that_does_not_begin_with_the_report(house: House, fault: str) -> None:
    house.treat(house.anna)
    manager = house.manager(house.clinic_id)
    report_id = published(house, manager, "clinic", house.clinic_id)
    house.treat(house.anna, clients=1)
    sent = sent_by_workers(house, report_id)
    line = next(line for line in sent.lines if line.code == "attended_visits")
    other = replace(line, before=replace(line.before, value=9.0))
    wrong = {
        "outcomes": finished(replace(sent, lines=(*sent.lines, replace(line, code="responders_of_started")))),
        "numbers": finished(replace(sent, lines=(other,))),
        "period": finished(replace(sent, period=replace(sent.period, name="2026-09"))),
        "altered": replace(sent, definitions=7),
        "whole": sent,
    }[fault]
    token = mint_service_token(house.treatment.keys.service, subject="workers", to="treatment")
    service = Api(house.treatment.app.test_client(), token)
    body = {"chain_id": str(house.treatment.chain_id), "report_id": report_id, "document": packed(wrong)}
    path = "/internal/v1/caseload-restatements"
    if fault == "whole":
        service.post(path, body | {"own": packed(sent)}, 422)
    else:
        service.problem("POST", path, 422, body)
    service.post(path, body | {"report_id": str(new_id())}, 404)
    right = body | {"document": packed(sent)}
    assert [service.post(path, right, 200)["kept"] for _ in range(2)] == [True, False]


def test_a_restatement_by_thousands_of_late_events_is_kept(house: House) -> None:
    house.treat(house.anna)
    report_id = published(house, house.manager(house.clinic_id), "clinic", house.clinic_id)
    house.treat(house.anna, clients=1)
    sent = sent_by_workers(house, report_id)
    [first, *others] = sent.lines
    causes = tuple(replace(first.causes[0], event_id=uuid4()) for _ in range(12_000))
    document = packed(finished(replace(sent, lines=(replace(first, causes=causes), *others))))
    assert len(document) > LARGEST_BODY
    token = mint_service_token(house.treatment.keys.service, subject="workers", to="treatment")
    service = Api(house.treatment.app.test_client(), token)
    body = {"chain_id": str(house.treatment.chain_id), "report_id": report_id, "document": document}
    assert service.post("/internal/v1/caseload-restatements", body, 200)["kept"]


def sent_by_workers(house: House, report_id: str) -> Restatement:
    """What they would tell of a clinic's report."""
    go_on_to(house, LATER)
    api = house.manager(house.clinic_id)
    api.post(f"{REPORTS}/{report_id}/restatements", {}, 201)
    asked = question(house, report_id)
    house.workers.tell(asked, house.now, stream=f"caseload_report-{report_id}")
    with house.workers.engine.begin() as connection:
        [row] = work.claim(connection, uuid4(), house.now)
    _, found = telling.made(house.workers.engine, row.window, house.now, frozenset({row.scope}))
    return operational(found[row.scope])


def test_a_kept_restatement_is_the_same_when_read_models_are_made_again(house: House) -> None:
    visit = visit_of_october(house)
    manager = house.manager(house.clinic_id)
    report_id = published(house, manager)
    put_right(house, visit)
    go_on_to(house, LATER)
    ask(house, manager, report_id)
    house.workers.tell(question(house, report_id), house.now, stream="again", schema="views_b")
    assert (restate(house), restate(house)) == (1, 0)
    assert manager.get(f"{REPORTS}/{report_id}/restatement")["hash"]

"""A period is closed once, when all of its reports are published, from what was known at its moment, and stays so."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import text

from shared.settings import DatabaseSettings
from tests.support.closing import AFTERWARDS, CLOSES_AT, OCTOBER_ENDED, PLACES, Office, monthly
from tests.support.house import REPORTS, a_house, an_empty_house
from tests.support.log import a_chain, arrived, booked
from tests.support.messages import BERLIN, at
from tests.support.treatment import Treatment
from workers.reports.due.turn import knowledge
from workers.reports.making import pairs_of

pytestmark = pytest.mark.one_database


@pytest.fixture
def office(new_treatment: Callable[[], Treatment], workers_db: DatabaseSettings) -> Iterator[Office]:
    with a_house(new_treatment(), workers_db, a_chain()) as house:
        yield monthly(house)


def test_a_month_is_closed_once_with_all_of_its_reports(office: Office) -> None:
    office.house.treat(office.house.anna)
    office.close_october()
    october = office.periods()["2026-10"]
    assert (october["status"], october["reports"], october["made"]) == ("closed", PLACES, PLACES)
    assert (october["as_of"], october["time_zone"]) == (CLOSES_AT.isoformat(), BERLIN)
    reports = office.closed()
    assert {each["scope"] for each in reports} == {"therapist", "clinic", "chain"}
    assert {each["as_of"] for each in reports} == {CLOSES_AT.isoformat()}
    assert {(each["scheduling"], each["treatment"]) for each in reports} == {
        (october["scheduling"], october["treatment"])
    }
    before = office.recorded()
    for later in range(3):
        assert office.turn(AFTERWARDS + timedelta(hours=later)) == 0
    assert office.recorded() == before
    assert Counter(name.split(".")[1] for name in before) == Counter(
        caseload_report_asked=PLACES, caseload_report_published=PLACES, report_period_closed=1
    )
    assert set(before.values()) == {1}
    assert office.rows("report_drafts") == 0


def test_therapists_have_the_whole_of_their_own_closed_report_and_others_what_may_leave(office: Office) -> None:
    house = office.house
    house.treat(house.anna)
    office.close_october()
    [own] = house.anna.api.get(f"{REPORTS}?closed=true&period=2026-10")["items"]
    seen = {each["id"]: each for each in house.manager(house.clinic_id).get(f"{REPORTS}?closed=true")["items"]}
    assert own["hash"] != seen[own["id"]]["hash"]
    document = house.anna.api.get(f"{REPORTS}/{own['id']}")["document"]
    assert len(document["series"]["trajectories"]) == PLACES
    assert house.manager(house.clinic_id).get(f"{REPORTS}/{own['id']}")["document"]["series"]["trajectories"] == []


def test_the_hash_of_a_period_is_over_the_hashes_of_all_of_its_reports(office: Office) -> None:
    office.close_october()
    with office.house.treatment.database.reading(office.chain_id) as connection:
        rows = connection.execute(
            text("SELECT * FROM caseload_reports WHERE period = '2026-10' ORDER BY scope_kind, scope_id")
        ).all()
    lines = [f"{row.scope_kind} {row.scope_id} {row.hash} {row.own_hash or ''}\n" for row in rows]
    assert office.periods()["2026-10"]["hash"] == sha256("".join(lines).encode()).hexdigest()


def test_what_comes_late_changes_no_closed_report(office: Office) -> None:
    house = office.house
    house.treat(house.anna, clients=2)
    office.close_october()
    before = (office.periods(), office.closed(), office.recorded())
    house.treat(house.hire(house.clinic_id), clients=3)
    office.turn(AFTERWARDS + timedelta(minutes=5))
    assert (office.periods(), office.closed(), office.recorded()) == before
    now = house.ask(office.admin, "chain", office.chain_id, as_of=house.now.isoformat())
    assert now["closed"] is False


def test_what_was_recorded_after_its_moment_is_not_in_it_however_late_it_is_made(office: Office) -> None:
    house = office.house
    house.treat(house.anna, clients=2)
    office.turn(OCTOBER_ENDED)
    starts_at = at("2026-10-20 10:00")
    visit = booked(therapist_id=house.anna.therapist_id, clinic_id=house.clinic_id, starts_at=starts_at)
    house.tell(visit, CLOSES_AT - timedelta(hours=1), "appointment")
    house.tell(arrived(visit), CLOSES_AT + timedelta(seconds=1), "appointment")
    office.reads_up_to(office.log_ends_at)
    office.turn(AFTERWARDS + timedelta(days=10))
    [chain] = [each for each in office.closed() if each["scope"] == "chain"]
    metrics = {each["code"]: each for each in office.admin.get(f"{REPORTS}/{chain['id']}")["document"]["metrics"]}
    assert metrics["attended_visits"]["value"] == 2
    assert chain["as_of"] == CLOSES_AT.isoformat()


def test_a_closed_report_made_again_after_a_rebuild_is_the_same_bytes_and_nothing_is_asked_for_again(
    office: Office, workers_db: DatabaseSettings
) -> None:
    house = office.house
    house.treat(house.anna)
    house.treat(house.hire(house.clinic_id), clients=12)
    office.turn(OCTOBER_ENDED)
    october = office.due("2026-10")
    office.reads_up_to(office.log_ends_at)
    office.turn(AFTERWARDS)
    house.treat(house.anna, clients=2)
    before = office.recorded()
    house.workers.rebuild(workers_db.migrate)
    assert (office.turn(AFTERWARDS + timedelta(days=1)), office.recorded()) == (0, before)
    positions = {name: getattr(office.due("2026-10"), name) for name in ("scheduling", "treatment")}
    made = pairs_of(knowledge(house.workers.engine, replace(october, **positions)), is_closed=True)
    with house.treatment.database.reading(office.chain_id) as connection:
        rows = connection.execute(text("SELECT * FROM caseload_reports WHERE period = '2026-10'")).all()
        kept = {(row.scope_kind, row.scope_id): (row.hash, row.own_hash) for row in rows}
    again = {
        (scope.kind, scope.id): (pair.others.hash, pair.own.hash if pair.own else None) for scope, pair in made.items()
    }
    assert again == kept
    assert len(kept) == PLACES + 1


def test_a_chain_without_anybody_closes_its_period_with_the_reports_of_its_clinics_and_its_own(
    new_treatment: Callable[[], Treatment], workers_db: DatabaseSettings
) -> None:
    with an_empty_house(new_treatment(), workers_db, a_chain()) as house:
        house.open_clinic()
        office = monthly(house)
        office.close_october()
        assert {each["scope"] for each in office.closed()} == {"clinic", "chain"}
        assert office.periods()["2026-10"]["reports"] == 2

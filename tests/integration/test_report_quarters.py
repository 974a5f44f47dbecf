"""What is counted over a year is told at the ends of quarters, and again only when enough came and left; months in order."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.reports.document import Kind
from shared.settings import DatabaseSettings
from tests.support.api import Api
from tests.support.closing import AFTERWARDS, OCTOBER_ENDED, PLACES, Office, monthly
from tests.support.house import REPORTS, a_house
from tests.support.log import a_chain
from tests.support.messages import at
from tests.support.treatment import Treatment
from workers.reports.due.turn import knowledge
from workers.reports.making import pairs_of
from workers.reports.moments import APART
from workers.reports.once import Yearly

pytestmark = pytest.mark.one_database

STARTED = "episodes_started_in_year"
CLIENTS = 15


@pytest.fixture
def office(new_treatment: Callable[[], Treatment], workers_db: DatabaseSettings) -> Iterator[Office]:
    with a_house(new_treatment(), workers_db, a_chain()) as house:
        made = monthly(house)
        made.reads_up_to(made.log_ends_at)
        yield made


def started(office: Office, api: Api, period: str, kind: Kind, scope_id: UUID) -> dict[str, Any]:
    """Of a closed report, how many responded of all who started."""
    [found] = [each for each in office.closed(period) if (each["scope"], each["scope_id"]) == (kind, str(scope_id))]
    metrics = api.get(f"{REPORTS}/{found['id']}")["document"]["metrics"]
    [metric] = [each for each in metrics if each["code"] == "responders_of_started"]
    return dict(metric)


def told(office: Office, period: str) -> dict[str, tuple[list[str], list[str]]]:
    """By kind of place, of which populations something was kept back, and told."""
    sql = text("""
        SELECT scope_kind, kept_back, told_quarters.told FROM told_quarters JOIN due_periods ON id = period_id
        WHERE chain_id = :chain_id AND period = :period
    """)
    with office.house.workers.engine.connect() as connection:
        rows = connection.execute(sql, {"chain_id": office.chain_id, "period": period}).all()
    return {row.scope_kind: (row.kept_back, row.told) for row in rows}


def test_a_year_is_told_at_the_end_of_a_quarter_and_not_again_while_nobody_came_or_left(office: Office) -> None:
    house, admin = office.house, office.admin
    house.treat(house.anna, clients=CLIENTS)
    office.turn(at("2027-01-01 00:00"))
    assert office.turn(at("2027-01-05 00:00") + APART) == 1
    assert office.turn(at("2027-04-05 00:00") + APART) == 3
    places: list[tuple[Kind, UUID]] = [("chain", office.chain_id), ("clinic", house.clinic_id)]
    for kind, scope_id in (*places, ("therapist", house.anna.therapist_id)):
        found = [started(office, admin, period, kind, scope_id) for period in ("2026-12", "2027-02", "2027-03")]
        assert [each["denominator"] for each in found] == [CLIENTS, None, None]
        assert [each["why_none"] for each in found] == [None, "once_a_quarter", "changed_little"]
    assert started(office, house.anna.api, "2027-03", "therapist", house.anna.therapist_id)["denominator"] == CLIENTS
    assert told(office, "2026-12") == dict.fromkeys(("chain", "clinic", "therapist"), ([], [STARTED]))
    assert told(office, "2027-03") == dict.fromkeys(("chain", "clinic", "therapist"), ([STARTED], []))
    assert office.rows("told_quarters") == 2 * PLACES, "of months that end no quarter nothing is kept"
    kept = {Yearly(f"{kind}:{each}", STARTED) for kind, each in (*places, ("therapist", house.anna.therapist_id))}
    again = pairs_of(knowledge(house.workers.engine, office.due("2027-03")), is_closed=True, kept_back=kept)
    assert {each["hash"] for each in office.closed("2027-03")} == {pair.others.hash for pair in again.values()}


def test_what_was_too_few_to_be_told_keeps_nothing_back(office: Office) -> None:
    house = office.house
    house.treat(house.anna, clients=3)
    office.turn(at("2027-01-01 00:00"))
    assert office.turn(at("2027-01-05 00:00") + APART) == 1
    house.treat(house.anna, clients=CLIENTS)
    assert office.turn(at("2027-04-05 00:00") + APART) == 3
    found = [started(office, office.admin, each, "chain", office.chain_id) for each in ("2026-12", "2027-03")]
    assert [each["denominator"] for each in found] == [None, CLIENTS + 3]
    assert [each["why_none"] for each in found] == ["suppressed", None]


def test_no_month_is_closed_before_the_earlier_ones_of_its_chain(office: Office) -> None:
    office.turn(OCTOBER_ENDED)
    office.turn(AFTERWARDS, stop=lambda: True)
    office.house.workers.change("UPDATE due_periods SET next_at = '2030-01-01'")
    assert office.turn(at("2026-12-05 00:00") + APART) == 0
    assert {name: each["status"] for name, each in office.periods().items()} == dict.fromkeys(
        ("2026-10", "2026-11"), "making"
    )
    office.house.workers.change("UPDATE due_periods SET next_at = :at", at=AFTERWARDS)
    assert office.turn(at("2026-12-05 01:00")) == 2

"""A period is closed by the clock and the rules that hold when it ends."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from shared.events.treatment_reports import ReportRulesSet
from shared.settings import DatabaseSettings
from tests.support.closing import AFTERWARDS, CLOSES_AT, OCTOBER_ENDED, Office, monthly
from tests.support.house import OPENED_AT, REPORTS, a_house
from tests.support.log import a_chain
from tests.support.messages import BERLIN, at
from tests.support.treatment import Treatment
from workers.reports.moments import APART

pytestmark = pytest.mark.one_database


@pytest.fixture
def office(new_treatment: Callable[[], Treatment], workers_db: DatabaseSettings) -> Iterator[Office]:
    with a_house(new_treatment(), workers_db, a_chain()) as house:
        yield monthly(house)


def test_two_chains_close_on_their_own_clocks(office: Office, workers_db: DatabaseSettings) -> None:
    known = replace(office.house.treatment, versions=Counter())
    with a_house(known, workers_db, a_chain(), "America/Chicago") as house:
        chicago = monthly(house)
        opens_at = CLOSES_AT + timedelta(hours=7)
        office.turn(OCTOBER_ENDED)
        assert set(chicago.periods()) == {"2026-09"}
        office.turn(OCTOBER_ENDED + timedelta(hours=7))
        for each in (office, chicago):
            each.reads_up_to(each.log_ends_at)
        assert office.turn(AFTERWARDS) == 2
        assert {name: each["status"] for name, each in chicago.periods().items()} == {
            "2026-09": "closed",
            "2026-10": "waiting",
        }
        assert office.turn(opens_at + APART) == 1
        october = chicago.periods()["2026-10"]
        assert (october["as_of"], october["time_zone"]) == (opens_at.isoformat(), "America/Chicago")
        assert office.periods()["2026-10"]["as_of"] == CLOSES_AT.isoformat()


def test_a_chain_whose_clock_is_none_keeps_no_other_from_being_closed(
    office: Office, workers_db: DatabaseSettings
) -> None:
    known = replace(office.house.treatment, versions=Counter())
    with a_house(known, workers_db, a_chain()) as house:
        rules = ReportRulesSet(weekly=False, time_zone="Nowhere/Demo", set_at=OPENED_AT)
        house.workers.tell(rules, OPENED_AT, stream="report_rules-nowhere")
        with capture_logs() as logs:
            office.close_october()
        named = {line["chain_id"] for line in logs if line["event"] == "periods_not_planned"}
        assert named == {house.treatment.chain_id}
    assert office.periods()["2026-10"]["status"] == "closed"


def test_weeks_are_closed_on_their_wednesday_also_that_in_which_the_clocks_change(
    new_treatment: Callable[[], Treatment], workers_db: DatabaseSettings
) -> None:
    with a_house(new_treatment(), workers_db, a_chain()) as house:
        office = Office(house)
        office.reads_up_to(office.log_ends_at)
        office.turn(at("2026-10-26 00:00"))
        closes_at = at("2026-10-28 00:00")
        assert office.periods()["2026-W43"]["as_of"] == closes_at.isoformat()
        assert office.turn(closes_at + APART) == 1
        week = office.periods()["2026-W43"]
        assert week["status"] == "closed"
        lasted = datetime.fromisoformat(week["ends_at"]) - datetime.fromisoformat(week["starts_at"])
        assert lasted == timedelta(hours=7 * 24 + 1)


def test_rules_of_the_chain_say_when_and_what_was_not_wanted_is_not_closed(office: Office) -> None:
    set_at = at("2026-10-20 10:00")
    rules = ReportRulesSet(time_zone="Europe/London", closing_day=10, weekly=False, set_at=set_at)
    office.house.workers.tell(rules, set_at, stream=f"report_rules-{office.chain_id}")
    office.turn(at("2026-11-01 01:00"))
    [(name, october)] = office.periods().items()
    assert (name, october["time_zone"]) == ("2026-10", "Europe/London")
    assert datetime.fromisoformat(october["as_of"]) == at("2026-11-10 01:00")
    later = ReportRulesSet(closing_day=3, set_at=at("2026-11-02 10:00"))
    office.house.workers.tell(later, later.set_at, stream=f"report_rules-{office.chain_id}")
    office.turn(AFTERWARDS)
    assert office.periods()["2026-10"] == october


def test_a_report_of_a_closed_period_asked_for_later_is_of_the_same_days_whatever_the_rules_are_by_then(
    office: Office,
) -> None:
    office.close_october()
    rules = ReportRulesSet(time_zone="America/Chicago", set_at=AFTERWARDS)
    office.house.workers.tell(rules, AFTERWARDS, stream=f"report_rules-{office.chain_id}")
    office.house.now = AFTERWARDS + timedelta(days=2)
    office.house.treatment.set_clock(office.house.now)
    asked = [
        office.house.ask(office.admin, "chain", office.chain_id, period=period, as_of=office.house.now.isoformat())
        for period in ("2026-09", "2026-10", "2026-11")
    ]
    assert [office.house.make() for _ in asked] == [1, 1, 1]
    documents = [office.admin.get(f"{REPORTS}/{each['id']}")["document"] for each in asked]
    assert [each["period"]["time_zone"] for each in documents] == [BERLIN, BERLIN, "America/Chicago"]

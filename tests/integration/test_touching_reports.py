"""Where a chain changes its clock, a visit is in one of two neighbouring reports: closed, made by hand, or restated."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.events.treatment_reports import ReportRulesSet
from shared.settings import DatabaseSettings
from tests.support.closing import Office, monthly
from tests.support.house import REPORTS, a_house
from tests.support.log import a_chain, arrived, booked, corrected
from tests.support.messages import at
from tests.support.treatment import Treatment
from workers.reports.moments import APART
from workers.reports.restating.telling import restate_closed, restate_wanted

pytestmark = pytest.mark.one_database

SET_AT = at("2026-10-20 10:00")
ENDED_AT = at("2026-11-01 06:00")
"""In Chicago, seven hours after Berlin."""

CLOSED_AT = at("2026-11-05 07:00") + APART
LATER = CLOSED_AT + timedelta(days=2)
MONTHS = ("2026-09", "2026-10", "2026-11")


@pytest.fixture
def office(new_treatment: Callable[[], Treatment], workers_db: DatabaseSettings) -> Iterator[Office]:
    """October begins in Berlin and ends in Chicago."""
    with a_house(new_treatment(), workers_db, a_chain()) as house:
        found = monthly(house)
        rules = ReportRulesSet(time_zone="America/Chicago", weekly=False, set_at=SET_AT)
        house.workers.tell(rules, SET_AT, stream=f"report_rules-{found.chain_id}")
        found.reads_up_to(found.log_ends_at)
        yield found


def attend(office: Office, starts_at: datetime) -> Any:
    house = office.house
    visit = booked(therapist_id=house.anna.therapist_id, clinic_id=house.clinic_id, starts_at=starts_at)
    house.tell(visit, starts_at - timedelta(days=1), "appointment")
    house.tell(arrived(visit), starts_at, "appointment")
    return visit


def close_both(office: Office) -> None:
    office.turn(at("2026-10-01 00:00"))
    assert [office.turn(moment) for moment in (ENDED_AT, CLOSED_AT)] == [1, 1]


def report(office: Office, period: str, *, closed: bool = True) -> str:
    """The chain's."""
    [found] = office.admin.get(f"{REPORTS}?scope=chain&period={period}&closed={str(closed).lower()}")["items"]
    return str(found["id"])


def document(office: Office, period: str, *, closed: bool) -> Any:
    return office.admin.get(f"{REPORTS}/{report(office, period, closed=closed)}")["document"]


def attended(found: Any) -> float:
    [metric] = [each for each in found["metrics"] if each["code"] == "attended_visits"]
    return float(metric["value"])


def put_right(office: Office, visit: Any) -> None:
    """Two days later it is known that nobody came."""
    office.house.tell(corrected(visit, "arrived", "noshow"), CLOSED_AT + timedelta(hours=1), "appointment")
    office.house.now = LATER
    office.house.treatment.set_clock(LATER)


def restated(office: Office, period: str) -> tuple[float, float] | None:
    """What the chain's closed report says of attended visits, and would say by now; none where nobody has told."""
    told = office.admin.get(f"{REPORTS}/{report(office, period)}/restatement")["document"]
    if told is None:
        return None
    assert told["period"] == document(office, period, closed=True)["period"]
    [line] = [each for each in told["lines"] if (each["code"], each["part"]) == ("attended_visits", None)]
    return line["before"]["value"], line["after"]["value"]


def test_each_visit_is_in_one_closed_report_and_in_one_made_by_hand(office: Office) -> None:
    for starts_at in (
        "2026-09-30 23:59",
        "2026-10-01 00:00",
        "2026-11-01 00:00",
        "2026-11-01 05:59",
        "2026-11-01 06:00",
    ):
        attend(office, at(starts_at))
    close_both(office)
    closed = [document(office, each, closed=True) for each in MONTHS[:2]]
    for period in MONTHS:
        office.house.ask(office.admin, "chain", office.chain_id, period=period, as_of=CLOSED_AT.isoformat())
    assert [office.house.make() for _ in MONTHS] == [1, 1, 1]
    by_hand = [document(office, each, closed=False) for each in MONTHS]
    assert [each["period"] for each in closed] == [each["period"] for each in by_hand[:2]]
    assert [attended(each) for each in closed] == [1, 3]
    assert [attended(each) for each in by_hand] == [1, 3, 1]
    assert [by_hand[n]["period"]["ends_at"] for n in (0, 1)] == [by_hand[n]["period"]["starts_at"] for n in (1, 2)]
    periods = office.periods()
    assert periods["2026-09"]["ends_at"] == periods["2026-10"]["starts_at"] == at("2026-10-01 00:00").isoformat()
    assert periods["2026-10"]["ends_at"] == ENDED_AT.isoformat()


def test_what_is_recorded_late_between_two_clocks_restates_the_month_that_counts_it(office: Office) -> None:
    visit = attend(office, at("2026-10-01 00:30"))
    close_both(office)
    put_right(office, visit)
    house = office.house
    while restate_closed(house.workers.engine, house.reached, lambda: LATER):
        pass
    assert {period: restated(office, period) for period in MONTHS[:2]} == {"2026-09": None, "2026-10": (1, 0)}


def test_a_restatement_that_is_asked_for_is_of_the_very_days_of_its_report(office: Office) -> None:
    visit = attend(office, at("2026-10-01 00:30"))
    close_both(office)
    put_right(office, visit)
    house, id_ = office.house, report(office, "2026-10")
    office.admin.post(f"{REPORTS}/{id_}/restatements", {}, 201)
    house.workers.tell(house.event(id_), LATER, stream=f"caseload_report-{id_}")
    assert restate_wanted(house.workers.engine, house.reached, lambda: LATER) == 1
    assert restated(office, "2026-10") == (1, 0)

"""What was found out about closed reports is kept before it is told: nobody is held up, and nothing is walked twice."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.reports.restatement import Restatement
from tests.integration.test_restating_reports import (
    LATER,
    ask,
    closed,
    go_on_to,
    house,
    lines,
    look,
    put_right,
    restate,
    restatements,
    visit_of_october,
)
from tests.support.house import REPORTS, House
from workers.messages.treatment import Treatment as Reached, TreatmentRefused
from workers.reports.restating import work
from workers.reports.restating.telling import restate_closed, restate_wanted

__all__ = ["house"]

pytestmark = pytest.mark.one_database

DAY = timedelta(days=1)


class Choosy(Reached):
    """Treatment that takes no restatement of these reports."""

    def __init__(self, reached: Reached, *refused: str) -> None:
        super().__init__("http://127.0.0.1:9", lambda: "")
        self.reached, self.refused = reached, refused

    def publish_restatement(
        self, chain_id: UUID, report_id: UUID, document: Restatement, own: Restatement | None
    ) -> None:
        if str(report_id) in self.refused:
            raise TreatmentRefused(422, "bad_fields")
        self.reached.publish_restatement(chain_id, report_id, document, own)


@pytest.fixture
def october(house: House) -> Iterator[tuple[str, Choosy]]:
    """The report of a therapist of a closed month, of which a visit was put right, and who refuses it."""
    visit = visit_of_october(house)
    report_id = closed(house)
    put_right(house, visit)
    go_on_to(house, LATER)
    choosy = Choosy(house.reached, report_id)
    yield report_id, choosy
    choosy.close()
    choosy.http.close()


def ways(house: House) -> dict[str, tuple[int, bytes]]:
    """How far each report of the chain was walked, and what was found, by its id."""
    sql = text("SELECT report_id, scheduling, lines FROM restated_ways WHERE chain_id = :chain_id")
    with house.workers.engine.connect() as connection:
        rows = connection.execute(sql, {"chain_id": house.treatment.chain_id})
        return {str(row.report_id): (row.scheduling, row.lines) for row in rows}


def test_one_that_treatment_refuses_holds_up_no_other_and_is_walked_anew_tomorrow(
    house: House, october: tuple[str, Choosy]
) -> None:
    refused, choosy = october
    assert restate_closed(house.workers.engine, choosy, lambda: house.now)
    others = set(ways(house))
    assert (len(others), refused in others) == (2, False)
    assert [restatements(house, each) for each in (refused, *others)] == [0, 1, 1]
    assert look(house) is False
    go_on_to(house, LATER + DAY)
    assert look(house)
    assert set(ways(house)) == {refused, *others}
    assert [restatements(house, each) for each in (refused, *others)] == [1, 1, 1]


def test_one_that_was_asked_for_and_is_refused_is_tried_again_and_others_are_told(
    house: House, october: tuple[str, Choosy]
) -> None:
    refused, choosy = october
    admin = house.treatment.caller("chain_admin")
    [other] = [each["id"] for each in admin.get(f"{REPORTS}?scope=clinic")["items"]]
    for report_id in (refused, other):
        ask(house, admin, report_id)
    assert restate_wanted(house.workers.engine, choosy, lambda: house.now) == 1
    assert set(ways(house)) == {other}
    go_on_to(house, LATER + timedelta(hours=1))
    assert restate(house) == 1
    assert [restatements(house, each) for each in (refused, other)] == [1, 1]


def test_what_was_found_before_a_worker_died_is_told_by_the_next_from_there(
    house: House, october: tuple[str, Choosy]
) -> None:
    report_id, _ = october
    away = Reached("http://127.0.0.1:9", lambda: "")
    assert restate_closed(house.workers.engine, away, lambda: house.now)
    away.close()
    kept = ways(house)
    assert (len(kept), restatements(house, report_id)) == (3, 0)
    go_on_to(house, LATER + timedelta(hours=1))
    assert look(house)
    assert (ways(house), restatements(house, report_id)) == (kept, 1)


def test_every_day_goes_on_from_the_day_before_until_the_period_is_long_over(
    house: House, october: tuple[str, Choosy]
) -> None:
    report_id, _ = october
    assert look(house)
    [first, *_] = told = lines(shown(house, report_id))["attended_visits"]["causes"]
    late = visit_of_october(house)
    put_right(house, late, LATER + timedelta(hours=1))
    go_on_to(house, LATER + DAY)
    assert look(house)
    causes = lines(shown(house, report_id))["attended_visits"]["causes"]
    assert (len(told), len(causes), causes[0]) == (1, 3, first)
    go_on_to(house, LATER + work.FOR)
    assert look(house) is False
    assert ways(house) == {}


def shown(house: House, report_id: str) -> object:
    return house.treatment.caller("chain_admin").get(f"{REPORTS}/{report_id}/restatement")

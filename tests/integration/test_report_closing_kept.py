"""A release, a refusal or a clock that runs ahead in the middle of a closing: its reports stay of one kind and moment."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from shared.reports.document import Period, Report
from shared.settings import DatabaseSettings
from tests.support.closing import AFTERWARDS, CLOSES_AT, OCTOBER_ENDED, PLACES, Office, monthly
from tests.support.house import REPORTS, a_house
from tests.support.log import a_chain, arrived, booked
from tests.support.messages import at
from tests.support.treatment import Treatment
from workers.messages.treatment import Treatment as Reached, TreatmentAway, TreatmentRefused
from workers.reports import caseload
from workers.reports.due import turn
from workers.reports.due.turn import Closing, close_due

pytestmark = pytest.mark.one_database


@pytest.fixture
def office(
    new_treatment: Callable[[], Treatment], workers_db: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    """Which makes and publishes one report after the other; October is over, and both logs are read."""
    monkeypatch.setattr(turn, "BATCH", 1)
    with a_house(new_treatment(), workers_db, a_chain()) as house:
        house.treat(house.anna)
        found = monthly(house)
        found.turn(OCTOBER_ENDED)
        found.reads_up_to(found.log_ends_at)
        yield found


class Fickle(Reached):
    """Treatment that takes so many reports, the last of them without saying so, and refuses to hear of a period."""

    def __init__(self, reached: Reached, takes: int = 99, refused: str = "") -> None:
        super().__init__("http://127.0.0.1:9", lambda: "")
        self.reached, self.takes, self.refused, self.heard = reached, takes, refused, list[str]()
        self.http.close()
        self.http = reached.http

    def publish_report(
        self, chain_id: UUID, report_id: UUID, document: Report, own: Report | None, *, for_closing: bool = False
    ) -> None:
        if self.takes:
            self.reached.publish_report(chain_id, report_id, document, own, for_closing=for_closing)
            self.takes -= 1
        if not self.takes:
            raise TreatmentAway

    def close_period(self, *args: Any, **more: Any) -> None:
        self.reached.close_period(*args, **more)

    def tell_progress(self, chain_id: UUID, period: Period, as_of_at: datetime, **numbers: int | None) -> None:
        self.heard.append(period.name)
        if period.name == self.refused:
            raise TreatmentRefused(422, "bad_fields")
        self.reached.tell_progress(chain_id, period, as_of_at, **numbers)


def release(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of other definitions, from now on."""
    monkeypatch.setattr(caseload, "DEFINITIONS", 2)
    monkeypatch.setattr(turn, "DEFINITIONS", 2)


def definitions(office: Office) -> tuple[int, list[int]]:
    """Of the closed period, and of its reports."""
    return office.periods()["2026-10"]["definitions"], [each["definitions"] for each in office.closed()]


def stop_after(steps: int) -> Callable[[], bool]:
    left = iter(range(steps))
    return lambda: next(left, None) is None


def test_what_was_made_before_a_release_is_made_again_when_nobody_has_seen_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.turn(AFTERWARDS, stop=stop_after(2))
    assert office.rows("report_drafts") == 2
    release(monkeypatch)
    office.turn(AFTERWARDS)
    assert definitions(office) == (2, [2] * PLACES)
    assert set(office.recorded().values()) == {1}


@pytest.mark.parametrize("published", range(1, PLACES + 1))
def test_what_treatment_may_have_before_a_release_is_finished_as_it_was_decided(
    office: Office, monkeypatch: pytest.MonkeyPatch, published: int
) -> None:
    """Of the last one nobody at the workers knows that treatment has it."""
    here, office.treatment = office.treatment, Fickle(office.treatment, published)
    assert office.turn(AFTERWARDS) == 0
    assert len(office.admin.get(f"{REPORTS}?period=2026-10")["items"]) == published
    release(monkeypatch)
    for name in ("knowledge", "decided"):
        monkeypatch.setattr(turn, name, None)
    office.treatment = here
    assert office.turn(AFTERWARDS + timedelta(minutes=1)) == 1
    assert definitions(office) == (1, [1] * PLACES)
    assert set(office.recorded().values()) == {1}


def test_what_treatment_does_not_want_to_hear_is_said_once_and_keeps_nobody_waiting(office: Office) -> None:
    fickle = Fickle(office.treatment, refused="2026-11")
    office.treatment = fickle
    with capture_logs() as logs:
        for hours in range(3):
            office.turn(at("2026-12-01 00:00") + timedelta(hours=hours))
        office.log_ends_at += 1
        office.reads_up_to(office.log_ends_at)
        office.turn(at("2026-12-05 00:01"))
    assert [each["event"] for each in logs if "refused" in each["event"]] == ["report_progress_refused"]
    assert fickle.heard.count("2026-11") == 1
    assert "2026-10" in fickle.heard
    assert {name: each["status"] for name, each in office.periods().items()} == {
        "2026-10": "closed",
        "2026-11": "closed",
    }


def test_a_worker_whose_clock_runs_ahead_closes_nothing_and_leaves_nothing_behind(office: Office) -> None:
    house = office.house
    ahead = CLOSES_AT + timedelta(days=30)
    closing = Closing(house.workers.engine, office.treatment, office.heads, lambda: ahead, lambda: False)
    assert close_due(closing) == 0
    assert (office.due("2026-10").state, office.due("2026-11").state) == ("making", "waiting")
    visit = booked(therapist_id=house.anna.therapist_id, clinic_id=house.clinic_id, starts_at=at("2026-10-20 10:00"))
    house.tell(visit, OCTOBER_ENDED + timedelta(days=1), "appointment")
    house.tell(arrived(visit), OCTOBER_ENDED + timedelta(days=1), "appointment")
    office.turn(CLOSES_AT - timedelta(hours=1))
    assert office.due("2026-10").state == "waiting"
    assert (office.rows("due_periods"), office.rows("report_drafts")) == (1, 0)
    assert office.turn(AFTERWARDS) == 1
    [chain] = [each for each in office.closed() if each["scope"] == "chain"]
    metrics = {each["code"]: each for each in office.admin.get(f"{REPORTS}/{chain['id']}")["document"]["metrics"]}
    assert metrics["attended_visits"]["value"] == PLACES + 1

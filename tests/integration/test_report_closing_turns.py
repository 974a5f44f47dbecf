"""A period waits until everything by its moment is known, and whoever stops while closing it is followed by another."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from uuid import UUID

import pytest
from click.testing import CliRunner
from prometheus_client import CollectorRegistry

from shared.feed import FeedUnavailable
from shared.ids import new_id
from shared.minting import mint_service_token
from shared.reports.document import Report, packed
from shared.reports.ids import closing_report_id_of
from shared.settings import DatabaseSettings
from tests.support.api import Api
from tests.support.closing import AFTERWARDS, CLOSES_AT, OCTOBER_ENDED, PLACES, Office, monthly
from tests.support.house import a_house
from tests.support.log import a_chain
from tests.support.messages import BERLIN, at
from tests.support.reports import invented_report
from tests.support.treatment import Treatment
from workers.messages.treatment import Treatment as Reached
from workers.reports.command import due_command
from workers.reports.due import turn
from workers.reports.due.measured import Periods
from workers.reports.due.turn import Closing, close_due
from workers.reports.holding import LEASE
from workers.reports.moments import APART

pytestmark = pytest.mark.one_database


@pytest.fixture
def office(new_treatment: Callable[[], Treatment], workers_db: DatabaseSettings) -> Iterator[Office]:
    with a_house(new_treatment(), workers_db, a_chain()) as house:
        yield monthly(house)


def test_it_waits_for_its_moment_and_then_until_both_logs_are_read_past_it(office: Office) -> None:
    assert office.turn(OCTOBER_ENDED) == 0
    waiting = office.periods()["2026-10"]
    assert (waiting["status"], waiting["reports"], waiting["made"], waiting["closed_at"]) == ("waiting", None, 0, None)
    assert office.turn(AFTERWARDS) == 0
    assert office.periods()["2026-10"]["status"] == "making"
    office.reads_up_to(office.log_ends_at - 1)
    assert office.turn(AFTERWARDS) == 0
    office.log_ends_at += 50
    office.reads_up_to(office.log_ends_at - 50)
    assert office.turn(AFTERWARDS) == 1, "what came after its moment need not be read"
    assert office.periods()["2026-10"]["status"] == "closed"


@pytest.mark.parametrize("decision", ["handled", "skipped"])
def test_it_waits_while_an_event_by_its_moment_is_set_aside(office: Office, decision: str) -> None:
    office.turn(OCTOBER_ENDED)
    office.reads_up_to(office.log_ends_at)
    office.sets_aside(office.log_ends_at)
    assert office.turn(AFTERWARDS) == 0
    office.decides(decision)
    assert office.turn(AFTERWARDS) == 1


def test_it_waits_for_no_event_after_its_moment_and_for_none_of_another_chain(office: Office) -> None:
    office.turn(OCTOBER_ENDED)
    office.reads_up_to(office.log_ends_at)
    office.sets_aside(office.log_ends_at + 1)
    office.sets_aside(office.log_ends_at, chain_id=a_chain())
    assert office.turn(AFTERWARDS) == 1


def test_a_report_that_was_asked_for_waits_as_well_until_both_logs_are_read_past_its_moment(office: Office) -> None:
    house = office.house
    asked_at = CLOSES_AT - timedelta(days=1)
    house.now = asked_at
    house.treatment.set_clock(asked_at)
    house.ask(office.admin, "clinic", house.clinic_id, as_of=asked_at.isoformat())
    office.reads_up_to(office.log_ends_at)
    office.turn(asked_at)
    assert house.make_known() == 0, "what other clocks call earlier may still come"
    office.log_ends_at += 1
    office.turn(asked_at + APART)
    assert house.make_known() == 0, "the logs are not read so far"
    office.reads_up_to(office.log_ends_at)
    assert (house.make_known(), house.waiting()) == (1, 0)


def test_while_nobody_says_where_the_logs_end_it_waits(office: Office) -> None:
    def away() -> Mapping[str, Mapping[int, int]]:
        raise FeedUnavailable

    office.turn(OCTOBER_ENDED)
    office.reads_up_to(office.log_ends_at)
    closing = Closing(office.house.workers.engine, office.treatment, away, lambda: AFTERWARDS, lambda: False)
    assert close_due(closing) == 0
    assert office.turn(AFTERWARDS) == 1


@pytest.mark.parametrize("steps", range(1, 8))
def test_a_turn_that_ends_at_any_step_is_gone_on_with_and_every_report_is_there_once(
    office: Office, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setattr(turn, "BATCH", 1)
    office.house.treat(office.house.anna)
    office.turn(OCTOBER_ENDED)
    office.reads_up_to(office.log_ends_at)
    left = iter(range(steps))
    office.turn(AFTERWARDS, stop=lambda: next(left, None) is None)
    office.turn(AFTERWARDS)
    assert {each["status"] for each in office.periods().values()} == {"closed"}
    assert set(office.recorded().values()) == {1}
    assert len(office.closed()) == PLACES


def test_a_chain_that_takes_a_whole_turn_to_be_read_is_closed_batch_by_batch(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "BATCH", 1)
    office.turn(OCTOBER_ENDED)
    office.reads_up_to(office.log_ends_at)
    for _ in range(2 * PLACES):
        office.turn(AFTERWARDS, stop=over_when_begun())
    assert office.periods()["2026-10"]["status"] == "closed"
    assert set(office.recorded().values()) == {1}


def over_when_begun() -> Callable[[], bool]:
    """There is time to begin, and none is left after that."""
    asked = iter([False])
    return lambda: next(asked, True)


def test_while_treatment_is_away_it_is_postponed_and_then_closed(office: Office) -> None:
    office.turn(OCTOBER_ENDED)
    office.reads_up_to(office.log_ends_at)
    here, office.treatment = office.treatment, Reached("http://127.0.0.1:9", lambda: "")
    assert office.turn(AFTERWARDS) == 0
    office.treatment = here
    assert office.turn(AFTERWARDS) == 0, "nobody hurries whoever is away"
    assert office.turn(AFTERWARDS + timedelta(minutes=1)) == 1


def test_a_worker_whose_lease_ran_out_changes_nothing_any_more(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands still in the middle, another closes the period, and then it goes on."""
    monkeypatch.setattr(turn, "BATCH", 1)
    office.turn(OCTOBER_ENDED)
    office.reads_up_to(office.log_ends_at)
    asked = iter(range(100))

    def meanwhile() -> bool:
        if next(asked) == 2:
            assert office.turn(AFTERWARDS + LEASE) == 1
        return False

    assert office.turn(AFTERWARDS, stop=meanwhile) == 0
    assert set(office.recorded().values()) == {1}
    assert len(office.closed()) == PLACES


def test_treatment_closes_no_period_of_which_a_report_is_missing(office: Office) -> None:
    office.close_october()
    service = Api(
        office.house.treatment.app.test_client(),
        mint_service_token(office.house.treatment.keys.service, subject="workers", to="treatment"),
    )
    body = {
        "chain_id": str(office.chain_id),
        "period": "2026-09",
        "starts_at": at("2026-09-01 00:00").isoformat(),
        "ends_at": at("2026-10-01 00:00").isoformat(),
        "time_zone": BERLIN,
        "as_of": at("2026-10-05 00:00").isoformat(),
        "scheduling": 1,
        "treatment": 1,
        "reports": 1,
    }
    refused = service.problem("POST", "/internal/v1/report-periods/closed", 409, body)
    assert refused["code"] == "not_all_published"
    assert "2026-09" not in office.periods()


def test_treatment_keeps_no_document_for_closing_that_is_another_than_it_says(office: Office) -> None:
    report = invented_report()
    service = Api(
        office.house.treatment.app.test_client(),
        mint_service_token(office.house.treatment.keys.service, subject="workers", to="treatment"),
    )
    body = {"document": packed(report), "for_closing": True, "chain_id": str(report.chain_id)}
    service.post("/internal/v1/caseload-reports", body | {"report_id": str(new_id())}, 422)
    service.post("/internal/v1/caseload-reports", body | {"report_id": str(id_of(report)), "document": "x"}, 422)
    stranger = body | {"report_id": str(id_of(report)), "chain_id": str(office.chain_id)}
    service.post("/internal/v1/caseload-reports", stranger, 422)


def id_of(report: Report) -> UUID:
    scope = report.scope
    return closing_report_id_of(report.chain_id, scope.kind, scope.id, report.period.name, report.as_of.at)


def test_operators_see_what_is_due_and_how_late_it_is(office: Office, workers_db: DatabaseSettings) -> None:
    def listed() -> str:
        environ = {"SYNERGIST_WORKERS_DATABASE_URL": workers_db.api}
        return CliRunner().invoke(due_command, env=environ, catch_exceptions=False).output

    assert listed() == "No period is waiting to be closed.\n"
    office.turn(OCTOBER_ENDED)
    assert f"{office.chain_id} 2026-10 as of 2026-11-04T23:00Z: waiting, not counted yet\n" in listed()
    office.reads_up_to(office.log_ends_at)
    registry = CollectorRegistry()
    registry.register(Periods(office.house.workers.engine, lambda: CLOSES_AT + timedelta(hours=1)))
    assert registry.get_sample_value("synergist_report_periods_due") == 1
    assert registry.get_sample_value("synergist_report_periods_due_oldest_seconds") == 3600
    office.turn(AFTERWARDS)
    assert registry.get_sample_value("synergist_report_periods_due") == 0
    assert registry.get_sample_value("synergist_report_periods_due_oldest_seconds") == 0
    assert listed() == "No period is waiting to be closed.\n"

"""When periods close is what the chain has said; closed periods are listed and stay as they were closed."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from services.treatment.caseload_reports import decider, periods
from services.treatment.caseload_reports.decider import CASELOAD_REPORT
from services.treatment.caseload_reports.periods import PERIOD
from shared.decider import NotThere, handle
from shared.event_store import Metadata, Transaction
from shared.events.treatment_reports import (
    CaseloadReportAsked,
    CaseloadReportPublished,
    CaseloadReportRestated,
    ReportPeriodClosed,
)
from shared.ids import new_id
from shared.reports.ids import closing_report_id_of
from tests.support.messages import at
from tests.support.treatment import Treatment

pytestmark = pytest.mark.one_database

RULES = "/v1/report-rules"
PERIODS = "/v1/report-periods"
REPORTS = "/v1/caseload-reports"
DEFAULTS = {"time_zone": None, "closing_day": 5, "weekly": True, "monthly": True, "attach_files": False}
STARTS_AT, ENDS_AT, CLOSES_AT = at("2026-10-01 00:00"), at("2026-11-01 00:00"), at("2026-11-05 00:00")
BY = Metadata(actor="workers", role="service", origin="reports", correlation_id="a-test")


@pytest.fixture
def treatment(new_treatment: Callable[[], Treatment]) -> Treatment:
    return new_treatment()


def published(tx: Transaction, scope_id: UUID, period: str = "2026-10") -> UUID:
    """A report of a clinic as of the moment when October closes."""
    report_id = closing_report_id_of(tx.chain_id, "clinic", scope_id, period, CLOSES_AT)
    asked = CaseloadReportAsked(
        report_id=report_id,
        scope_kind="clinic",
        scope_id=scope_id,
        period=period,
        as_of_at=CLOSES_AT,
        asked_at=CLOSES_AT,
        for_closing=True,
    )
    done = CaseloadReportPublished(
        report_id=report_id,
        starts_at=STARTS_AT,
        ends_at=ENDS_AT,
        time_zone="Europe/Berlin",
        scheduling=7,
        treatment=9,
        definitions=1,
        hash="0" * 64,
        own_hash=None,
        published_at=CLOSES_AT,
    )
    for event in (asked, done):
        handle(tx, CASELOAD_REPORT, decider.stream_of(report_id), event)
    return report_id


def close(tx: Transaction, digest: str = "1" * 64) -> ReportPeriodClosed | None:
    closed = ReportPeriodClosed(
        period="2026-10",
        starts_at=STARTS_AT,
        ends_at=ENDS_AT,
        time_zone="Europe/Berlin",
        as_of_at=CLOSES_AT,
        scheduling=7,
        treatment=9,
        definitions=1,
        reports=1,
        hash=digest,
        closed_at=CLOSES_AT,
    )
    return handle(tx, PERIOD, periods.stream_of(tx.chain_id, "2026-10"), closed)[0]


def restated(report_id: UUID, hours: int) -> CaseloadReportRestated:
    return CaseloadReportRestated(
        report_id=report_id,
        as_of_at=CLOSES_AT + timedelta(hours=hours),
        scheduling=8,
        treatment=9,
        definitions=1,
        lines=2,
        hash="2" * 64,
        own_hash=None,
        restated_at=CLOSES_AT,
    )


def test_a_chain_that_has_said_nothing_closes_by_the_defaults(treatment: Treatment) -> None:
    assert treatment.caller("therapist").get(RULES) == DEFAULTS | {"version": 0}


def test_rules_are_set_by_whoever_administers_the_chain_and_the_same_again_changes_nothing(
    treatment: Treatment,
) -> None:
    admin = treatment.caller("chain_admin")
    rules = DEFAULTS | {"time_zone": "Europe/Berlin", "closing_day": 10, "weekly": False}
    assert admin.put(RULES, rules) == rules | {"version": 1}
    assert admin.put(RULES, rules) == rules | {"version": 1}
    assert treatment.caller("manager").get(RULES) == rules | {"version": 1}
    treatment.caller("manager").put(RULES, rules, 403)
    admin.put(RULES, DEFAULTS, 412, If_Match='"7"')


@pytest.mark.parametrize("wrong", [{"closing_day": 29}, {"closing_day": 0}, {"time_zone": "Mars"}, {"weekly": "no"}])
def test_rules_that_no_period_could_close_by_are_refused(treatment: Treatment, wrong: dict[str, object]) -> None:
    treatment.caller("chain_admin").put(RULES, DEFAULTS | wrong, 422)


def test_a_period_is_closed_once_and_its_reports_with_it(treatment: Treatment) -> None:
    clinic_id = treatment.clinic()
    with_reports = treatment.database.command(
        treatment.chain_id, BY, lambda tx: (published(tx, clinic_id), published(tx, clinic_id, "2026-09"))
    )
    treatment.database.command(treatment.chain_id, BY, close)
    again = treatment.database.command(treatment.chain_id, BY, lambda tx: close(tx, "3" * 64))
    assert again is not None
    assert again.hash == "1" * 64
    admin = treatment.caller("chain_admin")
    [period] = admin.get(PERIODS)["items"]
    assert (period["period"], period["status"], period["hash"]) == ("2026-10", "closed", "1" * 64)
    assert (period["reports"], period["made"], period["as_of"]) == (1, 1, CLOSES_AT.isoformat())
    lists = {closed: admin.get(f"{REPORTS}?closed={closed}")["items"] for closed in ("true", "false")}
    ids = {closed: [(each["id"], each["closed"]) for each in found] for closed, found in lists.items()}
    assert ids == {"true": [(str(with_reports[0]), True)], "false": [(str(with_reports[1]), False)]}


def test_a_report_is_restated_as_of_later_moments_only_and_once_it_is_published(treatment: Treatment) -> None:
    clinic_id = treatment.clinic()
    chain_id = treatment.chain_id
    report_id = treatment.database.command(chain_id, BY, lambda tx: published(tx, clinic_id))

    def restate(hours: int) -> int:
        event, stream = restated(report_id, hours), decider.stream_of(report_id)
        return treatment.database.command(chain_id, BY, lambda tx: handle(tx, CASELOAD_REPORT, stream, event)[1])

    assert [restate(hours) for hours in (0, 2, 2, 1, 3)] == [2, 3, 3, 3, 4]
    unknown = restated(new_id(), 1)
    with pytest.raises(NotThere):
        treatment.database.command(
            chain_id, BY, lambda tx: handle(tx, CASELOAD_REPORT, decider.stream_of(unknown.report_id), unknown)
        )
    report = treatment.caller("chain_admin").get(f"{REPORTS}?scope_id={clinic_id}")["items"][0]
    assert (report["version"], report["status"]) == (4, "published")

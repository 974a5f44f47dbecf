"""One example of every event about caseload reports; the same rules as for all examples."""

from collections.abc import Mapping
from typing import Any

from shared.events import treatment_reports as reports
from tests.contracts.who_and_when import (
    CONTENT_HASH,
    ENDS_AT,
    LATER,
    LATER_END,
    REPORT,
    STARTS_AT,
    THERAPIST,
)

FILLED: tuple[Any, ...] = (
    reports.CaseloadReportAsked(
        report_id=REPORT,
        scope_kind="therapist",
        scope_id=THERAPIST,
        period="2026-02",
        as_of_at=LATER,
        asked_at=LATER_END,
        for_closing=True,
    ),
    reports.CaseloadReportPublished(
        report_id=REPORT,
        starts_at=STARTS_AT,
        ends_at=ENDS_AT,
        time_zone="Europe/Berlin",
        scheduling=48_211,
        treatment=31_877,
        definitions=1,
        hash=CONTENT_HASH,
        own_hash=CONTENT_HASH,
        published_at=LATER,
    ),
    reports.CaseloadReportFailed(report_id=REPORT, cause="gave_up", failed_at=LATER),
    reports.ReportRulesSet(
        time_zone="Europe/Berlin", closing_day=7, weekly=False, monthly=False, attach_files=True, set_at=LATER
    ),
    reports.ReportPeriodClosed(
        period="2026-02",
        starts_at=STARTS_AT,
        ends_at=ENDS_AT,
        time_zone="Europe/Berlin",
        as_of_at=LATER,
        scheduling=48_211,
        treatment=31_877,
        definitions=1,
        reports=20,
        hash=CONTENT_HASH,
        closed_at=LATER_END,
    ),
    reports.CaseloadRestatementAsked(
        report_id=REPORT,
        scope_kind="therapist",
        scope_id=THERAPIST,
        period="2026-02",
        starts_at=STARTS_AT,
        ends_at=ENDS_AT,
        time_zone="Europe/Berlin",
        known_at=LATER,
        scheduling=48_211,
        treatment=31_877,
        definitions=1,
        asked_at=LATER_END,
    ),
    reports.CaseloadReportRestated(
        report_id=REPORT,
        as_of_at=LATER_END,
        scheduling=48_311,
        treatment=31_977,
        definitions=1,
        lines=3,
        hash=CONTENT_HASH,
        own_hash=CONTENT_HASH,
        restated_at=LATER_END,
    ),
)

ABSENT: Mapping[type, Mapping[str, Any]] = {
    reports.CaseloadReportAsked: {"for_closing": False},
    reports.CaseloadReportPublished: {"own_hash": None},
    reports.CaseloadReportRestated: {"own_hash": None},
    reports.ReportRulesSet: {
        "time_zone": None,
        "closing_day": 5,
        "weekly": True,
        "monthly": True,
        "attach_files": False,
    },
}

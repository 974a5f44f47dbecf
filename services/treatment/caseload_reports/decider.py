"""The life of a caseload report: asked for, then published once and for ever, or failed with a cause.

One id stands for one scope, period and moment (shared.reports.ids), so whoever asks for the same asks for the same
report. What is published
never changes; how it differs from what is known later is told beside it, each time as of a later moment.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypeAlias, assert_never
from uuid import UUID

from shared.decider import Decider, NotThere
from shared.events.treatment_reports import (
    CaseloadReportAsked,
    CaseloadReportFailed,
    CaseloadReportPublished,
    CaseloadReportRestated,
    CaseloadRestatementAsked,
)

Status = Literal["asked", "published", "failed"]
ReportCommand: TypeAlias = (
    CaseloadReportAsked
    | CaseloadReportPublished
    | CaseloadReportFailed
    | CaseloadRestatementAsked
    | CaseloadReportRestated
)


@dataclass(frozen=True, slots=True)
class CaseloadReport:
    asked: CaseloadReportAsked | None = None
    status: Status = "asked"
    restated_as_of: datetime | None = None


def decide(command: ReportCommand, report: CaseloadReport) -> list[Any]:
    """What is published stays; what failed may be asked for again."""
    match command:
        case CaseloadReportAsked():
            return [command] if report.asked is None or report.status == "failed" else []
        case CaseloadReportPublished():
            must_be_asked(report)
            return [] if report.status == "published" else [command]
        case CaseloadReportFailed():
            must_be_asked(report)
            return [command] if report.status == "asked" else []
        case CaseloadRestatementAsked():
            must_be_published(report)
            return [command]
        case CaseloadReportRestated():
            asked = must_be_published(report)
            return [command] if command.as_of_at > (report.restated_as_of or asked.as_of_at) else []
        case _:
            assert_never(command)


def must_be_asked(report: CaseloadReport) -> CaseloadReportAsked:
    if report.asked is None:
        raise NotThere
    return report.asked


def must_be_published(report: CaseloadReport) -> CaseloadReportAsked:
    if report.status != "published":
        raise NotThere
    return must_be_asked(report)


def evolve(report: CaseloadReport, event: Any) -> CaseloadReport:
    match event:
        case CaseloadReportAsked():
            return CaseloadReport(event)
        case CaseloadReportPublished():
            return replace(report, status="published")
        case CaseloadReportFailed():
            return replace(report, status="failed")
        case CaseloadRestatementAsked():
            return report
        case CaseloadReportRestated():
            return replace(report, restated_as_of=event.as_of_at)
        case _:
            raise TypeError(event)


CASELOAD_REPORT: Decider[CaseloadReport, ReportCommand] = Decider(CaseloadReport(), decide, evolve)


def stream_of(report_id: UUID) -> str:
    return f"caseload_report-{report_id}"

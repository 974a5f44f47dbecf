"""The life of a caseload report: asked for, then published once and for ever, or failed with a cause.

One id stands for one scope, period and moment (shared.reports.ids), so whoever asks for the same asks for the same
report. What is published
never changes; how it differs from what is known later is told beside it, each time as of a later moment.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
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

PATIENCE = timedelta(hours=1)
"""For so long a restatement that was asked for may be on its way; afterwards it can be asked for again."""

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
    restatement_asked_at: datetime | None = None

    def is_looked_at(self, now: datetime) -> bool:
        """Whether somebody has asked of late what is known by now, and has not been told."""
        return is_awaited(self.restatement_asked_at, self.restated_as_of, now)


def decide(command: ReportCommand, report: CaseloadReport) -> list[Any]:
    """What is published stays; what failed may be asked for again, and so may what nobody was told for long."""
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
            return [] if report.is_looked_at(command.asked_at) else [command]
        case CaseloadReportRestated():
            asked = must_be_published(report)
            return [command] if command.as_of_at > (report.restated_as_of or asked.as_of_at) else []
        case _:
            assert_never(command)


def is_awaited(asked_at: datetime | None, told_at: datetime | None, now: datetime) -> bool:
    """Whether what was asked then may still be told, when last was told what was known at `told_at`."""
    return asked_at is not None and (told_at is None or asked_at > told_at) and now < asked_at + PATIENCE


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
            return replace(report, restatement_asked_at=event.asked_at)
        case CaseloadReportRestated():
            return replace(report, restated_as_of=event.as_of_at)
        case _:
            raise TypeError(event)


CASELOAD_REPORT: Decider[CaseloadReport, ReportCommand] = Decider(CaseloadReport(), decide, evolve)


def stream_of(report_id: UUID) -> str:
    return f"caseload_report-{report_id}"

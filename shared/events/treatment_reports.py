"""What the treatment service has recorded of caseload reports: who is asked for which, and what was published.

The numbers are in the documents, which are kept beside the log and are never another than the one whose hash is here.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.events.registry import event

ScopeKind = Literal["therapist", "clinic", "chain"]
Cause = Literal["unknown_scope", "no_period", "not_begun", "gave_up"]


@event("treatment.caseload_report_asked.v1")
class CaseloadReportAsked:
    """A report of a therapist, clinic or chain on a `period` (2026-10, 2026-W41), with what was known at `as_of_at`."""

    report_id: UUID
    scope_kind: ScopeKind
    scope_id: UUID
    period: str
    as_of_at: datetime
    asked_at: datetime


@event("treatment.caseload_report_published.v1")
class CaseloadReportPublished:
    """The report is finished for good, from each log up to and with a position.

    `hash` is of the document without small outcomes, `own_hash` of the whole one, which a therapist alone has.
    """

    report_id: UUID
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    scheduling: int
    treatment: int
    definitions: int
    hash: str
    own_hash: str | None
    published_at: datetime


@event("treatment.caseload_report_failed.v1")
class CaseloadReportFailed:
    """There is no such report, or it could not be made."""

    report_id: UUID
    cause: Cause
    failed_at: datetime

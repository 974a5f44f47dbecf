"""What the treatment service has recorded of caseload reports: which are to be made, published, closed and restated.

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
    """A report of a therapist, clinic or chain on a `period` (2026-10, 2026-W41), with what was known at `as_of_at`.

    `for_closing`: by nobody but the rules of the chain, and made already, to close the period.
    """

    report_id: UUID
    scope_kind: ScopeKind
    scope_id: UUID
    period: str
    as_of_at: datetime
    asked_at: datetime
    for_closing: bool = False


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


@event("treatment.report_rules_set.v1")
class ReportRulesSet:
    """When periods of the chain close from now on, all of it; what has ended before closes as it would have.

    Days and weeks are those of `time_zone`, without one of the clinic that was opened first. A month closes when
    `closing_day` of the next one begins.
    """

    time_zone: str | None = None
    closing_day: int = 5
    weekly: bool = True
    monthly: bool = True
    attach_files: bool = False
    set_at: datetime


@event("treatment.report_period_closed.v1")
class ReportPeriodClosed:
    """All `reports` of a period are published as of one moment, and stay as they are.

    `scheduling` and `treatment` are the positions that all of them know, `hash` is over the hashes of all of them.
    """

    period: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    as_of_at: datetime
    scheduling: int
    treatment: int
    definitions: int
    reports: int
    hash: str
    closed_at: datetime


@event("treatment.caseload_restatement_asked.v1")
class CaseloadRestatementAsked:
    """How a published report, known at `known_at` from these positions, differs from what is known by now."""

    report_id: UUID
    scope_kind: ScopeKind
    scope_id: UUID
    period: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    known_at: datetime
    scheduling: int
    treatment: int
    definitions: int
    asked_at: datetime


@event("treatment.caseload_report_restated.v1")
class CaseloadReportRestated:
    """What a closed report would say as of a later moment, and why: `lines` numbers differ.

    The lines are in documents, as those of a report are: `hash` is of the one without small outcomes, `own_hash` of
    the whole one.
    """

    report_id: UUID
    as_of_at: datetime
    scheduling: int
    treatment: int
    definitions: int
    lines: int
    hash: str
    own_hash: str | None
    restated_at: datetime

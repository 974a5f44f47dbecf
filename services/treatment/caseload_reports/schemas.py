"""What the API of caseload reports, of their periods and of the rules of both takes and gives."""

from collections.abc import Callable, Sequence
from typing import Any, get_args

from marshmallow import Schema, ValidationError, fields, validate

from services.treatment.caseload_reports.decider import Status
from services.treatment.schemas import CLINICAL, one_of
from shared.events.treatment_reports import Cause, ScopeKind
from shared.http.fields import ClientId, Flag, Instant, StrictSchema, zone
from shared.http.paging import PageQuery
from shared.languages import LANGUAGES
from shared.reports.periods import NoPeriod, dates_of

LONGEST_PACKED = 250_000
LAST_CLOSING_DAY = 28
"""Every month has it."""

NO_PERIOD = "A month, 2026-10, or a week, 2026-W41, of the years 2000 to 2099."


def must_be_period(name: str) -> None:
    """Not every year has a week 53."""
    try:
        dates_of(name)
    except NoPeriod as error:
        raise ValidationError(NO_PERIOD) from error


PERIOD: Sequence[Callable[[Any], Any]] = [
    validate.Regexp(r"[0-9]{4}-(0[1-9]|1[0-2]|W(0[1-9]|[1-4][0-9]|5[0-3]))\Z", error=NO_PERIOD),
    must_be_period,
]


class CaseloadReportFields(StrictSchema):
    """Whose report, on what, and what was known when; without `as_of`, what is known now."""

    scope = one_of(ScopeKind, required=True)
    scope_id = fields.UUID(required=True)
    period = fields.String(required=True, validate=PERIOD)
    as_of = Instant(load_default=None)


class CaseloadReportsQuery(PageQuery):
    """Those of one scope, of one period, of closed periods or others, or all."""

    scope = one_of(ScopeKind, load_default=None)
    scope_id = fields.UUID(load_default=None)
    period = fields.String(load_default=None, validate=PERIOD)
    closed = fields.Boolean(load_default=None)


class ReportPeriodsQuery(PageQuery):
    """All of the chain."""


class OverdueFollowUpsQuery(PageQuery):
    """Those at one clinic, those of one therapist, or all."""

    clinic_id = fields.UUID(load_default=None)
    therapist_id = fields.UUID(load_default=None)


class OverdueFollowUpSchema(Schema):
    """Somebody whose open episode `therapist_id` leads, and who was to come again by `planned_on`."""

    client_id = ClientId(required=True)
    episode_id = fields.UUID(required=True, metadata=CLINICAL)
    therapist_id = fields.UUID(required=True)
    clinic_id = fields.UUID(required=True)
    planned_on = fields.Date(required=True, metadata=CLINICAL)


class LanguageQuery(StrictSchema):
    language = fields.String(load_default=LANGUAGES[0], validate=validate.OneOf(LANGUAGES))


class CaseloadReportSchema(Schema):
    """Whose report it is and what became of it; `hash` names the document that the caller may have.

    `scheduling` and `treatment` are the positions up to which the logs were read; `closed`: with its period.
    """

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    status = one_of(Status, required=True)
    cause = one_of(Cause, required=True, allow_none=True)
    scope = fields.String(required=True, attribute="scope_kind", validate=validate.OneOf(get_args(ScopeKind)))
    scope_id = fields.UUID(required=True)
    period = fields.String(required=True)
    as_of = fields.AwareDateTime(required=True, attribute="as_of_at", format="iso")
    scheduling = fields.Integer(required=True, allow_none=True)
    treatment = fields.Integer(required=True, allow_none=True)
    definitions = fields.Integer(required=True, allow_none=True)
    hash = fields.String(required=True, allow_none=True)
    closed = fields.Boolean(required=True)
    asked_at = fields.AwareDateTime(required=True, format="iso")
    published_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")


class OneCaseloadReportSchema(CaseloadReportSchema):
    """The report with its document, as docs/reports.md describes it, once it is published."""

    document = fields.Dict(required=True, allow_none=True)


class ReportRulesFields(StrictSchema):
    """When periods close, all of it, also what does not change.

    Without `time_zone` days and weeks are those of the clinic that was opened first. A month closes when `closing_day`
    of the next one begins, a week when the Wednesday after it begins. `attach_files`: letters about closed periods
    carry the reports, not only the way to them.
    """

    time_zone = zone(required=True, allow_none=True)
    closing_day = fields.Integer(required=True, strict=True, validate=validate.Range(1, LAST_CLOSING_DAY))
    weekly = Flag(required=True)
    monthly = Flag(required=True)
    attach_files = Flag(required=True)


class ReportRulesSchema(ReportRulesFields):
    version = fields.Integer(required=True)


class ReportPeriodSchema(Schema):
    """A period and what became of it; it is closed as of the moment `as_of`, however long the work takes.

    Of `reports`, null until they are counted, so many are `made`. What is null besides is there once it is closed:
    positions of the logs, and `hash`, which is over the hashes of all of its reports.
    """

    id = fields.UUID(required=True)
    period = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["waiting", "making", "closed"]))
    starts_at = fields.AwareDateTime(required=True, format="iso")
    ends_at = fields.AwareDateTime(required=True, format="iso")
    time_zone = fields.String(required=True)
    as_of = fields.AwareDateTime(required=True, attribute="as_of_at", format="iso")
    reports = fields.Integer(required=True, allow_none=True)
    made = fields.Integer(required=True)
    scheduling = fields.Integer(required=True, allow_none=True)
    treatment = fields.Integer(required=True, allow_none=True)
    definitions = fields.Integer(required=True, allow_none=True)
    hash = fields.String(required=True, allow_none=True)
    closed_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")


class FinishedReportSchema(StrictSchema):
    """What the workers have made: the document without small outcomes, and of a therapist the whole one; or why not.

    Documents are sent packed (shared.reports.document). `for_closing`: nobody needs to have asked for it.
    """

    chain_id = fields.UUID(required=True)
    report_id = fields.UUID(required=True)
    document = fields.String(load_default=None, validate=validate.Length(max=LONGEST_PACKED))
    own = fields.String(load_default=None, validate=validate.Length(max=LONGEST_PACKED))
    cause = one_of(Cause, load_default=None)
    for_closing = Flag(load_default=False)


class PeriodFields(StrictSchema):
    chain_id = fields.UUID(required=True)
    period = fields.String(required=True, validate=PERIOD)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    time_zone = zone(required=True)
    as_of = Instant(required=True, attribute="as_of_at")


class PeriodProgressSchema(PeriodFields):
    """Of so many reports of a period, null until they are counted, so many are made."""

    reports = fields.Integer(required=True, allow_none=True, strict=True, validate=validate.Range(0))
    made = fields.Integer(required=True, strict=True, validate=validate.Range(0))


class PeriodToCloseSchema(PeriodFields):
    """A period of which so many reports are published, from these positions of the logs."""

    scheduling = fields.Integer(required=True, strict=True, validate=validate.Range(0))
    treatment = fields.Integer(required=True, strict=True, validate=validate.Range(0))
    reports = fields.Integer(required=True, strict=True, validate=validate.Range(1))


class ClosedSchema(Schema):
    """Whether the period is closed, and the hash of its reports."""

    closed = fields.Boolean(required=True)
    hash = fields.String(required=True, allow_none=True)


class ReportStatusSchema(Schema):
    status = one_of(Status, required=True)

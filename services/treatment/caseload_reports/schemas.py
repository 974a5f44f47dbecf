"""What the API of caseload reports takes and gives."""

from typing import get_args

from marshmallow import Schema, fields, validate

from services.treatment.caseload_reports.decider import Status
from services.treatment.schemas import one_of
from shared.events.treatment_reports import Cause, ScopeKind
from shared.http.fields import Instant, StrictSchema
from shared.http.paging import PageQuery
from shared.languages import LANGUAGES

LONGEST_PACKED = 250_000
PERIOD = validate.Regexp(
    r"[0-9]{4}-(0[1-9]|1[0-2]|W(0[1-9]|[1-4][0-9]|5[0-3]))\Z", error="A month, 2026-10, or a week, 2026-W41."
)


class CaseloadReportFields(StrictSchema):
    """Whose report, on what, and what was known when; without `as_of`, what is known now."""

    scope = one_of(ScopeKind, required=True)
    scope_id = fields.UUID(required=True)
    period = fields.String(required=True, validate=PERIOD)
    as_of = Instant(load_default=None)


class CaseloadReportsQuery(PageQuery):
    """Those of one scope, of one period, or all."""

    scope = one_of(ScopeKind, load_default=None)
    scope_id = fields.UUID(load_default=None)
    period = fields.String(load_default=None, validate=PERIOD)


class LanguageQuery(StrictSchema):
    language = fields.String(load_default=LANGUAGES[0], validate=validate.OneOf(LANGUAGES))


class CaseloadReportSchema(Schema):
    """Whose report it is and what became of it; `hash` names the document that the caller may have.

    `scheduling` and `treatment` are the positions up to which the logs were read.
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
    asked_at = fields.AwareDateTime(required=True, format="iso")
    published_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")


class OneCaseloadReportSchema(CaseloadReportSchema):
    """The report with its document, as docs/reports.md describes it, once it is published."""

    document = fields.Dict(required=True, allow_none=True)


class FinishedReportSchema(StrictSchema):
    """What the workers have made: the document without small outcomes, and of a therapist the whole one; or why not.

    Documents are sent packed (shared.reports.document).
    """

    chain_id = fields.UUID(required=True)
    report_id = fields.UUID(required=True)
    document = fields.String(load_default=None, validate=validate.Length(max=LONGEST_PACKED))
    own = fields.String(load_default=None, validate=validate.Length(max=LONGEST_PACKED))
    cause = one_of(Cause, load_default=None)


class ReportStatusSchema(Schema):
    status = one_of(Status, required=True)

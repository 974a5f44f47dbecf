"""Restatements of published reports: seen by whom the report is open to, asked for, and two reports compared.

The therapist whose report it is has all lines; everybody else those that tell of no outcome.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from marshmallow import Schema, fields
from sqlalchemy import text

from services.treatment.caseload_reports.asking import want
from services.treatment.caseload_reports.documents import restatement_kept
from services.treatment.caseload_reports.routes import at, published, seen
from shared.decider import Refused
from shared.events.treatment_reports import CaseloadRestatementAsked
from shared.http.fields import StrictSchema
from shared.http.operations import Answer, Call, Operations
from shared.http.problems import BadFields
from shared.reports.document import Report
from shared.reports.restatement import compared

blueprint = Operations("restatements", __name__, url_prefix="/v1/caseload-reports")

FIND = text("SELECT * FROM caseload_restatements WHERE report_id = :report_id")


class PeriodNotOver(Refused):
    """The report is of a period that was not over; what is known of it now is another report."""

    code = "period_not_over"


class RestatementSchema(Schema):
    """How a published report differs from what was known `as_of` later; null until anybody has looked.

    `asked_at` is a moment that was asked for and is not told yet. The document is described by docs/reports.md.
    """

    report_id = fields.UUID(required=True)
    asked_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    as_of = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    restated_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    hash = fields.String(required=True, allow_none=True)
    document = fields.Dict(required=True, allow_none=True)


class ComparisonQuery(StrictSchema):
    """With which report; of the same scope and period."""

    other_id = fields.UUID(required=True, data_key="with")


class NumbersSchema(Schema):
    """One number as a report says it."""

    value = fields.Float(required=True, allow_none=True)
    numerator = fields.Float(required=True, allow_none=True)
    denominator = fields.Float(required=True, allow_none=True)
    why_none = fields.String(required=True, allow_none=True)
    exclusions = fields.List(fields.Dict(), required=True)


class NumbersChangeSchema(Schema):
    """How much more the other report says; null where either says or shows nothing."""

    value = fields.Float(required=True, allow_none=True)
    numerator = fields.Float(required=True, allow_none=True)
    denominator = fields.Float(required=True, allow_none=True)
    exclusions = fields.List(fields.Dict(), required=True)


class ComparedSchema(Schema):
    """A number, or the `part` of one, in both reports."""

    code = fields.String(required=True)
    part = fields.String(required=True, allow_none=True)
    unit = fields.String(required=True)
    population = fields.String(required=True)
    before = fields.Nested(NumbersSchema, required=True)
    after = fields.Nested(NumbersSchema, required=True)
    change = fields.Nested(NumbersChangeSchema, required=True)


class ComparisonSchema(Schema):
    """The numbers of two reports beside each other, each as the caller may see it, and as of when."""

    before_as_of = fields.AwareDateTime(required=True, format="iso")
    after_as_of = fields.AwareDateTime(required=True, format="iso")
    numbers = fields.List(fields.Nested(ComparedSchema), required=True)


@blueprint.query("/<uuid:report_id>/restatement", RestatementSchema)
def show_restatement(call: Call, report_id: UUID) -> Answer:
    """What of a published report is known otherwise by now, and by which events."""
    return Answer(as_told(call, report_id))


@blueprint.command("POST", "/<uuid:report_id>/restatements", RestatementSchema, status=201, may_be_known=True)
def ask_for_restatement(call: Call, report_id: UUID) -> Answer:
    """Ask how a published report differs from what is known now; asking again meanwhile is the same wish."""
    report = published(call, report_id)
    if report.as_of.at < report.period.ends_at:
        raise PeriodNotOver
    _, is_new = want(call, report_id, asked(report_id, report, call.now))
    return Answer(as_told(call, report_id), location=f"{at(report_id)}/restatement", is_known=not is_new)


@blueprint.query("/<uuid:report_id>/comparison", ComparisonSchema, query=ComparisonQuery)
def compare_caseload_reports(call: Call, query: dict[str, Any], report_id: UUID) -> Answer:
    """The numbers of two published reports of one scope and period beside each other."""
    before, after = published(call, report_id), published(call, query["other_id"])
    if (before.scope, before.period.name) != (after.scope, after.period.name):
        raise BadFields(**{"with": ["This report is of another scope or period."]})
    numbers = [asdict(each) for each in compared(before.metrics, after.metrics)]
    return Answer({"before_as_of": before.as_of.at, "after_as_of": after.as_of.at, "numbers": numbers})


def as_told(call: Call, report_id: UUID) -> dict[str, Any]:
    """Raises NotThere and NotAllowed."""
    row = seen(call, report_id)
    told = call.connection.execute(FIND, {"report_id": report_id}).first()
    open_ = row.restatement_asked_at
    if told is None:
        return {
            "report_id": report_id,
            "asked_at": open_,
            **dict.fromkeys(("as_of", "restated_at", "hash", "document")),
        }
    is_own = told.own_hash is not None and row.scope_id == call.caller.therapist_id
    digest = told.own_hash if is_own else told.hash
    _, document = restatement_kept(call.connection, report_id, digest)
    return {
        "report_id": report_id,
        "asked_at": open_ if open_ is not None and open_ > told.as_of_at else None,
        "as_of": told.as_of_at,
        "restated_at": told.restated_at,
        "hash": digest,
        "document": msgspec.json.decode(document),
    }


def asked(report_id: UUID, report: Report, now: datetime) -> CaseloadRestatementAsked:
    return CaseloadRestatementAsked(
        report_id=report_id,
        scope_kind=report.scope.kind,
        scope_id=report.scope.id,
        period=report.period.name,
        starts_at=report.period.starts_at,
        ends_at=report.period.ends_at,
        time_zone=report.period.time_zone,
        known_at=report.as_of.at,
        scheduling=report.as_of.scheduling,
        treatment=report.as_of.treatment,
        definitions=report.definitions,
        asked_at=now,
    )

"""The workers tell how published reports differ from what is known later: kept when it says so of the very report.

A restatement begins with the numbers of the document that is kept, so none is taken that was made from other facts.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from flask import g
from marshmallow import Schema, fields, validate
from sqlalchemy import Row

from services.treatment.caseload_reports.decider import CASELOAD_REPORT, stream_of
from services.treatment.caseload_reports.documents import keep, kept
from shared.auth import SERVICE
from shared.database import Database
from shared.decider import NotThere, handle
from shared.event_store import Metadata, Transaction
from shared.events.treatment_reports import CaseloadReportRestated
from shared.http.fields import StrictSchema
from shared.http.operations import Answer, Operations, parts
from shared.http.problems import BadFields
from shared.reading import find
from shared.reports.document import DocumentAltered, Report, unpacked
from shared.reports.restatement import Restatement, by_code, decode, numbers

LONGEST_PACKED = 1_000_000


class FinishedRestatementSchema(StrictSchema):
    """The lines for everybody, and all of them for the therapist; packed as documents of reports are."""

    chain_id = fields.UUID(required=True)
    report_id = fields.UUID(required=True)
    document = fields.String(required=True, validate=validate.Length(max=LONGEST_PACKED))
    own = fields.String(load_default=None, validate=validate.Length(max=LONGEST_PACKED))


class RestatedSchema(Schema):
    """Whether it is kept; it is not when a later moment was told of before."""

    kept = fields.Boolean(required=True)


def finished_restatements_blueprint(database: Database) -> Operations:
    """The route by which the workers tell what they have found out."""
    internal = Operations("finished restatements", __name__, url_prefix="/internal/v1")

    @internal.service("POST", "/caseload-restatements", RestatedSchema, body=FinishedRestatementSchema)
    def publish_restatement(body: dict[str, Any]) -> Answer:
        """Tell how a published report differs from what is known by now"""
        metadata = Metadata(actor="workers", role=SERVICE, origin="reports", correlation_id=g.request_id)
        work = partial(settle, body=body, now=parts().clock())
        return Answer({"kept": database.command(body["chain_id"], metadata, work)})

    return internal


def settle(tx: Transaction, body: Mapping[str, Any], now: datetime) -> bool:
    """Whether it is kept. What was computed by other definitions than the report is not, for it cannot be compared.

    Raises NotThere for a report that is not published, and BadFields for what is not about this one.
    """
    row = find(tx.connection, "caseload_reports", body["report_id"])
    if row.status != "published":
        raise NotThere
    given = {name: body[name] for name in ("document", "own") if body[name] is not None}
    found = {name: opened(name, sent) for name, sent in given.items()}
    if found["document"].definitions != row.definitions:
        return False
    for name, restatement in found.items():
        must_be_about(tx, row, name, restatement)
    event = restated(found["document"], found.get("own"), row, now)
    handle(tx, CASELOAD_REPORT, stream_of(row.id), event)
    if not tx.staged:
        return False
    for restatement in found.values():
        keep(tx.connection, tx.chain_id, row.id, restatement)
    return True


def opened(name: str, sent: str) -> Restatement:
    """Raises BadFields."""
    try:
        return decode(unpacked(sent))
    except DocumentAltered as error:
        raise BadFields(**{name: ["This is no finished restatement."]}) from error


def must_be_about(tx: Transaction, row: Row[Any], name: str, restatement: Restatement) -> None:
    """Raises BadFields when it does not begin with the report's own numbers, or tells what is not for everybody."""
    digest = row.own_hash if name == "own" else row.hash
    if digest is None:
        raise BadFields(**{name: ["There is no such variant of the report."]})
    report, _ = kept(tx.connection, row.id, digest)
    if not begins_with(restatement, report) or (name == "document" and tells_of_outcomes(restatement, report)):
        raise BadFields(**{name: ["This is not a restatement of the report."]})


def begins_with(restatement: Restatement, report: Report) -> bool:
    ends = (restatement.chain_id, restatement.scope, restatement.period, restatement.closed, restatement.definitions)
    if ends != (report.chain_id, report.scope, report.period, report.as_of, report.definitions):
        return False
    said = {code: numbers(metric) for code, metric in by_code(report.metrics).items()}
    return all(said.get((line.code, line.part)) == line.before for line in restatement.lines)


def tells_of_outcomes(restatement: Restatement, report: Report) -> bool:
    outcomes = {code for code, metric in by_code(report.metrics).items() if metric.suppressible}
    return any((line.code, line.part) in outcomes for line in restatement.lines)


def restated(others: Restatement, own: Restatement | None, row: Row[Any], now: datetime) -> CaseloadReportRestated:
    return CaseloadReportRestated(
        report_id=row.id,
        as_of_at=others.as_of.at,
        scheduling=others.as_of.scheduling,
        treatment=others.as_of.treatment,
        definitions=others.definitions,
        lines=len((own or others).lines),
        hash=others.hash,
        own_hash=own.hash if own else None,
        restated_at=now,
    )

"""What the workers tell of reports that are to be made: finished, with the document, or why there is none.

Whoever tells twice, or late, changes nothing: the first document that was published is the one. Reports with which a
period closes tell more than those that somebody asks for as of the same moment, and are others, with ids of their own.
"""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from flask import g

from services.treatment.caseload_reports import schemas as s
from services.treatment.caseload_reports.closing import NotYet
from services.treatment.caseload_reports.decider import CASELOAD_REPORT, CaseloadReport, stream_of
from services.treatment.caseload_reports.documents import keep
from shared.auth import SERVICE
from shared.database import Database
from shared.decider import NotThere, fold, handle
from shared.event_store import Metadata, Transaction
from shared.events.treatment_reports import CaseloadReportAsked, CaseloadReportFailed, CaseloadReportPublished
from shared.http.operations import Answer, Operations, parts
from shared.http.problems import BadFields
from shared.reports.document import DocumentAltered, Report, decode, unpacked
from shared.reports.ids import closing_report_id_of


def finished_reports_blueprint(database: Database) -> Operations:
    """The route by which the workers publish what they have made."""
    internal = Operations("finished reports", __name__, url_prefix="/internal/v1")

    @internal.service("POST", "/caseload-reports", s.ReportStatusSchema, body=s.FinishedReportSchema)
    def publish_caseload_report(body: dict[str, Any]) -> Answer:
        """Publish a report that was asked for or closes a period, or say why there is none; gives what it is now."""
        metadata = Metadata(actor="workers", role=SERVICE, origin="reports", correlation_id=g.request_id)
        work = partial(settle, body=body, now=parts().clock())
        return Answer({"status": database.command(body["chain_id"], metadata, work).status})

    return internal


def settle(tx: Transaction, body: dict[str, Any], now: datetime) -> CaseloadReport:
    """Raises NotThere for what nobody asked for, and BadFields for a document of something else."""
    report_id = body["report_id"]
    if body["document"] is None:
        failed = CaseloadReportFailed(report_id=report_id, cause=body["cause"] or "gave_up", failed_at=now)
        return handle(tx, CASELOAD_REPORT, stream_of(report_id), failed)[0]
    if body["for_closing"]:
        handle(tx, CASELOAD_REPORT, stream_of(report_id), asked_by_rules(tx.chain_id, body, now))
    known = fold(CASELOAD_REPORT, tx.load(stream_of(report_id)))
    asked = known.asked
    if asked is None:
        raise NotThere
    if asked.for_closing != body["for_closing"]:
        raise BadFields(for_closing=["This report is not made for that."])
    given = {name: body[name] for name in ("document", "own") if body[name] is not None}
    reports = {name: answering(asked, tx.chain_id, name, sent) for name, sent in given.items()}
    event = published(report_id, reports["document"], reports.get("own"), now)
    state, _ = handle(tx, CASELOAD_REPORT, stream_of(report_id), event)
    if any(isinstance(each.event, CaseloadReportPublished) for each in tx.staged):
        for report in reports.values():
            keep(tx.connection, tx.chain_id, report_id, report)
    return state


def asked_by_rules(chain_id: UUID, body: dict[str, Any], now: datetime) -> CaseloadReportAsked:
    """What the document that was sent answers; raises BadFields where it is another report than it says, and NotYet."""
    try:
        report = decode(unpacked(body["document"] or ""))
    except DocumentAltered as error:
        raise BadFields(document=["This is no finished report."]) from error
    scope, period, at = report.scope, report.period.name, report.as_of.at
    if at > now:
        raise NotYet
    if (body["chain_id"], body["report_id"]) != (
        report.chain_id,
        closing_report_id_of(chain_id, scope.kind, scope.id, period, at),
    ):
        raise BadFields(report_id=["This is not the report that the document is."])
    return CaseloadReportAsked(
        report_id=body["report_id"],
        scope_kind=scope.kind,
        scope_id=scope.id,
        period=period,
        as_of_at=at,
        asked_at=now,
        for_closing=True,
    )


def answering(asked: CaseloadReportAsked, chain_id: UUID, name: str, sent: str) -> Report:
    """The report that was sent, which must be what was asked for; raises BadFields."""
    try:
        report = decode(unpacked(sent))
    except DocumentAltered as error:
        raise BadFields(**{name: ["This is no finished report."]}) from error
    given = (report.chain_id, report.scope.kind, report.scope.id, report.period.name, report.as_of.at)
    if given != (chain_id, asked.scope_kind, asked.scope_id, asked.period, asked.as_of_at):
        raise BadFields(**{name: ["This is not the report that was asked for."]})
    if report.series.overdue:
        raise BadFields(**{name: ["What is kept for good names no client."]})
    return report


def published(report_id: UUID, report: Report, own: Report | None, now: datetime) -> CaseloadReportPublished:
    return CaseloadReportPublished(
        report_id=report_id,
        starts_at=report.period.starts_at,
        ends_at=report.period.ends_at,
        time_zone=report.period.time_zone,
        scheduling=report.as_of.scheduling,
        treatment=report.as_of.treatment,
        definitions=report.definitions,
        hash=report.hash,
        own_hash=own.hash if own else None,
        published_at=now,
    )

"""The API of caseload reports: ask for one, see what became of it, and have it as document, PDF or CSV."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, text

from services.treatment.caseload_reports import schemas as s
from services.treatment.caseload_reports.asking import being_made, want
from services.treatment.caseload_reports.documents import kept
from services.treatment.caseload_reports.rights import OPEN, hash_for, must_open, must_see, opened_to
from shared.decider import Refused
from shared.events.treatment_reports import CaseloadReportAsked
from shared.http.files import File, FileSchema
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import page, page_of, read_cursor
from shared.http.problems import BadFields, FileNotMade
from shared.reading import find
from shared.reports.document import Report
from shared.reports.ids import report_id_of
from shared.reports.print import pdf
from shared.reports.spreadsheet import spreadsheet
from shared.reports.typesetting import NotSet
from shared.reports.words import Words, words_of

blueprint = Operations("caseload reports", __name__, url_prefix="/v1/caseload-reports")

LISTED = text(f"""
    SELECT * FROM caseload_reports WHERE {OPEN}
      AND (CAST(:scope AS text) IS NULL OR scope_kind = :scope)
      AND (CAST(:scope_id AS uuid) IS NULL OR scope_id = :scope_id)
      AND (CAST(:period AS text) IS NULL OR period = :period)
      AND (CAST(:closed AS boolean) IS NULL OR closed = :closed)
      AND (CAST(:before AS uuid) IS NULL OR (asked_at, id) < (:before_at, :before))
    ORDER BY asked_at DESC, id DESC LIMIT :most
""")  # noqa: S608 - a condition of ours


class ReportNotReady(Refused):
    """The report is not published yet, or could not be made; its status says which."""

    code = "report_not_ready"


@blueprint.command("POST", "", s.CaseloadReportSchema, body=s.CaseloadReportFields, status=201, may_be_known=True)
def ask_for_caseload_report(call: Call, body: dict[str, Any]) -> Answer:
    """Ask for a report, which the workers make; the same question is the same report.

    Without `as_of` one that is being made, of what was known at most ten minutes ago, is the answer.
    """
    kind, scope_id, period = body["scope"], body["scope_id"], body["period"]
    must_open(call, kind, scope_id)
    if body["as_of"] is None and (row := being_made(call, kind, scope_id, period)):
        return Answer(as_shown(call, row), version=row.version, location=at(row.id), is_known=True)
    as_of_at = body["as_of"] or call.now
    if as_of_at > call.now:
        raise BadFields(as_of=["Nobody knows yet what will be known then."])
    report_id = report_id_of(call.chain_id, kind, scope_id, period, as_of_at)
    asked = CaseloadReportAsked(
        report_id=report_id,
        scope_kind=kind,
        scope_id=scope_id,
        period=period,
        as_of_at=as_of_at,
        asked_at=call.now,
    )
    version, is_new = want(call, report_id, asked)
    row = find(call.connection, "caseload_reports", report_id)
    return Answer(as_shown(call, row), version=version, location=at(report_id), is_known=not is_new)


@blueprint.query("", page_of(s.CaseloadReportSchema), query=s.CaseloadReportsQuery)
def list_caseload_reports(call: Call, query: dict[str, Any]) -> Answer:
    """The reports that the caller may have, the last that were asked for first."""
    before = read_cursor(query["cursor"], tuple[datetime, UUID])
    values = opened_to(call.caller) | {
        "scope": query["scope"],
        "scope_id": query["scope_id"],
        "period": query["period"],
        "closed": query["closed"],
        "before_at": before and before[0],
        "before": before and before[1],
        "most": query["limit"] + 1,
    }
    found = page(call.connection.execute(LISTED, values).all(), query["limit"], lambda row: (row.asked_at, row.id))
    return Answer(found | {"items": [as_shown(call, row) for row in found["items"]]})


@blueprint.query("/<uuid:report_id>", s.OneCaseloadReportSchema)
def show_caseload_report(call: Call, report_id: UUID) -> Answer:
    """What became of a report; published, with its document."""
    row = seen(call, report_id)
    content = as_shown(call, row) | {"document": None}
    if row.status == "published":
        _, document = kept(call.connection, report_id, content["hash"])
        content["document"] = msgspec.json.decode(document)
    return Answer(content, version=row.version)


@blueprint.query("/<uuid:report_id>/pdf", FileSchema, query=s.LanguageQuery)
def show_caseload_report_as_pdf(call: Call, query: dict[str, Any], report_id: UUID) -> Answer:
    """The report on paper; names nobody, and is the same file whenever it is asked for."""
    report = published(call, report_id)
    return Answer({}, file=on_paper(report, words_of(query["language"])))


@blueprint.query("/<uuid:report_id>/csv", FileSchema)
def show_caseload_report_as_csv(call: Call, report_id: UUID) -> Answer:
    """The numbers of the report, one to a line."""
    report = published(call, report_id)
    return Answer({}, file=File(partial(spreadsheet, report), "text/csv; charset=utf-8", f"{name_of(report)}.csv"))


def on_paper(report: Report, words: Words) -> File:
    """It takes a while to be set, and raises FileNotMade then."""

    def make() -> bytes:
        try:
            return pdf(report, words, "")
        except NotSet as error:
            raise FileNotMade from error

    return File(make, "application/pdf", f"{name_of(report)}.pdf")


def published(call: Call, report_id: UUID) -> Report:
    """The document that the caller may have; raises ReportNotReady."""
    row = seen(call, report_id)
    if row.status != "published":
        raise ReportNotReady
    report, _ = kept(call.connection, report_id, as_shown(call, row)["hash"])
    return report


def seen(call: Call, report_id: UUID) -> Row[Any]:
    """Raises NotThere and NotAllowed."""
    row = find(call.connection, "caseload_reports", report_id)
    must_see(call, row.scope_kind, row.scope_id)
    return row


def as_shown(call: Call, row: Row[Any]) -> dict[str, Any]:
    """A report with the hash of the document that is for the caller."""
    return row._asdict() | {"hash": hash_for(row, call.caller.therapist_id)}


def at(report_id: UUID) -> str:
    return f"/v1/caseload-reports/{report_id}"


def name_of(report: Report) -> str:
    return f"caseload-{report.scope.kind}-{report.period.name}-{report.hash[:12]}"

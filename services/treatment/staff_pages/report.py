"""One caseload report: its figures and tables, its files, and other moments at which the same was asked.

The document names nobody; whose it is says the page, by the name of today.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Response, url_for
from markupsafe import Markup
from sqlalchemy import Connection, Row, text
from werkzeug.wrappers import Response as AnyResponse

from services.treatment.caseload_reports import routes as api
from services.treatment.caseload_reports.decider import is_awaited
from services.treatment.caseload_reports.documents import kept, restatement_kept
from services.treatment.caseload_reports.restatements import ask_for_restatement, show_restatement
from services.treatment.chains import clock_of_chain
from services.treatment.staff_pages.reports import titled, words_here
from services.treatment.staff_pages.showing import Ids, named, shown
from services.treatment.staff_pages.wishes import wanted
from shared.http.files import made
from shared.http.operations import Answer, Call, make_response
from shared.reports.document import Report
from shared.reports.page import headings, html
from shared.reports.restated import Told, told
from shared.reports.words import Words
from shared.staff_web.answers import chain_name, pages_blueprint
from shared.staff_web.visiting import Visitor, visitor

blueprint = pages_blueprint("treatment_report")

LOOK_AGAIN_SECONDS = 5
MOMENTS = text("""
    SELECT * FROM caseload_reports
    WHERE scope_kind = :scope_kind AND scope_id = :scope_id AND period = :period AND id <> :id
    ORDER BY as_of_at DESC, id LIMIT 20
""")


@dataclass(frozen=True, slots=True)
class Since:
    """What has become known since: the numbers that it changes, as of when; None before anybody has looked."""

    as_of_at: datetime | None
    lines: tuple[Told, ...]
    is_asked: bool


@blueprint.get("/reports/<uuid:report_id>")
def show_report(report_id: UUID) -> Response:
    """The report, or what has become of the wish for it."""
    who, words, article = visitor(), words_here(), None
    with who.reading() as connection:
        call = who.call(connection)
        row = api.seen(call, report_id)
        report = None
        if row.status == "published":
            report, _ = kept(connection, report_id, api.as_shown(call, row)["hash"])
        others, zone = others_of(connection, row), clock_of_chain(connection)
        since = since_then(call, report, row, words) if report is not None else None
    whose = called(who, row)
    if report is not None:
        article = Markup(html(report, words, whose))  # noqa: S704 - escaped where it is made
    page = shown(
        "caseload_report.html",
        who,
        here="reports",
        report=row,
        article=article,
        headings=headings(report, words) if report else [],
        others=others,
        since=since,
        whose=whose,
        period=titled(row.period, words),
        report_words=words,
        zone=zone,
    )
    response = Response(page, mimetype="text/html")
    if row.status == "asked":
        response.headers["Refresh"] = str(LOOK_AGAIN_SECONDS)
    return response


@blueprint.post("/reports/<uuid:report_id>/restatements")
def look_again(report_id: UUID) -> AnyResponse:
    """Ask what of a report is known otherwise by now."""
    where = url_for("treatment_report.show_report", report_id=report_id)

    def ask_for(call: Call) -> str:
        ask_for_restatement(call, report_id)
        return where

    return wanted(visitor(), ask_for, back=where)


def since_then(call: Call, report: Report, row: Row[Any], words: Words) -> Since | None:
    """None for a report that was made while its period ran: what is known of that later is another report."""
    if report.as_of.at < report.period.ends_at:
        return None
    found = show_restatement(call, row.id).content
    is_asked = is_awaited(found["asked_at"], None, call.now)
    if found["hash"] is None:
        return Since(None, (), is_asked)
    restatement, _ = restatement_kept(call.connection, row.id, found["hash"])
    return Since(found["as_of"], tuple(told(restatement, words)), is_asked)


@blueprint.get("/reports/<uuid:report_id>/pdf")
def show_report_as_pdf(report_id: UUID) -> Response:
    """The report on paper, in the language of the browser."""
    who, query = visitor(), {"language": words_here().language}
    with who.reading() as connection:
        answer = api.show_caseload_report_as_pdf(who.call(connection), query, report_id)
    return as_file(answer)


@blueprint.get("/reports/<uuid:report_id>/csv")
def show_report_as_csv(report_id: UUID) -> Response:
    """Its numbers for other programs."""
    who = visitor()
    with who.reading() as connection:
        answer = api.show_caseload_report_as_csv(who.call(connection), report_id)
    return as_file(answer)


def as_file(answer: Answer) -> Response:
    """Made now that no connection is held."""
    return made(make_response(answer, {}, HTTPStatus.OK))


def others_of(connection: Connection, row: Row[Any]) -> Sequence[Row[Any]]:
    """Reports of the same on the same period, as of other moments, the latest first."""
    return connection.execute(MOMENTS, row._asdict()).all()


def called(who: Visitor, row: Row[Any]) -> str:
    """Whose report it is, by the name of today; no letters while that is not known."""
    if row.scope_kind == "chain":
        return chain_name(who)
    ids = [row.scope_id]
    names = named(who, Ids((), ids if row.scope_kind == "clinic" else (), ids), "treatment")
    return names.clinics.get(row.scope_id) or names.therapists.get(row.scope_id) or ""

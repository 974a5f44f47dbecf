"""Caseload reports by name: which there are of a period, and the way to one that is not there yet.

Managers see those of their clinics and of who works there, therapists their own; the order is that of the names, never
one of the numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from services.treatment.caseload_reports import routes as api
from services.treatment.caseload_reports.overdue import list_overdue_follow_ups
from services.treatment.caseload_reports.overview import Group, Line, Overview, overview
from services.treatment.caseload_reports.period_routes import list_report_periods
from services.treatment.caseload_reports.schemas import CaseloadReportFields
from services.treatment.chains import clock_of_chain
from services.treatment.staff_pages.scheduling import Names
from services.treatment.staff_pages.showing import Ids, named, shown
from services.treatment.staff_pages.wishes import wanted
from shared.http.operations import Call
from shared.http.problems import BadFields
from shared.reports.periods import NoPeriod, dates_of, months_until, weeks_until
from shared.reports.shown import of_days
from shared.reports.words import Words, words_of
from shared.staff_web.answers import pages_blueprint
from shared.staff_web.browser import id_in
from shared.staff_web.pages import locale_for
from shared.staff_web.visiting import Visitor, visitor

blueprint = pages_blueprint("treatment_reports")

MONTHS = 14
WEEKS = 10
AT_ONCE = 50
CLOSINGS: Mapping[str, Any] = {"limit": 3 * (MONTHS + WEEKS), "cursor": None}
ALL: Mapping[str, Any] = {"clinic_id": None, "therapist_id": None, "limit": AT_ONCE, "cursor": None}


@dataclass(frozen=True, slots=True)
class Choice:
    """A period that can be chosen, in words, and what has become of it, as the API of periods says."""

    name: str
    title: str
    closing: Mapping[str, Any] | None = None


@blueprint.get("/reports")
def show_reports() -> str:
    """The reports of one period; without one, of the month that was closed last, or else of the last that is over."""
    who = visitor()
    words = words_here()
    clinic_id = id_in(request.args["clinic"]) if request.args.get("clinic") else None
    with who.reading() as connection:
        call = who.call(connection)
        zone = clock_of_chain(connection)
        closing = {each["period"]: each for each in list_report_periods(call, dict(CLOSINGS)).content["items"]}
        months, weeks = choices(who, zone, words, closing)
        closed = [each.name for each in months if each.closing and each.closing["status"] == "closed"]
        period = request.args.get("period") or (closed[0] if closed else months[1].name)
        title = titled(period, words)
        found = overview(call, period, clinic_id)
        late = list_overdue_follow_ups(call, dict(ALL)).content
    therapists = {line.id for line in found.lines if line.kind == "therapist"}
    names = named(who, Ids((), {each.clinic_id for each in found.groups if each.clinic_id}, therapists), "treatment")
    return shown(
        "reports.html",
        who,
        here="reports",
        period=Choice(period, title, closing.get(period)),
        months=months,
        weeks=weeks,
        zone=zone,
        report_words=words,
        overview=in_order(found, names),
        clinic_id=clinic_id,
        names=names,
        overdue=len(late["items"]),
        more_overdue=late["next"] is not None,
    )


@blueprint.post("/reports")
def ask() -> AnyResponse:
    """Ask for a report of what is known now, or go to one like it that is being made."""
    who = visitor()
    scope, _, scope_id = request.form.get("whose", "").partition(".")
    sent = {"scope": scope, "scope_id": scope_id, "period": request.form.get("period", "")}
    if request.form.get("as_of"):
        sent["as_of"] = request.form["as_of"]
    try:
        body = CaseloadReportFields().load(sent)
    except ValidationError as error:
        raise BadFields(form=["This form cannot be used."]) from error

    def ask_for(call: Call) -> str:
        asked = api.ask_for_caseload_report(call, body).content
        return url_for("treatment_report.show_report", report_id=asked["id"])

    return wanted(who, ask_for, back=url_for("treatment_reports.show_reports", period=body["period"]))


def words_here() -> Words:
    """Those of the browser's language, as reports have them."""
    return words_of(str(locale_for(request.accept_languages.values())))


def choices(
    who: Visitor, zone: ZoneInfo, words: Words, closing: Mapping[str, Mapping[str, Any]]
) -> tuple[list[Choice], list[Choice]]:
    """The last months and weeks on the chain's clock, those that run first."""
    today = who.now.astimezone(zone).date()
    names = islice(months_until(today), MONTHS), islice(weeks_until(today), WEEKS)
    months, weeks = ([Choice(each, titled(each, words), closing.get(each)) for each in some] for some in names)
    return months, weeks


def titled(period: str, words: Words) -> str:
    """A period in words; raises BadFields for what is none."""
    try:
        return of_days(*dates_of(period), words)
    except NoPeriod as error:
        raise BadFields(period=[str(error.__doc__)]) from error


def in_order(found: Overview, names: Names) -> Overview:
    """By name: clinics, and in each the clinic itself before who works there."""

    def place(line: Line) -> tuple[bool, str, UUID]:
        return line.kind == "therapist", names.therapists.get(line.id, "").casefold(), line.id

    def where(group: Group) -> tuple[bool, str]:
        return group.clinic_id is not None, names.clinics.get(group.clinic_id or group.lines[0].id, "").casefold()

    groups = [Group(each.clinic_id, sorted(each.lines, key=place)) for each in found.groups]
    return Overview(sorted(groups, key=where), found.too_many)

"""Whom somebody has to call today, by name: asked now, because a report that is kept names no client."""

from datetime import date
from typing import Any

from flask import request

from services.treatment.caseload_reports.overdue import list_overdue_follow_ups
from services.treatment.caseload_reports.schemas import OverdueFollowUpsQuery
from services.treatment.chains import clock_of_chain
from services.treatment.staff_pages.reports import words_here
from services.treatment.staff_pages.showing import Ids, named, shown
from shared.http.problems import BadFields
from shared.http.shown import record
from shared.staff_web.answers import pages_blueprint
from shared.staff_web.visiting import visitor

blueprint = pages_blueprint("treatment_overdue")


@blueprint.get("/overdue")
def show_overdue() -> str:
    """Those of the episodes that the caller leads and of the clinics that they manage, the longest overdue first."""
    who, query = visitor(), query_here()
    with who.reading() as connection:
        found, caller = list_overdue_follow_ups(who.call(connection), query).content, who.caller
        today = who.now.astimezone(clock_of_chain(connection)).date()
        clients = {each.client_id for each in found["items"]}
        record(connection, who.chain_id, clients, actor=caller.subject, role=caller.role, purpose="treatment")
    rows = found["items"]
    ids = Ids(clients, {each.clinic_id for each in rows}, {each.therapist_id for each in rows})
    return shown(
        "overdue.html",
        who,
        here="reports",
        rows=rows,
        late={each.episode_id: days_since(each.planned_on, today) for each in rows},
        names=named(who, ids, "treatment"),
        after=found["next"],
        asked=query,
        report_words=words_here(),
    )


def query_here() -> dict[str, Any]:
    """What is asked for, as the API takes it; raises BadFields."""
    given = {"clinic_id": "clinic", "therapist_id": "therapist", "cursor": "after"}
    sent = {name: request.args[short] for name, short in given.items() if request.args.get(short)}
    faults = OverdueFollowUpsQuery().validate(sent)
    if faults:
        raise BadFields(**faults)
    query: dict[str, Any] = OverdueFollowUpsQuery().load(sent)
    return query


def days_since(planned_on: date, today: date) -> int:
    return (today - planned_on).days

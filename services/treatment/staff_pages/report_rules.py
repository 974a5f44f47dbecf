"""When the chain's periods close, to read for everybody who has reports, and to change for who runs the chain."""

import re
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from flask import redirect, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from services.treatment.caseload_reports.chain_rules import set_report_rules, show_report_rules
from services.treatment.caseload_reports.schemas import LAST_CLOSING_DAY, ReportRulesFields
from services.treatment.chains import clock_of_chain
from services.treatment.staff_pages.showing import shown
from shared.auth import CHAIN_ADMIN
from shared.http.problems import BadFields
from shared.staff_web.answers import pages_blueprint
from shared.staff_web.visiting import visitor

blueprint = pages_blueprint("treatment_report_rules")

NUMBER = re.compile(r"[0-9]{1,9}")
BOXES = ("weekly", "monthly", "attach_files")


@blueprint.get("/reports/rules")
def show_rules() -> str:
    """The rules that hold now; a form of them for who may change them."""
    who = visitor()
    with who.reading() as connection:
        rules, clock = show_report_rules(who.call(connection)).content, clock_of_chain(connection)
    may_set = any(grant.role == CHAIN_ADMIN and grant.clinics is None for grant in who.caller.grants)
    values = {"rules": rules, "clock": clock.key, "may_set": may_set, "last_day": LAST_CLOSING_DAY}
    return shown("report_rules.html", who, here="reports", **values)


@blueprint.post("/reports/rules")
def set_rules() -> AnyResponse:
    """All of the rules anew; refused when somebody else was faster."""
    who, body, version = visitor(), rules_sent(), number_sent("version")
    if version is None:
        raise BadFields(form=["This form cannot be used."])
    who.change(lambda tx: set_report_rules(replace(who.call(tx.connection, tx), if_match=version), body))
    return redirect(url_for("treatment_report_rules.show_rules"), HTTPStatus.SEE_OTHER)


def rules_sent() -> dict[str, Any]:
    """As the API takes them; raises BadFields."""
    sent: dict[str, Any] = {name: request.form.get(name) == "yes" for name in BOXES}
    sent |= {"time_zone": request.form.get("time_zone", "").strip() or None}
    sent |= {"closing_day": number_sent("closing_day")}
    try:
        loaded: dict[str, Any] = ReportRulesFields().load(sent)
    except ValidationError as error:
        raise BadFields(form=["This form cannot be used."]) from error
    return loaded


def number_sent(name: str) -> int | None:
    given = request.form.get(name, "")
    return int(given) if NUMBER.fullmatch(given) else None

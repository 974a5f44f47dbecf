"""What waits because of a client's answer: who is to be looked at by when, and what those do whom it concerns.

What the client has answered is in their record, and stands here for those alone to whom the record is open.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import current_app, redirect, request, url_for
from marshmallow import Schema, ValidationError
from sqlalchemy import Row
from werkzeug.wrappers import Response as AnyResponse

from services.treatment.alerts import routes as api
from services.treatment.alerts.schemas import BY_PEOPLE, LONGEST, AcknowledgeAlertFields, CloseAlertFields
from services.treatment.alerts.shown import shown as answer_of
from services.treatment.alerts.slots import earliest
from services.treatment.alerts.work import one
from services.treatment.records import one as entries_of
from services.treatment.staff_pages.clocks import zones_of
from services.treatment.staff_pages.here import SCHEDULING_URL
from services.treatment.staff_pages.showing import Ids, named, shown
from shared.access import Basis
from shared.auth import NoBasis
from shared.event_store import Transaction
from shared.events.treatment_alerts import Action
from shared.http.problems import BadFields
from shared.http.records import PURPOSES
from shared.http.shown import access, record
from shared.staff_web.answers import pages_blueprint
from shared.staff_web.visiting import Visitor, visitor

blueprint = pages_blueprint("treatment_alerts")

AT_ONCE = 50
NOW: Mapping[str, Any] = {"as_of": None, "happened_by": None}


@dataclass(frozen=True, slots=True)
class Seen:
    """An alert as one person may see it: `answer` and `basis` are None where the record is closed to them."""

    row: Row[Any]
    zone: ZoneInfo
    answer: dict[str, Any] | None
    basis: Basis | None


@blueprint.get("/alerts")
def show_alerts() -> str:
    """What is open, the latest first."""
    who = visitor()
    query = {"open": True, "mine": False, "clinic_id": None, "limit": AT_ONCE, "cursor": request.args.get("after")}
    with who.reading() as connection:
        found = api.list_alerts(who.call(connection), query).content
        rows, caller = found["items"], who.caller
        zones = zones_of(connection, {row.clinic_id for row in rows}, who.now)
        clients = {row.client_id for row in rows}
        record(connection, who.chain_id, clients, actor=caller.subject, role=caller.role, purpose="treatment")
    names = named(who, Ids(clients, {row.clinic_id for row in rows}), "treatment")
    values = {"alerts": rows, "after": found["next"], "zones": zones, "names": names}
    return shown("alerts.html", who, here="alerts", **values)


@blueprint.get("/alerts/<uuid:alert_id>")
def show_alert(alert_id: UUID) -> str:
    """One alert, what it rests on, and what can be done about it."""
    who = visitor()
    seen = who.change(lambda tx: see(who, tx, alert_id))
    row, purpose = seen.row, PURPOSES[seen.basis.kind] if seen.basis else "treatment"
    names = named(who, Ids([row.client_id], [row.clinic_id], [row.lead_therapist_id]), purpose)
    values = {
        "alert": row,
        "zone": seen.zone,
        "answer": seen.answer,
        "basis": seen.basis,
        "slot": earliest(row, who.chain_id),
        "desk": f"{current_app.config[SCHEDULING_URL]}/staff/day?clinic={row.clinic_id}",
        "actions": get_args(Action),
        "outcomes": BY_PEOPLE,
        "longest": LONGEST,
        "names": names,
    }
    return shown("alert.html", who, here="alerts", **values)


@blueprint.post("/alerts/<uuid:alert_id>/acknowledge")
def acknowledge(alert_id: UUID) -> AnyResponse:
    """Say what is being done about it."""
    return done(alert_id, api.acknowledge, AcknowledgeAlertFields, "action", "note")


@blueprint.post("/alerts/<uuid:alert_id>/close")
def close(alert_id: UUID) -> AnyResponse:
    """Say what came of it."""
    return done(alert_id, api.close, CloseAlertFields, "outcome", "reason")


def done(alert_id: UUID, change: Any, schema: type[Schema], *names: str) -> AnyResponse:
    """Carry out what the API's operation does with what these fields say, and show what has become of the alert."""
    who = visitor()
    body = loaded(schema, *names)
    who.change(lambda tx: change(who.call(tx.connection, tx), body, alert_id))
    return redirect(url_for("treatment_alerts.show_alert", alert_id=alert_id), HTTPStatus.SEE_OTHER)


def loaded(schema: type[Schema], *names: str) -> dict[str, Any]:
    """What was sent, as the API would take it; an empty field is none. Raises BadFields."""
    given = {name: " ".join(request.form.get(name, "").split()) or None for name in names}
    try:
        found: dict[str, Any] = schema().load({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise BadFields(form=["This form cannot be used."]) from error
    return found


def see(who: Visitor, tx: Transaction, alert_id: UUID) -> Seen:
    """The alert with the client's answer, if the record is open; the look is recorded. Raises NotThere."""
    call = who.call(tx.connection, tx)
    row = one(call, alert_id)
    try:
        basis: Basis | None = call.record(row.client_id)
        answer = answer_of(entries_of(call, api.stream_of(alert_id), dict(NOW)))
    except NoBasis:
        basis = answer = None
    caller, purpose = who.caller, call.shown.purpose or "treatment"
    tx.shown = access([row.client_id], actor=caller.subject, role=caller.role, purpose=purpose)
    return Seen(row, zones_of(tx.connection, {row.clinic_id}, who.now)[row.clinic_id], answer, basis)

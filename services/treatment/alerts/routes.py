"""The API of alerts: what waits for somebody, seen and acknowledged by them, and closed with what came of it."""

from typing import Any
from uuid import UUID

from services.treatment.alerts import schemas as s
from services.treatment.alerts.decider import ALERT, Acknowledge, AlertCommand, Close
from services.treatment.alerts.shown import shown
from services.treatment.alerts.slots import earliest
from services.treatment.alerts.work import listed, one
from services.treatment.records import listed as listed_of_client, one as entries_of, opened, told
from services.treatment.schemas import MomentQuery
from shared.decider import handle
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import page_of
from shared.http.records import RecordSchema
from shared.locks import lock

blueprint = Operations("alerts", __name__, url_prefix="/v1/alerts")
of_clients = Operations("alerts of clients", __name__, url_prefix="/v1/clients/<uuid:client_id>/alerts")


@blueprint.query("", page_of(s.AlertSchema), query=s.AlertsQuery)
def list_alerts(call: Call, query: dict[str, Any]) -> Answer:
    """What waits, or did: of the episodes that the caller leads, and at the clinics where their roles hold."""
    call.shows(purpose="treatment")
    return Answer(listed(call, query))


@blueprint.query("/<uuid:alert_id>", s.OneAlertSchema)
def show_alert(call: Call, alert_id: UUID) -> Answer:
    """One alert, with the earliest free time for the client as scheduling tells it; without one while that is away."""
    call.shows(purpose="treatment")
    row = one(call, alert_id)
    return Answer(row._asdict() | {"earliest": earliest(row, call.chain_id)}, version=row.version)


@blueprint.query("/<uuid:alert_id>/answer", s.AlertAnswerSchema, query=MomentQuery)
def show_alert_answer(call: Call, query: dict[str, Any], alert_id: UUID) -> Answer:
    """What the alert rests on, and what was done about it, as of any moment."""
    opened(call, "alerts", alert_id)
    found = shown(entries_of(call, stream_of(alert_id), query))
    return Answer(found, version=found["version"])


@of_clients.query("", page_of(s.AlertAnswerSchema, RecordSchema), query=s.ClientAlertsQuery)
def list_alerts_of_client(call: Call, query: dict[str, Any], client_id: UUID) -> Answer:
    """A client's alerts with what they rest on, as of any moment."""
    call.record(client_id)
    found = listed_of_client(call, "alerts", query | {"client_id": client_id})
    entries = told(call, [stream_of(row.id) for row in found["items"]], query)
    return Answer(found | {"items": [shown(each) for each in entries.values() if each]})


@blueprint.command("POST", "/<uuid:alert_id>/acknowledge", s.AlertSchema, body=s.AcknowledgeAlertFields)
def acknowledge(call: Call, body: dict[str, Any], alert_id: UUID) -> Answer:
    """Say that somebody has seen it and what they do about it; it is escalated no more."""
    return changed(call, alert_id, Acknowledge(body["action"], body["note"], call.now))


@blueprint.command("POST", "/<uuid:alert_id>/close", s.AlertSchema, body=s.CloseAlertFields)
def close(call: Call, body: dict[str, Any], alert_id: UUID) -> Answer:
    """Say what came of an alert that has been acknowledged."""
    return changed(call, alert_id, Close(body["outcome"], body["reason"], call.now))


def changed(call: Call, alert_id: UUID, command: AlertCommand) -> Answer:
    call.shows(purpose="treatment")
    lock(call.connection, ("client", [one(call, alert_id).client_id]))
    handle(call.tx, ALERT, stream_of(alert_id), command, if_match=call.if_match)
    row = one(call, alert_id)
    return Answer(row, version=row.version)


def stream_of(alert_id: UUID) -> str:
    return f"alert-{alert_id}"

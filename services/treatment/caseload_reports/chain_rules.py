"""When periods of a chain close: as it has said, or else by the defaults of the event."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, text

from services.treatment.caseload_reports.schemas import ReportRulesFields, ReportRulesSchema
from shared.decider import Decider, handle
from shared.events.treatment_reports import ReportRulesSet
from shared.http.operations import Answer, Call, Operations

blueprint = Operations("report rules", __name__, url_prefix="/v1/report-rules")

SET = text("SELECT version, content FROM report_rules WHERE chain_id = :chain_id")
NOT_SAID = ReportRulesSet(set_at=datetime.min.replace(tzinfo=UTC))


@blueprint.query("", ReportRulesSchema)
def show_report_rules(call: Call) -> Answer:
    """When the chain's periods close, and whether reports are attached to letters about them."""
    rules, version = known(call.connection, call.chain_id)
    return Answer(as_shown(rules, version), version=version)


@blueprint.command("PUT", "", ReportRulesSchema, body=ReportRulesFields, if_match=True)
def set_report_rules(call: Call, body: dict[str, Any]) -> Answer:
    """Close otherwise the periods that end from now on."""
    rules = ReportRulesSet(**body, set_at=call.now)
    state, version = handle(call.tx, RULES, f"report_rules-{call.chain_id}", rules, if_match=call.if_match)
    return Answer(as_shown(state, version), version=version)


def known(connection: Connection, chain_id: UUID) -> tuple[ReportRulesSet, int]:
    """What holds for the chain, with its version, which is 0 until it has said anything."""
    row = connection.execute(SET, {"chain_id": chain_id}).first()
    if row is None:
        return NOT_SAID, 0
    return msgspec.convert(row.content, ReportRulesSet), row.version


def as_shown(rules: ReportRulesSet, version: int) -> dict[str, Any]:
    return said(rules) | {"version": version}


def said(rules: ReportRulesSet) -> dict[str, Any]:
    return {name: getattr(rules, name) for name in ("time_zone", "closing_day", "weekly", "monthly", "attach_files")}


def decide(command: ReportRulesSet, known: ReportRulesSet) -> list[Any]:
    """The same again is said already, also where it is the default that nobody has said."""
    return [] if said(command) == said(known) else [command]


RULES: Decider[ReportRulesSet, ReportRulesSet] = Decider(NOT_SAID, decide, lambda _, event: event)

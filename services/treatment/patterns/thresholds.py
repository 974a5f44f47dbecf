"""What a chain asks for before a pattern counts as held or resolved: set by its managers, or else the defaults."""

from dataclasses import asdict
from typing import Any

import msgspec
from marshmallow import fields, validate
from sqlalchemy import text

from shared.decider import Decider, handle
from shared.events import treatment_patterns as p
from shared.http.fields import StrictSchema, whole
from shared.http.operations import Answer, Call, Operations

blueprint = Operations("pattern thresholds", __name__, url_prefix="/v1/pattern-thresholds")

OWN = text("SELECT version, thresholds FROM pattern_thresholds WHERE chain_id = :chain_id")


class ThresholdsFields(StrictSchema):
    """Hours until a correction can have held; holds over days, and less pain by points and percent, or little left.

    All of them, also those that do not change.
    """

    hours_to_hold = whole([validate.Range(1, 24 * 60)], required=True)
    holds = whole([validate.Range(1, 20)], required=True)
    span_days = whole([validate.Range(0, 730)], required=True)
    points = whole([validate.Range(1, 10)], required=True)
    percent = whole([validate.Range(1, 100)], required=True)
    little_pain = whole([validate.Range(0, 10)], required=True)


class ThresholdsSchema(ThresholdsFields):
    version = fields.Integer(required=True)


def decide(command: p.ThresholdsSet, known: p.Thresholds | None) -> list[Any]:
    return [] if command.thresholds == known else [command]


THRESHOLDS: Decider[p.Thresholds | None, p.ThresholdsSet] = Decider(None, decide, lambda _, event: event.thresholds)


def known(call: Call) -> tuple[p.Thresholds, int]:
    """Those of the caller's chain, with their version, which is 0 until it has set any."""
    row = call.connection.execute(OWN, {"chain_id": call.chain_id}).first()
    return (msgspec.convert(row.thresholds, p.Thresholds), row.version) if row else (p.Thresholds(), 0)


def thresholds_of(call: Call) -> p.Thresholds:
    """Those of the caller's chain."""
    return known(call)[0]


@blueprint.query("", ThresholdsSchema)
def show_thresholds(call: Call) -> Answer:
    """What the chain asks for."""
    thresholds, version = known(call)
    return Answer(asdict(thresholds) | {"version": version}, version=version)


@blueprint.command("PUT", "", ThresholdsSchema, body=ThresholdsFields, if_match=True)
def set_thresholds(call: Call, body: dict[str, Any]) -> Answer:
    """Ask for something else from now on."""
    command = p.ThresholdsSet(chain_id=call.chain_id, thresholds=p.Thresholds(**body))
    stream = f"thresholds-{call.chain_id}"
    _, version = handle(call.tx, THRESHOLDS, stream, command, if_match=call.if_match)
    return Answer(body | {"version": version}, version=version)

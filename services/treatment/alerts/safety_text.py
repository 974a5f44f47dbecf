"""What a chain says to clients who tick a red flag, by language: as one of its managers approved it, or as is built in.

Each approval is an event, so that it can be told what was shown when. The pages of clients read the table.
"""

from typing import Any, TypeAlias, assert_never

from marshmallow import Schema, fields
from sqlalchemy import text

from shared.decider import Decider, NotThere, handle
from shared.events.treatment_alerts import SafetyTextApproved, SafetyTextWithdrawn
from shared.http.fields import StrictSchema, Words
from shared.http.operations import Answer, Call, Operations
from shared.languages import LANGUAGES

blueprint = Operations("safety texts", __name__, url_prefix="/v1/safety-text")

LONGEST = 1000
OWN = text("SELECT * FROM safety_texts WHERE chain_id = :chain_id ORDER BY locale")

Approved: TypeAlias = SafetyTextApproved | None
SafetyCommand: TypeAlias = SafetyTextApproved | SafetyTextWithdrawn


class SafetyTextFields(StrictSchema):
    """What a client reads at once who ticks a flag of either level."""

    emergency = Words(most=LONGEST, required=True)
    same_day = Words(most=LONGEST, required=True)


class SafetyTextSchema(Schema):
    """The chain's words in a language, by whom (as in histories) and when they were approved."""

    locale = fields.String(required=True)
    version = fields.Integer(required=True)
    emergency = fields.String(required=True)
    same_day = fields.String(required=True)
    approved_by = fields.String(required=True)
    approved_at = fields.AwareDateTime(required=True, format="iso")


class SafetyTextsSchema(Schema):
    """The languages in which the chain has words of its own; in `built_in` clients read ours."""

    items = fields.List(fields.Nested(SafetyTextSchema), required=True)
    built_in = fields.List(fields.String(), required=True)


def decide(command: SafetyCommand, approved: Approved) -> list[Any]:
    """Saying the same again is no approval of its own."""
    match command:
        case SafetyTextApproved(emergency=emergency, same_day=same_day):
            is_known = approved is not None and (approved.emergency, approved.same_day) == (emergency, same_day)
            return [] if is_known else [command]
        case SafetyTextWithdrawn():
            return [command] if approved else []
        case _:
            assert_never(command)


SAFETY_TEXT: Decider[Approved, SafetyCommand] = Decider(
    None, decide, lambda _, event: event if isinstance(event, SafetyTextApproved) else None
)


@blueprint.query("", SafetyTextsSchema)
def list_safety_texts(call: Call) -> Answer:
    """What the chain says to clients who tick a red flag, where it says something of its own."""
    return answer(call)


@blueprint.command("PUT", "/<locale>", SafetyTextsSchema, body=SafetyTextFields)
def approve_safety_text(call: Call, body: dict[str, Any], locale: str) -> Answer:
    """Approve what clients read from now on in a language. Whoever says so is who has approved it."""
    command = SafetyTextApproved(chain_id=call.chain_id, locale=known(locale), approved_at=call.now, **body)
    handle(call.tx, SAFETY_TEXT, stream_of(call, locale), command, if_match=call.if_match)
    return answer(call)


@blueprint.command("DELETE", "/<locale>", SafetyTextsSchema)
def withdraw_safety_text(call: Call, locale: str) -> Answer:
    """Go back to the built-in words in a language."""
    command = SafetyTextWithdrawn(chain_id=call.chain_id, locale=known(locale), withdrawn_at=call.now)
    handle(call.tx, SAFETY_TEXT, stream_of(call, locale), command, if_match=call.if_match)
    return answer(call)


def known(locale: str) -> str:
    """One of the languages of the pages; raises NotThere."""
    if locale not in LANGUAGES:
        raise NotThere
    return locale


def stream_of(call: Call, locale: str) -> str:
    return f"safety_text-{call.chain_id}-{locale}"


def answer(call: Call) -> Answer:
    rows = call.connection.execute(OWN, {"chain_id": call.chain_id}).all()
    own = {row.locale for row in rows}
    return Answer({"items": rows, "built_in": [each for each in LANGUAGES if each not in own]})

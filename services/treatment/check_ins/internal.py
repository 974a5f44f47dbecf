"""What the workers tell of the messages of check-ins: that they were sent, or why they did not arrive."""

from datetime import datetime
from functools import partial
from typing import Any, get_args

from marshmallow import Schema, fields, validate

from services.treatment.by_itself import by_itself
from services.treatment.check_ins.commands import NoteSent, NoteUndeliverable
from services.treatment.check_ins.loading import carry_out, hold, rules_of, whose
from shared.database import Database
from shared.decider import NotThere
from shared.event_store import Transaction
from shared.events.treatment_check_ins import Channel
from shared.http.fields import Instant, StrictSchema, Text
from shared.http.operations import Answer, Operations, parts

MOST = 100
LATEST_ORDINAL = 9
OUTCOMES = ("sent", "undeliverable")


class OutcomeSchema(StrictSchema):
    """What became of a message, the invitation being 0: `channel` is by which it went, `cause` why it did not."""

    chain_id = fields.UUID(required=True)
    check_in_id = fields.UUID(required=True)
    ordinal = fields.Integer(required=True, strict=True, validate=validate.Range(0, LATEST_ORDINAL))
    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES))
    channel = fields.String(load_default="email", validate=validate.OneOf(get_args(Channel)))
    cause = Text(most=100, load_default="unknown")
    at = Instant(required=True)


class OutcomesSchema(StrictSchema):
    items = fields.List(fields.Nested(OutcomeSchema), required=True, validate=validate.Length(1, MOST))


class NotedSchema(Schema):
    """There is nothing to say."""


def check_ins_blueprint(database: Database) -> Operations:
    """The route of the workers."""
    blueprint = Operations("check-ins of workers", __name__, url_prefix="/internal/v1/check-ins")

    @blueprint.service("POST", "/outcomes", NotedSchema, body=OutcomesSchema)
    def note_outcomes(body: dict[str, Any]) -> Answer:
        """Note what became of messages; the same again changes nothing, and what cannot be noted is passed over."""
        now = parts().clock()
        for item in body["items"]:
            by_itself(database, item["chain_id"], item["check_in_id"], partial(note, item=item, now=now))
        return Answer({})

    return blueprint


def note(tx: Transaction, item: dict[str, Any], now: datetime) -> None:
    check_in_id, ordinal = item["check_in_id"], item["ordinal"]
    try:
        known = hold(tx, whose(tx.connection, check_in_id))
    except NotThere:
        return
    if item["outcome"] == "sent":
        carry_out(tx, known, NoteSent(check_in_id, ordinal, item["channel"], item["at"]))
    else:
        carry_out(tx, known, NoteUndeliverable(check_in_id, ordinal, item["cause"], rules_of(tx, known), now))

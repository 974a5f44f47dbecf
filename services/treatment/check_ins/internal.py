"""What the workers ask before they invite a client, and tell afterwards.

Asking is what opens a check-in: whoever asks twice, or after the client has answered, gets what is true then.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, TypeVar, get_args
from uuid import UUID

import structlog
from flask import g
from marshmallow import Schema, fields, validate

from services.treatment import links
from services.treatment.check_ins.answers import CORRECTABLE
from services.treatment.check_ins.commands import NoteSent, NoteUndeliverable, Open
from services.treatment.check_ins.loading import carry_out, hold, rules_of, whose
from services.treatment.check_ins.state import CheckIn
from shared.auth import SERVICE
from shared.database import Database
from shared.decider import NotThere
from shared.event_store import Metadata, Transaction
from shared.events.treatment_check_ins import Channel
from shared.faults import described, passes_by_itself
from shared.http.fields import Instant, StrictSchema, Text
from shared.http.operations import Answer, Operations, parts

MOST = 100
LATEST_ORDINAL = 9
OUTCOMES = ("sent", "undeliverable")

Result = TypeVar("Result")

log = structlog.get_logger()


class LinkQuestionSchema(StrictSchema):
    chain_id = fields.UUID(required=True)
    check_in_id = fields.UUID(required=True)


class LinkQuestionsSchema(StrictSchema):
    items = fields.List(fields.Nested(LinkQuestionSchema), required=True, validate=validate.Length(1, MOST))


class LinkSchema(Schema):
    """A new link to the page of the check-in, and until when it can be answered; or why there is nothing to ask."""

    check_in_id = fields.UUID(required=True)
    link = fields.String()
    good_until = fields.AwareDateTime(format="iso")
    stop = fields.String()


class LinksSchema(Schema):
    items = fields.List(fields.Nested(LinkSchema), required=True)


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


def check_ins_blueprint(database: Database, public_url: str) -> Operations:
    """The routes of the workers; `public_url` is where clients reach this service."""
    blueprint = Operations("check-ins of workers", __name__, url_prefix="/internal/v1/check-ins")

    @blueprint.service("POST", "/links", LinksSchema, body=LinkQuestionsSchema)
    def give_links(body: dict[str, Any]) -> Answer:
        """Open what is still to be asked, and give a new link to each; one that fails is left out."""
        found = [
            by_itself(database, item, partial(link, check_in_id=item["check_in_id"], now=now()))
            for item in body["items"]
        ]
        known = [each for each in found if each is not None]
        return Answer(
            {"items": [each | ({"link": public_url + each["link"]} if "link" in each else {}) for each in known]}
        )

    @blueprint.service("POST", "/outcomes", NotedSchema, body=OutcomesSchema)
    def note_outcomes(body: dict[str, Any]) -> Answer:
        """Note what became of messages; the same again changes nothing, and what cannot be noted is passed over."""
        for item in body["items"]:
            by_itself(database, item, partial(note, item=item, now=now()))
        return Answer({})

    return blueprint


def by_itself(database: Database, item: dict[str, Any], work: Callable[[Transaction], Result]) -> Result | None:
    """Do it in a transaction of its own; None for what fails always, so that it keeps no other question back."""
    try:
        return database.command(item["chain_id"], by_workers(), work)
    except Exception as error:
        if passes_by_itself(error):
            raise
        said = described(error)
        log.error("check_in_not_decided", check_in_id=str(item["check_in_id"]), error=said)  # noqa: TRY400 - `described`
        return None


def link(tx: Transaction, check_in_id: UUID, now: datetime) -> dict[str, Any]:
    """The path of a new link, or why there is none; it works on for as long as an answer in time can be corrected."""
    answer: dict[str, Any] = {"check_in_id": check_in_id}
    try:
        known = hold(tx, whose(tx.connection, check_in_id))
        known, _ = carry_out(tx, known, Open(check_in_id, rules_of(tx, known), now))
    except NotThere:
        return answer | {"stop": "unknown"}
    check_in = known.ladder.check_ins[check_in_id]
    if check_in.opened is None or check_in.status(now) != "open":
        return answer | {"stop": reason(check_in, now)}
    until = check_in.opened.good_until
    target = links.Target(
        purpose="check_in", client_id=check_in.client_id, about=check_in_id, expires_at=until + CORRECTABLE
    )
    [path] = links.mint(tx.connection, tx.chain_id, [target], now)
    return answer | {"link": path, "good_until": until}


def reason(check_in: CheckIn, now: datetime) -> str:
    """Why it is not asked any more."""
    return check_in.cancelled.cause if check_in.cancelled else check_in.status(now)


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


def by_workers() -> Metadata:
    return Metadata(actor="workers", role=SERVICE, origin="messages", correlation_id=g.request_id)


def now() -> datetime:
    return parts().clock()

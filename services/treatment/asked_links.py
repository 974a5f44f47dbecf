"""The links that the workers ask for before they write to a client: each made new, where there is something to lead to.

Asking is what opens a check-in: whoever asks twice, or after the client has answered, gets what is true then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, get_args
from uuid import UUID

from marshmallow import Schema, fields, validate

from services.treatment import links
from services.treatment.by_itself import by_itself
from services.treatment.check_ins.asking import target_of_check_in
from services.treatment.homework.links import target_of_homework
from services.treatment.links import NothingThere, Target
from shared.database import Database
from shared.event_store import Transaction
from shared.events.treatment_links import Purpose
from shared.http.fields import StrictSchema, plain_text
from shared.http.operations import Answer, Operations, parts

MOST = 100
LONGEST_INITIAL = 4

TARGETS: dict[Purpose, Callable[[Transaction, UUID, datetime], Target]] = {
    "check_in": target_of_check_in,
    "homework": target_of_homework,
}


class LinkQuestionSchema(StrictSchema):
    """`about` is a check-in or homework; `whose` an initial, which the page shows where several read at an address."""

    chain_id = fields.UUID(required=True)
    purpose = fields.String(required=True, validate=validate.OneOf(get_args(Purpose)))
    about = fields.UUID(required=True)
    whose = fields.String(
        load_default=None, allow_none=True, validate=[plain_text, validate.Length(1, LONGEST_INITIAL)]
    )


class LinkQuestionsSchema(StrictSchema):
    items = fields.List(fields.Nested(LinkQuestionSchema), required=True, validate=validate.Length(1, MOST))


class LinkSchema(Schema):
    """A new link, and until when there is something to do behind it; or why there is nothing."""

    about = fields.UUID(required=True)
    link = fields.String()
    good_until = fields.AwareDateTime(format="iso")
    stop = fields.String()


class LinksSchema(Schema):
    items = fields.List(fields.Nested(LinkSchema), required=True)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody is to be written about."""

    purpose: Purpose
    about: UUID
    whose: str | None


def asked_links_blueprint(database: Database, public_url: str) -> Operations:
    """The route of the workers; `public_url` is where clients reach this service."""
    blueprint = Operations("links of workers", __name__, url_prefix="/internal/v1")

    @blueprint.service("POST", "/links", LinksSchema, body=LinkQuestionsSchema)
    def give_links(body: dict[str, Any]) -> Answer:
        """A new link to each that is still wanted, decided by itself; one that always fails is left out."""
        now = parts().clock()
        asked = [(each["chain_id"], Asked(each["purpose"], each["about"], each["whose"])) for each in body["items"]]
        given = [
            by_itself(database, chain_id, each.about, partial(give, each, now, public_url)) for chain_id, each in asked
        ]
        return Answer({"items": [each for each in given if each is not None]})

    return blueprint


def give(asked: Asked, now: datetime, public_url: str, tx: Transaction) -> dict[str, Any]:
    """A link, or why there is none."""
    try:
        target = TARGETS[asked.purpose](tx, asked.about, now)
    except NothingThere as nothing:
        return {"about": asked.about, "stop": nothing.reason}
    [path] = links.mint(tx.connection, tx.chain_id, [target], now, asked.whose)
    return {"about": asked.about, "link": public_url + path, "good_until": target.good_until}

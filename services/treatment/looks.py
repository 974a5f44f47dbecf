"""Who has looked at a client's record, for the archive that scheduling makes for the client: by role, never by name."""

from typing import Any
from uuid import UUID

from flask import g
from marshmallow import Schema, fields, validate
from sqlalchemy import Connection, text

from shared.access_log import NEWEST, accesses_of
from shared.auth import SERVICE
from shared.database import Database
from shared.decider import Gone, NotThere
from shared.http.fields import StrictSchema
from shared.http.operations import Answer, Operations
from shared.http.shown import record

MOST = 500
PERSON = text("SELECT client_id, erased FROM clients WHERE client_id = person_of(:client_id)")


class LooksQuestionSchema(StrictSchema):
    """All ids of one person of a chain, and where to go on: the `next` of the page before."""

    chain_id = fields.UUID(required=True)
    client_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, MOST))
    before = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, NEWEST))
    limit = fields.Integer(load_default=MOST, validate=validate.Range(1, MOST))


class LookSchema(Schema):
    """One look; `by` is a role."""

    at = fields.AwareDateTime(required=True, format="iso", attribute="recorded_at")
    by = fields.String(required=True, attribute="role")
    purpose = fields.String(required=True)
    operation = fields.String(required=True)
    data_class = fields.String(required=True)


class LooksSchema(Schema):
    """The newest first; `next` is what to ask `before` for more, null when there is nothing more."""

    items = fields.List(fields.Nested(LookSchema), required=True)
    next = fields.Integer(required=True, allow_none=True)


def looks_blueprint(database: Database) -> Operations:
    """The route that scheduling asks while it makes an archive."""
    blueprint = Operations("looks", __name__, url_prefix="/internal/v1")

    @blueprint.service("POST", "/looks", LooksSchema, body=LooksQuestionSchema)
    def looks(body: dict[str, Any]) -> Answer:
        """Who has looked at a client's record, under any of their ids"""
        chain_id, ids, limit = body["chain_id"], body["client_ids"], body["limit"]
        with database.reading(chain_id) as connection:
            found = accesses_of(connection, ids, before=body["before"] or NEWEST, most=limit + 1)
            record(connection, chain_id, ids, actor=g.caller.subject, role=SERVICE, purpose="client_request")
        shown = found[:limit]
        return Answer({"items": shown, "next": shown[-1].position if len(found) > limit else None})

    return blueprint


def person(connection: Connection, client_id: UUID) -> UUID:
    """Whom a client's id stands for here; raises NotThere, and Gone when nothing clinical is left of them."""
    row = connection.execute(PERSON, {"client_id": client_id}).first()
    if row is None:
        raise NotThere
    if row.erased:
        raise Gone
    found: UUID = row.client_id
    return found

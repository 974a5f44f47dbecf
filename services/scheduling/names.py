"""What clients, clinics and therapists are called today, for treatment's pages: it keeps no name of anybody.

Who looks is a member of the staff, whom treatment has let in and names; it is recorded here as well as there.
"""

from typing import Any, get_args

from marshmallow import Schema, fields, validate
from sqlalchemy import text

from shared.access import Purpose
from shared.auth import STAFF
from shared.database import Database
from shared.http.fields import ClientId, StrictSchema, personal, plain_text
from shared.http.operations import Answer, Operations
from shared.http.shown import record

MOST = 500
CLIENTS = text("""
    SELECT asked.id, nullif(client.name, '') AS name FROM unnest(CAST(:ids AS uuid[])) AS asked(id)
    JOIN clients client ON client.id = person_of(asked.id)
""")
CLINICS = text("SELECT id, name FROM clinics WHERE id = ANY(:ids)")
THERAPISTS = text("SELECT id, name FROM therapists WHERE id = ANY(:ids)")


class NamesQuestionSchema(StrictSchema):
    """Ids of one chain, and for whom and what for their names are shown."""

    chain_id = fields.UUID(required=True)
    client_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(0, MOST))
    clinic_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(0, MOST))
    therapist_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(0, MOST))
    actor = fields.String(required=True, validate=[plain_text, validate.Length(1, 1000)])
    role = fields.String(required=True, validate=validate.OneOf(STAFF))
    purpose = fields.String(required=True, validate=validate.OneOf(get_args(Purpose)))


class ClientNameSchema(Schema):
    """`name` is null where nothing is left of it."""

    id = ClientId(required=True)
    name = fields.String(required=True, allow_none=True, metadata=personal("identity"))


class NameSchema(Schema):
    id = fields.UUID(required=True)
    name = fields.String(required=True)


class NamesSchema(Schema):
    """Those that there are."""

    clients = fields.List(fields.Nested(ClientNameSchema), required=True)
    clinics = fields.List(fields.Nested(NameSchema), required=True)
    therapists = fields.List(fields.Nested(NameSchema), required=True)


def names_blueprint(database: Database) -> Operations:
    """The route that treatment asks when it shows a page."""
    blueprint = Operations("names", __name__, url_prefix="/internal/v1")

    @blueprint.service("POST", "/names", NamesSchema, body=NamesQuestionSchema)
    def names(body: dict[str, Any]) -> Answer:
        """What these are called."""
        chain_id = body["chain_id"]
        with database.reading(chain_id) as connection:
            clients = connection.execute(CLIENTS, {"ids": body["client_ids"]}).all()
            clinics = connection.execute(CLINICS, {"ids": body["clinic_ids"]}).all()
            therapists = connection.execute(THERAPISTS, {"ids": body["therapist_ids"]}).all()
            shown = [each.id for each in clients]
            record(connection, chain_id, shown, actor=body["actor"], role=body["role"], purpose=body["purpose"])
        return Answer({"clients": clients, "clinics": clinics, "therapists": therapists})

    return blueprint

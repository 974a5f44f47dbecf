"""The second place: a service keeps the anchors of the other one's logs, and can neither change nor forget one."""

from hashlib import sha256
from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy import Engine, text

from shared.anchors import MOST
from shared.http.fields import StrictSchema
from shared.http.operations import Answer, Operations

LONGEST = 10_000
COMPACT_JWS = r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$"

KEEP = text("""
    INSERT INTO anchors (digest, service, number, anchor) VALUES (:digest, :service, :number, :anchor)
    ON CONFLICT (digest) DO NOTHING
""")
LAST = text("SELECT anchor FROM anchors WHERE service = :service ORDER BY number DESC, received_at LIMIT 1")
ALL = text("SELECT anchor FROM anchors WHERE service = :service ORDER BY number, received_at")


class ServiceQuery(StrictSchema):
    service = fields.String(required=True, validate=validate.Regexp("^[a-z]{1,30}$"))


class AnchorSchema(ServiceQuery):
    number = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**53))
    anchor = fields.String(required=True, validate=[validate.Length(max=LONGEST), validate.Regexp(COMPACT_JWS)])


class AnchorsSchema(StrictSchema):
    items = fields.List(fields.Nested(AnchorSchema), required=True, validate=validate.Length(1, MOST))


class LastSchema(Schema):
    anchor = fields.String(required=True, allow_none=True)


def anchors_blueprint(engine: Engine) -> Operations:
    """The routes by which anchors come; `engine` is the service's own."""
    blueprint = Operations("anchors", __name__, url_prefix="/internal/v1", description="Anchors, for our own services")

    @blueprint.service("POST", "/anchors", LastSchema, body=AnchorsSchema)
    def keep_anchors(body: dict[str, Any]) -> Answer:
        """Keep anchors of another service's logs; what is kept already is kept once. Answers with the last of them."""
        rows = [item | {"digest": sha256(item["anchor"].encode()).digest()} for item in body["items"]]
        with engine.begin() as connection:
            connection.execute(KEEP, rows)
        return Answer({"anchor": rows[-1]["anchor"]})

    @blueprint.service("GET", "/anchors/last", LastSchema, query=ServiceQuery)
    def show_last_anchor(query: dict[str, Any]) -> Answer:
        """The anchor with the highest number that is kept of a service; null when there is none."""
        with engine.begin() as connection:
            found = connection.execute(LAST, query).scalar_one_or_none()
        return Answer({"anchor": found})

    return blueprint


def anchors_kept(reader: Engine, service: str) -> list[str]:
    """All anchors of a service that the database of `reader` keeps."""
    with reader.connect() as connection:
        return list(connection.execute(ALL, {"service": service}).scalars())

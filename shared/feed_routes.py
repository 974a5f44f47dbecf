"""The feed: any stretch of a service's log, for our own services only, in the form in which Redis carries it."""

from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy import Engine

from shared.event_store import read
from shared.feed import HeadItem, HeadPage, Page, to_cloud_event
from shared.heads import read_heads
from shared.http.fields import StrictSchema
from shared.http.operations import Answer, Operations
from shared.partitions import PARTITIONS

MOST = 1000
LONGEST = 2**63 - 1


class StretchSchema(StrictSchema):
    partition = fields.Integer(required=True, validate=validate.Range(0, PARTITIONS - 1))
    after = fields.Integer(load_default=0, validate=validate.Range(0, LONGEST))
    limit = fields.Integer(load_default=100, validate=validate.Range(1, MOST))


class ReadySchema(Schema):
    """Documents content that comes in its final form: pages are large, and must arrive exactly as Redis has them."""

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        """The content as it is."""
        del many
        return obj


class CloudEventSchema(Schema):
    """CloudEvents 1.0; `prevhash` and `hash` are hexadecimal SHA-256."""

    specversion = fields.String(required=True)
    id = fields.UUID(required=True)
    source = fields.String(required=True)
    type = fields.String(required=True)
    subject = fields.String(required=True)
    time = fields.AwareDateTime(required=True, format="iso")
    datacontenttype = fields.String(required=True)
    data = fields.Dict(required=True)
    chain = fields.UUID(required=True)
    partition = fields.Integer(required=True)
    position = fields.Integer(required=True)
    streamversion = fields.Integer(required=True)
    prevhash = fields.String(required=True)
    hash = fields.String(required=True)
    metadata = fields.Dict(required=True)


class EventPageSchema(ReadySchema):
    """`next` is what to ask `after` for more; null when the log has no more yet."""

    items = fields.List(fields.Nested(CloudEventSchema), required=True)
    next = fields.Integer(required=True, allow_none=True)


class HeadSchema(Schema):
    partition = fields.Integer(required=True)
    position = fields.Integer(required=True)
    hash = fields.String(required=True)


class HeadPageSchema(ReadySchema):
    items = fields.List(fields.Nested(HeadSchema), required=True)


def feed_blueprint(service: str, reader: Engine) -> Operations:
    """The routes for the log of `service`, read by its reader's role."""
    blueprint = Operations("feed", __name__, description="The log, for our own services")

    @blueprint.service("GET", "/v1/events", EventPageSchema, query=StretchSchema)
    def read_events(query: dict[str, Any]) -> Answer:
        """Events of a partition after a position, in order"""
        with reader.connect() as connection:
            rows = read(connection, query["partition"], query["after"], query["limit"])
        more = rows[-1].position if len(rows) == query["limit"] else None
        return Answer(Page([to_cloud_event(row, service) for row in rows], more))

    @blueprint.service("GET", "/v1/events/heads", HeadPageSchema)
    def show_heads() -> Answer:
        """Where each partition ends"""
        with reader.connect() as connection:
            heads = read_heads(connection)
        return Answer(HeadPage([HeadItem(p, head.position, head.hash.hex()) for p, head in heads.items()]))

    return blueprint

"""What the API of relations takes and gives."""

from typing import Any, get_args

from marshmallow import Schema, ValidationError, fields, validate

from shared.events.scheduling_relations import RelationKind, RelationSource, Right
from shared.http.fields import ClientId, Day, StrictSchema, Text, personal

KINDS = get_args(RelationKind)
RIGHTS = get_args(Right)
SOURCES = get_args(RelationSource)


def rights(**kwargs: Any) -> fields.Field[Any]:
    words = fields.String(validate=validate.OneOf(RIGHTS))
    return fields.List(words, validate=[validate.Length(1, len(RIGHTS)), no_repetition], **kwargs)


def no_repetition(words: list[str]) -> None:
    if len(set(words)) != len(words):
        raise ValidationError("Name each right once.")


class RelationChange(StrictSchema):
    """What another client may do for this one; `until` is the last day, on this client's calendar."""

    may = rights(required=True)
    until = Day(load_default=None, allow_none=True)
    source = fields.String(required=True, validate=validate.OneOf(SOURCES))
    evidence = Text(most=500, load_default=None, allow_none=True)


class RelationFields(RelationChange):
    """Who that is, and as what."""

    related_client_id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))


class EndFields(StrictSchema):
    reason = Text(most=500, load_default=None, allow_none=True)


class RelationSchema(Schema):
    """`client_id` is whom it is about, `related_client_id` who may act; `holds` says whether it counts today."""

    id = fields.UUID(required=True)
    client_id = ClientId(required=True)
    client_name = fields.String(required=True, metadata=personal("identity"))
    related_client_id = ClientId(required=True)
    related_client_name = fields.String(required=True, metadata=personal("identity"))
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    may = rights(required=True)
    until = Day(allow_none=True)
    source = fields.String(validate=validate.OneOf(SOURCES))
    evidence = fields.String(allow_none=True, metadata=personal("contact"))
    ended = fields.Boolean(required=True)
    holds = fields.Boolean(required=True)
    version = fields.Integer()

"""What the API of clients takes and gives."""

from datetime import date
from typing import get_args

from marshmallow import Schema, fields, validate

from services.scheduling.contacts.schemas import CHANNELS, EmailAddress, Phone, ShownPointSchema
from services.scheduling.people.rules import Reason
from shared.http.fields import ClientId, Day, StrictSchema, Text, external_ids, locale, personal, zone
from shared.http.paging import PageQuery


class ClientFields(StrictSchema):
    """`called` is the name the client goes by; the zone is the home clinic's, or the chain's when it has only one.

    A channel of null is no choice of the client's own: by which addresses there are, messages take their way.
    """

    name = Text(required=True, metadata=personal("identity"))
    called = Text(load_default=None, allow_none=True, metadata=personal("identity"))
    birth_date = Day(first=date(1900, 1, 1), load_default=None, allow_none=True, metadata=personal("identity"))
    home_clinic_id = fields.UUID(load_default=None, allow_none=True, data_key="home_clinic")
    email = EmailAddress(load_default=None, allow_none=True, metadata=personal("contact"))
    phone = Phone(load_default=None, allow_none=True, metadata=personal("contact"))
    time_zone = zone()
    locale = locale()
    preferred_channel = fields.String(allow_none=True, validate=validate.OneOf(CHANNELS))
    fallback_channel = fields.String(allow_none=True, validate=validate.OneOf(CHANNELS))
    external_ids = external_ids()


class DuplicateSchema(Schema):
    """Another client who may be the same person: how likely from 0 to 100, and why; `strong`: ask at once."""

    id = ClientId(required=True)
    name = fields.String(required=True, metadata=personal("identity"))
    called = fields.String(allow_none=True, metadata=personal("identity"))
    birth_date = fields.Date(allow_none=True, metadata=personal("identity"))
    email = fields.String(allow_none=True, metadata=personal("contact"))
    phone = fields.String(allow_none=True, metadata=personal("contact"))
    score = fields.Integer(required=True)
    strong = fields.Boolean(required=True)
    reasons = fields.List(fields.String(validate=validate.OneOf(get_args(Reason))), required=True)


class DuplicatesSchema(Schema):
    items = fields.List(fields.Nested(DuplicateSchema), required=True)


class ClientSchema(ClientFields):
    """One person; `email` and `phone` are in use now, `unreachable_reason` says why no message about a visit arrives.

    `contacts_version` is that of contact points and permissions alone.

    `merged_into` is given when it was asked for by the id of a client who was merged into this one, and
    `likely_duplicates` when the client has just been registered.
    """

    id = ClientId()
    merged_ids = fields.List(ClientId())
    merged_into = ClientId(allow_none=True)
    likely_duplicates = fields.List(fields.Nested(DuplicateSchema))
    version = fields.Integer()
    contacts_version = fields.Integer()
    reachable = fields.Boolean()
    unreachable_reason = fields.String(allow_none=True)
    contact_points = fields.List(fields.Nested(ShownPointSchema))


class ClientQuery(PageQuery):
    """`q` is a part of a name, the last digits of a number, the beginning of an e-mail, a birth date, or several.

    It may also be an id: the client's own, or one of another system of the chain.
    """

    q = Text(most=200, load_default=None)


class MergeFields(StrictSchema):
    into = fields.UUID(required=True)

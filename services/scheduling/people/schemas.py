"""What the API of clients takes and gives."""

from datetime import date

from marshmallow import fields, validate

from services.scheduling.contacts.schemas import CHANNELS, EmailAddress, Phone, ShownPointSchema
from services.scheduling.directory.schemas import locale
from shared.http.fields import Day, StrictSchema, Text, external_ids, zone


class ClientFields(StrictSchema):
    """`called` is the name the client goes by; the zone is the home clinic's, or the chain's when it has only one."""

    name = Text(required=True)
    called = Text(load_default=None, allow_none=True)
    birth_date = Day(first=date(1900, 1, 1), load_default=None, allow_none=True)
    home_clinic_id = fields.UUID(load_default=None, allow_none=True, data_key="home_clinic")
    email = EmailAddress(load_default=None, allow_none=True)
    phone = Phone(load_default=None, allow_none=True)
    time_zone = zone()
    locale = locale()
    preferred_channel = fields.String(validate=validate.OneOf(CHANNELS))
    fallback_channel = fields.String(validate=validate.OneOf(CHANNELS))
    external_ids = external_ids()


class ClientSchema(ClientFields):
    """One person; `email` and `phone` are in use now, `unreachable_reason` says why no message about a visit arrives.

    `merged_into` is given when it was asked for by the id of a client who was merged into this one.
    """

    id = fields.UUID()
    merged_ids = fields.List(fields.UUID())
    merged_into = fields.UUID(allow_none=True)
    version = fields.Integer()
    reachable = fields.Boolean()
    unreachable_reason = fields.String(allow_none=True)
    contact_points = fields.List(fields.Nested(ShownPointSchema))


class MergeFields(StrictSchema):
    into = fields.UUID(required=True)

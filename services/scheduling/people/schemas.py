"""What the API of clients takes and gives."""

from datetime import date
from typing import Any

import phonenumbers
from marshmallow import ValidationError, fields, validate

from services.scheduling.directory.schemas import locale
from shared.http.fields import Day, StrictSchema, Text, external_ids, plain_text, zone

CHANNELS = ("email", "sms", "none")


class Phone(fields.String):
    """An international number, kept in E.164."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            number = phonenumbers.parse(text, None)
        except phonenumbers.NumberParseException as error:
            raise ValidationError("Not a phone number in international form, like +4930123456.") from error
        if not phonenumbers.is_possible_number(number):
            raise ValidationError("There is no phone number of this length.")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class ClientFields(StrictSchema):
    """`called` is the name the client goes by; the zone is the home clinic's, or the chain's when it has only one."""

    name = Text(required=True)
    called = Text(load_default=None, allow_none=True)
    birth_date = Day(first=date(1900, 1, 1), load_default=None, allow_none=True)
    home_clinic_id = fields.UUID(load_default=None, allow_none=True, data_key="home_clinic")
    email = fields.Email(validate=[plain_text, validate.Length(max=254)], load_default=None, allow_none=True)
    phone = Phone(load_default=None, allow_none=True)
    time_zone = zone()
    locale = locale()
    preferred_channel = fields.String(validate=validate.OneOf(CHANNELS))
    external_ids = external_ids()


class ClientSchema(ClientFields):
    id = fields.UUID()
    version = fields.Integer()

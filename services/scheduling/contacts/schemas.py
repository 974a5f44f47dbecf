"""What the API of contact points and permissions takes and gives; addresses are kept in one spelling."""

from typing import Any, get_args

import phonenumbers
from marshmallow import Schema, ValidationError, fields, validate

from shared.events.scheduling_contacts import BlockCause, PointKind, Purpose, Via
from shared.http.fields import ClientId, StrictSchema, Text, personal, plain_text

CHANNELS = (*get_args(Via), "none")
SOURCES = ("person", "phone", "paper", "online", "message", "import")
"""The ways in which something is said to a clinic."""


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


def can_be_written_to(address: str) -> None:
    """Refuse addresses that our senders could put into no message."""
    if not address.isascii() or '"' in address:
        raise ValidationError(
            "No mail can be sent to letters like ä, or quotes, in an address; for a domain use xn--…."
        )


class EmailAddress(fields.Email):
    """An e-mail address; its domain is kept in small letters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=[plain_text, can_be_written_to, validate.Length(max=254)], **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        mailbox, at, domain = str(super()._deserialize(value, attr, data, **kwargs)).rpartition("@")
        return mailbox + at + domain.lower()


KINDS: dict[str, fields.String] = {"email": EmailAddress(), "phone": Phone()}


def address_of(kind: PointKind, address: str) -> str:
    """The address as it is kept; raises ValidationError when it is none of its kind."""
    return str(KINDS[kind].deserialize(address))


def source() -> fields.String:
    return fields.String(load_default="person", validate=validate.OneOf(SOURCES))


def evidence() -> Text:
    return Text(most=500, load_default=None, allow_none=True)


class NewAddressFields(StrictSchema):
    """`check`: whoever reads there is asked, by a link, to say that it is theirs."""

    check = fields.Boolean(load_default=True)
    address = Text(required=True, most=254)
    source = source()


class PointFields(NewAddressFields):
    kind = fields.String(required=True, validate=validate.OneOf(get_args(PointKind)))


class ReplaceFields(StrictSchema):
    """What is used instead; null: nothing. `check`: whoever reads there is asked to say that it is theirs.

    `tell_former` false: the client does not want the address before to hear of it, because somebody else reads there.
    """

    check = fields.Boolean(load_default=True)
    tell_former = fields.Boolean(load_default=True)
    address = Text(required=True, most=254, allow_none=True)
    source = source()


class VerifyFields(StrictSchema):
    """How it is known to be the client's own."""

    way = fields.String(load_default="person", validate=validate.OneOf(SOURCES))


class BlockFields(StrictSchema):
    """STOP, a bounce and a complaint close the address for everybody who has it; a wrong person, for the client."""

    cause = fields.String(required=True, validate=validate.OneOf(get_args(BlockCause)))
    evidence = evidence()


class UnblockFields(StrictSchema):
    evidence = Text(required=True, most=500)


class PermissionFields(StrictSchema):
    """Without a channel, all of them."""

    channel = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(get_args(Via)))
    purpose = fields.String(required=True, validate=validate.OneOf(get_args(Purpose)))
    source = source()
    evidence = evidence()


class PointSchema(Schema):
    """`blocked` is why nothing may be sent there, `verified` the way in which it was; `link`: by the client."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    address = fields.String(required=True, metadata=personal("contact"))
    source = fields.String(required=True)
    verified = fields.String(required=True, allow_none=True)
    verified_at = fields.AwareDateTime(format="iso", required=True, allow_none=True)
    blocked = fields.String(required=True, allow_none=True)
    evidence = fields.String(required=True, allow_none=True, metadata=personal("contact"))
    replaced = fields.Boolean(required=True)
    replaced_by = fields.UUID(required=True, allow_none=True)


class PermissionSchema(Schema):
    """What holds; `client_id` is the id under which it was said, of a withdrawal perhaps one that was merged."""

    client_id = ClientId(required=True)
    channel = fields.String(required=True)
    purpose = fields.String(required=True)
    given = fields.Boolean(required=True)
    source = fields.String(required=True)
    evidence = fields.String(required=True, allow_none=True, metadata=personal("contact"))


class PermissionsSchema(Schema):
    """Whether messages about visits reach the client, and by which permissions; what is not listed was never given."""

    reachable = fields.Boolean(required=True)
    unreachable_reason = fields.String(required=True, allow_none=True)
    items = fields.List(fields.Nested(PermissionSchema), required=True)


class ShownPointSchema(Schema):
    """A contact point in use, as a client's own resource shows it."""

    id = fields.UUID()
    kind = fields.String()
    address = fields.String(metadata=personal("contact"))
    verified = fields.Boolean()
    blocked = fields.String(allow_none=True)


class DeliverySchema(Schema):
    """What providers have said of a message, about a visit or none; `failed` is the word for why it did not arrive."""

    message_key = fields.String(required=True, metadata=personal("contact"))
    appointment_id = fields.UUID(required=True, allow_none=True)
    contact_point_id = fields.UUID(required=True)
    channel = fields.String(required=True)
    delivered = fields.Boolean(required=True)
    failed = fields.String(required=True, allow_none=True)

"""What the API of staff takes and gives."""

from typing import Any, get_args

from marshmallow import Schema, ValidationError, fields, post_load, validate

from services.scheduling.contacts.schemas import EmailAddress
from services.scheduling.staff.rules import in_order
from shared.events.scheduling_staff import RoleGiven, StaffRole
from shared.http.fields import StrictSchema, Text, locale

MOST_ROLES = 20
MOST_CLINICS = 500


def some_clinics(clinics: list[Any]) -> None:
    if not clinics:
        raise ValidationError("Name at least one clinic, or null for all of them.")


class RoleSchema(StrictSchema):
    """A role at some clinics; `clinics` null: at all clinics of the chain."""

    role = fields.String(required=True, validate=validate.OneOf(get_args(StaffRole)))
    clinics = fields.List(
        fields.UUID(), load_default=None, allow_none=True, validate=[validate.Length(max=MOST_CLINICS), some_clinics]
    )

    @post_load
    def as_role(self, data: dict[str, Any], **_: Any) -> RoleGiven:
        return RoleGiven(role=data["role"], clinics=None if data["clinics"] is None else tuple(data["clinics"]))


class StaffFields(StrictSchema):
    """`roles` null: those that the chain's identity provider claims; an empty list: none."""

    name = Text(required=True)
    therapist_id = fields.UUID(load_default=None, allow_none=True)
    roles = fields.List(
        fields.Nested(RoleSchema), required=True, allow_none=True, validate=validate.Length(max=MOST_ROLES)
    )

    @post_load
    def in_one_spelling(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        given = data.get("roles")
        return data if given is None else data | {"roles": in_order(given)}


class AddressFields(StrictSchema):
    """An e-mail address, null: none; `locale` null: the chain's language."""

    address = EmailAddress(required=True, allow_none=True)
    locale = locale(load_default=None, allow_none=True)


class StaffAddressSchema(Schema):
    """Where a person is written to; `refused_at` is when their mailbox took nothing, null while it does."""

    staff_id = fields.UUID(required=True)
    address = fields.String(required=True, allow_none=True)
    locale = fields.String(required=True, allow_none=True)
    set_at = fields.AwareDateTime(format="iso", required=True, allow_none=True)
    refused_at = fields.AwareDateTime(format="iso", required=True, allow_none=True)
    version = fields.Integer(required=True)


class LoginFields(StrictSchema):
    """Issuer and subject as tokens name them."""

    issuer = Text(required=True, most=500)
    subject = Text(required=True, most=255)


class LoginSchema(Schema):
    issuer = fields.String(required=True)
    subject = fields.String(required=True)


class ShownRoleSchema(Schema):
    role = fields.String(required=True)
    clinics = fields.List(fields.UUID(), required=True, allow_none=True)


class StaffSchema(Schema):
    """A person who works for the chain; tokens and sessions from before `valid_from` are worthless.

    `claimed_roles` are those that the provider claimed when somebody last came in, where none were given here and as
    far as it is known: they say whom to write to. `reachable`: there is an address at which they are told that
    something waits for them.
    """

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    therapist_id = fields.UUID(required=True, allow_none=True)
    roles = fields.List(fields.Nested(ShownRoleSchema), required=True, allow_none=True)
    claimed_roles = fields.List(fields.Nested(ShownRoleSchema), required=True, allow_none=True, attribute="claimed")
    claimed_at = fields.AwareDateTime(format="iso", required=True, allow_none=True)
    active = fields.Boolean(required=True)
    valid_from = fields.AwareDateTime(format="iso", required=True, allow_none=True)
    reachable = fields.Boolean(required=True)
    logins = fields.List(fields.Nested(LoginSchema), required=True)
    version = fields.Integer(required=True)

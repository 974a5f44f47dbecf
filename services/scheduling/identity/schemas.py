"""What the API of a chain's identity provider takes and gives; the application's secret is taken alone."""

from collections.abc import Iterable
from typing import Any, get_args
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields, post_load, validate

from services.scheduling.staff.schemas import MOST_CLINICS, some_clinics
from shared.events.scheduling_identity import GroupRole
from shared.events.scheduling_staff import StaffRole
from shared.http.fields import Flag, StrictSchema, Text

MOST_RULES = 100
SCOPE = "openid profile"


def an_issuer(value: str) -> None:
    """An address without anything that could make two of one; that it is https is checked when it is asked."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"https", "http"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username or parts.query or parts.fragment or not value.isascii() or " " in value:
        raise ValidationError("Not the address of an issuer, like https://login.example.com.")


def a_scope(value: str) -> None:
    if "openid" not in value.split() or not value.isascii():
        raise ValidationError("Names separated by spaces, openid among them.")


class GroupRoleFields(StrictSchema):
    """The role of whoever is in a group; `clinics` null: at all clinics of the chain."""

    group = Text(required=True, most=500)
    role = fields.String(required=True, validate=validate.OneOf(get_args(StaffRole)))
    clinics = fields.List(
        fields.UUID(), load_default=None, allow_none=True, validate=[validate.Length(max=MOST_CLINICS), some_clinics]
    )

    @post_load
    def as_rule(self, data: dict[str, Any], **_: Any) -> GroupRole:
        clinics = None if data["clinics"] is None else tuple(sorted(set(data["clinics"])))
        return GroupRole(group=data["group"], role=data["role"], clinics=clinics)


class ProviderFields(StrictSchema):
    """`application_secret` null: the one that is there. `audience` null: no token of it counts at the API."""

    issuer = Text(required=True, most=500, also=an_issuer)
    application_id = Text(required=True, most=255)
    application_secret = Text(load_default=None, allow_none=True, most=1000, load_only=True)
    audience = Text(load_default=None, allow_none=True, most=255)
    scope = Text(load_default=SCOPE, most=500, also=a_scope)
    groups_claim = Text(load_default="groups", most=255)
    roles = fields.List(fields.Nested(GroupRoleFields), required=True, validate=validate.Length(max=MOST_RULES))
    enabled = Flag(required=True)

    @post_load
    def in_one_form(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if data["audience"] == data["application_id"]:
            raise ValidationError(
                {"audience": ["Not the application itself: what tells it who somebody is would open the API."]}
            )
        return data | {"roles": each_once(data["roles"])}


def each_once(rules: Iterable[GroupRole]) -> tuple[GroupRole, ...]:
    return tuple(dict.fromkeys(rules))


class ShownGroupRoleSchema(Schema):
    group = fields.String(required=True)
    role = fields.String(required=True)
    clinics = fields.List(fields.UUID(), required=True, allow_none=True)


class ProviderSchema(Schema):
    """What holds; sign-ins and tokens from before `valid_from` are worthless."""

    issuer = fields.String(required=True)
    application_id = fields.String(required=True)
    audience = fields.String(required=True, allow_none=True)
    scope = fields.String(required=True)
    groups_claim = fields.String(required=True)
    roles = fields.List(fields.Nested(ShownGroupRoleSchema), required=True)
    enabled = fields.Boolean(required=True)
    valid_from = fields.AwareDateTime(format="iso", required=True)
    version = fields.Integer(required=True)

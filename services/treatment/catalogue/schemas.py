"""What the API of the catalogue takes and gives; it shows nobody."""

from typing import get_args

from marshmallow import Schema, fields, validate

from shared.catalogue.model import Kind, Region, Side, Sidedness
from shared.catalogue.targets import CATALOGUE
from shared.http.fields import StrictSchema, Text
from shared.http.paging import PageQuery

KINDS, REGIONS = get_args(Kind), get_args(Region)


class VersionQuery(StrictSchema):
    """`version` of the catalogue, for what an old record says; the newest unless given."""

    version = fields.Integer(load_default=CATALOGUE.version, validate=validate.Range(1, CATALOGUE.version))


class TargetQuery(PageQuery, VersionQuery):
    """`search` takes any name, also the beginning of one or a misspelt one."""

    search = Text(least=0, most=60, load_default="")
    kind = fields.String(load_default=None, validate=validate.OneOf(KINDS))
    region = fields.String(load_default=None, validate=validate.OneOf(REGIONS))


class EndangermentSiteSchema(Schema):
    """Where pressure needs care, and because of what."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    why = fields.String(required=True)


class TargetSchema(Schema):
    """What can be tested, released or moved, as `catalogue`, a version, knew it; `sides` are those it can be on.

    `parent` is the target that it is a part of, `chart_regions` are those of the body chart that it lies under.
    """

    code = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    name = fields.String(required=True)
    latin = fields.String(required=True, allow_none=True)
    synonyms = fields.List(fields.String(), required=True)
    german = fields.List(fields.String(), required=True)
    region = fields.String(required=True, validate=validate.OneOf(REGIONS))
    parent = fields.String(required=True, allow_none=True)
    sidedness = fields.String(required=True, validate=validate.OneOf(get_args(Sidedness)))
    sides = fields.List(fields.String(validate=validate.OneOf(get_args(Side))), required=True)
    chart_regions = fields.List(fields.String(), required=True)
    endangerment = fields.List(fields.Nested(EndangermentSiteSchema), required=True)
    uberon = fields.String(required=True, allow_none=True)
    fma = fields.String(required=True, allow_none=True)
    since = fields.Integer(required=True)
    until = fields.Integer(required=True, allow_none=True)
    catalogue = fields.Integer(required=True)

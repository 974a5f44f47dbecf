"""What the API of the timeline takes and gives."""

from typing import get_args

from marshmallow import Schema, fields, validate

from services.treatment.patterns.schemas import MemberSchema
from services.treatment.schemas import MomentQuery
from services.treatment.timeline.points import PointKind
from shared.events.treatment_history import Precision
from shared.events.treatment_sessions import Side
from shared.http.fields import Day, personal
from shared.http.paging import PageQuery

CLINICAL = personal("clinical")
PRECISIONS = ("moment", *get_args(Precision))


class TimelineQuery(PageQuery, MomentQuery):
    """A page of what had been recorded, or had happened, by a moment."""


class TimelinePointSchema(Schema):
    """`what` happened: the kind of an injury, who made an attempt, the status of a visit, when pain was asked about,
    what became of a pattern, or how urgent an alert was.

    It lies between `first_on` and `last_on`, as precisely as `precision` says; all three are null when nobody knows.
    `about_id` is the visit, session, pattern or injury that it belongs to, or the alert itself; `value` is pain from 0
    to 10.
    """

    kind = fields.String(required=True, validate=validate.OneOf(get_args(PointKind)))
    id = fields.UUID(required=True)
    what = fields.String(required=True, metadata=CLINICAL)
    precision = fields.String(required=True, allow_none=True, validate=validate.OneOf(PRECISIONS))
    first_on = Day(required=True, allow_none=True)
    last_on = Day(required=True, allow_none=True)
    at = fields.AwareDateTime(format="iso", required=True, allow_none=True)
    age = fields.Integer(required=True, allow_none=True)
    target = fields.String(required=True, allow_none=True, metadata=CLINICAL)
    target_name = fields.String(required=True, allow_none=True, metadata=CLINICAL)
    region = fields.String(required=True, allow_none=True, metadata=CLINICAL)
    side = fields.String(required=True, allow_none=True, validate=validate.OneOf(get_args(Side)), metadata=CLINICAL)
    result = fields.String(required=True, allow_none=True, metadata=CLINICAL)
    value = fields.Integer(required=True, allow_none=True, metadata=CLINICAL)
    about_id = fields.UUID(required=True, allow_none=True)
    members = fields.List(fields.Nested(MemberSchema), required=True)
    catalogue = fields.Integer(required=True, allow_none=True)

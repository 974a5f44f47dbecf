"""What the API of covers and broken glasses takes and gives."""

from typing import get_args

from marshmallow import Schema, fields, validate

from shared.events.treatment_access import Outcome
from shared.http.fields import ClientId, Instant, StrictSchema, Text, personal
from shared.http.paging import PageQuery

SHORTEST, LONGEST = 10, 1000
"""Of a reason, in characters."""

BASES = ("visit", "break_glass")
"""What is reviewed."""


class CoverFields(StrictSchema):
    """Covering at a clinic until then, or until its day is over."""

    clinic_id = fields.UUID(required=True)
    until = Instant(load_default=None, allow_none=True)


class CoverSchema(Schema):
    """Somebody covers at a clinic; `subject` is who, as in histories, `ended_at` is set when it ended early."""

    id = fields.UUID(required=True)
    clinic_id = fields.UUID(required=True)
    subject = fields.String(required=True)
    time_zone = fields.String(required=True)
    started_at = fields.AwareDateTime(required=True, format="iso")
    until = fields.AwareDateTime(required=True, format="iso")
    ended_at = fields.AwareDateTime(allow_none=True, format="iso")


class GlassFields(StrictSchema):
    """Whose record is needed, and why."""

    client_id = fields.UUID(required=True)
    reason = Text(least=SHORTEST, most=LONGEST, required=True)


class GlassSchema(Schema):
    """A broken glass, and what came of its review; `subject` is who broke it, as in histories.

    With `basis` `visit` a visit opened the record which its therapist, the `subject`, had given to themselves:
    `broken_at` is when they first used that, and there is no reason.
    """

    id = fields.UUID(required=True)
    basis = fields.String(required=True, validate=validate.OneOf(BASES))
    appointment_id = fields.UUID(allow_none=True)
    client_id = ClientId(required=True)
    clinic_id = fields.UUID(allow_none=True)
    subject = fields.String(required=True)
    role = fields.String(required=True)
    reason = fields.String(allow_none=True, metadata=personal("clinical"))
    broken_at = fields.AwareDateTime(required=True, format="iso")
    until = fields.AwareDateTime(required=True, format="iso")
    outcome = fields.String(allow_none=True, validate=validate.OneOf(get_args(Outcome)))
    note = fields.String(allow_none=True, metadata=personal("clinical"))
    reviewed_by = fields.String(allow_none=True)
    reviewed_at = fields.AwareDateTime(allow_none=True, format="iso")


class GlassQuery(PageQuery):
    """Those that were reviewed, those that were not, or all; on one basis or on any."""

    reviewed = fields.Boolean(load_default=None)
    basis = fields.String(load_default=None, validate=validate.OneOf(BASES))


class ReviewFields(StrictSchema):
    """What a manager found."""

    outcome = fields.String(required=True, validate=validate.OneOf(get_args(Outcome)))
    note = Text(most=LONGEST, load_default=None, allow_none=True)

"""What the API of disruptions takes and gives."""

from marshmallow import Schema, fields, validate

from services.scheduling.appointments.schemas import reason
from shared.http.fields import StrictSchema, Text

MOST_VISITS = 100
ANY = "any"


class KeepFields(StrictSchema):
    reason = Text(required=True, most=500)


class ReassignmentFields(StrictSchema):
    """Disrupted visits, and who may take them: a therapist's id, or `any`.

    `keep`: `time` changes the therapist and, where needed, the room; with `nothing` also the time at the clinic.
    """

    appointments = fields.List(fields.UUID(), required=True, validate=validate.Length(1, MOST_VISITS))
    to = fields.String(required=True, validate=validate.Length(1, 36))
    keep = fields.String(required=True, validate=validate.OneOf(("time", "nothing")))
    reason_code = Text(most=50, load_default=None, allow_none=True)
    reason = reason()


class AlternativeSchema(Schema):
    starts_at = fields.String()
    ends_at = fields.String()
    clinic_id = fields.UUID()
    therapist_id = fields.UUID()


class ReassignmentSchema(Schema):
    """What became of one visit: reassigned, with where it is now; or refused, with why and the nearest free times."""

    appointment_id = fields.UUID(required=True)
    outcome = fields.String(required=True, validate=validate.OneOf(("reassigned", "refused")))
    therapist_id = fields.UUID()
    room_id = fields.UUID(allow_none=True)
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    version = fields.Integer()
    code = fields.String()
    detail = fields.String()
    alternatives = fields.List(fields.Nested(AlternativeSchema))


class ReassignmentsSchema(Schema):
    """One result for each visit, in the order in which they were asked for."""

    items = fields.List(fields.Nested(ReassignmentSchema), required=True)

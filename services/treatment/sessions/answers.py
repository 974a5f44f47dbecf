"""What the API of sessions gives."""

from typing import Any

from marshmallow import Schema, fields

from services.treatment.amendment_requests.schemas import AmendmentRequestSchema
from services.treatment.sessions.awaiting import Visit
from services.treatment.sessions.schemas import TYPES, one_of
from shared.events import treatment_sessions as t
from shared.http.fields import ClientId, personal
from shared.http.records import RecordSchema

CLINICAL = personal("clinical")


def clinical(**kwargs: Any) -> fields.String:
    return fields.String(metadata=CLINICAL, **kwargs)


class GuardSchema(Schema):
    """What stood in the way of a release; `id` is of the client's contraindication, where it was one."""

    kind = one_of(t.GuardKind, required=True, metadata=CLINICAL)
    code = clinical(required=True)
    id = fields.UUID(required=True, allow_none=True)


class ProvocationSchema(Schema):
    type = one_of(t.Provoked, required=True, metadata=CLINICAL)
    target = clinical(required=True, allow_none=True)
    side = one_of(t.Side, required=True, allow_none=True)


class PointSchema(Schema):
    x = fields.Integer(required=True)
    y = fields.Integer(required=True)


class SessionEntrySchema(Schema):
    """An entry as it reads now, with the fields of its `type`.

    `target_name` is the target's as the catalogue had it when it was charted. `withheld`: it has words that are not for
    whoever asks.
    """

    id = fields.UUID(required=True)
    type = fields.String(required=True, validate=lambda value: value in TYPES)
    sequence = fields.Integer(required=True)
    happened_at = fields.AwareDateTime(format="iso", required=True)
    approximate = fields.Boolean(required=True)
    note = clinical(allow_none=True)
    catalogue = fields.Integer()
    loop_id = fields.UUID(allow_none=True)
    target = clinical(allow_none=True)
    target_name = clinical(allow_none=True)
    side = one_of(t.Side, allow_none=True)
    response = one_of(t.Response, metadata=CLINICAL)
    cold = fields.Boolean()
    of_test_id = fields.UUID()
    grade = one_of(t.Grade, allow_none=True)
    provocation = fields.Nested(ProvocationSchema, allow_none=True)
    position = one_of(t.Position, allow_none=True)
    quality = clinical(allow_none=True)
    rater = fields.UUID(allow_none=True)
    blinded = fields.Boolean(allow_none=True)
    technique = clinical(allow_none=True)
    seconds = fields.Integer(allow_none=True)
    overridden = fields.List(fields.Nested(GuardSchema))
    override = clinical(allow_none=True)
    exercise = clinical(allow_none=True)
    reps = fields.Integer(allow_none=True)
    scale = fields.String()
    value = fields.Integer(metadata=CLINICAL)
    when = one_of(t.When)
    source = one_of(t.Source)
    view = one_of(t.ChartView)
    region = clinical()
    point = fields.Nested(PointSchema, allow_none=True)
    intensity = fields.Integer(allow_none=True, metadata=CLINICAL)
    movement = clinical()
    before = one_of(t.Ease, allow_none=True, metadata=CLINICAL)
    pain_before = fields.Integer(allow_none=True, metadata=CLINICAL)
    after = one_of(t.Ease, allow_none=True, metadata=CLINICAL)
    pain_after = fields.Integer(allow_none=True, metadata=CLINICAL)
    minutes = fields.Integer(allow_none=True)
    section = one_of(t.Section)
    body = clinical(allow_none=True)
    restricted = fields.Boolean()
    withheld = fields.Boolean()
    kind = one_of(t.Reaction, metadata=CLINICAL)
    severity = one_of(t.Severity, metadata=CLINICAL)


class MissingSchema(Schema):
    code = one_of(t.MissingCode, required=True)
    entry_id = fields.UUID(required=True, allow_none=True)
    loop_id = fields.UUID(required=True, allow_none=True)


class SignatureSchema(Schema):
    """`holds`: the rows of the log are still those that were signed; left out where they were not looked at."""

    signer = fields.UUID(required=True)
    role = fields.String(required=True)
    signed_at = fields.AwareDateTime(format="iso", required=True)
    content_hash = fields.String(required=True)
    covers = fields.Integer(required=True)
    leaves = fields.List(fields.Nested(MissingSchema), required=True)
    holds = fields.Boolean()


class CountersignatureSchema(Schema):
    countersigner = fields.UUID(required=True)
    role = fields.String(required=True)
    signed_at = fields.AwareDateTime(format="iso", required=True)


class AddendumSchema(Schema):
    addendum_id = fields.UUID(required=True)
    body = clinical(required=True, allow_none=True)
    restricted = fields.Boolean(required=True)
    withheld = fields.Boolean(required=True)
    signed_by = fields.UUID(required=True)
    happened_at = fields.AwareDateTime(format="iso", required=True)


class AmendmentSchema(Schema):
    """Which entry reads otherwise since the lock, in which fields, and why."""

    amendment_id = fields.UUID(required=True)
    entry_id = fields.UUID(required=True)
    fields_ = fields.List(fields.String(), required=True, data_key="fields")
    reason = clinical(required=True)
    signed_by = fields.UUID(required=True)
    signed_at = fields.AwareDateTime(format="iso", required=True)


class SessionErrorSchema(Schema):
    """What never happened; without `entry_id` the whole session."""

    entry_id = fields.UUID(required=True, allow_none=True)
    reason = clinical(required=True)
    signed_by = fields.UUID(required=True)
    signed_at = fields.AwareDateTime(format="iso", required=True)


class SessionHeadSchema(Schema):
    """`client_id` is the id under which it was started; `version` may go into If-Match."""

    id = fields.UUID(required=True)
    client_id = ClientId(required=True)
    version = fields.Integer(required=True)


class SessionSchema(SessionHeadSchema):
    """A session as it reads at the moment that was asked about, its entries in their order.

    `visit`: whether scheduling has told of the visit by now (`known`), not yet (`awaited`), or that it is of somebody
    else (`anothers`); null where the session names none. `amendment_requests`: what the client has asked to be put
    right in it, with the answer and their disagreement; in answers to questions.
    """

    status = fields.String(required=True)
    episode_id = fields.UUID(required=True, allow_none=True)
    appointment_id = fields.UUID(required=True, allow_none=True)
    visit = one_of(Visit, required=True, allow_none=True)
    clinic_id = fields.UUID(required=True)
    therapist_id = fields.UUID(required=True)
    room_id = fields.UUID(required=True, allow_none=True)
    started_at = fields.AwareDateTime(format="iso", required=True)
    approximate = fields.Boolean(required=True)
    time_zone = fields.String(required=True)
    entries = fields.List(fields.Nested(SessionEntrySchema), required=True)
    signature = fields.Nested(SignatureSchema, required=True, allow_none=True)
    countersignatures = fields.List(fields.Nested(CountersignatureSchema), required=True)
    locked_at = fields.AwareDateTime(format="iso", required=True, allow_none=True)
    addenda = fields.List(fields.Nested(AddendumSchema), required=True)
    amendments = fields.List(fields.Nested(AmendmentSchema), required=True)
    in_error = fields.List(fields.Nested(SessionErrorSchema), required=True)
    amendment_requests = fields.List(fields.Nested(AmendmentRequestSchema))


class OneSessionSchema(RecordSchema, SessionSchema):
    """One session, and on what basis it is shown."""


class ChartedSchema(RecordSchema, SessionHeadSchema):
    """The entries that were sent, as they read now, and the version of their session."""

    entries = fields.List(fields.Nested(SessionEntrySchema), required=True)

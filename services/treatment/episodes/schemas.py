"""What the API of episodes takes and gives."""

from typing import Any, get_args

from marshmallow import Schema, fields, validate

from services.treatment.episodes.decider import HIGHEST, Status
from services.treatment.schemas import CLINICAL, ListQuery, one_of
from shared.events.treatment_episodes import OpenedFrom, Outcome
from shared.events.treatment_sessions import Side
from shared.http.fields import ClientId, Day, Flag, Instant, StrictSchema, Text, Words, whole
from shared.http.records import RecordSchema

STATUSES = tuple(status for status in get_args(Status) if status != "none")


def score(**kwargs: Any) -> fields.Integer:
    return whole([validate.Range(0, HIGHEST)], **kwargs)


class EpisodeQuery(ListQuery):
    """With `status`, those that are in it now, also when they are asked for as of another moment."""

    status = fields.String(load_default=None, validate=validate.OneOf(STATUSES))


class HappenedFields(StrictSchema):
    """`happened_at`: now, unless told."""

    happened_at = Instant(load_default=None, allow_none=True)


class EpisodeFields(HappenedFields):
    """Opened from a visit it is led by the visit's therapist at its clinic, unless others are named."""

    client_id = fields.UUID(required=True)
    target = Text(most=60, required=True)
    side = one_of(Side, required=True)
    complaint = Words(load_default=None, allow_none=True)
    opened_from = one_of(OpenedFrom, required=True)
    appointment_id = fields.UUID(load_default=None, allow_none=True)
    lead_therapist_id = fields.UUID(load_default=None, allow_none=True)
    clinic_id = fields.UUID(load_default=None, allow_none=True)


class BaselineFields(HappenedFields):
    nrs_now = score(required=True)
    nrs_worst = score(required=True)
    nrs_average = score(required=True)


class GoalFields(HappenedFields):
    activity = Words(most=200, required=True)
    score = score(required=True)


class GoalScoreFields(HappenedFields):
    score = score(required=True)


class NextVisitFields(HappenedFields):
    """`on`: by which day the client is to come again; nothing takes the plan back."""

    on = Day(required=True, allow_none=True)


class TransferFields(HappenedFields):
    """To a therapist, a clinic, or both."""

    lead_therapist_id = fields.UUID(load_default=None, allow_none=True)
    clinic_id = fields.UUID(load_default=None, allow_none=True)
    reason = Words(most=500, required=True)


class HoldFields(HappenedFields):
    """`until`: when to look again."""

    until = Day(load_default=None, allow_none=True)
    reason = Words(most=500, load_default=None, allow_none=True)


class DischargeFields(HappenedFields):
    outcome = one_of(Outcome, required=True)
    planned = Flag(required=True)


class ReopenFields(HappenedFields):
    reason = Words(most=500, load_default=None, allow_none=True)


class BaselineSchema(Schema):
    """`counts`: change may be measured from it, for it was taken in the seven days before the first treatment."""

    nrs_now = score(required=True, metadata=CLINICAL)
    nrs_worst = score(required=True, metadata=CLINICAL)
    nrs_average = score(required=True, metadata=CLINICAL)
    happened_at = fields.AwareDateTime(format="iso", required=True)
    counts = fields.Boolean(required=True)


class GoalScoreSchema(Schema):
    score = score(required=True, metadata=CLINICAL)
    happened_at = fields.AwareDateTime(format="iso", required=True)


class GoalSchema(Schema):
    id = fields.UUID(required=True)
    activity = fields.String(required=True, metadata=CLINICAL)
    scores = fields.List(fields.Nested(GoalScoreSchema), required=True)


class DischargeSchema(Schema):
    outcome = one_of(Outcome, required=True, metadata=CLINICAL)
    planned = fields.Boolean(required=True)
    happened_at = fields.AwareDateTime(format="iso", required=True)


class EpisodeSchema(RecordSchema):
    """`client_id` is the id under which it was opened; `changed_at` is when its status or its lead last changed."""

    id = fields.UUID(required=True)
    client_id = ClientId(required=True)
    version = fields.Integer(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    target = fields.String(required=True, metadata=CLINICAL)
    target_name = fields.String(required=True, metadata=CLINICAL)
    side = one_of(Side, required=True, metadata=CLINICAL)
    complaint = fields.String(required=True, allow_none=True, metadata=CLINICAL)
    lead_therapist_id = fields.UUID(required=True)
    clinic_id = fields.UUID(required=True)
    opened_from = one_of(OpenedFrom, required=True)
    appointment_id = fields.UUID(required=True, allow_none=True)
    opened_at = fields.AwareDateTime(format="iso", required=True)
    changed_at = fields.AwareDateTime(format="iso", required=True)
    held_until = Day(required=True, allow_none=True)
    next_visit_on = Day(required=True, allow_none=True)
    baseline = fields.Nested(BaselineSchema, required=True, allow_none=True)
    goals = fields.List(fields.Nested(GoalSchema), required=True)
    discharged = fields.Nested(DischargeSchema, required=True, allow_none=True)

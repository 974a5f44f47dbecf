"""What the API of homework takes and gives."""

import re
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from services.treatment.homework.decider import HIGHEST, MOST_A_DAY
from services.treatment.homework.rules import MOST_PAIRS
from services.treatment.schemas import CLINICAL, ListQuery, one_of
from shared.events.treatment_homework import ActivationStep, Done, Pair, ReleaseStep
from shared.events.treatment_sessions import Side, Source
from shared.http.fields import ClientId, Day, Instant, StrictSchema, Text, Words, whole
from shared.http.records import RecordSchema

CODE = r"^[a-z0-9_]{1,60}$"


def code() -> fields.String:
    return fields.String(validate=validate.Regexp(CODE, flags=re.ASCII), load_default=None, allow_none=True)


def count(most: int) -> fields.Integer:
    return whole([validate.Range(1, most)], load_default=None, allow_none=True)


def grade() -> fields.Integer:
    return whole([validate.Range(0, HIGHEST)], load_default=None, allow_none=True)


class HomeworkQuery(ListQuery):
    """With `pattern_id`, what is done about that pattern; with `stopped`, what is or is not done any more."""

    pattern_id = fields.UUID(load_default=None)
    stopped = fields.Boolean(load_default=None)


class StepFields(StrictSchema):
    target = Text(most=60, required=True)
    side = one_of(Side, required=True)
    seconds = count(3600)


class ReleaseFields(StepFields):
    technique = code()

    @post_load
    def as_step(self, content: dict[str, Any], **_: Any) -> ReleaseStep:
        return ReleaseStep(**content)


class ActivateFields(StepFields):
    exercise = code()
    reps = count(1000)

    @post_load
    def as_step(self, content: dict[str, Any], **_: Any) -> ActivationStep:
        return ActivationStep(**content)


class PairFields(StrictSchema):
    """First released, then activated."""

    release = fields.Nested(ReleaseFields, required=True)
    activate = fields.Nested(ActivateFields, required=True)

    @post_load
    def as_pair(self, content: dict[str, Any], **_: Any) -> Pair:
        return Pair(**content)


class ContentFields(StrictSchema):
    """`until` is the last day."""

    pairs = fields.List(fields.Nested(PairFields), required=True, validate=validate.Length(1, MOST_PAIRS))
    per_day = whole([validate.Range(1, MOST_A_DAY)], required=True)
    until = Day(required=True)
    instructions = Words(most=1000, load_default=None, allow_none=True)
    happened_at = Instant(load_default=None, allow_none=True)


class HomeworkFields(ContentFields):
    client_id = fields.UUID(required=True)
    pattern_id = fields.UUID(load_default=None, allow_none=True)
    episode_id = fields.UUID(load_default=None, allow_none=True)
    session_id = fields.UUID(load_default=None, allow_none=True)
    starts_on = Day(required=True)


class ReportFields(StrictSchema):
    """What the client told of a day: how much of it, how hard it was, and how it hurt (0 to 10)."""

    on = Day(required=True)
    done = one_of(Done, required=True)
    difficulty = grade()
    pain_during = grade()
    happened_at = Instant(load_default=None, allow_none=True)


class StopFields(StrictSchema):
    reason = Words(most=500, load_default=None, allow_none=True)
    happened_at = Instant(load_default=None, allow_none=True)


class StepSchema(Schema):
    target = fields.String(required=True, metadata=CLINICAL)
    target_name = fields.String(required=True, metadata=CLINICAL)
    side = one_of(Side, required=True, metadata=CLINICAL)
    seconds = fields.Integer(required=True, allow_none=True)


class ReleaseSchema(StepSchema):
    technique = fields.String(required=True, allow_none=True)


class ActivateSchema(StepSchema):
    exercise = fields.String(required=True, allow_none=True)
    reps = fields.Integer(required=True, allow_none=True)


class PairSchema(Schema):
    release = fields.Nested(ReleaseSchema, required=True)
    activate = fields.Nested(ActivateSchema, required=True)


class ReportSchema(Schema):
    on = Day(required=True)
    done = one_of(Done, required=True, metadata=CLINICAL)
    difficulty = fields.Integer(required=True, allow_none=True, metadata=CLINICAL)
    pain_during = fields.Integer(required=True, allow_none=True, metadata=CLINICAL)
    source = one_of(Source, required=True)


class HomeworkSchema(RecordSchema):
    """`client_id` is the id under which it was assigned; `warnings` say what should be thought over."""

    id = fields.UUID(required=True)
    client_id = ClientId(required=True)
    version = fields.Integer(required=True)
    pattern_id = fields.UUID(required=True, allow_none=True)
    episode_id = fields.UUID(required=True, allow_none=True)
    session_id = fields.UUID(required=True, allow_none=True)
    pairs = fields.List(fields.Nested(PairSchema), required=True)
    per_day = fields.Integer(required=True)
    starts_on = Day(required=True)
    until = Day(required=True)
    instructions = fields.String(required=True, allow_none=True, metadata=CLINICAL)
    stopped = fields.Boolean(required=True)
    reports = fields.List(fields.Nested(ReportSchema), required=True)
    warnings = fields.List(fields.String(validate=validate.OneOf(["many_pairs"])), required=True)

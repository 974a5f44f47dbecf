"""What the APIs of check-ins and of their rules take and give."""

from typing import Any, get_args

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from services.treatment.check_ins.answering import is_place
from services.treatment.check_ins.answers import HIGHEST
from services.treatment.check_ins.commands import Details, Said
from services.treatment.check_ins.state import Status
from services.treatment.schemas import CLINICAL, ListQuery, one_of
from shared.events.treatment_check_ins import CancelReason, Channel, CheckInRules, OfferingRules, RedFlag
from shared.events.treatment_homework import Done
from shared.events.treatment_sessions import Source
from shared.http.fields import ClientId, Day, Flag, StrictSchema, Text, Words, clock, whole
from shared.http.records import RecordSchema

MOST_NOTE = 300
MOST_PLACES = 40
LONGEST_NUDGE = 7 * 24
MOST_OFFERINGS = 200


def of_scale(**kwargs: Any) -> fields.Integer:
    return whole([validate.Range(0, HIGHEST)], **kwargs)


def must_be_place(value: str) -> None:
    if not is_place(value):
        raise ValidationError("The body chart has no such place; it is a region, like lower_back or knee-left.")


class CheckInQuery(ListQuery):
    """With `status`, those that have it at the moment asked about."""

    status = one_of(Status, load_default=None)


class AnswerFields(StrictSchema):
    """All that the client says; what is left out, they do not say."""

    score = of_scale(required=True)
    places = fields.List(
        Text(most=60, also=must_be_place), load_default=list, validate=validate.Length(max=MOST_PLACES)
    )
    homework = one_of(Done, load_default=None, allow_none=True)
    note = Words(most=MOST_NOTE, load_default=None, allow_none=True)
    red_flags = fields.List(one_of(RedFlag), load_default=list, validate=validate.Length(max=len(get_args(RedFlag))))

    @post_load
    def as_said(self, content: dict[str, Any], **_: Any) -> dict[str, Said]:
        details = Details(
            places=tuple(dict.fromkeys(content["places"])),
            homework=content["homework"],
            note=content["note"],
            red_flags=tuple(dict.fromkeys(content["red_flags"])),
        )
        return {"said": Said(content["score"], details)}


class WhoseFields(StrictSchema):
    client_id = fields.UUID(required=True)


class AskingSchema(RecordSchema):
    """Whether the client has said that they want no questions."""

    client_id = ClientId(required=True)
    stopped = fields.Boolean(required=True)
    stopped_at = fields.AwareDateTime(format="iso", required=True, allow_none=True)


class SentSchema(Schema):
    """The invitation is 0, its reminders count from 1."""

    ordinal = fields.Integer(required=True)
    channel = one_of(Channel, required=True)
    sent_at = fields.AwareDateTime(format="iso", required=True)


class UndeliverableSchema(Schema):
    ordinal = fields.Integer(required=True)
    cause = fields.String(required=True)
    noticed_at = fields.AwareDateTime(format="iso", required=True)


class AnswerSchema(Schema):
    """`after_session`: within 48 hours of a session, when soreness is expected; `first_score` is before corrections."""

    score = of_scale(required=True, metadata=CLINICAL)
    first_score = of_scale(required=True, metadata=CLINICAL)
    places = fields.List(fields.String(), required=True, metadata=CLINICAL)
    homework = one_of(Done, required=True, allow_none=True, metadata=CLINICAL)
    note = fields.String(required=True, allow_none=True, metadata=CLINICAL)
    red_flags = fields.List(one_of(RedFlag), required=True, metadata=CLINICAL)
    after_session = fields.Boolean(required=True)
    source = one_of(Source, required=True)
    answered_at = fields.AwareDateTime(format="iso", required=True)
    corrected_at = fields.AwareDateTime(format="iso", required=True, allow_none=True)


class CancelledSchema(Schema):
    cause = one_of(CancelReason, required=True)
    at = fields.AwareDateTime(format="iso", required=True)


class CheckInSchema(RecordSchema):
    """`client_id` is the id under which it was planned; `due_on` and `due_time` are on the client's clock.

    `time_zone` is the clinic's, which counts where nobody knows the client's.
    """

    id = fields.UUID(required=True)
    client_id = ClientId(required=True)
    episode_id = fields.UUID(required=True, allow_none=True)
    session_id = fields.UUID(required=True, allow_none=True)
    step = fields.String(required=True)
    status = one_of(Status, required=True)
    counted_from = Day(required=True)
    due_on = Day(required=True)
    due_time = fields.String(required=True)
    time_zone = fields.String(required=True)
    nudge_hours = fields.List(fields.Integer(), required=True)
    opened_at = fields.AwareDateTime(format="iso", required=True, allow_none=True)
    good_until = fields.AwareDateTime(format="iso", required=True, allow_none=True)
    sent = fields.List(fields.Nested(SentSchema), required=True)
    undeliverable = fields.List(fields.Nested(UndeliverableSchema), required=True)
    answer = fields.Nested(AnswerSchema, required=True, allow_none=True)
    cancelled = fields.Nested(CancelledSchema, required=True, allow_none=True)


def numbers(most: int, *, count: int = 10) -> fields.List[Any]:
    return fields.List(whole([validate.Range(1, most)]), required=True, validate=validate.Length(max=count))


class RulesFields(StrictSchema):
    """Days after a session, weekly then, and days after the discharge; the client's clock; hours until reminders."""

    days = numbers(60)
    weekly = Flag(required=True)
    after_discharge = numbers(730)
    time = clock(required=True)
    nudge_hours = numbers(LONGEST_NUDGE, count=2)

    @validates_schema
    def in_order(self, content: dict[str, Any], **_: Any) -> None:
        """Raises ValidationError for the day that ends at 24:00, and where numbers do not grow."""
        faults = {
            name: ["Each must be greater than the one before."]
            for name in ("days", "after_discharge", "nudge_hours")
            if content[name] != sorted(set(content[name]))
        }
        if content["time"] == "24:00":
            faults["time"] = ["The day begins at 00:00."]
        if faults:
            raise ValidationError(faults)

    @post_load
    def as_rules(self, content: dict[str, Any], **_: Any) -> CheckInRules:
        several = {name: tuple(content[name]) for name in ("days", "after_discharge", "nudge_hours")}
        return CheckInRules(**content | several)


class OfferingRulesFields(StrictSchema):
    """What holds for visits of one offering; null: nobody is asked after them."""

    offering_id = fields.UUID(required=True)
    rules = fields.Nested(RulesFields, required=True, allow_none=True)

    @post_load
    def as_rules(self, content: dict[str, Any], **_: Any) -> OfferingRules:
        return OfferingRules(**content)


class CheckInRulesFields(StrictSchema):
    """What the chain asks; null: nothing. All of it, also what does not change."""

    rules = fields.Nested(RulesFields, required=True, allow_none=True)
    offerings = fields.List(
        fields.Nested(OfferingRulesFields), required=True, validate=validate.Length(max=MOST_OFFERINGS)
    )

    @validates_schema
    def one_of_each(self, content: dict[str, Any], **_: Any) -> None:
        """Raises ValidationError for an offering that is named twice."""
        named = [each.offering_id for each in content["offerings"]]
        if len(set(named)) != len(named):
            raise ValidationError({"offerings": ["Each offering can be named once."]})


class CheckInRulesSchema(CheckInRulesFields):
    version = fields.Integer(required=True)

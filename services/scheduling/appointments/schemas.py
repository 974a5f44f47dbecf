"""What the API of appointments takes and gives; times are given with the offset of the visit's clinic."""

from datetime import timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.scheduling.appointments.state import STATUSES
from services.scheduling.availability.model import LONGEST_VISIT
from services.scheduling.directory.schemas import CauseSchema, PriceSchema
from shared.http.fields import ClientId, Flag, Instant, StrictSchema, Text, external_ids, personal, whole
from shared.http.paging import PageQuery

MOST_TOGETHER = 10
INITIATORS = ("client", "clinic", "therapist")
ORIGINS = ("desk", "phone", "walk_in")
LONGEST_MINUTES = LONGEST_VISIT // timedelta(minutes=1)


def reason(**kwargs: Any) -> Text:
    return Text(most=500, load_default=None, allow_none=True, **kwargs)


def notify() -> fields.Boolean:
    return Flag(load_default=True, metadata={"description": "false: the client is told by you, not by us"})


class VisitFields(StrictSchema):
    """Without a therapist, any who is free; a reason sets aside past, notice, horizon, grid, opening hours and rota."""

    offering_id = fields.UUID(required=True)
    clinic_id = fields.UUID(required=True)
    client_id = fields.UUID(required=True)
    starts_at = Instant(required=True)
    therapist_id = fields.UUID(load_default=None, allow_none=True)
    override_reason = reason()
    notify = notify()
    external_ids = external_ids()
    told_client_id = fields.UUID(load_default=None, allow_none=True)
    payer_client_id = fields.UUID(load_default=None, allow_none=True)


class BookingFields(VisitFields):
    """One visit; a `booker_client_id` other than the client needs the right to book, unless it is a gift.

    `happened` enters a visit after the fact: it gets its `status` at once, and its client no message. `origin` is how
    it came about.
    """

    booker_client_id = fields.UUID(load_default=None, allow_none=True)
    gift = Flag(load_default=False)
    happened = Flag(load_default=False)
    status = fields.String(load_default="fulfilled", validate=validate.OneOf(("arrived", "fulfilled")))
    origin = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(ORIGINS))


class BookingsFields(StrictSchema):
    """Visits made in one go, all or none; who is told and who pays, for those that do not say it themselves."""

    visits = fields.List(fields.Nested(VisitFields), required=True, validate=validate.Length(1, MOST_TOGETHER))
    booker_client_id = fields.UUID(load_default=None, allow_none=True)
    told_client_id = fields.UUID(load_default=None, allow_none=True)
    payer_client_id = fields.UUID(load_default=None, allow_none=True)
    gift = Flag(load_default=False)


class ChangeFields(StrictSchema):
    """Who began the change, and why; `reason_code` is a word of the chain's own."""

    initiator = fields.String(load_default="clinic", validate=validate.OneOf(INITIATORS))
    reason_code = Text(most=50, load_default=None, allow_none=True)
    reason = reason()
    notify = notify()


class RescheduleFields(ChangeFields):
    """Clinic and therapist stay as they are unless given."""

    starts_at = Instant(required=True)
    clinic_id = fields.UUID()
    therapist_id = fields.UUID()
    override_reason = reason()


class ChangeVisitFields(ChangeFields):
    """Each stays as it is unless given; a new offering brings its own length."""

    offering_id = fields.UUID()
    duration_minutes = whole([validate.Range(1, LONGEST_MINUTES)])
    room_id = fields.UUID()
    override_reason = reason()


class CorrectFields(StrictSchema):
    """Which status the visit should have, and why; `late` makes it count as a late cancellation."""

    to = fields.String(required=True, validate=validate.OneOf(STATUSES))
    reason = Text(most=500, required=True)
    late = Flag(load_default=False)
    notify = notify()


class CancelFields(ChangeFields):
    waive_late = Flag(load_default=False)


class ReaddressFields(StrictSchema):
    """Who is told of the visit; null: nobody is named, and the rules say who is."""

    told_client_id = fields.UUID(required=True, allow_none=True)
    notify = notify()


class WaiveFields(StrictSchema):
    reason = reason()


class HappenedFields(StrictSchema):
    """When it happened; now, unless given."""

    happened_at = Instant(load_default=None, allow_none=True)
    reason = reason()


class FulfilFields(HappenedFields):
    """The actual times are optional; the one needs the other."""

    starts_at = Instant(load_default=None, allow_none=True)
    ends_at = Instant(load_default=None, allow_none=True)

    @validates_schema
    def both_or_neither(self, data: dict[str, Any], **_: Any) -> None:
        starts_at, ends_at = data.get("starts_at"), data.get("ends_at")
        if (starts_at is None) != (ends_at is None):
            raise ValidationError("Give both times or neither.", "ends_at")
        if starts_at is not None and ends_at is not None and ends_at <= starts_at:
            raise ValidationError("Must be after starts_at.", "ends_at")


class LabelFields(StrictSchema):
    external_ids = external_ids()


class AppointmentQuery(PageQuery):
    clinic_id = fields.UUID(load_default=None)
    therapist_id = fields.UUID(load_default=None)
    client_id = fields.UUID(load_default=None)
    starts_from = Instant(load_default=None, data_key="from")
    starts_before = Instant(load_default=None, data_key="to")
    status = fields.String(load_default=None, validate=validate.OneOf(STATUSES))
    disrupted = fields.Boolean(load_default=None)


class AppointmentSchema(Schema):
    """`reachable`: whether messages about the visit reach the client; else `unreachable_reason` says why not."""

    id = fields.UUID(required=True)
    booking_id = fields.UUID()
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    offering_id = fields.UUID()
    offering_version = fields.Integer()
    clinic_id = fields.UUID()
    therapist_id = fields.UUID()
    room_id = fields.UUID(allow_none=True)
    client_id = ClientId()
    booker_client_id = ClientId(allow_none=True)
    told_client_id = ClientId(allow_none=True)
    payer_client_id = ClientId(allow_none=True)
    gift = fields.Boolean()
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    starts_local = fields.String()
    time_zone = fields.String()
    price = fields.Nested(PriceSchema, allow_none=True)
    confirmed = fields.Boolean()
    late = fields.Boolean()
    disrupted = fields.Boolean()
    disrupted_by = fields.List(fields.Nested(CauseSchema))
    actual_starts_at = fields.AwareDateTime(allow_none=True)
    actual_ends_at = fields.AwareDateTime(allow_none=True)
    external_ids = external_ids()
    reachable = fields.Boolean()
    unreachable_reason = fields.String(allow_none=True)
    version = fields.Integer()


class BookingSchema(Schema):
    """Visits made in one go, in the order in which they were asked for."""

    booking_id = fields.UUID(required=True)
    visits = fields.List(fields.Nested(AppointmentSchema), required=True)


class HistoryEntrySchema(Schema):
    """One event: what happened, when it was recorded, by whom, and the fields of the visit that it changed."""

    version = fields.Integer()
    name = fields.String()
    recorded_at = fields.AwareDateTime()
    actor = fields.String()
    role = fields.String()
    origin = fields.String()
    data = fields.Dict(metadata=personal("contact"))
    changed = fields.Dict(metadata=personal("contact"))


class HistorySchema(Schema):
    items = fields.List(fields.Nested(HistoryEntrySchema))

"""What the directory's API takes and gives."""

from typing import Any, get_args

from babel.numbers import is_currency
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from shared.events.scheduling_disruptions import CauseKind
from shared.http.fields import (
    Day,
    Flag,
    Instant,
    StrictSchema,
    Text,
    clock,
    external_ids,
    locale,
    minutes,
    weekday,
    whole,
    zone,
)
from shared.http.problems import ConflictingVisitSchema

DEGREES = 90, 180
LONGEST_LEAD = 60 * 24 * 60
LONGEST_CONFIRMATION_WAIT = 60 * 60


class Degrees(fields.Field[int]):
    """Degrees as a JSON number; kept as an integer of 1e-6 degrees."""

    def __init__(self, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = most
        self.metadata = {"type": "number", "minimum": -most, "maximum": most}

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int:
        del attr, data, kwargs
        if isinstance(value, bool) or not isinstance(value, int | float) or not -self.most <= value <= self.most:
            raise ValidationError(f"Not a number between -{self.most} and {self.most}.")
        return round(value * 1_000_000)

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> float | None:
        del attr, obj, kwargs
        return None if value is None else value / 1_000_000


class AddressSchema(StrictSchema):
    line = Text(required=True)
    city = Text(required=True)
    region = Text(required=True, least=0)
    postal_code = Text(required=True, least=0, most=20)
    country = Text(required=True, most=100)


class DayHoursSchema(StrictSchema):
    """`to` at or before `from` is on the next day."""

    opens = clock(required=True, data_key="from")
    closes = clock(required=True, data_key="to")

    @validates_schema
    def begins_within_the_day(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("opens") == "24:00":
            raise ValidationError("A day begins at 00:00.", "from")


class HoursSchema(DayHoursSchema):
    weekday = weekday(required=True)


class SpecialDaySchema(StrictSchema):
    on = Day(required=True)
    hours = fields.List(fields.Nested(DayHoursSchema), required=True, validate=validate.Length(max=10))


class CauseSchema(Schema):
    """What leaves a visit outside the rules.

    `id` names the closure, time off or outage; for `hours` it is the clinic, for `room_kind` the room, and for `rota`,
    `qualification` and `last_day` the therapist.
    """

    kind = fields.String(validate=validate.OneOf(get_args(CauseKind)))
    id = fields.UUID()


class ConflictSchema(ConflictingVisitSchema):
    """A booked visit that a change hits; `elsewhere`: it then is at another address, or on another clock."""

    causes = fields.List(fields.Nested(CauseSchema))


def conflicts() -> fields.List[Any]:
    """The booked visits that a change hit, in its answer alone."""
    return fields.List(fields.Nested(ConflictSchema), dump_only=True)


def unseen_conflicts() -> fields.Integer:
    """How many more it hit, at clinics where the caller's role does not hold."""
    return fields.Integer(dump_only=True)


class ClinicFields(StrictSchema):
    """Address, zone and opening hours hold from `valid_from` on, when it is given."""

    name = Text(required=True)
    time_zone = zone(required=True)
    address = fields.Nested(AddressSchema, required=True)
    latitude_e6 = Degrees(90, required=True, data_key="latitude")
    longitude_e6 = Degrees(180, required=True, data_key="longitude")
    phone = Text(required=True, most=40)
    opening_hours = fields.List(fields.Nested(HoursSchema), required=True, validate=validate.Length(max=70))
    special_days = fields.List(fields.Nested(SpecialDaySchema), validate=validate.Length(max=500))
    external_ids = external_ids()


class ClinicChange(ClinicFields):
    valid_from = Day()
    accept_conflicts = Flag(load_default=False)


class TermsSchema(Schema):
    valid_from = fields.Date()
    time_zone = fields.String()
    address = fields.Nested(AddressSchema)
    latitude_e6 = Degrees(90, data_key="latitude")
    longitude_e6 = Degrees(180, data_key="longitude")
    opening_hours = fields.List(fields.Nested(HoursSchema))


class ClinicSchema(ClinicFields):
    """A clinic with the terms in force today; later ones are in `coming_terms`."""

    id = fields.UUID()
    version = fields.Integer()
    coming_terms = fields.List(fields.Nested(TermsSchema))
    conflicts = conflicts()
    unseen_conflicts = unseen_conflicts()


class TravelTimeSchema(StrictSchema):
    to_clinic_id = fields.UUID(required=True)
    minutes = minutes(most=24 * 60, step=1, required=True)


class TravelTimesSchema(Schema):
    items = fields.List(fields.Nested(TravelTimeSchema))


class RoomFields(StrictSchema):
    name = Text(required=True)
    kind = Text(required=True, most=50)
    external_ids = external_ids()


class RoomChange(RoomFields):
    accept_conflicts = Flag(load_default=False)


class RoomSchema(RoomFields):
    id = fields.UUID()
    clinic_id = fields.UUID()
    version = fields.Integer()
    conflicts = conflicts()
    unseen_conflicts = unseen_conflicts()


class AbsenceFields(StrictSchema):
    """A stretch of time that is not to be booked; visits that it hits are refused unless accepted."""

    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    reason = Text(least=0, most=500)
    accept_conflicts = Flag(load_default=False)

    @validates_schema
    def ends_after_it_starts(self, data: dict[str, Any], **_: Any) -> None:
        starts_at, ends_at = data.get("starts_at"), data.get("ends_at")
        if starts_at is not None and ends_at is not None and ends_at <= starts_at:
            raise ValidationError("Must be after starts_at.", "ends_at")


class OutageFields(AbsenceFields):
    """When a room is out of service; without `ends_at` it is closed for good."""

    ends_at = Instant(load_default=None, allow_none=True)


class ClosureSchema(Schema):
    id = fields.UUID()
    clinic_id = fields.UUID()
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    reason = fields.String()
    version = fields.Integer()
    conflicts = conflicts()
    unseen_conflicts = unseen_conflicts()


class TimeOffSchema(Schema):
    id = fields.UUID()
    therapist_id = fields.UUID()
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    reason = fields.String()
    version = fields.Integer()
    conflicts = conflicts()
    unseen_conflicts = unseen_conflicts()


class RoomOutageSchema(Schema):
    id = fields.UUID()
    room_id = fields.UUID()
    clinic_id = fields.UUID()
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime(allow_none=True)
    reason = fields.String()
    version = fields.Integer()
    conflicts = conflicts()
    unseen_conflicts = unseen_conflicts()


class QualificationSchema(StrictSchema):
    """`expires_on` is the last valid day, on the calendar of the clinic of the visit."""

    code = Text(required=True, most=50)
    expires_on = Day(load_default=None, allow_none=True)


class TherapistFields(StrictSchema):
    """`leaves_on` is the last day on which the therapist works."""

    name = Text(required=True)
    languages = fields.List(locale(), load_default=list, validate=validate.Length(max=30))
    qualifications = fields.List(
        fields.Nested(QualificationSchema), load_default=list, validate=validate.Length(max=50)
    )
    leaves_on = Day(load_default=None, allow_none=True)
    external_ids = external_ids()


class TherapistChange(TherapistFields):
    accept_conflicts = Flag(load_default=False)


class TherapistSchema(TherapistFields):
    id = fields.UUID()
    version = fields.Integer()
    conflicts = conflicts()
    unseen_conflicts = unseen_conflicts()


class RotaEntrySchema(StrictSchema):
    """Weekly hours at one clinic, on its clock; `to` at or before `from` is next day, `valid_to` is the last day."""

    clinic_id = fields.UUID(required=True)
    weekday = weekday(required=True)
    starts = clock(required=True, data_key="from")
    ends = clock(required=True, data_key="to")
    valid_from = Day(required=True)
    valid_to = Day(load_default=None, allow_none=True)

    @validates_schema
    def makes_sense(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("starts") == "24:00":
            raise ValidationError("A day begins at 00:00.", "from")
        if data.get("valid_to") and "valid_from" in data and data["valid_to"] < data["valid_from"]:
            raise ValidationError("Must not be before valid_from.", "valid_to")


class AcceptQuery(StrictSchema):
    accept_conflicts = fields.Boolean(load_default=False)


class RotaSchema(Schema):
    therapist_id = fields.UUID()
    version = fields.Integer()
    items = fields.List(fields.Nested(RotaEntrySchema))
    conflicts = conflicts()
    unseen_conflicts = unseen_conflicts()


class PriceSchema(StrictSchema):
    amount_minor = whole([validate.Range(0, 100_000_000)], required=True)
    currency = fields.String(required=True, validate=validate.Regexp(r"^[A-Z]{3}$"))

    @validates_schema
    def currency_exists(self, data: dict[str, Any], **_: Any) -> None:
        if "currency" in data and not is_currency(data["currency"]):
            raise ValidationError("Not a currency, like EUR.", "currency")


def leads(**kwargs: Any) -> fields.List[int]:
    """Minutes before the visit at which to remind, each once, the longest first."""
    return fields.List(whole([validate.Range(1, LONGEST_LEAD)]), validate=validate.Length(max=10), **kwargs)


class OfferingFields(StrictSchema):
    name = Text(required=True)
    duration_minutes = minutes(least=5, most=720, required=True)
    buffer_before_minutes = minutes(most=240, load_default=0)
    buffer_after_minutes = minutes(most=240, load_default=0)
    qualification = Text(most=50, load_default=None, allow_none=True)
    room_kind = Text(most=50, load_default=None, allow_none=True)
    grid_minutes = minutes(least=5, most=1440, load_default=15)
    min_notice_minutes = minutes(most=525_600, step=1, load_default=0)
    horizon_days = whole([validate.Range(0, 1000)], load_default=90)
    cancel_notice_minutes = minutes(most=525_600, step=1, load_default=1440)
    reminder_lead_minutes = leads(load_default=None, allow_none=True)
    price = fields.Nested(PriceSchema, load_default=None, allow_none=True)

    @post_load
    def order_leads(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return ordered_leads(data)


class OfferingSchema(OfferingFields):
    id = fields.UUID()
    offering_version = fields.Integer()
    version = fields.Integer()


class QuietHoursSchema(StrictSchema):
    quiet_from = clock(required=True, data_key="from")
    quiet_to = clock(required=True, data_key="to")


class ChainFields(StrictSchema):
    reminder_lead_minutes = leads()
    quiet_hours = fields.Nested(QuietHoursSchema)
    default_locale = locale()
    staff_confirmation_wait_seconds = whole([validate.Range(0, LONGEST_CONFIRMATION_WAIT)])
    urgent_within_minutes = whole([validate.Range(0, 2880)])
    confirm_within_minutes = whole([validate.Range(5, 720)])
    lock_after_minutes = whole([validate.Range(1, 15)])

    @post_load
    def order_leads(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return ordered_leads(data)


class ChainSchema(Schema):
    id = fields.UUID(attribute="chain_id")
    slug = fields.String()
    name = fields.String()
    reminder_lead_minutes = fields.List(fields.Integer())
    quiet_hours = fields.Nested(QuietHoursSchema)
    default_locale = fields.String()
    staff_confirmation_wait_seconds = fields.Integer()
    urgent_within_minutes = fields.Integer()
    confirm_within_minutes = fields.Integer()
    lock_after_minutes = fields.Integer()
    version = fields.Integer()


def ordered_leads(data: dict[str, Any]) -> dict[str, Any]:
    if data.get("reminder_lead_minutes") is not None:
        data["reminder_lead_minutes"] = tuple(sorted(set(data["reminder_lead_minutes"]), reverse=True))
    return data

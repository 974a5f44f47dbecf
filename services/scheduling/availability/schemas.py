"""What the search for free times takes and gives; times are given with the offset of the slot's clinic."""

from datetime import timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from shared.http.fields import Instant, StrictSchema

LONGEST_SPAN = timedelta(days=100)
MOST_CLINICS = 500
FARTHEST_KM = 21_000.0
POLE = 90
DATE_LINE = 180


class Coordinates(fields.String):
    """`latitude,longitude` in degrees, given as a pair of numbers."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own form
        "coordinates": "Not a latitude and longitude in degrees, like 52.52,13.405.",
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        parts = super()._deserialize(value, attr, data, **kwargs).split(",")
        try:
            latitude, longitude = map(float, parts)
        except ValueError as error:
            raise self.make_error("coordinates") from error
        if not (abs(latitude) <= POLE and abs(longitude) <= DATE_LINE):
            raise self.make_error("coordinates")
        return latitude, longitude


class AvailabilityQuery(StrictSchema):
    """Without clinics, every place of the chain; `from` is included, `to` is not."""

    offering_id = fields.UUID(required=True)
    starts_from = Instant(required=True, data_key="from")
    starts_before = Instant(required=True, data_key="to")
    clinic_id = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=MOST_CLINICS))
    therapist_id = fields.UUID(load_default=None)
    near = Coordinates(load_default=None, metadata={"description": "latitude,longitude; leaves out what is farther"})
    within_km = fields.Float(
        load_default=None, validate=validate.Range(min=0, max=FARTHEST_KM), metadata={"description": "needs near"}
    )
    client_id = fields.UUID(load_default=None, metadata={"description": "for whom: leaves out what overlaps a visit"})
    moving = fields.UUID(load_default=None, metadata={"description": "the visit that would move to the free time"})
    limit = fields.Integer(load_default=20, validate=validate.Range(1, 500))
    cursor = fields.String(load_default=None, validate=validate.Length(max=500))

    @validates_schema
    def makes_sense(self, data: dict[str, Any], **_: Any) -> None:
        if data["starts_before"] <= data["starts_from"]:
            raise ValidationError("Must be after from.", "to")
        if data["starts_before"] - data["starts_from"] > LONGEST_SPAN:
            raise ValidationError(f"At most {LONGEST_SPAN.days} days after from.", "to")
        if data.get("within_km") is not None and data.get("near") is None:
            raise ValidationError("Needs near.", "within_km")


class SlotSchema(Schema):
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    clinic_id = fields.UUID(required=True)
    therapist_id = fields.UUID(required=True)


class SlotsSchema(Schema):
    """A page of free times; `next` is null on the last page."""

    slots = fields.List(fields.Nested(SlotSchema), required=True)
    next = fields.String(required=True, allow_none=True)

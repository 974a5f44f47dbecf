"""What the API of a therapist's day takes and gives."""

from marshmallow import Schema, fields, validate

from services.treatment.visits.routes import STATUSES
from shared.http.fields import ClientId, Day, StrictSchema
from shared.http.paging import PageQuery, page_of


class MyDayQuery(StrictSchema):
    """`on`: a day of each clinic's own clock; today, unless told."""

    on = Day(load_default=None)


class DayVisitsQuery(MyDayQuery, PageQuery):
    """A page of the visits of a day."""


class UnsignedQuery(PageQuery):
    """Those that are overdue, those that are not, or all."""

    overdue = fields.Boolean(load_default=None)


class ChartableVisitSchema(Schema):
    """One visit as it is now; `day` is its day on the clinic's clock."""

    appointment_id = fields.UUID(required=True)
    client_id = ClientId(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    clinic_id = fields.UUID(required=True)
    therapist_id = fields.UUID(required=True)
    room_id = fields.UUID(required=True, allow_none=True)
    offering_id = fields.UUID(required=True)
    day = Day(required=True)
    starts_at = fields.AwareDateTime(required=True, format="iso")
    ends_at = fields.AwareDateTime(required=True, format="iso")
    time_zone = fields.String(required=True)
    confirmed = fields.Boolean(required=True)
    arrived_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")


class DayVisitSchema(ChartableVisitSchema):
    """A visit of the day, with the session that was charted for it, and by which therapist.

    `covered`: it is somebody else's, at a clinic where the caller covers.
    """

    covered = fields.Boolean(required=True)
    session_id = fields.UUID(required=True, allow_none=True)
    session_status = fields.String(required=True, allow_none=True)
    charted_by = fields.UUID(required=True, allow_none=True)
    signed_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")


class UnsignedSessionSchema(Schema):
    """An own session without a signature; `ended_at` is when its visit ended, and when it began where none is known."""

    id = fields.UUID(required=True)
    client_id = ClientId(required=True)
    appointment_id = fields.UUID(required=True, allow_none=True)
    episode_id = fields.UUID(required=True, allow_none=True)
    clinic_id = fields.UUID(required=True)
    started_at = fields.AwareDateTime(required=True, format="iso")
    ended_at = fields.AwareDateTime(required=True, format="iso")
    overdue = fields.Boolean(required=True)


VISITS = page_of(DayVisitSchema)
TO_CHART = page_of(ChartableVisitSchema)
UNSIGNED = page_of(UnsignedSessionSchema)


class MyDaySchema(Schema):
    """The first page of each list; where `next` is not null, the list's own address goes on from it."""

    visits = fields.Nested(VISITS, required=True)
    to_chart = fields.Nested(TO_CHART, required=True)
    unsigned = fields.Nested(UNSIGNED, required=True)
    overdue = fields.Nested(UNSIGNED, required=True)

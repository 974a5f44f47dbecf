"""The API of a client's visits, as scheduling has told of them: the frame of the clinical record."""

from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy import text

from shared.http.operations import Answer, Call, Operations
from shared.http.paging import PageQuery, page, page_of, read_cursor
from shared.http.records import RecordSchema

blueprint = Operations("visits", __name__, url_prefix="/v1/clients/<uuid:client_id>")

STATUSES = ("booked", "arrived", "fulfilled", "cancelled", "noshow")
OF_CLIENT = text("""
    SELECT * FROM visits
    WHERE client_id = person_of(:client_id)
      AND (CAST(:before AS timestamptz) IS NULL OR (starts_at, appointment_id) < (:before, :before_id))
    ORDER BY starts_at DESC, appointment_id DESC LIMIT :most
""")


class VisitSchema(Schema):
    """One visit as it is now; `actual_…` are the times noted at the clinic."""

    appointment_id = fields.UUID(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    clinic_id = fields.UUID(required=True)
    therapist_id = fields.UUID(required=True)
    room_id = fields.UUID(allow_none=True)
    offering_id = fields.UUID(required=True)
    starts_at = fields.AwareDateTime(required=True, format="iso")
    ends_at = fields.AwareDateTime(required=True, format="iso")
    time_zone = fields.String(required=True)
    arrived_at = fields.AwareDateTime(allow_none=True, format="iso")
    actual_starts_at = fields.AwareDateTime(allow_none=True, format="iso")
    actual_ends_at = fields.AwareDateTime(allow_none=True, format="iso")


@blueprint.query("/visits", page_of(VisitSchema, RecordSchema), query=PageQuery)
def list_visits(call: Call, query: dict[str, Any], client_id: UUID) -> Answer:
    """A client's visits at all clinics of the chain, the latest first."""
    call.record(client_id)
    after = read_cursor(query["cursor"], tuple[datetime, UUID])
    before, before_id = after or (None, None)
    values = {"client_id": client_id, "before": before, "before_id": before_id, "most": query["limit"] + 1}
    rows = call.connection.execute(OF_CLIENT, values).all()
    return Answer(page(rows, query["limit"], lambda row: (row.starts_at, row.appointment_id)))

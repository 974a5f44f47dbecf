"""Arrivals of which sessions tell: whoever is being treated has come, also where nobody was there to say so.

The workers carry them here from treatment's log. Saying it again changes nothing; a visit that has ended, or is another
client's, stays as it is.
"""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from flask import g
from marshmallow import Schema, fields, validate
from sqlalchemy import text

from services.scheduling.appointments.decider import APPOINTMENT
from services.scheduling.appointments.decisions.attending import Arrive
from shared.aliases import person_of
from shared.auth import SERVICE, THERAPIST
from shared.database import Database
from shared.decider import Refused, handle
from shared.event_store import Metadata, Transaction
from shared.http.fields import Instant, StrictSchema
from shared.http.operations import Answer, Operations, parts

MOST = 100
BY = "session"
"""By which way such an arrival came, in the visit's history."""

VISIT = text("SELECT client_id FROM appointments WHERE id = :appointment_id")
STAFF_ID = text("SELECT id FROM staff WHERE therapist_id = :therapist_id")


class SessionBegunFields(StrictSchema):
    """A session that names a visit; `event_id` is of the event that named it."""

    chain_id = fields.UUID(required=True)
    appointment_id = fields.UUID(required=True)
    client_id = fields.UUID(required=True)
    therapist_id = fields.UUID(required=True)
    event_id = fields.UUID(required=True)
    happened_at = Instant(required=True)


class SessionsBegunFields(StrictSchema):
    items = fields.List(fields.Nested(SessionBegunFields), required=True, validate=validate.Length(1, MOST))


class OutcomesSchema(Schema):
    """What became of each, by the id of its event: `arrived`, or why the visit stays as it is."""

    outcomes = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


def arrivals_blueprint(database: Database) -> Operations:
    """The route by which the workers tell of sessions that have begun."""
    internal = Operations("arrivals", __name__, url_prefix="/internal/v1")

    @internal.service("POST", "/arrivals", OutcomesSchema, body=SessionsBegunFields)
    def mark_arrivals(body: dict[str, Any]) -> Answer:
        """Mark the clients of sessions as arrived, each for itself"""
        now = parts().clock()
        told = {str(item["event_id"]): mark(database, item, g.request_id, now) for item in body["items"]}
        return Answer({"outcomes": told})

    return internal


def mark(database: Database, item: dict[str, Any], correlation_id: str, now: datetime) -> str:
    """What became of one, in a transaction of its own."""
    metadata = Metadata(
        actor="workers", role=SERVICE, origin=BY, correlation_id=correlation_id, causation_id=item["event_id"]
    )
    try:
        return database.command(item["chain_id"], metadata, partial(arrived, item=item, now=now))
    except Refused as refused:
        return refused.code


def arrived(tx: Transaction, item: dict[str, Any], now: datetime) -> str:
    """Raises what the visit's rules refuse with; the clock of a tablet may be ahead of ours."""
    appointment_id: UUID = item["appointment_id"]
    visit = tx.connection.execute(VISIT, {"appointment_id": appointment_id}).first()
    if visit is None:
        return "unknown"
    if visit.client_id != person_of(tx.connection, item["client_id"]):
        return "another_client"
    staff_id = tx.connection.execute(STAFF_ID, {"therapist_id": item["therapist_id"]}).scalar()
    if staff_id is not None:
        tx.metadata = replace(tx.metadata, actor=str(staff_id), role=THERAPIST)
    command = Arrive(appointment_id, min(item["happened_at"], now), now)
    handle(tx, APPOINTMENT, f"appointment-{appointment_id}", command)
    return "arrived"

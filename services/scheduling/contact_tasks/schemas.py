"""What the API of contact tasks takes and gives."""

from typing import get_args

from marshmallow import Schema, fields, validate

from services.scheduling.contact_tasks.decider import OUTCOMES
from shared.events.scheduling_reaching import Cause
from shared.http.fields import ClientId, StrictSchema, Text, personal, plain_text
from shared.http.paging import PageQuery

MOST = 100


class ContactTaskQuery(PageQuery):
    """By default what is still to be done, at all clinics where the caller's role holds."""

    clinic_id = fields.UUID(load_default=None)
    open = fields.Boolean(load_default=True)


class AttemptFields(StrictSchema):
    """*reached* and *no_longer_needed* close the task."""

    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES))
    note = Text(most=500, load_default=None, allow_none=True)


class SaidSchema(Schema):
    """What the client answered, and what it was taken to mean."""

    channel = fields.String(required=True)
    kind = fields.String(required=True)
    text = fields.String(required=True, allow_none=True, metadata=personal("contact"))
    received_at = fields.AwareDateTime(format="iso", required=True)


class ContactTaskSchema(Schema):
    """A client to contact about a visit; `closed_by` is the outcome, or what became of the visit."""

    id = fields.UUID(required=True)
    cause = fields.String(required=True, validate=validate.OneOf(get_args(Cause)))
    open = fields.Boolean(required=True)
    closed_by = fields.String(required=True, allow_none=True)
    clinic_id = fields.UUID(required=True)
    appointment_id = fields.UUID(required=True)
    status = fields.String(required=True)
    starts_at = fields.AwareDateTime(format="iso", required=True)
    client_id = ClientId(required=True)
    client_name = fields.String(required=True, metadata=personal("identity"))
    opened_at = fields.AwareDateTime(format="iso", required=True)
    attempts = fields.Integer(required=True)
    last_outcome = fields.String(required=True, allow_none=True)
    last_attempted_at = fields.AwareDateTime(format="iso", required=True, allow_none=True)
    last_note = fields.String(required=True, allow_none=True, metadata=personal("contact"))
    said = fields.List(fields.Nested(SaidSchema), required=True)
    version = fields.Integer(required=True)


class WantedTaskSchema(StrictSchema):
    """One that the workers ask for: `because` is the key of the message that reached nobody."""

    because = fields.String(required=True, validate=[plain_text, validate.Length(1, 300)])
    cause = fields.String(required=True, validate=validate.OneOf(get_args(Cause)))
    chain_id = fields.UUID(required=True)
    appointment_id = fields.UUID(required=True)


class WantedTasksSchema(StrictSchema):
    items = fields.List(fields.Nested(WantedTaskSchema), required=True, validate=validate.Length(max=MOST))


class NeededSchema(Schema):
    """Of each that was asked for, by its `because`, whether somebody still has to contact the client."""

    needed = fields.Dict(keys=fields.String(), values=fields.Boolean(), required=True)

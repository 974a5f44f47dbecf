"""What the API of clients' requests takes and gives."""

from typing import get_args

from marshmallow import Schema, fields, validate

from services.treatment.amendment_requests.decider import Status
from services.treatment.schemas import CLINICAL, one_of
from shared.events.treatment_requests import Way
from shared.http.fields import ClientId, Day, StrictSchema, Words
from shared.http.records import RecordSchema

LONGEST = 5000
MOST_CHANGES = 50


class RequestFields(StrictSchema):
    """The client's own words, as they came; asked today unless told."""

    wish = Words(most=LONGEST, required=True)
    way = one_of(Way, required=True)
    requested_on = Day(load_default=None, allow_none=True)
    session_id = fields.UUID(load_default=None, allow_none=True)


class AcceptRequestFields(StrictSchema):
    """`put_right_by`: the ids of the amendments, revisions, addenda and entries in error that put the session right.

    `note` says what was changed elsewhere.
    """

    put_right_by = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=MOST_CHANGES))
    note = Words(most=LONGEST, load_default=None, allow_none=True)


class DeclineRequestFields(StrictSchema):
    """What the client is told."""

    reason = Words(most=LONGEST, required=True)


class StatementFields(StrictSchema):
    """What the client says to the refusal, as it came; today unless told."""

    statement = Words(most=LONGEST, required=True)
    way = one_of(Way, required=True)
    stated_on = Day(load_default=None, allow_none=True)


class RequestHeadSchema(Schema):
    """A request without a word of it; `overdue`: the day on which an answer was due is over."""

    id = fields.UUID(required=True)
    client_id = ClientId(required=True)
    version = fields.Integer(required=True)
    status = fields.String(required=True, validate=validate.OneOf(get_args(Status)))
    session_id = fields.UUID(required=True, allow_none=True)
    requested_on = Day(required=True)
    due_on = Day(required=True)
    overdue = fields.Boolean(required=True)


class StatementSchema(Schema):
    statement = fields.String(required=True, metadata=CLINICAL)
    way = one_of(Way, required=True)
    stated_on = Day(required=True)


class AmendmentRequestSchema(Schema):
    """A request in the client's words, what became of it, and the client's statements of disagreement."""

    id = fields.UUID(required=True)
    client_id = ClientId(required=True)
    version = fields.Integer(required=True)
    session_id = fields.UUID(required=True, allow_none=True)
    status = fields.String(required=True, validate=validate.OneOf(get_args(Status)))
    wish = fields.String(required=True, metadata=CLINICAL)
    way = one_of(Way, required=True)
    requested_on = Day(required=True)
    due_on = Day(required=True)
    answered_at = fields.AwareDateTime(format="iso", required=True, allow_none=True)
    put_right_by = fields.List(fields.UUID(), required=True)
    note = fields.String(required=True, allow_none=True, metadata=CLINICAL)
    reason = fields.String(required=True, allow_none=True, metadata=CLINICAL)
    statements = fields.List(fields.Nested(StatementSchema), required=True)


class OneRequestSchema(RecordSchema, AmendmentRequestSchema):
    """One request, and on what basis it is shown."""


class RequestsOfClientSchema(RecordSchema):
    """All of a client's requests, in the order in which they were asked."""

    client_id = ClientId(required=True)
    items = fields.List(fields.Nested(AmendmentRequestSchema), required=True)

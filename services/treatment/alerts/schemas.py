"""What the API of alerts takes and gives."""

from typing import get_args

from marshmallow import Schema, fields, validate

from services.treatment.alerts.decider import Status
from services.treatment.alerts.rules import Group
from services.treatment.schemas import CLINICAL, MomentQuery, one_of
from shared.events.treatment_alerts import Action, Level, Outcome, Rule
from shared.http.fields import ClientId, StrictSchema, Words
from shared.http.paging import PageQuery
from shared.http.records import RecordSchema

LONGEST = 1000
BY_PEOPLE = tuple(outcome for outcome in get_args(Outcome) if outcome != "corrected")
"""What people say came of an alert."""


class AlertsQuery(PageQuery):
    """Those that are open, those that are closed, or all; those whose episode the caller leads; those of one clinic."""

    open = fields.Boolean(load_default=None)
    mine = fields.Boolean(load_default=False)
    clinic_id = fields.UUID(load_default=None)


class ClientAlertsQuery(PageQuery, MomentQuery):
    """A page of a client's alerts, as of any moment."""


class AcknowledgeAlertFields(StrictSchema):
    """What whoever has seen it has done, or does."""

    action = one_of(Action, required=True)
    note = Words(most=LONGEST, load_default=None, allow_none=True)


class CloseAlertFields(StrictSchema):
    """What came of it; `overridden` and `no_action` want a reason."""

    outcome = fields.String(required=True, validate=validate.OneOf(BY_PEOPLE))
    reason = Words(most=LONGEST, load_default=None, allow_none=True)


class AlertSchema(Schema):
    """That somebody is to be looked at, by whom and by when; what they answered is in their record.

    `lead_therapist_id` leads their episode now; at `escalate_at` the managers of the clinic are told, unless somebody
    has acknowledged it.
    """

    id = fields.UUID(required=True)
    client_id = ClientId(required=True)
    version = fields.Integer(required=True)
    status = one_of(Status, required=True)
    kind = one_of(Group, required=True, metadata=CLINICAL)
    level = one_of(Level, required=True, metadata=CLINICAL)
    episode_id = fields.UUID(required=True, allow_none=True)
    check_in_id = fields.UUID(required=True)
    lead_therapist_id = fields.UUID(required=True)
    clinic_id = fields.UUID(required=True)
    raised_at = fields.AwareDateTime(required=True, format="iso")
    escalate_at = fields.AwareDateTime(required=True, format="iso")
    escalated_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    acknowledged_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    closed_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")
    outcome = one_of(Outcome, required=True, allow_none=True)


class EarliestSlotSchema(Schema):
    """A free time for what the client last came for; `search` is where scheduling lists more of them."""

    starts_at = fields.AwareDateTime(required=True, format="iso")
    ends_at = fields.AwareDateTime(required=True, format="iso")
    therapist_id = fields.UUID(required=True)
    clinic_id = fields.UUID(required=True)
    offering_id = fields.UUID(required=True)
    search = fields.String(required=True)


class OneAlertSchema(AlertSchema):
    """The alert with the earliest free time of who leads, or else of the clinic; null where none is known now."""

    earliest = fields.Nested(EarliestSlotSchema, required=True, allow_none=True)


class AlertChangeSchema(Schema):
    """A step of an alert's life, when and by whom."""

    status = one_of(Status, required=True)
    happened_at = fields.AwareDateTime(required=True, format="iso")
    by = fields.String(required=True)


class AlertAnswerSchema(RecordSchema):
    """What an alert rests on and what came of it: `before` are the scores that the answer was judged by."""

    id = fields.UUID(required=True)
    client_id = ClientId(required=True)
    version = fields.Integer(required=True)
    status = one_of(Status, required=True)
    level = one_of(Level, required=True, metadata=CLINICAL)
    episode_id = fields.UUID(required=True, allow_none=True)
    check_in_id = fields.UUID(required=True)
    rules = fields.List(one_of(Rule), required=True)
    red_flags = fields.List(fields.String(), required=True, metadata=CLINICAL)
    score = fields.Integer(required=True, metadata=CLINICAL)
    before = fields.List(fields.Integer(), required=True, metadata=CLINICAL)
    action = one_of(Action, required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True, metadata=CLINICAL)
    outcome = one_of(Outcome, required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True, metadata=CLINICAL)
    changes = fields.List(fields.Nested(AlertChangeSchema), required=True)

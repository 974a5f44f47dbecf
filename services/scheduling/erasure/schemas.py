"""What the API of letting go takes and gives."""

from typing import get_args

from marshmallow import Schema, fields, validate

from services.scheduling.erasure.rules import CLASSES, OF_AGE
from shared.erasure_stores import OF_FOLLOWERS
from shared.events.scheduling_erasure import AskedBy, Follower, HoldKind, Keeper
from shared.http.fields import ClientId, Day, Instant, StrictSchema, Text, whole
from shared.http.paging import PageQuery

STATES = ("open", "declined", "waiting", "done")


class RetentionFields(StrictSchema):
    """Years after the last entry, and an age until which records of minors are kept at least (null: no such age)."""

    years = whole([validate.Range(0, 100)], required=True)
    minors_until_age = whole([validate.Range(OF_AGE, 100)], required=True, allow_none=True)


class RetentionSchema(RetentionFields):
    """`set_by` says whether the chain has set it, or it is the usual of the clinic's country."""

    clinic_id = fields.UUID(required=True)
    country = fields.String(required=True)
    set_by = fields.String(required=True, validate=validate.OneOf(["chain", "country"]))
    policy_version = fields.Integer(required=True)


class ErasureFields(StrictSchema):
    asked_by = fields.String(load_default="client", validate=validate.OneOf(get_args(AskedBy)))


class ErasureQuery(PageQuery):
    """By default those that somebody has to decide."""

    state = fields.String(load_default="open", validate=validate.OneOf(STATES))


class DeclineFields(StrictSchema):
    reason = Text(required=True, most=500)


class HoldSchema(Schema):
    """What has to be settled first: cancel or finish a visit, close a task, end a relation."""

    kind = fields.String(required=True, validate=validate.OneOf(get_args(HoldKind)))
    id = fields.UUID(required=True)


class KeptSchema(Schema):
    """A class that goes on the day `until`: so many years after the last entry at that clinic, or at that age.

    Of what a clinic keeps where the caller's role does not hold the class is all that is told.
    """

    data_class = fields.String(required=True, validate=validate.OneOf(CLASSES))
    until = Day(required=True, allow_none=True)
    clinic_id = fields.UUID(required=True, allow_none=True)
    last_entry_on = Day(required=True, allow_none=True)
    years = fields.Integer(required=True, allow_none=True)
    minors_until_age = fields.Integer(required=True, allow_none=True)
    policy_version = fields.Integer(required=True, allow_none=True)


class DueSchema(Schema):
    """For how many clients something went."""

    erased = fields.Integer(required=True)


class ReceiptItem(StrictSchema):
    """What became of the mail with a receipt."""

    chain_id = fields.UUID(required=True)
    request_id = fields.UUID(required=True)
    outcome = fields.String(required=True, validate=validate.OneOf(["sent", "failed"]))


class ReceiptsSchema(StrictSchema):
    items = fields.List(fields.Nested(ReceiptItem), required=True, validate=validate.Length(1, 200))


class SettledSchema(Schema):
    """Nothing but that it was taken."""


class FollowedItem(StrictSchema):
    """What the workers have let go of, by store, for one time that these classes of a request went."""

    chain_id = fields.UUID(required=True)
    request_id = fields.UUID(required=True)
    classes = fields.List(fields.String(validate=validate.OneOf(CLASSES)), required=True)
    stores = fields.Dict(
        keys=fields.String(validate=validate.OneOf([*OF_FOLLOWERS["workers"]])),
        values=whole([validate.Range(0)]),
        required=True,
    )
    followed_at = Instant(required=True)


class FollowedSchema(StrictSchema):
    items = fields.List(fields.Nested(FollowedItem), required=True, validate=validate.Length(1, 200))


class StoredSchema(Schema):
    """A store that has something of the client, and the class that it goes with; `rows` null: it is counted later."""

    service = fields.String(required=True, validate=validate.OneOf(get_args(Keeper)))
    store = fields.String(required=True)
    rows = fields.Integer(required=True, allow_none=True)
    data_class = fields.String(required=True, validate=validate.OneOf(CLASSES))


class SweptSchema(Schema):
    """How many rows of a store of a service went, or were emptied."""

    service = fields.String(required=True, validate=validate.OneOf(get_args(Keeper)))
    store = fields.String(required=True)
    rows = fields.Integer(required=True)


class ErasureSchema(Schema):
    """A request to be forgotten; `waiting` ones are confirmed and keep something until its day.

    While it is open `goes_now`, `kept` and `holds` are the last assessment; ask again for a new one. It cannot be
    confirmed while `holds` names anything, or `unseen_holds` counts something at clinics where the caller's role does
    not hold. `stores` are where something of the client was then. While treatment does not answer, `undecided` classes
    stay until it has said when the last entry was; a confirmed request is then assessed anew by itself.

    Afterwards `gone` are the classes whose keys are destroyed, and `swept` is what went; the services in `awaits` have
    not told theirs yet. `receipt` says what became of its mail: `none` when there was no address, `due`, `sent`,
    `failed`, or `expired`.
    """

    id = fields.UUID(required=True)
    client_id = ClientId(required=True)
    asked_by = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    requested_at = fields.AwareDateTime(format="iso", required=True)
    assessed_on = fields.Date(required=True)
    goes_now = fields.List(fields.String(), required=True)
    kept = fields.List(fields.Nested(KeptSchema), required=True)
    undecided = fields.List(fields.String(validate=validate.OneOf(CLASSES)), required=True)
    holds = fields.List(fields.Nested(HoldSchema), required=True)
    unseen_holds = fields.Integer(required=True)
    stores = fields.List(fields.Nested(StoredSchema), required=True)
    gone = fields.List(fields.String(), required=True)
    swept = fields.List(fields.Nested(SweptSchema), required=True)
    awaits = fields.List(fields.String(validate=validate.OneOf(get_args(Follower))), required=True)
    receipt = fields.String(required=True, allow_none=True)
    decided_at = fields.AwareDateTime(format="iso", required=True, allow_none=True)
    version = fields.Integer(required=True)

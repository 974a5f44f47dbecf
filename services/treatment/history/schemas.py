"""What the API of a client's history takes and gives."""

import re
from typing import Any, get_args

from marshmallow import Schema, fields, post_load, validate

from shared.catalogue.model import Side
from shared.events import treatment_history as h
from shared.http.fields import (
    ClientId,
    Day,
    Instant,
    StrictSchema,
    Text,
    Words,
    locale,
    personal,
    whole,
)
from shared.http.records import RecordSchema

HASH = "^[0-9a-f]{64}$"
CLINICAL = personal("clinical")


def one_of(choices: Any, **kwargs: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(get_args(choices)), **kwargs)


class RecalledSchema(StrictSchema):
    """To the day, month or year what is known of a date, or an age in years."""

    precision = one_of(h.Precision, required=True)
    year = whole([validate.Range(0, 9999)], load_default=None, allow_none=True)
    month = whole([validate.Range(1, 12)], load_default=None, allow_none=True)
    day = whole([validate.Range(1, 31)], load_default=None, allow_none=True)
    age = whole([validate.Range(0, 150)], load_default=None, allow_none=True)

    @post_load
    def as_recalled(self, content: dict[str, Any], **_: Any) -> h.Recalled:
        return h.Recalled(**content)


class PlaceFields(StrictSchema):
    """A target of the catalogue, a region of the body chart, or both, and always the side."""

    target = Text(most=60, load_default=None, allow_none=True)
    region = Text(most=60, load_default=None, allow_none=True)
    side = one_of(Side, load_default=None, allow_none=True)


class InjuryFields(PlaceFields):
    kind = one_of(h.InjuryKind, required=True)
    onset = fields.Nested(RecalledSchema, load_default=None, allow_none=True)
    story = Words(load_default=None, allow_none=True)


class AttemptFields(PlaceFields):
    """`injury_id` is the entry of this history that was to be helped with."""

    injury_id = fields.UUID(load_default=None, allow_none=True)
    provider_kind = one_of(h.ProviderKind, required=True)
    started = fields.Nested(RecalledSchema, load_default=None, allow_none=True)
    ended = fields.Nested(RecalledSchema, load_default=None, allow_none=True)
    result = one_of(h.Result, load_default=None, allow_none=True)
    note = Words(load_default=None, allow_none=True)


class ContraindicationFields(PlaceFields):
    """`ends_on` is the last day on which it counts."""

    scope = one_of(h.ContraindicationScope, required=True)
    cause = one_of(h.Cause, required=True)
    starts_on = Day(required=True)
    ends_on = Day(load_default=None, allow_none=True)
    basis = Words(load_default=None, allow_none=True)


class LiftFields(StrictSchema):
    """`lifted_on` is the first day on which it does not count any more."""

    lifted_on = Day(required=True)
    reason = Words(load_default=None, allow_none=True)


class ConsentFields(StrictSchema):
    """`text_hash` is the SHA-256, in hexadecimal, of the text as it was shown."""

    scope = one_of(h.ConsentScope, required=True)
    text_hash = fields.String(required=True, validate=validate.Regexp(HASH, flags=re.ASCII))
    locale = locale(required=True)
    method = one_of(h.Method, required=True)
    given_by = one_of(h.GivenBy, required=True)
    given_at = Instant(required=True)


class WithdrawalFields(StrictSchema):
    scope = one_of(h.ConsentScope, required=True)
    effective_at = Instant(required=True)
    reason = Words(load_default=None, allow_none=True)


class EntryInErrorFields(StrictSchema):
    reason = Words(required=True)


class HistoryEntrySchema(Schema):
    """`client_id` is the id under which it was entered; `version` goes into If-Match."""

    id = fields.UUID(required=True)
    client_id = ClientId(required=True)
    version = fields.Integer(required=True)
    written_at = fields.AwareDateTime(format="iso", required=True)
    written_by = fields.String(required=True)
    in_error = fields.Boolean(required=True)
    error_reason = fields.String(required=True, allow_none=True, metadata=CLINICAL)


class PlacedSchema(HistoryEntrySchema):
    """`target_name` is the target's as the catalogue had it when it was written."""

    target = fields.String(required=True, allow_none=True, metadata=CLINICAL)
    target_name = fields.String(required=True, allow_none=True, metadata=CLINICAL)
    region = fields.String(required=True, allow_none=True, metadata=CLINICAL)
    side = one_of(Side, required=True, allow_none=True, metadata=CLINICAL)
    catalogue = fields.Integer(required=True)


class InjurySchema(PlacedSchema):
    kind = one_of(h.InjuryKind, required=True, metadata=CLINICAL)
    onset = fields.Nested(RecalledSchema, required=True, allow_none=True)
    story = fields.String(required=True, allow_none=True, metadata=CLINICAL)


class AttemptSchema(PlacedSchema):
    injury_id = fields.UUID(required=True, allow_none=True)
    provider_kind = one_of(h.ProviderKind, required=True, metadata=CLINICAL)
    started = fields.Nested(RecalledSchema, required=True, allow_none=True)
    ended = fields.Nested(RecalledSchema, required=True, allow_none=True)
    result = one_of(h.Result, required=True, allow_none=True, metadata=CLINICAL)
    note = fields.String(required=True, allow_none=True, metadata=CLINICAL)


class ContraindicationSchema(PlacedSchema):
    scope = one_of(h.ContraindicationScope, required=True, metadata=CLINICAL)
    cause = one_of(h.Cause, required=True, metadata=CLINICAL)
    starts_on = Day(required=True)
    ends_on = Day(required=True, allow_none=True)
    basis = fields.String(required=True, allow_none=True, metadata=CLINICAL)
    lifted_on = Day(required=True, allow_none=True)
    lift_reason = fields.String(required=True, allow_none=True, metadata=CLINICAL)


class ConsentSchema(HistoryEntrySchema):
    scope = one_of(h.ConsentScope, required=True, metadata=CLINICAL)
    text_hash = fields.String(required=True)
    locale = fields.String(required=True)
    method = one_of(h.Method, required=True)
    given_by = one_of(h.GivenBy, required=True)
    given_at = fields.AwareDateTime(format="iso", required=True)


class WithdrawalSchema(HistoryEntrySchema):
    scope = one_of(h.ConsentScope, required=True, metadata=CLINICAL)
    effective_at = fields.AwareDateTime(format="iso", required=True)
    reason = fields.String(required=True, allow_none=True, metadata=CLINICAL)


class HistorySchema(RecordSchema):
    """`client_id` is the person; `agreed` are the scopes in which a consent counts at the moment asked about."""

    client_id = ClientId(required=True)
    injuries = fields.List(fields.Nested(InjurySchema), required=True)
    attempts = fields.List(fields.Nested(AttemptSchema), required=True)
    contraindications = fields.List(fields.Nested(ContraindicationSchema), required=True)
    consents = fields.List(fields.Nested(ConsentSchema), required=True)
    withdrawals = fields.List(fields.Nested(WithdrawalSchema), required=True)
    agreed = fields.List(one_of(h.ConsentScope), required=True)

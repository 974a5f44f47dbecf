"""What the API of patterns takes and gives."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from services.treatment.patterns.plan import KINDS
from services.treatment.patterns.state import STATES, Change
from services.treatment.schemas import CLINICAL, ListQuery, MomentQuery, one_of
from shared.events.treatment_patterns import Member, Role
from shared.events.treatment_sessions import Side
from shared.http.fields import ClientId, Instant, StrictSchema, Text, Words
from shared.http.records import RecordSchema

MOST_MEMBERS = 12


class PatternQuery(ListQuery):
    """With `state` or `episode_id`, those that are in it now, also when they are asked for as of another moment."""

    state = fields.String(load_default=None, validate=validate.OneOf(sorted(STATES)))
    episode_id = fields.UUID(load_default=None)


class PlanQuery(MomentQuery):
    """`at`: when the session begins; now, unless told."""

    at = Instant(load_default=None)


class MemberFields(StrictSchema):
    target = Text(most=60, required=True)
    side = one_of(Side, required=True)
    role = one_of(Role, required=True)

    @post_load
    def as_member(self, content: dict[str, Any], **_: Any) -> Member:
        return Member(**content)


class PatternFields(StrictSchema):
    """Without `happened_at`, found when its session began, or now."""

    client_id = fields.UUID(required=True)
    episode_id = fields.UUID(load_default=None, allow_none=True)
    session_id = fields.UUID(load_default=None, allow_none=True)
    origin_injury_id = fields.UUID(load_default=None, allow_none=True)
    members = fields.List(fields.Nested(MemberFields), required=True, validate=validate.Length(2, MOST_MEMBERS))
    happened_at = Instant(load_default=None, allow_none=True)


class ConfirmFields(StrictSchema):
    """The test of an inhibited member that failed, and the one by which it held."""

    session_id = fields.UUID(required=True)
    failed_test_id = fields.UUID(required=True)
    held_test_id = fields.UUID(required=True)


class RefuteFields(StrictSchema):
    """A cold test that held, or the tests before and after a release that changed nothing."""

    session_id = fields.UUID(required=True)
    test_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, 2))


class CorrectFields(StrictSchema):
    session_id = fields.UUID(required=True)
    loop_id = fields.UUID(required=True)


class TestFields(StrictSchema):
    """The cold retest."""

    session_id = fields.UUID(required=True)
    test_id = fields.UUID(required=True)


class RelapseFields(TestFields):
    """`trigger`: what the client thinks has brought it back."""

    trigger = Words(most=500, load_default=None, allow_none=True)


class ResolveFields(StrictSchema):
    """The session whose pain score is compared with the baseline."""

    session_id = fields.UUID(required=True)
    happened_at = Instant(load_default=None, allow_none=True)


class SubordinateFields(StrictSchema):
    primary_pattern_id = fields.UUID(required=True)
    happened_at = Instant(load_default=None, allow_none=True)


class CloseFields(StrictSchema):
    """The discharged episode."""

    episode_id = fields.UUID(required=True)
    happened_at = Instant(load_default=None, allow_none=True)


class InErrorFields(StrictSchema):
    reason = Words(most=500, required=True)
    happened_at = Instant(load_default=None, allow_none=True)


class PlaceSchema(Schema):
    target = fields.String(required=True, metadata=CLINICAL)
    target_name = fields.String(required=True, metadata=CLINICAL)
    side = one_of(Side, required=True, metadata=CLINICAL)


class MemberSchema(PlaceSchema):
    role = one_of(Role, required=True)


class ChangeSchema(Schema):
    """Into which state it came, when, and by what.

    `withdrawn`: its tests do not show it any more, and it would be refused with this code today: a test is warm now,
    was amended, or was entered in error. Null where they do.
    """

    state = fields.String(required=True, validate=validate.OneOf(sorted(STATES)))
    happened_at = fields.AwareDateTime(format="iso", required=True)
    session_id = fields.UUID(required=True, allow_none=True)
    test_ids = fields.List(fields.UUID(), required=True)
    by = fields.String(required=True)
    withdrawn = fields.String(required=True, allow_none=True)


class PatternSchema(RecordSchema):
    """`client_id` is the id under which it was found; `hold_count` the cold retests in a row that held.

    `in_doubt`: one of its changes is withdrawn. Somebody is to look, and to refute it or enter it in error.
    """

    id = fields.UUID(required=True)
    client_id = ClientId(required=True)
    version = fields.Integer(required=True)
    state = fields.String(required=True, validate=validate.OneOf(sorted(STATES)))
    episode_id = fields.UUID(required=True, allow_none=True)
    session_id = fields.UUID(required=True, allow_none=True)
    origin_injury_id = fields.UUID(required=True, allow_none=True)
    primary_pattern_id = fields.UUID(required=True, allow_none=True)
    members = fields.List(fields.Nested(MemberSchema), required=True)
    hold_count = fields.Integer(required=True)
    in_doubt = fields.Boolean(required=True)
    corrected_at = fields.AwareDateTime(format="iso", required=True, allow_none=True)
    changes = fields.List(fields.Nested(ChangeSchema), required=True)


class ProposalSchema(Schema):
    """What a session suggests; a pattern that is not there yet is told by its members."""

    change = one_of(Change, required=True)
    pattern_id = fields.UUID(required=True, allow_none=True)
    members = fields.List(fields.Nested(MemberSchema), required=True)
    test_ids = fields.List(fields.UUID(), required=True)
    loop_id = fields.UUID(required=True, allow_none=True)


class ProposalsSchema(RecordSchema):
    client_id = ClientId(required=True)
    items = fields.List(fields.Nested(ProposalSchema), required=True)


class PlannedSchema(Schema):
    """`since` is when it became due."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    pattern_id = fields.UUID(required=True)
    places = fields.List(fields.Nested(PlaceSchema), required=True)
    since = fields.AwareDateTime(format="iso", required=True)
    is_worse = fields.Boolean(required=True)


class PlanSchema(RecordSchema):
    """What to begin with first."""

    client_id = ClientId(required=True)
    items = fields.List(fields.Nested(PlannedSchema), required=True)

"""What the API of sessions takes: the entries of each type, signatures, and what puts entries right."""

from collections.abc import Mapping
from typing import Any, get_args

from marshmallow import ValidationError, fields, post_load, validate

from services.treatment.schemas import MomentQuery
from services.treatment.sessions.decisions.signing import LEAVABLE
from services.treatment.sessions.entries import Entry
from shared.events import treatment_sessions as t
from shared.http.fields import ClientId, Flag, Instant, StrictSchema, Text, Words, patch_of, plain_text, whole
from shared.http.paging import PageQuery

MOST_ENTRIES = 200
PLACED = ("sequence", "happened_at")
ALWAYS_SAID = "An entry that was charted has one."
LAST = 1_000_000
TAG = "^[a-z][a-z0-9]*([_-][a-z0-9]+)*$"
"""A chain's own words for techniques, exercises and qualities: tags, in which nobody writes about people."""


def one_of(choices: Any, **kwargs: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(get_args(choices)), **kwargs)


def tag() -> fields.String:
    rules: list[Any] = [
        plain_text,
        validate.Length(1, 60),
        validate.Regexp(TAG, error="A tag, like sustained-pressure."),
    ]
    return fields.String(validate=rules, load_default=None, allow_none=True)


def count(most: int) -> fields.Integer:
    return whole([validate.Range(1, most)], load_default=None, allow_none=True)


def score(**kwargs: Any) -> fields.Integer:
    """A whole number from 0 to 10."""
    return whole([validate.Range(0, 10)], **kwargs)


def maybe(choices: Any) -> fields.String:
    return one_of(choices, load_default=None, allow_none=True)


class ProvocationFields(StrictSchema):
    """What is done while it is tested; a target is named with its side."""

    type = one_of(t.Provoked, required=True)
    target = Text(most=60, load_default=None, allow_none=True)
    side = maybe(t.Side)

    @post_load
    def as_provocation(self, content: dict[str, Any], **_: Any) -> t.Provocation:
        return t.Provocation(**content)


class PointFields(StrictSchema):
    """Thousandths of the view's width from the left, and of its height from above."""

    x = whole([validate.Range(0, 1000)], required=True)
    y = whole([validate.Range(0, 1000)], required=True)

    @post_load
    def as_point(self, content: dict[str, Any], **_: Any) -> t.ChartPoint:
        return t.ChartPoint(**content)


class SessionEntryFields(StrictSchema):
    """`id` is made by whoever charts; the same entry again is nothing.

    Without a `sequence` an entry is put in by `happened_at`, unless that is missing (now) or a guess (`approximate`).
    """

    id = fields.UUID(load_default=None, allow_none=True)
    sequence = whole([validate.Range(1, LAST)], load_default=None, allow_none=True)
    happened_at = Instant(load_default=None, allow_none=True)
    approximate = Flag(load_default=False)


class NotedFields(SessionEntryFields):
    note = Words(load_default=None, allow_none=True)


class TargetFields(NotedFields):
    """The entries of one `loop_id` belong together."""

    loop_id = fields.UUID(load_default=None, allow_none=True)
    target = Text(most=60, required=True)
    side = one_of(t.Side, required=True)


class MuscleTestFields(TargetFields):
    """`rater` is the therapist who tested: without it who charts, null where nobody knows."""

    response = one_of(t.Response, required=True)
    grade = maybe(t.Grade)
    provocation = fields.Nested(ProvocationFields, load_default=None, allow_none=True)
    position = maybe(t.Position)
    quality = tag()
    rater = fields.UUID(allow_none=True)
    blinded = Flag(load_default=None, allow_none=True)


class RetestFields(MuscleTestFields):
    """`of_test_id` is an earlier test of the same target and side; of another session only when this one is cold."""

    of_test_id = fields.UUID(required=True)


class SessionReleaseFields(TargetFields):
    """`override` is the reason to release though something stands in the way."""

    technique = tag()
    seconds = count(3600)
    override = Words(load_default=None, allow_none=True, most=1000)


class SessionActivationFields(TargetFields):
    exercise = tag()
    reps = count(1000)
    seconds = count(3600)


class PainScoreFields(NotedFields):
    """0 to 10 on the numeric rating scale; without a target it is about the complaint."""

    value = score(required=True)
    when = one_of(t.When, required=True)
    source = one_of(t.Source, required=True)
    target = Text(most=60, load_default=None, allow_none=True)
    side = maybe(t.Side)


class MarkFields(NotedFields):
    view = one_of(t.ChartView, required=True)
    region = Text(most=60, required=True)
    side = one_of(t.Side, required=True)
    point = fields.Nested(PointFields, load_default=None, allow_none=True)
    quality = tag()
    intensity = score(load_default=None, allow_none=True)


class MovementFields(NotedFields):
    movement = Text(most=60, required=True)
    side = one_of(t.Side, required=True)
    before = maybe(t.Ease)
    pain_before = score(load_default=None, allow_none=True)
    after = maybe(t.Ease)
    pain_after = score(load_default=None, allow_none=True)


class BodyworkFields(NotedFields):
    region = Text(most=60, required=True)
    side = maybe(t.Side)
    technique = tag()
    minutes = count(240)


class SessionNoteFields(SessionEntryFields):
    """A restricted note is shown to the session's therapist alone."""

    section = one_of(t.Section, required=True)
    body = Words(required=True, most=10000)
    restricted = Flag(load_default=False)


class ReactionFields(NotedFields):
    """`happened_at` is when it began."""

    kind = one_of(t.Reaction, required=True)
    severity = one_of(t.Severity, required=True)


TYPES: Mapping[str, tuple[type[Entry], type[SessionEntryFields]]] = {
    "test": (t.MuscleTested, MuscleTestFields),
    "retest": (t.MuscleRetested, RetestFields),
    "release": (t.ReleaseApplied, SessionReleaseFields),
    "activation": (t.ActivationPerformed, SessionActivationFields),
    "pain_score": (t.PainScored, PainScoreFields),
    "mark": (t.BodyChartMarked, MarkFields),
    "movement": (t.MovementReassessed, MovementFields),
    "bodywork": (t.BodyworkGiven, BodyworkFields),
    "note": (t.NoteWritten, SessionNoteFields),
    "adverse_reaction": (t.AdverseReactionRecorded, ReactionFields),
}
"""The types of entries, each with its event and with what may be said of it."""

TYPE_OF: Mapping[type, str] = {event: name for name, (event, _) in TYPES.items()}


def of_type(value: Any) -> tuple[str, dict[str, Any]]:
    """The type that a thing says it is of, and the rest of it. Raises ValidationError."""
    if not isinstance(value, dict):
        raise ValidationError("Not an object.")
    rest = {name: each for name, each in value.items() if name != "type"}
    if not isinstance(value.get("type"), str) or value["type"] not in TYPES:
        raise ValidationError({"type": [f"Must be one of: {', '.join(TYPES)}."]})
    return value["type"], rest


class AnyEntry(fields.Field[tuple[str, dict[str, Any]]]):
    """An entry of any type, which it names as `type`; its other fields are those of the type's own route."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, dict[str, Any]]:
        del attr, data, kwargs
        name, rest = of_type(value)
        content: dict[str, Any] = TYPES[name][1]().load(rest)
        return name, content


class EntriesFields(StrictSchema):
    """What was charted while nobody could be reached: all or none."""

    entries = fields.List(
        AnyEntry(metadata={"type": "object", "description": "An entry, with its `type`."}),
        required=True,
        validate=validate.Length(1, MOST_ENTRIES),
    )


def each_once(changes: list[dict[str, Any]]) -> None:
    """Refuse two changes of one entry: either might be good only without the other."""
    if len({change["entry_id"] for change in changes}) < len(changes):
        raise ValidationError("Each entry is changed once.")


class ChangeFields(StrictSchema):
    """`values` are fields of the entry's type, `note` (of a note: `body`) among them."""

    entry_id = fields.UUID(required=True)
    type = fields.String(required=True, validate=validate.OneOf(list(TYPES)))
    values = fields.Dict(keys=fields.String(), required=True, validate=validate.Length(1, 30))

    @post_load
    def in_its_type(self, content: dict[str, Any], **_: Any) -> dict[str, Any]:
        try:
            values = patch_of(TYPES[content["type"]][1])().load(content["values"])
        except ValidationError as error:
            raise ValidationError({"values": error.messages}) from error
        if gone := [name for name in PLACED if name in values and values[name] is None]:
            raise ValidationError({"values": {name: [ALWAYS_SAID] for name in gone}})
        return content | {"values": values}


class RevisionFields(StrictSchema):
    """Several changes at once, all or none."""

    id = fields.UUID(load_default=None, allow_none=True)
    changes = fields.List(fields.Nested(ChangeFields), required=True, validate=[validate.Length(1, 50), each_once])


class AmendmentFields(RevisionFields):
    reason = Words(required=True, most=1000)


class AddendumFields(StrictSchema):
    id = fields.UUID(load_default=None, allow_none=True)
    body = Words(required=True, most=10000)
    restricted = Flag(load_default=False)
    happened_at = Instant(load_default=None, allow_none=True)


class SessionInErrorFields(StrictSchema):
    """The entries that never happened; without any the whole session did not."""

    entry_ids = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=MOST_ENTRIES))
    reason = Words(required=True, most=1000)


class SignFields(StrictSchema):
    """`leaves` are codes of what is missing and is to stay so."""

    leaves = fields.List(fields.String(validate=validate.OneOf(sorted(LEAVABLE))), load_default=list)


class StartFields(StrictSchema):
    """Without `started_at` it starts now."""

    id = fields.UUID(load_default=None, allow_none=True)
    client_id = ClientId(required=True)
    clinic_id = fields.UUID(required=True)
    episode_id = fields.UUID(load_default=None, allow_none=True)
    appointment_id = fields.UUID(load_default=None, allow_none=True)
    room_id = fields.UUID(load_default=None, allow_none=True)
    started_at = Instant(load_default=None, allow_none=True)
    approximate = Flag(load_default=False)


class LinkFields(StrictSchema):
    """Both from now on: the episode of care, and the visit."""

    episode_id = fields.UUID(required=True, allow_none=True)
    appointment_id = fields.UUID(required=True, allow_none=True)


class SessionsQuery(PageQuery, MomentQuery):
    """The latest first."""

"""The API of the record as a whole: what was recorded between two moments, and all of it with its words."""

from typing import Annotated, Any, TypeAlias
from uuid import UUID

import msgspec
from marshmallow import Schema, fields, validate

from services.treatment.record.changes import Change
from services.treatment.record.difference import recorded_between
from services.treatment.record.told import MOST, ToldSchema, whole
from services.treatment.record.views import KINDS, Kind
from services.treatment.records import ids_of
from services.treatment.schemas import CLINICAL, AsOf, one_of
from shared.access_log import NEWEST
from shared.http.fields import ClientId, StrictSchema
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import PageQuery, page, page_of, read_cursor
from shared.http.records import RecordSchema

blueprint = Operations("records", __name__, url_prefix="/v1/clients/<uuid:client_id>")


Position: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=10**18)]


class DifferenceQuery(PageQuery):
    """What was recorded later than `from` and no later than `to`: each a position of the log or a time; to now, unless
    told. With `kind`, of that alone.
    """

    from_ = AsOf(required=True, data_key="from", metadata={"type": "string"})
    to = AsOf(load_default=None, metadata={"type": "string"})
    kind = one_of(Kind, load_default=None)


class RecordedSchema(Schema):
    """One thing that was recorded, with when it happened, where that is a moment, and when word of it came.

    `change`: something was added, something that was there reads otherwise, or it ended. `of_id` is of the episode,
    session, pattern or whatever `kind` says; of a history the client under whom it is kept. `content` is what is said,
    by field, without words of somebody's own: `words` are the fields that hold some.
    """

    position = fields.Integer(required=True)
    recorded_at = fields.AwareDateTime(format="iso", required=True)
    happened_at = fields.AwareDateTime(format="iso", required=True, allow_none=True)
    kind = one_of(Kind, required=True)
    of_id = fields.UUID(required=True)
    what = fields.String(required=True, metadata=CLINICAL)
    change = one_of(Change, required=True)
    by = fields.String(required=True)
    content = fields.Dict(keys=fields.String(), required=True, metadata=CLINICAL)
    words = fields.List(fields.String(), required=True)


@blueprint.query("/record-difference", page_of(RecordedSchema, RecordSchema), query=DifferenceQuery)
def show_difference(call: Call, query: dict[str, Any], client_id: UUID) -> Answer:
    """What was recorded of a client between two moments, in that order, whenever it had happened."""
    call.record(client_id)
    cursor = read_cursor(query["cursor"], tuple[Position])
    found = recorded_between(
        call.connection,
        client_id,
        [query["kind"]] if query["kind"] else KINDS,
        (query["from_"], query["to"]),
        after=cursor[0] if cursor else 0,
        most=query["limit"] + 1,
    )
    return Answer(page(found, query["limit"], lambda each: (each["position"],)))


class WholeRecordQuery(StrictSchema):
    """Where to go on: the `next` of the page before."""

    before = fields.Integer(load_default=NEWEST, validate=validate.Range(1, NEWEST))
    limit = fields.Integer(load_default=MOST, validate=validate.Range(1, MOST))


class WholeRecordSchema(RecordSchema):
    """The newest first, under all ids of the client; `next` is what to ask `before` for more, null at the end."""

    client_ids = fields.List(ClientId(), required=True)
    items = fields.List(fields.Nested(ToldSchema), required=True)
    next = fields.Integer(required=True, allow_none=True)


@blueprint.query("/whole-record", WholeRecordSchema, query=WholeRecordQuery)
def show_whole_record(call: Call, query: dict[str, Any], client_id: UUID) -> Answer:
    """All that was recorded of a client, with its words, as the client may have it.

    Restricted notes are named, and their words left out. Scheduling asks for it in the name of whoever makes a whole
    archive for the client.
    """
    call.record(client_id)
    ids = ids_of(call, client_id)
    return Answer({"client_ids": ids} | whole(call.connection, call.chain_id, ids, query["before"], query["limit"]))

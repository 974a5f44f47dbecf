"""The API of the record as a whole: what was recorded between two moments."""

from typing import Annotated, Any, TypeAlias
from uuid import UUID

import msgspec
from marshmallow import Schema, fields

from services.treatment.record.changes import Change
from services.treatment.record.difference import recorded_between
from services.treatment.record.views import KINDS, Kind
from services.treatment.schemas import CLINICAL, AsOf, one_of
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

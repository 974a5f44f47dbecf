"""A client's whole record as events, for the archive that the client gets: newest first, page by page, opened for them.

Restricted notes are not among what is handed out unseen: that they are there is said, and their words are left out, for
they may tell of somebody else; a therapist looks first.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from flask import g
from marshmallow import Schema, fields, validate
from sqlalchemy import Connection, Row, text

from services.treatment.record.changes import happened_at
from services.treatment.record.views import KINDS
from services.treatment.schemas import CLINICAL
from shared.access_log import NEWEST
from shared.auth import SERVICE
from shared.catalogue.targets import CATALOGUE
from shared.database import Database
from shared.event_store import Happened, happened, recorded
from shared.events import name_of, treatment_sessions as t
from shared.http.fields import StrictSchema
from shared.http.operations import Answer, Operations, parts
from shared.http.shown import record
from shared.sealing import Sealer

MOST = 500
PAGE = text("""
    SELECT event.* FROM record_streams told
      JOIN events event ON event.chain_id = told.chain_id AND event.stream = told.stream
    WHERE told.chain_id = :chain_id AND told.recorded_client_id = ANY(:ids) AND told.kind = ANY(:kinds)
      AND event.position < :before
    ORDER BY event.position DESC LIMIT :most
""")
# What was last said of whether a note is restricted, in its own event or in a change of it.
RESTRICTED = text("""
    WITH said AS (
      SELECT coalesce(data ->> 'note_id', data ->> 'entry_id') AS note_id, version,
        coalesce(data -> 'restricted', data -> 'changes' -> 'restricted') AS restricted
      FROM events WHERE chain_id = :chain_id AND stream = ANY(:streams) AND name = ANY(:names)
    )
    SELECT note_id FROM (
      SELECT DISTINCT ON (note_id) note_id, restricted FROM said WHERE restricted IS NOT NULL
      ORDER BY note_id, version DESC
    ) AS last WHERE restricted = 'true'
""")
NAMES = [name_of(each) for each in (t.NoteWritten, t.EntryRevised, t.AmendmentMade)]
WORDS = ("body", "words")
"""The fields of a restricted note, and of its changes, that hold what is restricted."""


class RecordQuestionSchema(StrictSchema):
    """All ids of one person of a chain, and where to go on: the `next` of the page before."""

    chain_id = fields.UUID(required=True)
    client_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, MOST))
    before = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, NEWEST))
    limit = fields.Integer(load_default=MOST, validate=validate.Range(1, MOST))


class ToldSchema(Schema):
    """One event of the record; `by` is a role, `withheld` that it has words which are not in `content`."""

    at = fields.AwareDateTime(required=True, format="iso")
    happened_at = fields.AwareDateTime(required=True, format="iso", allow_none=True)
    kind = fields.String(required=True)
    what = fields.String(required=True)
    by = fields.String(required=True)
    content = fields.Dict(keys=fields.String(), required=True, metadata=CLINICAL)
    withheld = fields.Boolean(required=True)


class RecordPageSchema(Schema):
    """The newest first; `next` is what to ask `before` for more, null when there is nothing more."""

    items = fields.List(fields.Nested(ToldSchema), required=True)
    next = fields.Integer(required=True, allow_none=True)


def record_blueprint(database: Database) -> Operations:
    """The route that scheduling asks while a client fetches an archive by their own link."""
    blueprint = Operations("record of a client", __name__, url_prefix="/internal/v1")

    @blueprint.service("POST", "/record", RecordPageSchema, body=RecordQuestionSchema)
    def whole_record(body: dict[str, Any]) -> Answer:
        """All that was recorded of a client's treatment, under any of their ids"""
        chain_id, ids = body["chain_id"], body["client_ids"]
        with database.reading(chain_id) as connection:
            found = whole(connection, chain_id, ids, body["before"] or NEWEST, body["limit"])
            record(connection, chain_id, ids, actor=g.caller.subject, role=SERVICE, purpose="client_request")
        return Answer(found)

    return blueprint


def whole(connection: Connection, chain_id: UUID, ids: Sequence[UUID], before: int, limit: int) -> dict[str, Any]:
    """A page of the record under these ids, older than a position: `items`, and where to go on, `next`."""
    rows = page(connection, chain_id, ids, before, limit + 1)
    items = told(connection, parts().database.sealer, chain_id, rows[:limit])
    return {"items": items, "next": rows[limit - 1].position if len(rows) > limit else None}


def page(connection: Connection, chain_id: UUID, ids: Sequence[UUID], before: int, most: int) -> Sequence[Row[Any]]:
    values = {"chain_id": chain_id, "ids": list(ids), "kinds": list(KINDS), "before": before, "most": most}
    return connection.execute(PAGE, values).all()


def told(connection: Connection, sealer: Sealer, chain_id: UUID, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """What the rows tell, without what is restricted, by two queries and those of the keys."""
    stored = [recorded(row) for row in rows]
    hidden = restricted(connection, chain_id, {row.stream for row in stored})
    entries = happened(connection, stored, sealer)
    return [
        {
            "at": row.recorded_at,
            "happened_at": happened_at(entry.event),
            "kind": row.stream.partition("-")[0],
            "what": row.name.split(".")[1],
            "by": entry.metadata.role,
            **content_of(entry, hidden),
        }
        for row, entry in zip(stored, entries, strict=True)
    ]


def restricted(connection: Connection, chain_id: UUID, streams: Iterable[str]) -> set[str]:
    """The ids of the notes in these streams that are restricted as they read now."""
    values = {"chain_id": chain_id, "streams": sorted(streams), "names": NAMES}
    return set(connection.execute(RESTRICTED, values).scalars())


def content_of(entry: Happened, hidden: set[str]) -> dict[str, Any]:
    """What an event says, with the names of its targets, and whether words were left out."""
    content: dict[str, Any] = msgspec.to_builtins(entry.event)
    if target := content.get("target"):
        content["target_name"] = CATALOGUE.find(target, content.get("catalogue")).name
    withheld = is_hidden(entry.event, hidden)
    return {"content": {name: None if withheld and name in WORDS else content[name] for name in content}} | {
        "withheld": withheld
    }


def is_hidden(event: Any, hidden: set[str]) -> bool:
    match event:
        case t.NoteWritten():
            return str(event.note_id) in hidden
        case t.EntryRevised() | t.AmendmentMade():
            return event.rewritten and str(event.entry_id) in hidden
        case t.AddendumAppended():
            return event.restricted
        case _:
            return False

"""What treatment has of a client who is to be forgotten, and what of it went when scheduling let go: numbers and days.

What went is counted in the transaction that lets go of it, once, and kept for scheduling to ask about: it says who was
asked for by the number of the request, and no client's id.
"""

from collections.abc import Mapping, Sequence
from typing import Any, get_args
from uuid import UUID

from flask import g
from marshmallow import Schema, fields, validate
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, text

from services.treatment.record.views import KINDS
from shared import keys
from shared.auth import SERVICE
from shared.database import Database
from shared.erasure_stores import OF_TREATMENT
from shared.event_store import Happened
from shared.events import scheduling_erasure as e
from shared.events.registry import DataClass
from shared.http.fields import StrictSchema
from shared.http.operations import Answer, Operations
from shared.http.shown import record

MOST = 500

COUNTS = {
    "treatment_record": """
        SELECT count(*) FROM record_streams told
          JOIN events event ON event.chain_id = told.chain_id AND event.stream = told.stream
        WHERE told.chain_id = :chain_id AND told.recorded_client_id = ANY(:ids) AND told.kind = ANY(:kinds)
          AND jsonb_path_exists(event.data, '$.*."$sealed"')
    """,
    "glass_breaks": """
        SELECT count(*) FROM glass_breaks
        WHERE recorded_client_id = ANY(:ids) AND (reason IS NOT NULL OR note IS NOT NULL)
    """,
    "client_links": "SELECT count(*) FROM client_links WHERE client_id = ANY(:ids)",
    "idempotency": "SELECT count(*) FROM idempotency WHERE client_ids && CAST(:ids AS uuid[])",
}
"""Of the record, what has words; numbers stay, under an id that leads to nobody any more."""

DELETED = {
    "client_links": text("DELETE FROM client_links WHERE client_id = ANY(:ids)"),
    "idempotency": text("DELETE FROM idempotency WHERE client_ids && CAST(:ids AS uuid[])"),
}
"""What goes as rows; of all else the words go with their key."""

FORGET = text("UPDATE clients SET forgotten = true, erased = erased OR :clinical WHERE client_id = ANY(:ids)")

# What services record by themselves, like a question that was sent, is no entry. An entry counts on the day on which it
# was recorded, whatever day it tells of.
ENTRIES = text("""
    SELECT coalesce(session.clinic_id, episode.clinic_id) AS clinic_id, max(event.recorded_at) AS last_at
    FROM record_streams told
      JOIN events event ON event.chain_id = told.chain_id AND event.stream = told.stream
      LEFT JOIN sessions session
        ON session.id = CASE WHEN told.kind = 'session' THEN substr(told.stream, length('session-') + 1)::uuid END
      LEFT JOIN episodes episode
        ON episode.id = CASE WHEN told.kind = 'episode' THEN substr(told.stream, length('episode-') + 1)::uuid END
    WHERE told.chain_id = :chain_id AND told.recorded_client_id = ANY(:ids) AND told.kind = ANY(:kinds)
      AND event.metadata ->> 'role' <> :service
    GROUP BY 1 ORDER BY 1
""")
NOTE = text("""
    INSERT INTO followed_erasures (event_id, chain_id, request_id, classes, stores, followed_at)
    VALUES (:event_id, :chain_id, :request_id, :classes, :stores, now()) ON CONFLICT DO NOTHING
""")
FOLLOWED = text("""
    SELECT request_id, classes, stores, followed_at FROM followed_erasures
    WHERE request_id = ANY(:ids) ORDER BY followed_at, event_id
""")


class HoldingsQuestionSchema(StrictSchema):
    """All ids of one person of a chain."""

    chain_id = fields.UUID(required=True)
    client_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, MOST))


class EntrySchema(Schema):
    """When something was last recorded at a clinic; null for what names none."""

    clinic_id = fields.UUID(required=True, allow_none=True)
    last_at = fields.AwareDateTime(required=True, format="iso")


class HoldingsSchema(Schema):
    """Rows by store, without those that have none, and the last entries."""

    stores = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    entries = fields.List(fields.Nested(EntrySchema), required=True)


class FollowedQuestionSchema(StrictSchema):
    """Requests of a chain."""

    chain_id = fields.UUID(required=True)
    request_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, MOST))


class LetGoSchema(Schema):
    """What went here, and when, for one time that scheduling let go of these classes."""

    request_id = fields.UUID(required=True)
    classes = fields.List(fields.String(validate=validate.OneOf(get_args(DataClass))), required=True)
    stores = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    followed_at = fields.AwareDateTime(required=True, format="iso")


class AllLetGoSchema(Schema):
    items = fields.List(fields.Nested(LetGoSchema), required=True)


def erasures_blueprint(database: Database) -> Operations:
    """The routes that scheduling asks before an erasure is decided, and after."""
    blueprint = Operations("erasures", __name__, url_prefix="/internal/v1/erasures")

    @blueprint.service("POST", "/holdings", HoldingsSchema, body=HoldingsQuestionSchema)
    def holdings(body: dict[str, Any]) -> Answer:
        """How much there is of a client, under any of their ids, and until when there were entries"""
        chain_id, ids = body["chain_id"], body["client_ids"]
        with database.reading(chain_id) as connection:
            stores, entries = standing(connection, chain_id, ids, COUNTS), last_entries(connection, chain_id, ids)
            record(connection, chain_id, ids, actor=g.caller.subject, role=SERVICE, purpose="client_request")
        return Answer({"stores": stores, "entries": entries})

    @blueprint.service("POST", "/followed", AllLetGoSchema, body=FollowedQuestionSchema)
    def followed(body: dict[str, Any]) -> Answer:
        """What has gone here for these requests"""
        with database.reading(body["chain_id"]) as connection:
            rows = connection.execute(FOLLOWED, {"ids": body["request_ids"]}).all()
        return Answer({"items": rows})

    return blueprint


def erasures(connection: Connection, entry: Happened) -> None:
    """Let go of the keys of whom scheduling has let go of, with all that they sealed, and of links and answers."""
    match entry.event:
        case e.ClientErased() as event:
            let_go(connection, entry, event)
        case _:
            pass


def let_go(connection: Connection, entry: Happened, event: e.ClientErased) -> None:
    """Count what goes, and let it go; in a rebuild nothing is left to count, and the numbers stay as they were."""
    ids = list(event.client_ids)
    words = {store: COUNTS[store] for store in COUNTS if OF_TREATMENT[store] in event.classes and store not in DELETED}
    stores = standing(connection, entry.chain_id, ids, words)
    keys.destroy(connection, entry.chain_id, ids, event.classes)
    gone = {store: connection.execute(statement, {"ids": ids}).rowcount for store, statement in DELETED.items()}
    connection.execute(FORGET, {"ids": ids, "clinical": "clinical" in event.classes})
    values = {
        "event_id": entry.event_id,
        "chain_id": entry.chain_id,
        "request_id": event.request_id,
        "classes": list(event.classes),
        "stores": Jsonb(stores | {store: rows for store, rows in gone.items() if rows}),
    }
    connection.execute(NOTE, values)


def standing(connection: Connection, chain_id: UUID, ids: Sequence[UUID], counts: Mapping[str, str]) -> dict[str, int]:
    """The rows of each of the stores that has any."""
    known = {"chain_id": chain_id, "ids": list(ids), "kinds": list(KINDS)}
    found = {store: connection.execute(text(sql), known).scalar_one() for store, sql in counts.items()}
    return {store: rows for store, rows in found.items() if rows}


def last_entries(connection: Connection, chain_id: UUID, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """When somebody last recorded something, by clinic."""
    known = {"chain_id": chain_id, "ids": list(ids), "kinds": list(KINDS), "service": SERVICE}
    return [row._asdict() for row in connection.execute(ENTRIES, known)]


VIEWS = (erasures,)

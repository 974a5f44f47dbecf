"""A draft is kept for whoever typed it, sealed for the client whom it is about, for a week or until the form is sent.

Each page of a form has an id. Once a page was sent, nothing that its browser still wants to keep is a draft any more,
and sending it again does nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import Connection, text

from shared.event_store import Transaction
from shared.kept import opened
from shared.keys import About
from shared.sealing import Place, Plain, Sealer

LASTS = timedelta(days=7)
FIELD = "draft"

KEEP = text("""
    INSERT INTO drafts AS had (chain_id, owner, form, subject, client_id, page, content, saved_at)
    VALUES (:chain_id, :owner, :form, :subject, :client_id, :page, :content, :now)
    ON CONFLICT (chain_id, owner, form, subject) DO UPDATE
    SET client_id = excluded.client_id, page = excluded.page, content = excluded.content, saved_at = excluded.saved_at
    WHERE had.content IS NOT NULL OR had.page <> excluded.page
    RETURNING page
""")
THROW_AWAY = text("""
    DELETE FROM drafts
    WHERE owner = :owner AND form = :form AND subject = :subject AND NOT (content IS NULL AND page = :page)
""")
FIND = text("""
    SELECT content FROM drafts
    WHERE owner = :owner AND form = :form AND subject = :subject AND saved_at > :since AND content IS NOT NULL
""")


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one draft: whose it is (the caller's subject), of which form, and about what."""

    owner: str
    form: str
    subject: UUID

    @property
    def key(self) -> dict[str, Any]:
        return {"owner": self.owner, "form": self.form, "subject": self.subject}


def keep(tx: Transaction, slot: Slot, page: UUID, *, about: About, content: Mapping[str, str], now: datetime) -> None:
    """Keep what stands in the form now; nothing, where nothing does. A page that was sent keeps nothing any more."""
    if not any(content.values()):
        tx.connection.execute(THROW_AWAY, slot.key | {"page": page})
        return
    plain = Plain(Place(tx.chain_id, page, FIELD), about, dict(content))
    (envelope,) = tx.sealer.seal(tx.connection, tx.chain_id, [plain])
    kept = Jsonb(envelope | {"event": str(page), "field": FIELD})
    row = {"chain_id": tx.chain_id, "client_id": about.subject, "page": page, "content": kept, "now": now}
    tx.connection.execute(KEEP, slot.key | row)


def find(connection: Connection, sealer: Sealer, chain_id: UUID, slot: Slot, now: datetime) -> dict[str, str]:
    """What was typed, by field; nothing when there is no draft, or nothing of it is left."""
    rows = connection.execute(FIND, slot.key | {"since": now - LASTS}).all()
    for row in opened(connection, sealer, chain_id, rows, {"content": None}):
        return dict(row["content"] or {})
    return {}


def spend(tx: Transaction, slot: Slot, page: UUID, client_id: UUID, now: datetime) -> bool:
    """The page is being sent: its draft goes with this transaction. False when it was sent before."""
    row = {"chain_id": tx.chain_id, "client_id": client_id, "page": page, "content": None, "now": now}
    return tx.connection.execute(KEEP, slot.key | row).first() is not None

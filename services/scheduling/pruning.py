"""What nobody can use any more is taken away: receipts, reply addresses, numbers, links, drafts, PINs.

In batches, each committed by itself and leaving alone what somebody holds, so that it stops nothing and may run twice
at once. Each rule is not before the day on which it stops working.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import TextClause, text

from services.scheduling.chains import chains
from shared.database import Database

BATCH = 1_000


def old(table: str, key: str, found: str) -> TextClause:
    return text(
        f"DELETE FROM {table} WHERE ({key}) IN"  # noqa: S608 - our own words
        f" (SELECT {key} FROM {table} AS old WHERE chain_id = :chain_id AND {found} LIMIT :most FOR UPDATE SKIP LOCKED)"
    )


OVER = (
    "old.created_at < :now - interval '180 days' AND EXISTS (SELECT FROM appointments visit"
    " WHERE visit.id = old.appointment_id AND visit.ends_at < :now - interval '180 days')"
)
RULES: Mapping[str, TextClause] = {
    "receipts": old("receipts", "token_hash", "created_at < :now - interval '90 days'"),
    "reply_references": old("reply_references", "token_hash", OVER),
    "text_threads": old("text_threads", "number_hash, chain_id, appointment_id", "told_at < :now - interval '1 year'"),
    "links": old("links", "token_hash", f"({OVER} OR expires_at < :now - interval '90 days')"),
    "drafts": old("drafts", "chain_id, owner, form, subject", "saved_at < :now - interval '7 days'"),
    "shifts": old("shifts", "id", "ends_at < :now - interval '90 days'"),
}


def prune(database: Database, now: datetime, beat: Callable[[], None], batch: int = BATCH) -> dict[str, int]:
    """Take away what is old in every chain, and say how much of each table; calls `beat` after each batch."""
    gone = dict.fromkeys(RULES, 0)
    for _, chain_id in chains(database.engine):
        for table in RULES:
            while found := prune_batch(database, chain_id, table, now, batch):
                gone[table] += found
                beat()
    return gone


def prune_batch(database: Database, chain_id: UUID, table: str, now: datetime, batch: int) -> int:
    with database.reading(chain_id) as connection:
        return connection.execute(RULES[table], {"chain_id": chain_id, "now": now, "most": batch}).rowcount

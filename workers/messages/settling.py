"""Tells scheduling what became of receipts of erasures, so that the addresses kept for them go.

Telling twice is harmless: a row is marked only after scheduling has taken it, and whoever dies in between leaves it for
the next tick.
"""

from datetime import datetime

import structlog
from sqlalchemy import Engine, text

from workers.messages.recipients import Recipients, SchedulingAway

MOST = 50

ENDED = text("""
SELECT key, chain_id, about, state FROM due_messages
WHERE kind = 'erasure' AND handed_at IS NULL AND state NOT IN ('pending', 'leased', 'sending')
ORDER BY key LIMIT :most
""")
SETTLED = text("UPDATE due_messages SET handed_at = :now WHERE key = ANY(:keys)")

log = structlog.get_logger()


def settle_receipts(engine: Engine, recipients: Recipients, now: datetime) -> int:
    """Settle what has ended, at most MOST at once; gives its number, 0 while scheduling is away."""
    with engine.begin() as connection:
        rows = connection.execute(ENDED, {"most": MOST}).all()
    if not rows:
        return 0
    items = [
        {
            "chain_id": str(row.chain_id),
            "request_id": str(row.about),
            "outcome": "sent" if row.state == "sent" else "failed",
        }
        for row in rows
    ]
    try:
        recipients.settle_receipts(items)
    except SchedulingAway as error:
        log.warning("scheduling_is_away", error=str(error), messages=len(rows))
        return 0
    with engine.begin() as connection:
        connection.execute(SETTLED, {"now": now, "keys": [row.key for row in rows]})
    return len(rows)

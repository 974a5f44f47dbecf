"""Tells treatment what became of the messages of check-ins, so that silence is not taken for what was never asked.

Telling twice is harmless: a row is marked only after treatment has taken it, and whoever dies in between leaves it for
the next tick.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Engine, Row, text

from workers.messages.treatment import Treatment, TreatmentAway, TreatmentRefused

MOST = 50
LONGEST = 100
NO_CODE = re.compile(r"[^A-Za-z0-9_.:-]+")

ENDED = text("""
SELECT key, chain_id, about, version, state, reason, channel, sent_at, next_at FROM due_messages
WHERE kind = 'check_in' AND handed_at IS NULL AND state IN ('sent', 'stopped', 'expired', 'in_doubt')
ORDER BY key LIMIT :most
""")
# One that has changed meanwhile, because it bounced, is told again.
TOLD = text("""
UPDATE due_messages SET handed_at = :now WHERE key = :key AND reason IS NOT DISTINCT FROM :reason
""")

log = structlog.get_logger()


def tell_outcomes(engine: Engine, treatment: Treatment, now: datetime) -> int:
    """Tell what has ended, at most MOST messages at once; gives how many treatment took, 0 while it is away.

    When it refuses them together each is told by itself, so that one which it does not take holds up no other.
    """
    with engine.begin() as connection:
        rows = connection.execute(ENDED, {"most": MOST}).all()
    if not rows:
        return 0
    try:
        taken = taken_of(rows, treatment, now)
    except TreatmentAway as error:
        log.warning("treatment_is_away", error=str(error), messages=len(rows))
        return 0
    if taken:
        with engine.begin() as connection:
            connection.execute(TOLD, [{"now": now, "key": row.key, "reason": row.reason} for row in taken])
    return len(taken)


def taken_of(rows: Sequence[Row[Any]], treatment: Treatment, now: datetime) -> Sequence[Row[Any]]:
    """Those that treatment took; the others are told again. Raises TreatmentAway."""
    try:
        treatment.tell_outcomes([item for row in rows for item in items(row, now)])
    except TreatmentRefused as error:
        if len(rows) > 1:
            return [taken for row in rows for taken in taken_of([row], treatment, now)]
        log.warning("outcome_refused", key=rows[0].key, error=str(error))
        return []
    return rows


def items(row: Row[Any], now: datetime) -> Iterator[dict[str, Any]]:
    """That it was sent, and where it did not arrive, or was not sent, why."""
    about = {"chain_id": str(row.chain_id), "check_in_id": str(row.about), "ordinal": row.version}
    if row.state == "sent":
        yield about | {"outcome": "sent", "channel": row.channel, "at": row.sent_at.isoformat()}
    if row.state != "sent" or row.reason is not None:
        cause = "in_doubt" if row.state == "in_doubt" else row.reason
        yield about | {"outcome": "undeliverable", "cause": code_of(cause), "at": now.isoformat()}


def code_of(reason: str | None) -> str:
    """A reason as a code that treatment takes: in it may be what a provider said, in whatever letters."""
    return NO_CODE.sub("_", reason or "unknown")[:LONGEST]

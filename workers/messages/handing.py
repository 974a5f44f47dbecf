"""What no message settles is handed to people: scheduling makes a contact task of it, once for each message.

Handing over twice is harmless, so a row is only put off while it is asked about: whoever dies in between leaves it for
the next tick. Nothing is handed over of a visit that has begun.
"""

from datetime import datetime, timedelta
from typing import Any

import structlog
from msgspec.json import encode
from sqlalchemy import Engine, Row, text

from workers.messages.recipients import Recipients, SchedulingAway

LEASE = timedelta(seconds=60)
MOST = 50

NOT_WANTED = ("no_consent",)
"""Who wants no messages is not called about what they did themselves or know."""

WAYLESS = frozenset({"no_contact", "no_consent", "blocked", "invalid_address"})

# A look whether an urgent change was confirmed that is due, and messages that went nowhere or perhaps nowhere. One that
# went out on every channel has such a look, and need not be handed over channel by channel.
TAKE = text("""
UPDATE due_messages AS d SET next_at = :until
FROM (
  SELECT key FROM due_messages
  WHERE handed_at IS NULL AND next_at <= :now AND (
    kind = 'unconfirmed' AND state = 'pending' AND not_after > :now
    OR state IN ('stopped', 'in_doubt') AND via = 'any' AND kind <> 'link' AND visit_starts_at > :now
      AND reason <> 'gone' AND NOT (reason = ANY(:not_wanted) AND coalesce(announcement, 'booked') = 'booked'))
  ORDER BY visit_starts_at LIMIT :most FOR UPDATE SKIP LOCKED
) AS waiting
WHERE d.key = waiting.key
RETURNING d.key, d.kind, d.chain_id, d.about, d.state, d.reason
""")

HANDED = text("""
UPDATE due_messages AS d SET handed_at = :now,
  state = CASE WHEN d.kind <> 'unconfirmed' OR d.state <> 'pending' THEN d.state
    WHEN h.needed THEN 'sent' ELSE 'withdrawn' END,
  sent_at = CASE WHEN d.kind = 'unconfirmed' AND d.state = 'pending' AND h.needed THEN :now ELSE d.sent_at END,
  reason = CASE WHEN d.kind <> 'unconfirmed' OR d.state <> 'pending' THEN d.reason
    WHEN h.needed THEN 'contact_task' ELSE 'settled' END
FROM jsonb_to_recordset(CAST(:handed AS jsonb)) AS h(key text, needed boolean)
WHERE d.key = h.key
""")

log = structlog.get_logger()


def hand_over(engine: Engine, recipients: Recipients, now: datetime) -> int:
    """Hand over what waits for a person, at most MOST at once; gives its number, 0 while scheduling is away."""
    with engine.begin() as connection:
        names = {"now": now, "until": now + LEASE, "most": MOST, "not_wanted": list(NOT_WANTED)}
        rows = connection.execute(TAKE, names).all()
    if not rows:
        return 0
    try:
        needed = recipients.want_tasks([wish(row) for row in rows])
    except SchedulingAway as error:
        log.warning("scheduling_is_away", error=str(error), messages=len(rows))
        return 0
    handed = [{"key": row.key, "needed": needed[row.key]} for row in rows if row.key in needed]
    with engine.begin() as connection:
        connection.execute(HANDED, {"handed": encode(handed).decode(), "now": now})
    return len(handed)


def wish(row: Row[Any]) -> dict[str, str]:
    return {
        "because": row.key,
        "cause": cause(row),
        "chain_id": str(row.chain_id),
        "appointment_id": str(row.about),
    }


def cause(row: Row[Any]) -> str:
    """Why somebody has to contact the client."""
    if row.kind == "unconfirmed":
        return "unconfirmed"
    if row.state == "in_doubt":
        return "in_doubt"
    return "no_contact" if row.reason in WAYLESS else "undeliverable"

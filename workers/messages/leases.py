"""Who may send a message now: rows are leased under a token, checked before sending, and let go with an outcome.

A sender that dies loses its leases after LEASE; another takes the rows then. Only what may be sent twice is sent again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never
from uuid import UUID

from msgspec.json import encode
from sqlalchemy import Connection, Row, text

from workers.messages.model import Due
from workers.messages.outcomes import Expired, InDoubt, NotYet, Outcome, Refused, RetryLater, Sent, Stop, Withdrawn
from workers.messages.quiet import QuietHours

LEASE = timedelta(seconds=60)
BATCH = 100
MOST_ATTEMPTS = 12
SLOW = frozenset({"staff_report"})

# Rows that are due and must not be taken by a sender any more: nobody knows whether they went out, or it is too late,
# or enough has been tried.
SETTLE = text("""
UPDATE due_messages AS d SET lease_token = NULL,
  state = CASE WHEN doubt THEN 'in_doubt' WHEN d.not_after <= :now THEN 'expired' ELSE 'stopped' END,
  reason = CASE WHEN doubt THEN 'sender_died' WHEN d.not_after <= :now THEN 'too_late'
    ELSE 'gave_up: ' || coalesce(d.reason, 'sender_died') END
FROM (
  SELECT key, state = 'sending' AND (channel = ANY(:once) OR unwanted IS NOT NULL OR not_after <= :now) AS doubt
  FROM due_messages
  WHERE state IN ('pending', 'leased', 'sending') AND next_at <= :now
    AND (not_after <= :now OR attempts >= :most OR unwanted IS NOT NULL OR state = 'sending' AND channel = ANY(:once))
  ORDER BY next_at LIMIT 1000 FOR UPDATE SKIP LOCKED
) AS hopeless
WHERE d.key = hopeless.key
RETURNING d.state
""")

CLAIM = text("""
UPDATE due_messages AS d SET state = 'leased', lease_token = :token, next_at = :until
FROM (
  SELECT key FROM due_messages
  WHERE state IN ('pending', 'leased', 'sending') AND next_at <= :now AND not_after > :now AND attempts < :most
    AND unwanted IS NULL AND NOT (state = 'sending' AND channel = ANY(:once)) AND kind <> 'unconfirmed'
  ORDER BY next_at LIMIT :batch FOR UPDATE SKIP LOCKED
) AS free
WHERE d.key = free.key
RETURNING d.*
""")

RENEW = text("""
UPDATE due_messages SET state = 'sending', attempts = attempts + 1, channel = :channel, next_at = :until
WHERE key = :key AND lease_token = :token AND state = 'leased' AND not_after > :now
""")

# What went out is noted as sent even by a sender that has lost its lease meanwhile.
NOTE = text("""
UPDATE due_messages AS d SET lease_token = NULL, unwanted = NULL,
  state = CASE WHEN n.state = 'pending' AND d.unwanted IS NOT NULL THEN 'withdrawn' ELSE n.state END,
  reason = CASE WHEN n.state = 'pending' AND d.unwanted IS NOT NULL THEN d.unwanted ELSE n.reason END,
  attempts = d.attempts + CASE WHEN n.failed AND d.state = 'leased' THEN 1 ELSE 0 END,
  next_at = coalesce(n.next_at, d.next_at), sent_at = n.sent_at, provider_id = n.provider_id
FROM jsonb_to_recordset(CAST(:notes AS jsonb)) AS n(key text, state text, reason text, failed boolean,
  next_at timestamptz, sent_at timestamptz, provider_id text)
WHERE d.key = n.key AND (d.lease_token = :token OR n.state = 'sent' AND d.state <> 'sent')
RETURNING d.state
""")

RELEASE = text("""
UPDATE due_messages SET state = 'pending', lease_token = NULL, next_at = :next_at
WHERE lease_token = :token AND state = 'leased'
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What becomes of a row; `failed` counts as an attempt even when nothing was handed to a provider."""

    key: str
    state: str
    reason: str | None = None
    failed: bool = False
    next_at: datetime | None = None
    sent_at: datetime | None = None
    provider_id: str | None = None


def settle(connection: Connection, now: datetime, once: Collection[str]) -> Sequence[str]:
    """Close due rows that nobody may send any more, and give their new states.

    `once` are the channels where a message in doubt must not be sent again.
    """
    return connection.execute(SETTLE, {"now": now, "most": MOST_ATTEMPTS, "once": list(once)}).scalars().all()


def claim(connection: Connection, token: UUID, now: datetime, once: Collection[str]) -> list[Due]:
    """Lease up to BATCH due rows, the longest due first, those last that take long to write."""
    names = {
        "token": token,
        "now": now,
        "until": now + LEASE,
        "most": MOST_ATTEMPTS,
        "once": list(once),
        "batch": BATCH,
    }
    rows = connection.execute(CLAIM, names).all()
    return [due(row) for row in sorted(rows, key=lambda row: (row.kind in SLOW, row.due_at, row.key))]


def renew(connection: Connection, key: str, token: UUID, channel: str, now: datetime) -> bool:
    """Begin to send: whether the row is still ours, still wanted and not too late."""
    names = {"key": key, "token": token, "channel": channel, "now": now, "until": now + LEASE}
    return connection.execute(RENEW, names).rowcount == 1


def note(connection: Connection, token: UUID, notes: Sequence[Note]) -> Sequence[str]:
    """Write down outcomes and give the states they led to."""
    return connection.execute(NOTE, {"notes": encode(notes).decode(), "token": token}).scalars().all()


def release(connection: Connection, token: UUID, next_at: datetime) -> None:
    """Let go of every row of the lease that nobody has begun to send."""
    connection.execute(RELEASE, {"token": token, "next_at": next_at})


def noted(key: str, outcome: Outcome, now: datetime, backoff: timedelta) -> Note:
    """What an outcome means for its row."""
    match outcome:
        case Sent():
            return Note(key=key, state="sent", sent_at=now, provider_id=outcome.provider_id)
        case RetryLater():
            wait = backoff if outcome.after is None else max(outcome.after, backoff)
            return Note(key=key, state="pending", reason=outcome.reason, failed=True, next_at=now + wait)
        case NotYet():
            return Note(key=key, state="pending", next_at=outcome.until)
        case Stop() | Refused():
            return Note(key=key, state="stopped", reason=outcome.reason)
        case Withdrawn():
            return Note(key=key, state="withdrawn", reason=outcome.reason)
        case Expired():
            return Note(key=key, state="expired", reason=outcome.reason)
        case InDoubt():
            return Note(key=key, state="in_doubt", reason=outcome.reason)
        case _:
            assert_never(outcome)


def due(row: Row[Any]) -> Due:
    return Due(
        key=row.key,
        kind=row.kind,
        announcement=row.announcement,
        chain_id=row.chain_id,
        client_id=row.client_id,
        about=row.about,
        visit_starts_at=row.visit_starts_at,
        not_after=row.not_after,
        quiet_hours=None if row.quiet_from is None else QuietHours(row.quiet_from, row.quiet_to),
        attempts=row.attempts,
        via=row.via,
        staff_id=row.staff_id,
        clinic_id=row.clinic_id,
    )

"""The rows of wanted messages kept as the plan wants them: what is missing is added, what is unwanted is withdrawn.

Doing it again changes nothing. What is sent or given up stays as it is; what a sender holds is taken back; what is just
going out is marked, so that it does not go out again.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec.json import encode
from sqlalchemy import Connection, text

from workers.messages.facts import Subject
from workers.messages.plan import Audience, LetterKind, Visit, Wanted, reasons_to_withdraw, wanted

FORGET = text("""
UPDATE due_messages SET provider_id = NULL,
  state = CASE WHEN state IN ('pending', 'leased') THEN 'withdrawn' ELSE state END,
  reason = CASE WHEN state IN ('pending', 'leased') THEN 'erased' ELSE reason END,
  unwanted = CASE state WHEN 'sending' THEN 'erased' ELSE unwanted END,
  lease_token = CASE state WHEN 'leased' THEN NULL ELSE lease_token END
WHERE client_id = ANY(:ids) AND kind <> 'erasure'
  AND (provider_id IS NOT NULL OR state IN ('pending', 'leased', 'sending'))
""")

WITHDRAW = text("""
UPDATE due_messages AS d SET
  state = CASE d.state WHEN 'sending' THEN d.state ELSE 'withdrawn' END,
  reason = CASE WHEN d.state = 'sending' THEN d.reason WHEN d.version < v.version THEN v.older ELSE v.other END,
  unwanted = CASE WHEN d.state <> 'sending' THEN NULL WHEN d.version < v.version THEN v.older ELSE v.other END,
  lease_token = CASE d.state WHEN 'sending' THEN d.lease_token END
FROM jsonb_to_recordset(CAST(:visits AS jsonb)) AS v(about uuid, version integer, older text, other text)
WHERE d.about = v.about AND d.state IN ('pending', 'leased', 'sending') AND d.unwanted IS NULL
  AND NOT d.key = ANY(CAST(:keys AS text[])) AND d.kind <> 'link'
""")

# A message that was withdrawn lives again only when its time is still ahead.
WANT = text("""
INSERT INTO due_messages AS d (key, kind, announcement, chain_id, clinic_id, client_id, about, version, visit_starts_at,
  due_at, next_at, not_after, quiet_from, quiet_to, via, state)
SELECT key, kind, announcement, chain_id, clinic_id, client_id, about, version, visit_starts_at,
  due_at, due_at, not_after, quiet_from, quiet_to, via, 'pending'
FROM jsonb_to_recordset(CAST(:wanted AS jsonb)) AS w(key text, kind text, announcement text, chain_id uuid,
  clinic_id uuid, client_id uuid, about uuid, version int, visit_starts_at timestamptz, due_at timestamptz,
  not_after timestamptz, quiet_from smallint, quiet_to smallint, via text)
ORDER BY key
ON CONFLICT (key) DO UPDATE SET
  client_id = excluded.client_id, due_at = excluded.due_at, not_after = excluded.not_after, unwanted = NULL,
  visit_starts_at = excluded.visit_starts_at,
  quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to,
  next_at = CASE WHEN d.state = 'sending' OR d.state = 'pending' AND d.due_at = excluded.due_at
    THEN d.next_at ELSE excluded.due_at END,
  state = CASE d.state WHEN 'sending' THEN d.state ELSE 'pending' END,
  reason = CASE d.state WHEN 'sending' THEN d.reason END,
  lease_token = CASE d.state WHEN 'sending' THEN d.lease_token END
WHERE d.state IN ('pending', 'leased', 'sending')
    AND (d.client_id, d.due_at, d.not_after, d.visit_starts_at, d.quiet_from, d.quiet_to, d.unwanted)
      IS DISTINCT FROM (excluded.client_id, excluded.due_at, excluded.not_after, excluded.visit_starts_at,
        excluded.quiet_from, excluded.quiet_to, NULL)
  OR d.state = 'withdrawn' AND excluded.due_at > :as_of
""")


# Once, and only in the read models in use: what is being rebuilt was sent when it was asked for.
LINK = text("""
INSERT INTO due_messages (key, kind, chain_id, clinic_id, client_id, about, version, visit_starts_at, due_at, next_at,
  not_after, via, state)
SELECT :key, 'link', chain_id, clinic_id, client_id, appointment_id, 0, starts_at, :at, :at,
  :not_after, 'any', 'pending'
FROM visits WHERE appointment_id = :about AND current_schema() = (SELECT schema FROM public.active_views)
ON CONFLICT (key) DO NOTHING
""")
LETTER = text("""
INSERT INTO due_messages (key, kind, chain_id, client_id, about, version, due_at, next_at, not_after, via, state)
SELECT :key, :kind, :chain_id, :client_id, :about, 0, :at, :at, :not_after, 'any', 'pending'
WHERE current_schema() = (SELECT schema FROM public.active_views)
ON CONFLICT (key) DO NOTHING
""")
LINK_GOOD_FOR = timedelta(hours=1)
"""A fresh link that comes later than this is not what anybody waits for."""


def add_link(connection: Connection, request_id: UUID, appointment_id: UUID, asked_at: datetime) -> None:
    """Want a message with nothing but a fresh link to a visit, to whoever may be told of it."""
    times = {"at": asked_at, "not_after": asked_at + LINK_GOOD_FOR}
    connection.execute(LINK, {"key": f"link:{request_id}", "about": appointment_id, **times})


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterWanted:
    """A message about no visit; `about` is the id of what was asked for."""

    kind: LetterKind
    about: UUID
    chain_id: UUID
    client_id: UUID
    asked_at: datetime
    not_after: datetime


def add_letter(connection: Connection, letter: LetterWanted) -> None:
    """Want a message about no visit, now."""
    values = {name: getattr(letter, name) for name in ("kind", "about", "chain_id", "client_id", "not_after")}
    connection.execute(LETTER, values | {"key": f"{letter.kind}:{letter.about}", "at": letter.asked_at})


def reconcile(
    connection: Connection, subjects: Sequence[Subject], as_of: datetime, *, only_ahead: bool = False
) -> None:
    """Bring the messages of these visits to what the plan wants; `as_of` is when the event that asks was recorded.

    With `only_ahead`, nothing is added that was due by then.
    """
    rows = [row(visit, audience, message) for visit, audience in subjects for message in wanted(visit, audience)]
    keys = [message["key"] for message in rows]
    connection.execute(WITHDRAW, {"visits": as_json(news(visit) for visit, _ in subjects), "keys": keys})
    if only_ahead:
        rows = [message for message in rows if message["due_at"] > as_of]
    if rows:
        connection.execute(WANT, {"wanted": as_json(rows), "as_of": as_of})


def news(visit: Visit) -> dict[str, Any]:
    """What makes older messages of a visit superfluous."""
    older, other = reasons_to_withdraw(visit)
    return {"about": visit.appointment_id, "version": visit.announced_version, "older": older, "other": other}


def row(visit: Visit, audience: Audience, message: Wanted) -> dict[str, Any]:
    """The columns of one message; only reminders heed quiet hours."""
    quiet = audience.quiet_hours if message.kind == "reminder" else None
    return {
        "key": message.key,
        "kind": message.kind,
        "announcement": message.announcement,
        "chain_id": visit.chain_id,
        "clinic_id": visit.clinic_id,
        "client_id": visit.client_id,
        "about": visit.appointment_id,
        "version": message.version,
        "visit_starts_at": visit.starts_at,
        "due_at": message.due_at,
        "not_after": message.not_after,
        "quiet_from": quiet.from_minute if quiet else None,
        "quiet_to": quiet.to_minute if quiet else None,
        "via": message.via,
    }


def as_json(rows: Iterable[dict[str, Any]]) -> str:
    return encode(list(rows)).decode()


def forget(connection: Connection, client_ids: Collection[UUID]) -> int:
    """Send nothing more about these clients' visits, and keep no provider's word; gives how many messages had one."""
    return connection.execute(FORGET, {"ids": list(client_ids)}).rowcount

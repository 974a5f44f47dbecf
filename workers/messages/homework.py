"""The messages of homework kept as its events want them: one to each person, about what they were given last.

Nobody hears of it before the session in which it was given is signed, nor within half an hour of its last change; what
a newer one takes the place of, or is stopped before it has gone out, is withdrawn. Where no session is named, nothing
is waited for. Messages heed quiet hours: what falls into a night goes out when it is over.
"""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from shared.aliases import followers_of, persons_of
from shared.events.treatment_homework import HomeworkAssigned, HomeworkRevised
from workers.messages.due import WANT, as_json
from workers.messages.quiet import USUAL_QUIET_HOURS, QuietHours

KEY = "homework"
WAIT = timedelta(minutes=30)
"""So long after a signature or a change, it may still be changed without anybody hearing of it twice."""

BATCH = 500
FIRST = UUID(int=0)

SIGN = text("INSERT INTO signed_sessions (session_id) VALUES (:session_id) ON CONFLICT DO NOTHING")
STANDS = text("""
    UPDATE homework SET told_from = :at WHERE session_id = :session_id AND told_from IS NULL RETURNING client_id
""")
GIVE = text("""
    INSERT INTO homework (homework_id, chain_id, client_id, session_id, until, version, told_from)
    SELECT :homework_id, :chain_id, :client_id, :session_id, :until, :version,
      CASE WHEN CAST(:session_id AS uuid) IS NULL OR EXISTS (
        SELECT FROM signed_sessions WHERE session_id = :session_id
      ) THEN CAST(:at AS timestamptz) END
    ON CONFLICT (homework_id) DO NOTHING
""")
CHANGE = text("""
    UPDATE homework SET until = :until, version = :version,
      told_from = CASE WHEN told_from IS NOT NULL THEN CAST(:at AS timestamptz) END
    WHERE homework_id = :homework_id
""")
END = text("DELETE FROM homework WHERE homework_id = :homework_id")
FORGET = text("DELETE FROM homework WHERE client_id = ANY(:ids)")

# Only in the read models in use: what is being rebuilt was planned when it happened.
NEWEST = text("""
    SELECT given.*, coalesce(client.time_zone, 'UTC') AS time_zone, chain.quiet_from, chain.quiet_to
    FROM homework given LEFT JOIN clients client ON client.client_id = :person
      LEFT JOIN chains chain ON chain.chain_id = given.chain_id
    WHERE given.client_id = ANY(:ids) AND told_from IS NOT NULL
      AND current_schema() = (SELECT schema FROM public.active_views)
    ORDER BY told_from DESC, homework_id DESC LIMIT 1
""")
CLIENTS = text("SELECT DISTINCT client_id FROM homework WHERE client_id > :last ORDER BY client_id LIMIT :batch")

# A link that somebody has asked for (version 0) is no news that a newer one takes the place of.
REPLACE = text("""
UPDATE due_messages SET
  state = CASE state WHEN 'sending' THEN state ELSE 'withdrawn' END,
  reason = CASE state WHEN 'sending' THEN reason ELSE 'replaced' END,
  unwanted = CASE state WHEN 'sending' THEN 'replaced' END,
  lease_token = CASE state WHEN 'sending' THEN lease_token END
WHERE about IN (SELECT homework_id FROM homework WHERE client_id = ANY(:ids)) AND kind = 'homework' AND version > 0
  AND key <> :key AND state IN ('pending', 'leased', 'sending')
  AND current_schema() = (SELECT schema FROM public.active_views)
""")
WITHDRAW = text("""
UPDATE due_messages SET
  state = CASE state WHEN 'sending' THEN state ELSE 'withdrawn' END,
  reason = CASE state WHEN 'sending' THEN reason ELSE 'stopped' END,
  unwanted = CASE state WHEN 'sending' THEN 'stopped' END,
  lease_token = CASE state WHEN 'sending' THEN lease_token END
WHERE about = :about AND kind = 'homework' AND state IN ('pending', 'leased', 'sending')
  AND current_schema() = (SELECT schema FROM public.active_views)
""")
REST = text("""
UPDATE due_messages SET quiet_from = :quiet_from, quiet_to = :quiet_to
WHERE chain_id = :chain_id AND kind = 'homework' AND state = 'pending' AND quiet_from IS NOT NULL
  AND current_schema() = (SELECT schema FROM public.active_views)
""")


def give(connection: Connection, event: HomeworkAssigned, chain_id: UUID, version: int, at: datetime) -> None:
    """Homework is given: at once, or with the signature of its session."""
    names = ("homework_id", "client_id", "session_id", "until")
    values = {name: getattr(event, name) for name in names}
    connection.execute(GIVE, values | {"chain_id": chain_id, "version": version, "at": at})
    plan_client(connection, event.client_id, at)


def change(connection: Connection, event: HomeworkRevised, version: int, at: datetime) -> None:
    """Something else is done from now on."""
    values = {"homework_id": event.homework_id, "until": event.until, "version": version, "at": at}
    connection.execute(CHANGE, values)
    plan_client(connection, event.client_id, at)


def sign(connection: Connection, session_id: UUID, at: datetime) -> None:
    """What was given in a session stands from its first signature on."""
    connection.execute(SIGN, {"session_id": session_id})
    clients = connection.execute(STANDS, {"session_id": session_id, "at": at}).scalars().all()
    plan_clients(connection, clients, at)


def stop(connection: Connection, homework_id: UUID, client_id: UUID, at: datetime) -> None:
    """It is not done any more; whoever has not heard of what else there is hears of that."""
    connection.execute(WITHDRAW, {"about": homework_id})
    connection.execute(END, {"homework_id": homework_id})
    plan_client(connection, client_id, at)


def forget(connection: Connection, client_ids: Collection[UUID]) -> int:
    """Know nothing of the homework of clients who were erased; gives of how much something was known."""
    return connection.execute(FORGET, {"ids": list(client_ids)}).rowcount


def heed(connection: Connection, chain_id: UUID, hours: QuietHours) -> None:
    """Let messages that wait keep to these hours."""
    values = {"chain_id": chain_id, "quiet_from": hours.from_minute, "quiet_to": hours.to_minute}
    connection.execute(REST, values)


def plan_clients(connection: Connection, client_ids: Collection[UUID], as_of: datetime) -> None:
    for each in sorted(set(client_ids)):
        plan_client(connection, each, as_of)


def plan_again(connection: Connection, as_of: datetime, last: UUID) -> UUID | None:
    """Add what the next batch of clients lacks and is still ahead; gives its last id, None at the end."""
    clients = connection.execute(CLIENTS, {"last": last, "batch": BATCH}).scalars().all()
    for person in sorted(persons_of(connection, clients)):
        plan_client(connection, person, as_of, only_ahead=True)
    return clients[-1] if clients else None


def plan_client(connection: Connection, client_id: UUID, as_of: datetime, *, only_ahead: bool = False) -> None:
    """Bring the messages of a person to what they were given last and still do."""
    [person] = persons_of(connection, [client_id])
    ids = followers_of(connection, person)
    newest = connection.execute(NEWEST, {"person": person, "ids": ids}).first()
    wanted = None if newest is None else message(newest)
    connection.execute(REPLACE, {"ids": ids, "key": wanted["key"] if wanted else ""})
    if wanted is None or wanted["not_after"] <= wanted["due_at"] or (only_ahead and wanted["due_at"] <= as_of):
        return
    connection.execute(WANT, {"wanted": as_json([wanted]), "as_of": as_of})


def message(row: Row[Any]) -> dict[str, Any]:
    """The columns of the one message, which is worth sending until the last day is over."""
    hours = USUAL_QUIET_HOURS if row.quiet_from is None else QuietHours(row.quiet_from, row.quiet_to)
    return {
        "key": f"{KEY}:{row.homework_id}:{row.version}",
        "kind": KEY,
        "announcement": None,
        "chain_id": row.chain_id,
        "clinic_id": None,
        "client_id": row.client_id,
        "about": row.homework_id,
        "version": row.version,
        "visit_starts_at": None,
        "due_at": row.told_from + WAIT,
        "not_after": end_of(row.until, row.time_zone),
        "quiet_from": hours.from_minute,
        "quiet_to": hours.to_minute,
        "via": "any",
    }


def end_of(day: date, time_zone: str) -> datetime:
    """The last moment of a day on a clock."""
    return datetime.combine(day, time.max, ZoneInfo(time_zone))

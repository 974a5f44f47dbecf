"""Which visits a telephone number was written to about: an SMS has no reference, only the number it comes from.

The number is kept as a blind index of the whole service, because the number alone says which chains it is about.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from services.scheduling.replies.references import Told, answerable
from shared.keys import THE_SERVICE
from shared.sealing import Sealer

KEEP = text("""
    INSERT INTO text_threads AS t
      (number_hash, chain_id, client_id, appointment_id, contact_point_id, visit_version, asks)
    VALUES (:number_hash, :chain_id, :client_id, :appointment_id, :contact_point_id, :visit_version, :asks)
    ON CONFLICT (number_hash, chain_id, appointment_id) DO UPDATE SET
      client_id = excluded.client_id, contact_point_id = excluded.contact_point_id,
      visit_version = excluded.visit_version, told_at = now(),
      asks = excluded.asks OR t.asks AND t.visit_version = excluded.visit_version
""")
FORGET = text("DELETE FROM text_threads WHERE contact_point_id = ANY(:points)")
ADDRESSED = text("""
    INSERT INTO inbound_texts AS known (message_hash, chain_ids)
    SELECT :message_hash, coalesce(array_agg(chain_id ORDER BY told_at DESC), '{}')
    FROM (SELECT chain_id, max(told_at) AS told_at FROM text_threads
      WHERE number_hash = :number_hash GROUP BY chain_id) AS told
    ON CONFLICT (message_hash) DO UPDATE SET came_in_at = known.came_in_at
    RETURNING chain_ids
""")
# As in `notices`: now and then a new one clears out the old.
FORGET_TEXTS = text("DELETE FROM inbound_texts WHERE came_in_at < now() - interval '1 year'")
VISITS = text("""
    SELECT visit.id, visit.clinic_id, visit.status, visit.confirmed, person_of(thread.client_id) AS client_id,
      visit.client_id AS visit_client_id, visit.booker_client_id, visit.told_client_id, visit.gift,
      thread.visit_version, thread.asks
    FROM text_threads thread JOIN appointments visit ON visit.id = thread.appointment_id
    WHERE thread.number_hash = :number_hash AND thread.chain_id = :chain_id
      AND visit.ends_at > :now - interval '2 days'
    ORDER BY thread.told_at DESC, visit.id
""")


@dataclass(frozen=True, slots=True)
class Texted:
    """A number that is written to, and about what."""

    number: str
    told: Told


def remember(connection: Connection, chain_id: UUID, sealer: Sealer, texts: Sequence[Texted]) -> None:
    """Note what each number is told; committed with the connection's transaction."""
    rows = [
        {
            "number_hash": number_hash(connection, sealer, text.number),
            "chain_id": chain_id,
            "client_id": text.told.client_id,
            "appointment_id": text.told.appointment_id,
            "contact_point_id": text.told.contact_point_id,
            "visit_version": text.told.visit_version,
            "asks": text.told.asks,
        }
        for text in texts
    ]
    if rows:
        connection.execute(KEEP, sorted(rows, key=lambda row: (row["number_hash"], row["appointment_id"])))


def forget(connection: Connection, contact_point_ids: Iterable[UUID]) -> None:
    """Let no SMS count any more from a number that is no longer the client's."""
    connection.execute(FORGET, {"points": list(contact_point_ids)})


def addressed(connection: Connection, sealer: Sealer, message_id: str, number: str) -> list[UUID]:
    """The chains that had written to a number when this message of it first came in, the one that did last first."""
    message_hash = sealer.index(connection, THE_SERVICE, "text message", message_id)
    values = {"message_hash": message_hash, "number_hash": number_hash(connection, sealer, number)}
    chains: list[UUID] = connection.execute(ADDRESSED, values).scalar_one()
    if message_hash[0] == 0:
        connection.execute(FORGET_TEXTS)
    return chains


def visits_of(connection: Connection, chain_id: UUID, sealer: Sealer, number: str, now: datetime) -> list[Row[Any]]:
    """The visits of a chain that a number was told of and that are not long over, the newest message first.

    Without those of which whoever has the number may not be told any more.
    """
    names = {"number_hash": number_hash(connection, sealer, number), "chain_id": chain_id, "now": now}
    return answerable(connection, connection.execute(VISITS, names).all(), now)


def number_hash(connection: Connection, sealer: Sealer, number: str) -> bytes:
    return sealer.index(connection, THE_SERVICE, "number", number)

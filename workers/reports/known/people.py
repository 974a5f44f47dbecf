"""Who was one person, and who had been forgotten, as of a position of scheduling's log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from workers.reports.window import Window

PERSONS = """
link AS (
  SELECT DISTINCT ON (client_id) client_id, into_id FROM report_aliases
  WHERE chain_id = :chain_id AND position <= :scheduling ORDER BY client_id, position DESC
), way AS (
  SELECT client_id, into_id AS person_id FROM link WHERE into_id IS NOT NULL
  UNION ALL
  SELECT way.client_id, link.into_id FROM way JOIN link ON link.client_id = way.person_id
  WHERE link.into_id IS NOT NULL
), alias AS (
  SELECT client_id, person_id FROM way
  WHERE NOT EXISTS (SELECT FROM link WHERE link.client_id = way.person_id AND link.into_id IS NOT NULL)
)
"""
"""Common table expressions, of which `alias` says whom the id of a merged client stands for."""

ALIASES = text(f"WITH RECURSIVE {PERSONS} SELECT client_id, person_id FROM alias")  # noqa: S608 - made of constants alone
ERASED = text("""
    SELECT client_id, min(happened_at) AS erased_at FROM report_erasures
    WHERE chain_id = :chain_id AND position <= :scheduling GROUP BY client_id
""")


@dataclass(frozen=True, slots=True)
class People:
    aliases: Mapping[UUID, UUID]
    erased: Mapping[UUID, datetime]

    def person(self, client_id: UUID) -> UUID:
        """Whom the id stands for: mostly themselves."""
        return self.aliases.get(client_id, client_id)

    def is_gone(self, person_id: UUID, at: datetime) -> bool:
        """Whether the person had been forgotten by then."""
        erased_at = self.erased.get(person_id)
        return erased_at is not None and erased_at < at


def people(connection: Connection, window: Window) -> People:
    aliases = {row.client_id: row.person_id for row in connection.execute(ALIASES, window.values)}
    found = {row.client_id: row.erased_at for row in connection.execute(ERASED, window.values)}
    erased: dict[UUID, datetime] = {}
    for client_id, at in found.items():
        person_id = aliases.get(client_id, client_id)
        erased[person_id] = min(at, erased.get(person_id, at))
    return People(aliases, erased)

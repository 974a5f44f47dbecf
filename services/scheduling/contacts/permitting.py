"""What a person permits, under all the ids of theirs: a withdrawal outlives a merge, and a new permission ends it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

import msgspec
from sqlalchemy import Connection, text

from services.scheduling.contacts.addresses import stream_of
from services.scheduling.contacts.commands import Permit
from services.scheduling.contacts.decider import CONTACTS
from services.scheduling.contacts.rules import Said, in_force
from shared.decider import handle
from shared.event_store import Transaction
from shared.events.scheduling_contacts import Purpose, Via
from shared.kept import Kept

SAID = text("""
    SELECT * FROM permissions WHERE client_id IN (
      SELECT CAST(:person AS uuid) UNION ALL SELECT client_id FROM client_aliases WHERE survivor_id = :person)
    ORDER BY purpose, channel, client_id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(Said):
    """With how it was said, the evidence sealed."""

    source: str
    evidence: Kept | None


def statements(connection: Connection, person_id: UUID) -> list[Statement]:
    """Everything that was said under the ids of a person."""
    rows = connection.execute(SAID, {"person": person_id})
    return [msgspec.convert(row._asdict(), Statement) for row in rows]


def permit(tx: Transaction, command: Permit, *, if_match: int | None = None) -> None:
    """Record what the person `command.client_id` permits from now on; raises VersionMismatch."""
    if command.given:
        command = replace(command, despite=withdrawn(tx.connection, command.client_id, command.purpose))
    handle(tx, CONTACTS, stream_of(command.client_id), command, if_match=if_match)


def withdrawn(connection: Connection, person_id: UUID, purpose: Purpose) -> Mapping[Via, tuple[UUID, ...]]:
    """The merged ids whose withdrawal stands in the way of a permission, by channel."""
    said = [each for each in statements(connection, person_id) if each.purpose == purpose]
    closed = {via for (via, _), holds in in_force(person_id, said).items() if not holds.given}
    return {
        via: tuple(
            each.client_id for each in said if each.channel == via and not each.given and each.client_id != person_id
        )
        for via in closed
    }

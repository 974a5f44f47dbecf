"""Making one client of two, and two of one again, while others book: both are locked before anything is looked at."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from services.scheduling.disruptions.consequences import shown
from services.scheduling.known import must_be_known, must_exist
from services.scheduling.people.decider import MERGING, Clash, Merge, Unmerge
from services.scheduling.relations.load import guards_of
from shared.aliases import followers_of, person_of
from shared.decider import StreamChanged, handle
from shared.event_store import Transaction
from shared.locks import lock
from shared.reading import find

CLASHES = text("""
    SELECT mine.appointment_id, theirs.appointment_id AS other_id, greatest(mine.ends_at, theirs.ends_at) AS over_at
    FROM claims mine
      JOIN appointments visit ON visit.id = mine.appointment_id
      JOIN claims theirs ON theirs.starts_at < mine.ends_at AND theirs.ends_at > mine.starts_at
        AND theirs.starts_at > mine.starts_at - interval '12 hours'
    WHERE mine.resource_kind = 'client' AND mine.resource_id = :former AND visit.booked_client_id = ANY(:ids)
      AND theirs.resource_kind = 'client' AND theirs.resource_id = :person
    ORDER BY mine.starts_at, mine.appointment_id, theirs.starts_at
""")
RELATED = text("""
    SELECT EXISTS (SELECT FROM relations WHERE NOT ended AND (
      client_id = ANY(:ids) AND related_client_id = ANY(:others)
      OR client_id = ANY(:others) AND related_client_id = ANY(:ids)))
""")
VISITS = text("SELECT * FROM appointments WHERE id = ANY(:ids)")


def merge(tx: Transaction, client_id: UUID, into_id: UUID, now: datetime) -> UUID:
    """Let a client go on as another, and give whom both stand for; raises NotThere, BadFields and refusals."""
    find(tx.connection, "clients", client_id)
    must_exist(tx.connection, into=("clients", [into_id]))
    person, into_person = locked(tx, client_id, into_id)
    ids, others = followers_of(tx.connection, client_id), followers_of(tx.connection, into_person)
    command = Merge(
        client_id=client_id,
        person_id=person,
        into_id=into_id,
        into_person_id=into_person,
        related=tx.connection.execute(RELATED, {"ids": ids, "others": others}).scalar_one(),
        circular=guard_each_other(tx.connection, person, into_person, now),
        clashes=clashes(tx.connection, ids, client_id, into_person),
        now=now,
    )
    handle(tx, MERGING, stream(client_id), command)
    return into_person


def guard_each_other(connection: Connection, person: UUID, other: UUID, now: datetime) -> bool:
    """Whether one of the two is above the other among guardians, over whatever distance."""
    return other in guards_of(connection, person, now) or person in guards_of(connection, other, now)


def unmerge(tx: Transaction, client_id: UUID) -> None:
    """Let a client be a person of their own again; raises NotThere and refusals."""
    find(tx.connection, "clients", client_id)
    person, _ = locked(tx, client_id, client_id)
    command = Unmerge(
        client_id=client_id,
        person_id=person,
        clashes=clashes(tx.connection, followers_of(tx.connection, client_id), person, client_id),
    )
    handle(tx, MERGING, stream(client_id), command)


def stream(client_id: UUID) -> str:
    return f"merging-{client_id}"


def locked(tx: Transaction, client_id: UUID, other_id: UUID) -> tuple[UUID, UUID]:
    """Hold two clients, whom they stand for and the chain's relations, and give the two persons.

    Raises StreamChanged when these were others before the wait for the locks, and Gone when one was erased.
    """
    persons = person_of(tx.connection, client_id), person_of(tx.connection, other_id)
    lock(tx.connection, ("client", {client_id, other_id, *persons}), ("relations", [tx.chain_id]))
    if persons != (person_of(tx.connection, client_id), person_of(tx.connection, other_id)):
        raise StreamChanged
    must_be_known(tx.connection, persons)
    return persons


def clashes(connection: Connection, ids: Sequence[UUID], former: UUID, person: UUID) -> list[Clash]:
    """What would overlap if the visits that `ids` were booked for went from one person to another."""
    if former == person:
        return []
    pairs = connection.execute(CLASHES, {"ids": ids, "former": former, "person": person}).all()
    wanted = {each for pair in pairs for each in (pair.appointment_id, pair.other_id)}
    visits: dict[UUID, dict[str, Any]] = {}
    if wanted:
        visits = {row.id: shown(row) for row in connection.execute(VISITS, {"ids": list(wanted)})}
    return [
        Clash(pair.appointment_id, pair.over_at, (visits[pair.appointment_id], visits[pair.other_id])) for pair in pairs
    ]

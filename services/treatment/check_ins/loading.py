"""A person's check-ins held for a decision: locked, read from the streams of all their ids, and written to them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from services.treatment.check_ins.chain_rules import of_sessions
from services.treatment.check_ins.commands import CheckInCommand, RulesOf
from services.treatment.check_ins.decider import CHECK_INS
from services.treatment.check_ins.state import Ladder, together
from shared.aliases import followers_of, person_of
from shared.decider import NotThere, fold
from shared.event_store import Transaction
from shared.locks import lock

WHOSE = text("SELECT recorded_client_id FROM check_ins WHERE id = :id")
ERASED = text("SELECT erased FROM clients WHERE client_id = :client_id")


@dataclass(frozen=True, slots=True)
class Known:
    """The check-ins of a person, and the versions of the streams in which they stand, by the ids of their clients."""

    person: UUID
    ladder: Ladder
    versions: Mapping[UUID, int]


def stream_of(client_id: UUID) -> str:
    return f"check_ins-{client_id}"


def whose(connection: Connection, check_in_id: UUID) -> UUID:
    """The client of a check-in; raises NotThere."""
    client_id: UUID | None = connection.execute(WHOSE, {"id": check_in_id}).scalar()
    if client_id is None:
        raise NotThere
    return client_id


def hold(tx: Transaction, client_id: UUID) -> Known:
    """The check-ins of the person for whom this id stands, who is locked from here on."""
    person = person_of(tx.connection, client_id)
    lock(tx.connection, ("client", [person]))
    ids = followers_of(tx.connection, person)
    histories = tx.load_all([stream_of(each) for each in ids])
    told = [histories[stream_of(each)] for each in ids]
    ladder = together([fold(CHECK_INS, history) for history in told], erased=is_erased(tx.connection, person))
    versions = {each: len(history) for each, history in zip(ids, told, strict=True)}
    return Known(person, ladder, versions)


def is_erased(connection: Connection, person: UUID) -> bool:
    """Whether nothing clinical is left of somebody."""
    return bool(connection.execute(ERASED, {"client_id": person}).scalar())


def carry_out(tx: Transaction, known: Known, command: CheckInCommand) -> tuple[Known, list[Any]]:
    """Decide and stage, each event in the stream of its client; gives what is known then, and the events.

    Raises what the rules refuse with.
    """
    events = CHECK_INS.decide(command, known.ladder)
    by_client: dict[UUID, list[Any]] = defaultdict(list)
    for event in events:
        by_client[event.client_id].append(event)
    tx.append_all((stream_of(each), known.versions[each], some) for each, some in by_client.items())
    versions = {each: version + len(by_client[each]) for each, version in known.versions.items()}
    return Known(known.person, reduce(CHECK_INS.evolve, events, known.ladder), versions), events


def rules_of(tx: Transaction, known: Known) -> RulesOf:
    """What holds today for each session that the person is asked after."""
    return of_sessions(tx.connection, tx.chain_id, sessions_in(known.ladder))


def sessions_in(ladder: Ladder) -> Sequence[UUID]:
    named = (each.planned.session_id for each in ladder.check_ins.values())
    return list({session_id for session_id in named if session_id is not None})

"""What decisions about patterns read: a session as it reads now, the client's patterns, and what hangs under what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from services.treatment.patterns.evidence import Entry, Session
from services.treatment.patterns.state import Pattern, Seen, evolve
from services.treatment.patterns.withdrawn import Doubt, doubts
from services.treatment.reading import AsOf
from services.treatment.records import ids_of, told
from services.treatment.sessions.state import Session as Charted, evolve as chart
from shared.aliases import person_of
from shared.decider import NotThere
from shared.event_store import Happened
from shared.events.treatment_sessions import PainScored
from shared.http.operations import Call
from shared.http.problems import BadFields
from shared.reading import UNKNOWN

OF_CLIENT = text("SELECT id FROM patterns WHERE chain_id = :chain_id AND recorded_client_id = ANY(:ids) ORDER BY id")
ABOVE = text("""
    WITH RECURSIVE upwards (id, primary_id) AS (
      SELECT id, primary_id FROM patterns WHERE id = :id
      UNION SELECT above.id, above.primary_id FROM patterns above JOIN upwards ON above.id = upwards.primary_id
    )
    SELECT id, primary_id FROM upwards WHERE primary_id IS NOT NULL
""")


@dataclass(frozen=True, slots=True)
class Read:
    """A session as evidence, whose and from when it is, and its pain scores in their order."""

    session: Session
    client_id: UUID
    started_at: datetime
    scores: tuple[PainScored, ...]


def read_session(call: Call, session_id: UUID) -> Read:
    """Raises NotThere."""
    stream = f"session-{session_id}"
    charted = charted_in(told(call, [stream])[stream])
    return Read(
        session=shown_by(session_id, charted),
        client_id=charted.start.client_id,
        started_at=charted.start.started_at,
        scores=tuple(each for each in charted.ordered if isinstance(each, PainScored)),
    )


def charted_in(entries: Iterable[Happened]) -> Charted:
    return reduce(chart, (each.event for each in entries), Charted())


def shown_by(session_id: UUID, charted: Charted) -> Session:
    """A session as evidence."""
    entries = tuple(each for each in charted.ordered if isinstance(each, Entry))
    return Session(session_id=session_id, episode_id=charted.episode_id, entries=entries)


def doubts_of(
    call: Call, histories: Mapping[UUID, Sequence[Happened]], as_of: AsOf = None
) -> dict[UUID, tuple[Doubt, ...]]:
    """What each of these patterns, by id, rests on that did not stand any more as of a moment; by one query."""
    events = {pattern_id: [each.event for each in history] for pattern_id, history in histories.items()}
    ids = {each.session_id for some in events.values() for each in some if isinstance(each, Seen)}
    streams = told(call, [f"session-{each}" for each in sorted(ids)], {"as_of": as_of, "happened_by": None})
    sessions = {each: shown_by(each, charted_in(streams[f"session-{each}"])) for each in ids}
    return {pattern_id: doubts(some, sessions) for pattern_id, some in events.items()}


def evidence(call: Call, person: UUID, session_id: UUID) -> Read:
    """A session of this person; raises BadFields for another one."""
    try:
        found = read_session(call, session_id)
    except NotThere:
        raise BadFields(session_id=UNKNOWN) from None
    if person_of(call.connection, found.client_id) != person:
        raise BadFields(session_id=UNKNOWN)
    return found


def fold(entries: Sequence[Happened]) -> Pattern:
    return reduce(evolve, (each.event for each in entries), Pattern())


def histories_of(call: Call, client_id: UUID, query: dict[str, Any] | None = None) -> dict[UUID, Sequence[Happened]]:
    """All patterns of the person, by id, as of the moment that the query names; without those not there yet."""
    values = {"chain_id": call.chain_id, "ids": ids_of(call, client_id)}
    ids = call.connection.execute(OF_CLIENT, values).scalars().all()
    entries = told(call, [f"pattern-{each}" for each in ids], query)
    return {each: entries[f"pattern-{each}"] for each in ids if fold(entries[f"pattern-{each}"]).found is not None}


def patterns_of(call: Call, client_id: UUID) -> dict[UUID, Pattern]:
    """The same as they are now."""
    return {each: fold(history) for each, history in histories_of(call, client_id).items()}


def pattern_of(call: Call, pattern_id: UUID) -> Pattern:
    return fold(told(call, [f"pattern-{pattern_id}"])[f"pattern-{pattern_id}"])


def links_above(connection: Connection, pattern_id: UUID) -> dict[UUID, UUID]:
    """What hangs under what, from this pattern upwards, whosever the patterns are."""
    return {row.id: row.primary_id for row in connection.execute(ABOVE, {"id": pattern_id})}

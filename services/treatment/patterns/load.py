"""What decisions about patterns read: a session as it reads now, the client's patterns, and what hangs under what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from services.treatment.patterns.evidence import Entry, Session
from services.treatment.patterns.state import Pattern, evolve
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
    charted = reduce(chart, (each.event for each in told(call, [stream])[stream]), Charted())
    entries = charted.ordered
    return Read(
        session=Session(
            session_id=session_id,
            episode_id=charted.episode_id,
            entries=tuple(each for each in entries if isinstance(each, Entry)),
        ),
        client_id=charted.start.client_id,
        started_at=charted.start.started_at,
        scores=tuple(each for each in entries if isinstance(each, PainScored)),
    )


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


def patterns_of(call: Call, client_id: UUID, query: dict[str, Any] | None = None) -> dict[UUID, Pattern]:
    """All patterns of the person, by id, as of the moment that the query names; without those not there yet."""
    values = {"chain_id": call.chain_id, "ids": ids_of(call, client_id)}
    ids = call.connection.execute(OF_CLIENT, values).scalars().all()
    entries = told(call, [f"pattern-{each}" for each in ids], query)
    folded = {each: fold(entries[f"pattern-{each}"]) for each in ids}
    return {each: pattern for each, pattern in folded.items() if pattern.found is not None}


def pattern_of(call: Call, pattern_id: UUID) -> Pattern:
    return fold(told(call, [f"pattern-{pattern_id}"])[f"pattern-{pattern_id}"])


def links_above(connection: Connection, pattern_id: UUID) -> dict[UUID, UUID]:
    """What hangs under what, from this pattern upwards, whosever the patterns are."""
    return {row.id: row.primary_id for row in connection.execute(ABOVE, {"id": pattern_id})}

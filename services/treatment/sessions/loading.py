"""What decisions about a session need to know: its own stream, tests of other sessions, guards, what is signed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from services.treatment.alerts.flagged import flagged
from services.treatment.history.guards import guards
from services.treatment.history.reading import read
from services.treatment.sessions.decider import SESSION
from services.treatment.sessions.decisions.charting import EarlierTest
from services.treatment.sessions.entries import Test
from services.treatment.sessions.state import Session
from shared.aliases import followers_of
from shared.catalogue.targets import CATALOGUE
from shared.decider import VersionMismatch
from shared.event_store import Happened, Transaction
from shared.events import name_of
from shared.events.treatment_sessions import Guarded, MuscleRetested, MuscleTested, ReleaseApplied

HASHES = text("SELECT hash FROM events WHERE chain_id = :chain_id AND stream = :stream ORDER BY version")
WHERE_TESTED = text("""
    SELECT DISTINCT event.stream
    FROM record_streams told JOIN events event ON event.chain_id = told.chain_id AND event.stream = told.stream
    WHERE told.recorded_client_id = ANY(:clients) AND told.kind = 'session'
      AND event.name = ANY(:names) AND event.data ->> 'test_id' = ANY(:tests)
""")
TESTS = [name_of(MuscleTested), name_of(MuscleRetested)]


@dataclass(frozen=True, slots=True)
class Known:
    """A session and the version of its stream."""

    session: Session
    version: int


def stream_of(session_id: UUID) -> str:
    return f"session-{session_id}"


def load(tx: Transaction, session_id: UUID, if_match: int | None) -> Known:
    """The session as it is; raises VersionMismatch when that is not what the caller has seen."""
    history = tx.load(stream_of(session_id))
    if if_match is not None and if_match != len(history):
        raise VersionMismatch
    return Known(folded(history), len(history))


def folded(history: Iterable[Happened]) -> Session:
    return reduce(SESSION.evolve, (each.event for each in history), SESSION.initial)


def tests_of(tx: Transaction, person: UUID, test_ids: Iterable[UUID]) -> Mapping[UUID, EarlierTest]:
    """Those of the tests that stand in any session of the person, by three queries at most."""
    wanted = set(test_ids)
    if not wanted:
        return {}
    values = {"clients": followers_of(tx.connection, person), "names": TESTS, "tests": [str(each) for each in wanted]}
    streams = tx.connection.execute(WHERE_TESTED, values).scalars().all()
    entries = [entry for told in tx.load_all(streams).values() for entry in folded(told).ordered]
    return {
        entry.test_id: EarlierTest(target=entry.target, side=entry.side, happened_at=entry.happened_at)
        for entry in entries
        if isinstance(entry, Test) and entry.test_id in wanted
    }


def guards_of(
    tx: Transaction, person: UUID, session: Session, releases: Iterable[ReleaseApplied]
) -> Mapping[UUID, tuple[Guarded, ...]]:
    """What stands in the way of each release on its day; raises UnknownTarget."""
    applied = list(releases)
    if not applied:
        return {}
    history = read(tx.connection, tx.sealer, tx.chain_id, person).history
    waiting = flagged(tx, person)
    zone = ZoneInfo(session.start.time_zone)
    return {
        each.release_id: (
            *(
                Guarded(kind="red_flag", code=flag, id=alert.alert_id)
                for alert in waiting
                if alert.raised_at <= each.happened_at
                for flag in alert.red_flags
            ),
            *guards(history, each.target, each.side, CATALOGUE, each.happened_at.astimezone(zone).date()),
        )
        for each in applied
    }


def hash_of(tx: Transaction, session_id: UUID) -> str:
    """The hash of all that the session's stream holds in the log."""
    values = {"chain_id": tx.chain_id, "stream": stream_of(session_id)}
    return content_hash(tx.connection.execute(HASHES, values).scalars())


def content_hash(hashes: Iterable[bytes]) -> str:
    """SHA-256, in hexadecimal, over the hashes of a stream's rows in their order.

    They cover what the rows say as it is stored, so it stays the same when a key is destroyed.
    """
    return sha256(b"".join(map(bytes, hashes))).hexdigest()

"""The read models of patterns: whose they are, in which state, what they hang under; and what each chain asks of them.

All else is in their streams.
"""

from dataclasses import asdict

from sqlalchemy import Connection, text

from services.treatment.patterns.state import LEADS_TO
from shared.event_store import Happened
from shared.events import treatment_patterns as p
from shared.writing import put

CHANGE = text(
    "UPDATE patterns SET state = :state, primary_id = :primary_id, version = :version,"
    " episode_id = CASE WHEN state IN ('resolved', 'unverified') THEN coalesce(:episode_id, episode_id)"
    " ELSE episode_id END WHERE id = :id"
)


def patterns(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case p.PatternHypothesised() as event:
            put(
                connection,
                "patterns",
                ("id",),
                id=event.pattern_id,
                chain_id=entry.chain_id,
                recorded_client_id=event.client_id,
                version=entry.version,
                state="hypothesised",
                episode_id=event.episode_id,
                primary_id=None,
            )
        case (
            p.PatternConfirmed()
            | p.PatternRefuted()
            | p.PatternCorrectedInSession()
            | p.PatternHeld()
            | p.PatternResolved()
            | p.PatternRelapsed()
            | p.PatternSubordinated()
            | p.PatternPromoted()
            | p.PatternClearedWithPrimary()
            | p.PatternClosedUnverified()
            | p.PatternEnteredInError()
        ) as event:
            values = {
                "id": event.pattern_id,
                "state": LEADS_TO[type(event)],
                "version": entry.version,
                "primary_id": event.primary_pattern_id if isinstance(event, p.PatternSubordinated) else None,
                "episode_id": event.episode_id if isinstance(event, p.PatternHeld | p.PatternRelapsed) else None,
            }
            connection.execute(CHANGE, values)
        case _:
            pass


def thresholds(connection: Connection, entry: Happened) -> None:
    """Keep what each chain asks for."""
    match entry.event:
        case p.ThresholdsSet() as event:
            put(
                connection,
                "pattern_thresholds",
                ("chain_id",),
                chain_id=entry.chain_id,
                version=entry.version,
                thresholds=asdict(event.thresholds),
            )
        case _:
            pass


VIEWS = (patterns, thresholds)

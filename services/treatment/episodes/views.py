"""The read models of episodes: whose they are, who leads them, whether they go on, and when anything was done.

All else is in their streams.
"""

from uuid import UUID

from sqlalchemy import Connection, text

from shared.event_store import Happened
from shared.events import treatment_episodes as e, treatment_sessions as t
from shared.writing import change, put, remove

PLAN = text("""
    UPDATE episodes SET next_visit_on = :on, planned_at = :happened_at
    WHERE id = :id AND (planned_at IS NULL OR planned_at <= :happened_at)
""")
"""What was said later counts, also where it was written down first."""


def episodes(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case e.EpisodeOpened() as event:
            put(
                connection,
                "episodes",
                ("id",),
                id=event.episode_id,
                chain_id=entry.chain_id,
                recorded_client_id=event.client_id,
                version=entry.version,
                status="active",
                lead_therapist_id=event.lead_therapist_id,
                clinic_id=event.clinic_id,
            )
        case e.EpisodeTransferred() as event:
            lead = {"lead_therapist_id": event.lead_therapist_id, "clinic_id": event.clinic_id}
            change(connection, "episodes", {"id": event.episode_id}, version=entry.version, **lead)
        case e.EpisodeHeld() as event:
            change(connection, "episodes", {"id": event.episode_id}, version=entry.version, status="held")
        case e.EpisodeResumed() | e.EpisodeReopened() as event:
            change(connection, "episodes", {"id": event.episode_id}, version=entry.version, status="active")
        case e.EpisodeDischarged() as event:
            change(connection, "episodes", {"id": event.episode_id}, version=entry.version, status="discharged")
        case e.BaselineSet() | e.FunctionGoalSet() | e.FunctionGoalScored() as event:
            change(connection, "episodes", {"id": event.episode_id}, version=entry.version)
        case e.NextVisitPlanned() as event:
            change(connection, "episodes", {"id": event.episode_id}, version=entry.version)
            said = {"id": event.episode_id, "on": event.on, "happened_at": event.happened_at}
            connection.execute(PLAN, said)
        case _:
            pass


def interventions(connection: Connection, entry: Happened) -> None:
    """Keep a row for each release and each activation that stands, with its moment."""
    match entry.event:
        case t.ReleaseApplied() | t.ActivationPerformed() as event:
            put(
                connection,
                "interventions",
                ("id",),
                id=event.release_id if isinstance(event, t.ReleaseApplied) else event.activation_id,
                chain_id=entry.chain_id,
                session_id=event.session_id,
                happened_at=event.happened_at,
            )
        case t.EntryRevised() | t.AmendmentMade() as event if "happened_at" in event.changes:
            change(connection, "interventions", {"id": event.entry_id}, happened_at=event.changes["happened_at"])
        case t.EnteredInError(entry_id=UUID() as entry_id):
            remove(connection, "interventions", id=entry_id)
        case _:
            pass


VIEWS = (episodes, interventions)

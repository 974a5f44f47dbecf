"""The read model of episodes: whose they are, who leads them, and whether they go on; all else is in their streams."""

from sqlalchemy import Connection

from shared.event_store import Happened
from shared.events import treatment_episodes as e
from shared.writing import change, put


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
        case _:
            pass


VIEWS = (episodes,)

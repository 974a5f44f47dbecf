"""When an episode was first treated: by the first release or activation that stands in any of its sessions."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from services.treatment.records import ids_of
from shared.http.operations import Call

FIRST = text("""
    SELECT session.episode_id, min(done.happened_at) AS happened_at
    FROM sessions session JOIN interventions done ON done.session_id = session.id
    WHERE session.chain_id = :chain_id AND session.recorded_client_id = ANY(:ids)
      AND session.episode_id = ANY(:episode_ids) AND session.status <> 'in_error'
    GROUP BY session.episode_id
""")


def first_treated(call: Call, client_id: UUID, episode_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Of those of the client's episodes that were treated at all."""
    values = {"chain_id": call.chain_id, "ids": ids_of(call, client_id), "episode_ids": list(episode_ids)}
    return {row.episode_id: row.happened_at for row in call.connection.execute(FIRST, values)}

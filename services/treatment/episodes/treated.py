"""When an episode was first treated: by the first release or activation that stands in any of its sessions."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from shared.aliases import followers_of, person_of

FIRST = text("""
    SELECT session.episode_id, min(done.happened_at) AS happened_at
    FROM sessions session JOIN interventions done ON done.session_id = session.id
    WHERE session.chain_id = :chain_id AND session.recorded_client_id = ANY(:ids)
      AND session.episode_id = ANY(:episode_ids) AND session.status <> 'in_error'
    GROUP BY session.episode_id
""")


def first_treated(
    connection: Connection, chain_id: UUID, client_id: UUID, episode_ids: Collection[UUID]
) -> dict[UUID, datetime]:
    """Of those of the client's episodes that were treated at all."""
    ids = followers_of(connection, person_of(connection, client_id))
    values = {"chain_id": chain_id, "ids": ids, "episode_ids": list(episode_ids)}
    return {row.episode_id: row.happened_at for row in connection.execute(FIRST, values)}

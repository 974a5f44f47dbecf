"""What scheduling has recorded of handing out to clients what is known about them."""

from datetime import datetime
from uuid import UUID

from shared.events.registry import event


@event("scheduling.client_exported.v1")
class ClientExported:
    """Everything about a person was asked for on their behalf; `client_ids` are all their ids."""

    export_id: UUID
    client_id: UUID
    client_ids: tuple[UUID, ...]
    exported_at: datetime

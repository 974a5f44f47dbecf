"""What the scheduling service has recorded of clients: who they are."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from shared.events.registry import Personal, event


@event("scheduling.client_registered.v1")
class ClientRegistered:
    client_id: UUID
    name: Annotated[str, Personal("identity", "client_id")]
    called: Annotated[str | None, Personal("identity", "client_id")] = None
    birth_date: Annotated[date | None, Personal("identity", "client_id")] = None
    home_clinic_id: UUID | None = None
    time_zone: str
    locale: str
    external_ids: Annotated[dict[str, str] | None, Personal("identity", "client_id")] = None


@event("scheduling.client_changed.v1")
class ClientChanged:
    client_id: UUID
    name: Annotated[str, Personal("identity", "client_id")]
    called: Annotated[str | None, Personal("identity", "client_id")] = None
    birth_date: Annotated[date | None, Personal("identity", "client_id")] = None
    home_clinic_id: UUID | None = None
    time_zone: str
    locale: str
    external_ids: Annotated[dict[str, str] | None, Personal("identity", "client_id")] = None


@event("scheduling.clients_merged.v1")
class ClientsMerged:
    """Two clients turned out to be one person, who goes on as `into_id`; nobody had been merged into another before.

    `apart` are visits of the past that overlap one of the other's: their claims stay with `client_id`. `merged_at` is
    None where it was not said.
    """

    client_id: UUID
    into_id: UUID
    apart: tuple[UUID, ...] = ()
    merged_at: datetime | None = None


@event("scheduling.clients_unmerged.v1")
class ClientsUnmerged:
    """A client is a person of their own again, with all who had been merged into them; `from_id` goes on alone."""

    client_id: UUID
    from_id: UUID

"""Where the staff of a chain sign in: its own identity provider, and which roles that provider's groups stand for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from shared.events.registry import Personal, event
from shared.events.scheduling_staff import StaffRole


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRole:
    """The role of whoever is in a group, at these clinics in the order of their ids; None: at all of the chain."""

    group: str
    role: StaffRole
    clinics: tuple[UUID, ...] | None


@event("scheduling.identity_provider_set.v1")
class IdentityProviderSet:
    """All that holds from now on. Sign-ins and tokens from before `valid_from` are worthless.

    The application's secret belongs to no person; it is sealed as if it were the chain's own address.
    """

    chain_id: UUID
    issuer: str
    application_id: str
    application_secret: Annotated[str, Personal("contact", "chain_id")]
    audience: str | None
    scope: str
    groups_claim: str
    roles: tuple[GroupRole, ...]
    enabled: bool
    valid_from: datetime


@event("scheduling.identity_provider_removed.v1")
class IdentityProviderRemoved:
    """Whoever came from this issuer comes in no more."""

    chain_id: UUID
    issuer: str

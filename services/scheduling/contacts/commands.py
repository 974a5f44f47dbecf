"""What can be asked of a person's contact points and permissions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from shared.events.scheduling import Channel
from shared.events.scheduling_contacts import BlockCause, PointKind, Purpose, Via


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A new address; `blocked` is why it is closed to everybody in the chain already."""

    point_id: UUID
    address: str
    source: str
    blocked: BlockCause | None = None


@dataclass(frozen=True, slots=True)
class AddPoint:
    client_id: UUID
    kind: PointKind
    new: Address


@dataclass(frozen=True, slots=True)
class ReplacePoint:
    """Use another address instead, or none; `tells_former`: the one before may hear of it."""

    client_id: UUID
    point_id: UUID
    new: Address | None
    source: str
    tells_former: bool = True


@dataclass(frozen=True, slots=True)
class SetAddress:
    """Let this be the client's address of a kind; None: let there be none."""

    client_id: UUID
    kind: PointKind
    new: Address | None
    source: str


@dataclass(frozen=True, slots=True)
class VerifyPoint:
    client_id: UUID
    point_id: UUID
    way: str
    now: datetime


@dataclass(frozen=True, slots=True)
class BlockPoint:
    client_id: UUID
    point_id: UUID
    cause: BlockCause
    evidence: str | None


@dataclass(frozen=True, slots=True)
class UnblockPoint:
    client_id: UUID
    point_id: UUID
    evidence: str | None
    now: datetime


@dataclass(frozen=True, slots=True)
class BlockAddress:
    """Close every point of the client with this address, replaced ones too, for a cause that lies in the address."""

    client_id: UUID
    kind: PointKind
    address: str
    cause: BlockCause
    evidence: str | None


@dataclass(frozen=True, slots=True)
class UnblockAddress:
    client_id: UUID
    kind: PointKind
    address: str
    evidence: str | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Prefer:
    """Set `preferred_channel`, `fallback_channel` or both; None takes a choice back."""

    client_id: UUID
    changes: Mapping[str, Channel | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Give or withdraw a permission for some channels; one that was never given can be withdrawn beforehand.

    `despite` are, for each channel, the ids merged into the client whose withdrawal a new permission ends.
    """

    client_id: UUID
    channels: tuple[Via, ...]
    purpose: Purpose
    given: bool
    source: str
    evidence: str | None
    despite: Mapping[Via, tuple[UUID, ...]] = field(default_factory=dict)


Use: TypeAlias = AddPoint | ReplacePoint | SetAddress
Block: TypeAlias = BlockPoint | UnblockPoint | BlockAddress | UnblockAddress
Command: TypeAlias = Use | Block | VerifyPoint | Prefer | Permit

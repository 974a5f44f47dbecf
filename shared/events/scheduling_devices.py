"""The browsers that a chain's clinics share: declared where they stand, and taken back."""

from datetime import datetime
from uuid import UUID

from shared.events.registry import event


@event("scheduling.device_declared.v1")
class DeviceDeclared:
    """A browser is a shared tablet from now on; `name` says which one, as people at the clinic call it."""

    device_id: UUID
    clinic_id: UUID
    name: str
    declared_at: datetime


@event("scheduling.device_revoked.v1")
class DeviceRevoked:
    """It is any browser again: nobody comes in there by a PIN, and who was in is out."""

    device_id: UUID
    revoked_at: datetime

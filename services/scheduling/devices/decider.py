"""The life of a shared tablet: declared once, revoked once, and never back; whoever wants it back declares it anew."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, assert_never
from uuid import UUID

from shared.decider import Decider, NotThere
from shared.events.scheduling_devices import DeviceDeclared, DeviceRevoked


@dataclass(frozen=True, slots=True)
class Device:
    """`id` is None before it is declared."""

    id: UUID | None = None
    active: bool = False


@dataclass(frozen=True, slots=True)
class Declare:
    declared: DeviceDeclared


@dataclass(frozen=True, slots=True)
class Revoke:
    now: datetime


Command: TypeAlias = Declare | Revoke


def decide(command: Command, device: Device) -> list[Any]:
    match command:
        case Declare(declared):
            return [declared]
        case Revoke(now):
            if device.id is None:
                raise NotThere
            return [DeviceRevoked(device_id=device.id, revoked_at=now)] if device.active else []
        case _:
            assert_never(command)


def evolve(device: Device, event: Any) -> Device:
    match event:
        case DeviceDeclared(device_id=device_id):
            return Device(device_id, active=True)
        case DeviceRevoked():
            return Device(device.id, active=False)
        case _:
            raise TypeError(event)


DEVICE: Decider[Device, Command] = Decider(Device(), decide, evolve)

"""The read model of shared tablets, those that were revoked included."""

from sqlalchemy import Connection

from shared.event_store import Happened
from shared.events import scheduling_devices as d
from shared.writing import change, put


def devices(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case d.DeviceDeclared() as event:
            put(
                connection,
                "devices",
                ("id",),
                id=event.device_id,
                chain_id=entry.chain_id,
                clinic_id=event.clinic_id,
                name=event.name,
                declared_at=event.declared_at,
                version=entry.version,
            )
        case d.DeviceRevoked() as event:
            key = {"id": event.device_id}
            change(connection, "devices", key, revoked_at=event.revoked_at, version=entry.version)
        case _:
            pass


VIEWS = (devices,)

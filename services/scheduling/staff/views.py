"""The read models of staff: who comes in and how (`shared/staff`); names and addresses are kept here alone."""

from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Connection, text

from shared import staff
from shared.event_store import Happened
from shared.events import scheduling_staff as s
from shared.kept import kept
from shared.writing import change, put

SET_ADDRESS = text("""
    INSERT INTO staff_addresses (staff_id, chain_id, address, locale, by_owner, set_at)
    VALUES (:staff_id, :chain_id, :address, :locale, :by_owner, :set_at)
    ON CONFLICT (staff_id) DO UPDATE SET
      former = CASE WHEN :tells_former THEN staff_addresses.address END,
      address = excluded.address, locale = excluded.locale, by_owner = excluded.by_owner, set_at = excluded.set_at,
      refused_at = NULL
""")


def names(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case s.StaffAdded() | s.StaffRenamed() as event:
            put(
                connection,
                "staff_names",
                ("staff_id",),
                staff_id=event.staff_id,
                chain_id=entry.chain_id,
                name=kept(entry, "name"),
            )
        case _:
            pass


def addresses(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case s.StaffAddressSet() as event:
            address = Jsonb(kept(entry, "address"))
            remember(
                connection, entry, set_at=event.set_at, address=address, locale=event.locale, by_owner=event.by_owner
            )
        case s.StaffAddressRemoved() as event:
            remember(connection, entry, set_at=event.removed_at, address=None, locale=None, by_owner=False)
        case s.StaffAddressRefused(staff_id=staff_id, refused_at=refused_at):
            change(connection, "staff_addresses", {"staff_id": staff_id}, refused_at=refused_at)
        case _:
            pass


def remember(connection: Connection, entry: Happened, **values: Any) -> None:
    told = {"staff_id": entry.event.staff_id, "chain_id": entry.chain_id, "tells_former": entry.event.tells_former}
    connection.execute(SET_ADDRESS, values | told)


VIEWS = (*staff.VIEWS, names, addresses)

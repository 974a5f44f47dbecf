"""The read models of staff: who comes in and how (`shared/staff`), and their names, which only this service needs."""

from sqlalchemy import Connection

from shared import staff
from shared.event_store import Happened
from shared.events import scheduling_staff as s
from shared.kept import kept
from shared.writing import put


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


VIEWS = (*staff.VIEWS, names)

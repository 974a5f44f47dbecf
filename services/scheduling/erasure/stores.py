"""Where something of a client stands beside the log: what is emptied by the read models, and what is taken away here.

Of a read model only the rows are counted, for the receipt; emptying them is its own affair (see views). All else is
deleted: links and references, answers kept for repeated requests, numbers that were written to, drafts of the staff.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from shared.events.scheduling_erasure import Stored, Swept

VISITS = "(SELECT id FROM appointments WHERE booked_client_id = ANY(:ids))"
THEIRS = "client_id = ANY(:ids)"
THEIRS_OR_ABOUT_THEM = f"({THEIRS} OR appointment_id IN {VISITS})"

EMPTIED: dict[str, str] = {
    "clients": "id = ANY(:ids)",
    "client_names": THEIRS,
    "client_external_ids": THEIRS,
    "contact_points": THEIRS,
    "permissions": THEIRS,
    "relations": f"{THEIRS} OR related_client_id = ANY(:ids)",
    "replies": f"{THEIRS} AND text IS NOT NULL",
    "contact_tasks": f"{THEIRS} AND last_note IS NOT NULL",
}
"""Rows of read models by table."""

DELETED: dict[str, str] = {
    "links": THEIRS_OR_ABOUT_THEM,
    "receipts": THEIRS_OR_ABOUT_THEM,
    "reply_references": THEIRS_OR_ABOUT_THEM,
    "text_threads": THEIRS_OR_ABOUT_THEM,
    "drafts": THEIRS,
    "idempotency": "client_ids && CAST(:ids AS uuid[])",
}
"""Rows of tables that are not made from the log."""


def standing(connection: Connection, ids: Sequence[UUID]) -> tuple[Stored, ...]:
    """What stands in each of these stores now; all of it goes with the first class that does."""
    found = counted(connection, EMPTIED | DELETED, ids)
    return tuple(
        Stored(service="scheduling", store=store, rows=rows, data_class="contact") for store, rows in found.items()
    )


def counted(connection: Connection, stores: Mapping[str, str], ids: Sequence[UUID]) -> dict[str, int]:
    """The rows of each store that has any."""
    known = {"ids": list(ids)}
    found = {
        store: connection.execute(text(f"SELECT count(*) FROM {store} WHERE {whose}"), known).scalar_one()  # noqa: S608 - constants only
        for store, whose in stores.items()
    }
    return {store: rows for store, rows in found.items() if rows}


def swept(connection: Connection, ids: Sequence[UUID]) -> tuple[Swept, ...]:
    """Delete what is not made from the log, and count all that goes, by store; stores that had nothing are left out."""
    known = {"ids": list(ids)}
    emptied = counted(connection, EMPTIED, ids)
    deleted = {
        store: connection.execute(text(f"DELETE FROM {store} WHERE {whose}"), known).rowcount  # noqa: S608 - constants only
        for store, whose in DELETED.items()
    }
    return tuple(
        Swept(service="scheduling", store=store, rows=rows) for store, rows in (emptied | deleted).items() if rows
    )

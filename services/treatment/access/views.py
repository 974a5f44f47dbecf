"""The read models of access to records: what was given on a visit, who covers where, where the glass was broken."""

from sqlalchemy import Connection

from shared.columns import row_of
from shared.event_store import Happened
from shared.events import treatment_access as a
from shared.writing import change, put


def visit_grants(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case a.AccessGranted():
            row = row_of(entry)
            del row["basis"], row["clinic_id"]
            put(
                connection,
                "visit_grants",
                ("id",),
                id=row.pop("grant_id"),
                chain_id=entry.chain_id,
                recorded_client_id=row.pop("client_id"),
                **row,
            )
        case _:
            pass


def covers(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case a.CoverStarted():
            row = row_of(entry)
            put(
                connection,
                "covers",
                ("id",),
                id=row.pop("cover_id"),
                chain_id=entry.chain_id,
                version=entry.version,
                **row,
            )
        case a.CoverEnded(cover_id=cover_id, ended_at=ended_at):
            change(connection, "covers", {"id": cover_id}, ended_at=ended_at, version=entry.version)
        case _:
            pass


def glass_breaks(connection: Connection, entry: Happened) -> None:
    match entry.event:
        case a.GlassBroken():
            row = row_of(entry)
            put(
                connection,
                "glass_breaks",
                ("id",),
                id=row.pop("break_id"),
                chain_id=entry.chain_id,
                basis="break_glass",
                recorded_client_id=row.pop("client_id"),
                role=entry.metadata.role,
                version=entry.version,
                **row,
            )
        case a.AccessGranted(self_booked=True) as event:
            put(
                connection,
                "glass_breaks",
                ("id",),
                id=event.grant_id,
                chain_id=entry.chain_id,
                version=entry.version,
                basis=event.basis,
                appointment_id=event.appointment_id,
                recorded_client_id=event.client_id,
                clinic_id=event.clinic_id,
                subject=event.subject,
                role=entry.metadata.role,
                broken_at=event.granted_at,
                until=event.until,
            )
        case a.GlassReviewed() as event:
            row = row_of(entry)
            change(
                connection,
                "glass_breaks",
                {"id": event.break_id},
                outcome=event.outcome,
                note=row["note"],
                reviewed_at=event.reviewed_at,
                reviewed_by=entry.metadata.actor,
                version=entry.version,
            )
        case _:
            pass


VIEWS = (visit_grants, covers, glass_breaks)

"""Builders for logs: chains, visits as events, and what it takes to record them as a service does."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from shared import access_log
from shared.access import Access, in_order
from shared.database import Database, make_engine
from shared.event_store import Metadata, Recorded, Transaction, View, read
from shared.events import scheduling as s, scheduling_corrections as corrections
from shared.ids import new_id
from shared.partitions import PARTITIONS, partition_of
from shared.settings import DatabaseSettings
from tests.support.keys import sealer

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WHO = Metadata(actor="desk", role="front_desk", origin="desk", correlation_id="a-test")


def a_chain(partition: int | None = None) -> UUID:
    """A new chain, of the given partition when that matters."""
    while True:
        chain_id = new_id()
        if partition is None or partition_of(chain_id) == partition:
            return chain_id


def booked(appointment_id: UUID | None = None, **changes: Any) -> s.AppointmentBooked:
    client_id = changes.pop("client_id", None) or new_id()
    fields: dict[str, Any] = {
        "appointment_id": appointment_id or new_id(),
        "booking_id": new_id(),
        "booked_by": "desk",
        "client_id": client_id,
        "participants": (s.Participant(client_id=client_id, role="client"),),
        "offering_id": new_id(),
        "offering_version": 1,
        "price": s.Money(amount_minor=9000, currency="EUR"),
        "clinic_id": new_id(),
        "therapist_id": new_id(),
        "room_id": None,
        "occupies": (s.Occupied(kind="client", id=client_id, role="client"),),
        "starts_at": START,
        "ends_at": changes.get("starts_at", START) + timedelta(minutes=50),
        "starts_local": "2026-03-02T10:00",
        "time_zone": "Europe/Berlin",
        "buffer_before_minutes": 0,
        "buffer_after_minutes": 10,
        "cancel_notice_minutes": 1440,
        "reminder_lead_minutes": (2880, 120),
        "notice_minutes": 10_000,
        "min_notice_minutes": 120,
        "override_reason": None,
    }
    return s.AppointmentBooked(**fields | changes)


def moved(visit: s.AppointmentBooked, starts_at: datetime, **changes: Any) -> s.AppointmentMoved:
    fields: dict[str, Any] = {
        "appointment_id": visit.appointment_id,
        "client_id": visit.client_id,
        "initiator": "client",
        "reason_code": None,
        "reason": "a colleague is ill",
        "clinic_id": visit.clinic_id,
        "therapist_id": visit.therapist_id,
        "room_id": None,
        "occupies": visit.occupies,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=50),
        "starts_local": "2026-03-03T10:00",
        "time_zone": "Europe/Berlin",
        "previous_starts_at": visit.starts_at,
        "notice_minutes": 5000,
        "late": False,
    }
    return s.AppointmentMoved(**fields | changes)


def confirmed(visit: s.AppointmentBooked) -> s.AppointmentConfirmed:
    return s.AppointmentConfirmed(appointment_id=visit.appointment_id, client_id=visit.client_id)


def cancelled(visit: s.AppointmentBooked, **changes: Any) -> s.AppointmentCancelled:
    fields: dict[str, Any] = {
        "appointment_id": visit.appointment_id,
        "client_id": visit.client_id,
        "initiator": "client",
        "reason_code": None,
        "reason": None,
        "notice_minutes": 3000,
        "cancel_notice_minutes": 1440,
        "late": False,
    }
    return s.AppointmentCancelled(**fields | changes)


def readdressed(
    visit: s.AppointmentBooked, told_client_id: UUID | None, **changes: Any
) -> corrections.AppointmentReaddressed:
    ids = {"appointment_id": visit.appointment_id, "client_id": visit.client_id, "told_client_id": told_client_id}
    return corrections.AppointmentReaddressed(**ids | changes)


def corrected(
    visit: s.AppointmentBooked, before: corrections.Status, after: corrections.Status, **changes: Any
) -> corrections.AppointmentStatusCorrected:
    fields: dict[str, Any] = {
        "appointment_id": visit.appointment_id,
        "client_id": visit.client_id,
        "before": before,
        "after": after,
        "reason": "wrong tap",
        "late": False,
        "clinic_id": visit.clinic_id,
        "therapist_id": visit.therapist_id,
        "room_id": visit.room_id,
        "occupies": visit.occupies,
        "starts_at": visit.starts_at,
        "ends_at": visit.ends_at,
        "starts_local": visit.starts_local,
        "time_zone": visit.time_zone,
    }
    return corrections.AppointmentStatusCorrected(**fields | changes)


def changed(visit: s.AppointmentBooked, minutes: int, **changes: Any) -> corrections.AppointmentChanged:
    """The visit with another length."""
    fields: dict[str, Any] = {
        "appointment_id": visit.appointment_id,
        "client_id": visit.client_id,
        "initiator": "clinic",
        "reason_code": None,
        "reason": None,
        "offering_id": visit.offering_id,
        "offering_version": visit.offering_version,
        "price": visit.price,
        "buffer_before_minutes": visit.buffer_before_minutes,
        "buffer_after_minutes": visit.buffer_after_minutes,
        "cancel_notice_minutes": visit.cancel_notice_minutes,
        "reminder_lead_minutes": visit.reminder_lead_minutes,
        "clinic_id": visit.clinic_id,
        "therapist_id": visit.therapist_id,
        "room_id": visit.room_id,
        "occupies": visit.occupies,
        "starts_at": visit.starts_at,
        "ends_at": visit.starts_at + timedelta(minutes=minutes),
        "starts_local": visit.starts_local,
        "time_zone": visit.time_zone,
        "notice_minutes": 5000,
    }
    return corrections.AppointmentChanged(**fields | changes)


def arrived(visit: s.AppointmentBooked) -> s.AppointmentArrived:
    return s.AppointmentArrived(
        appointment_id=visit.appointment_id, client_id=visit.client_id, happened_at=visit.starts_at
    )


def stream_of(event: Any) -> str:
    return f"appointment-{event.appointment_id}"


def an_access(*client_ids: UUID, **changes: Any) -> Access:
    fields: dict[str, Any] = {
        "actor": "desk",
        "role": "front_desk",
        "purpose": "administration",
        "operation": "clients.show_client",
        "data_class": "contact",
        "client_ids": in_order(client_ids),
        "correlation_id": "a-test",
    }
    return Access(**fields | changes)


class Log:
    """The log of one service's database, written as its own role writes it and read by its reader."""

    def __init__(self, settings: DatabaseSettings, views: Sequence[View] = ()) -> None:
        self.api = make_engine(settings.api)
        self.reader = make_engine(settings.reader)
        self.owner = make_engine(settings.migrate)
        self.database = Database(self.api, sealer=sealer(), views=views)

    def record(self, chain_id: UUID, *events: Any, stream: str | None = None) -> None:
        """Append events about appointments, all in one transaction, each to the stream it is about."""

        def work(transaction: Transaction) -> None:
            for event in events:
                name = stream or stream_of(event)
                transaction.append(name, len(transaction.load(name)), [event])

        self.database.command(chain_id, WHO, work)

    def look(self, chain_id: UUID, *client_ids: UUID, **changes: Any) -> None:
        """Record that somebody looked at clients' data."""
        with self.database.reading(chain_id) as connection:
            access_log.append(connection, chain_id, an_access(*client_ids, **changes))

    def positions(self) -> dict[int, int]:
        with self.reader.connect() as connection:
            rows = connection.execute(text("SELECT partition, position FROM log_heads"))
            return {row.partition: row.position for row in rows}

    def rows(self, partition: int, after: int = 0, limit: int = 100_000) -> list[Recorded]:
        with self.reader.connect() as connection:
            return read(connection, partition, after, limit)

    def all_rows(self) -> list[Recorded]:
        return [row for partition in range(PARTITIONS) for row in self.rows(partition)]

    @contextmanager
    def tampering(self) -> Iterator[Connection]:
        """The owner's connection with the log's own defence out of the way, as somebody with the disk would have it."""
        with self.owner.begin() as connection:
            connection.execute(text("ALTER TABLE events DISABLE TRIGGER events_stay"))
            connection.execute(text("ALTER TABLE events NO FORCE ROW LEVEL SECURITY"))
            yield connection
            connection.execute(text("ALTER TABLE events FORCE ROW LEVEL SECURITY"))
            connection.execute(text("ALTER TABLE events ENABLE TRIGGER events_stay"))

    def close(self) -> None:
        for engine in (self.api, self.reader, self.owner):
            engine.dispose()


@contextmanager
def a_log(settings: DatabaseSettings, views: Sequence[View] = ()) -> Iterator[Log]:
    log = Log(settings, views)
    try:
        yield log
    finally:
        log.close()


def rows_of(engine: Engine, table: str, order: str) -> list[dict[str, Any]]:
    """All rows of a table, as a role that row-level security does not bind sees them."""
    with engine.connect() as connection:
        rows = connection.execute(text(f"SELECT * FROM {table} ORDER BY {order}"))
        return [dict(row._mapping) for row in rows]

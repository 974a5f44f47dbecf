"""What is known of visits, clients and chains; no name and no address is among it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, TextClause, text

from workers.messages.plan import Audience, Visit
from workers.messages.quiet import USUAL_QUIET_HOURS, QuietHours

BATCH = 500

BOOK = text(
    "INSERT INTO visits (appointment_id, chain_id, clinic_id, client_id, status, starts_at, time_zone, lead_minutes,"
    " timed_version, timed_at, announcement, announced_version, announced_at)"
    " VALUES (:appointment_id, :chain_id, :clinic_id, :client_id, 'booked', :starts_at, :time_zone, :lead_minutes,"
    " :version, :at, 'booked', :version, :at)"
)
MOVE = text(
    "UPDATE visits SET clinic_id = :clinic_id, starts_at = :starts_at, time_zone = :time_zone,"
    " timed_version = :version, timed_at = :at,"
    " announcement = 'moved', announced_version = :version, announced_at = :at"
    " WHERE appointment_id = :appointment_id"
)
CANCEL = text(
    "UPDATE visits SET status = 'cancelled', announcement = 'cancelled', announced_version = :version,"
    " announced_at = :at WHERE appointment_id = :appointment_id"
)
END = text("UPDATE visits SET status = :status WHERE appointment_id = :appointment_id")

CLIENT = text(
    "INSERT INTO clients VALUES (:client_id, :chain_id, :time_zone, :channel)"
    " ON CONFLICT (client_id) DO UPDATE SET time_zone = excluded.time_zone, channel = excluded.channel"
)
CHAIN = text(
    "INSERT INTO chains VALUES (:chain_id, :quiet_from, :quiet_to)"
    " ON CONFLICT (chain_id) DO UPDATE SET quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to"
)

# Only in the read models in use: what is being rebuilt was planned when it happened.
SUBJECTS = (
    "SELECT v.*, coalesce(c.time_zone, v.time_zone) AS client_zone, coalesce(c.channel, 'email') AS channel,"
    " h.quiet_from, h.quiet_to"
    " FROM visits v LEFT JOIN clients c USING (client_id) LEFT JOIN chains h ON h.chain_id = v.chain_id"
    " WHERE current_schema() = (SELECT schema FROM public.active_views)"
)
VISIT = text(f"{SUBJECTS} AND v.appointment_id = :appointment_id")
AHEAD = (
    " AND v.status = 'booked' AND v.starts_at > :after AND v.appointment_id > :last"
    " ORDER BY v.appointment_id LIMIT :batch"
)
OF_CLIENT = text(f"{SUBJECTS} AND v.client_id = :of{AHEAD}")
OF_CHAIN = text(f"{SUBJECTS} AND v.chain_id = :of{AHEAD}")
UPCOMING = text(SUBJECTS + AHEAD)

FIRST = UUID(int=0)
"""Sorts before every visit."""

Subject = tuple[Visit, Audience]


class VisitUnknown(Exception):
    """A visit changes that was never booked: an event before this one is missing."""


def book(connection: Connection, values: Mapping[str, Any]) -> None:
    """A new visit; `values` are the columns of `visits` with `version` and `at` of the event."""
    connection.execute(BOOK, values)


def move(connection: Connection, values: Mapping[str, Any]) -> None:
    """The visit's new clinic, time and zone, with `version` and `at` of the event. Raises VisitUnknown."""
    change(connection, MOVE, values)


def cancel(connection: Connection, appointment_id: UUID, version: int, at: datetime) -> None:
    """Raises VisitUnknown."""
    change(connection, CANCEL, {"appointment_id": appointment_id, "version": version, "at": at})


def end(connection: Connection, appointment_id: UUID, status: str) -> None:
    """The visit has begun, or was missed. Raises VisitUnknown."""
    change(connection, END, {"appointment_id": appointment_id, "status": status})


def change(connection: Connection, statement: TextClause, values: Mapping[str, Any]) -> None:
    if connection.execute(statement, values).rowcount != 1:
        raise VisitUnknown


def know_client(connection: Connection, client_id: UUID, chain_id: UUID, time_zone: str, channel: str) -> None:
    row = {"client_id": client_id, "chain_id": chain_id, "time_zone": time_zone, "channel": channel}
    connection.execute(CLIENT, row)


def know_chain(connection: Connection, chain_id: UUID, hours: QuietHours) -> None:
    row = {"chain_id": chain_id, "quiet_from": hours.from_minute, "quiet_to": hours.to_minute}
    connection.execute(CHAIN, row)


def visit(connection: Connection, appointment_id: UUID) -> list[Subject]:
    """The visit with its audience; nothing while read models are rebuilt, whose messages were planned long ago."""
    return [subject(row) for row in connection.execute(VISIT, {"appointment_id": appointment_id})]


def visits_of_client(connection: Connection, client_id: UUID, after: datetime) -> Iterator[list[Subject]]:
    """Booked visits that start after a moment, in batches; nothing while read models are rebuilt."""
    return batches(connection, OF_CLIENT, client_id, after)


def visits_of_chain(connection: Connection, chain_id: UUID, after: datetime) -> Iterator[list[Subject]]:
    """Booked visits that start after a moment, in batches; nothing while read models are rebuilt."""
    return batches(connection, OF_CHAIN, chain_id, after)


def upcoming(connection: Connection, after: datetime, last: UUID) -> list[Subject]:
    """The next batch of all booked visits that start after a moment, in the order of their ids, after `last`."""
    return [subject(row) for row in connection.execute(UPCOMING, {"after": after, "last": last, "batch": BATCH})]


def batches(connection: Connection, query: TextClause, of: UUID, after: datetime) -> Iterator[list[Subject]]:
    last = FIRST
    while rows := connection.execute(query, {"of": of, "after": after, "last": last, "batch": BATCH}).all():
        yield [subject(row) for row in rows]
        last = rows[-1].appointment_id


def subject(row: Row[Any]) -> Subject:
    hours = USUAL_QUIET_HOURS if row.quiet_from is None else QuietHours(row.quiet_from, row.quiet_to)
    visit = Visit(
        appointment_id=row.appointment_id,
        chain_id=row.chain_id,
        clinic_id=row.clinic_id,
        client_id=row.client_id,
        status=row.status,
        starts_at=row.starts_at,
        time_zone=row.time_zone,
        lead_minutes=tuple(row.lead_minutes),
        timed_version=row.timed_version,
        timed_at=row.timed_at,
        announcement=row.announcement,
        announced_version=row.announced_version,
        announced_at=row.announced_at,
    )
    return visit, Audience(time_zone=row.client_zone, channel=row.channel, quiet_hours=hours)

"""What is known of visits, clients and chains; no name and no address is among it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, TextClause, text

from shared.aliases import follow
from shared.events.scheduling_people import ClientsMerged, ClientsUnmerged
from workers.messages.plan import USUALLY_URGENT, Audience, Others, Place, Visit
from workers.messages.quiet import USUAL_QUIET_HOURS, QuietHours

BATCH = 500

BOOK = text(
    "INSERT INTO visits (appointment_id, chain_id, clinic_id, therapist_id, client_id, booked_client_id, named, status,"
    " starts_at, ends_at, time_zone, lead_minutes, confirmed_with, timed_version, timed_at, announced_version,"
    " announced_at, announced_due_at)"
    " VALUES (:appointment_id, :chain_id, :clinic_id, :therapist_id, person_of(:client_id), :client_id, :named,"
    " 'booked', :starts_at, :ends_at, :time_zone, :lead_minutes, :confirmed_with, :version, :at, :version, :at, :at)"
)
MOVE = text(
    "UPDATE visits SET clinic_id = :clinic_id, therapist_id = :therapist_id, starts_at = :starts_at,"
    " ends_at = :ends_at, time_zone = :time_zone, timed_version = :version, timed_at = :at, disrupted = false"
    " WHERE appointment_id = :appointment_id"
)
DISRUPT = text("UPDATE visits SET disrupted = :disrupted WHERE appointment_id = :appointment_id")
RELOCATE = text("UPDATE visits SET time_zone = :time_zone, address = :version WHERE appointment_id = :appointment_id")
READDRESS = text("UPDATE visits SET named = :named WHERE appointment_id = :appointment_id")
TOGETHER = text("SELECT appointment_id FROM visits WHERE :appointment_id IN (appointment_id, confirmed_with)")
APART = text("UPDATE visits SET confirmed_with = NULL WHERE :appointment_id IN (appointment_id, confirmed_with)")
CHANGE = text(
    "UPDATE visits SET ends_at = :ends_at, lead_minutes = :lead_minutes, disrupted = false,"
    " timed_version = CASE WHEN lead_minutes = CAST(:lead_minutes AS integer[]) THEN timed_version ELSE :version END,"
    " timed_at = CASE WHEN lead_minutes = CAST(:lead_minutes AS integer[]) THEN timed_at ELSE :at END"
    " WHERE appointment_id = :appointment_id"
)
BECOME = text(
    "UPDATE visits SET status = :status, disrupted = disrupted AND :status = 'booked'"
    " WHERE appointment_id = :appointment_id"
)
END = text(
    "UPDATE visits SET status = :status, disrupted = disrupted AND :status = 'arrived', announced_due_at = NULL"
    " WHERE appointment_id = :appointment_id"
)

REGROUP = text("UPDATE visits SET client_id = :person WHERE booked_client_id = ANY(:ids)")

# Only announcements of staff wait, for what staff do next; one that is urgent does not, nor one that would come after
# the start. What is urgent here is what `plan.is_urgent` says.
ANNOUNCE = text("""
UPDATE visits AS v SET announced_version = :version, announced_at = :at, by_clinic = :by_clinic,
  announced_due_at = CASE
    WHEN NOT :by_staff OR :at + policy.staff_wait >= v.starts_at
      OR :by_clinic AND least(v.told_starts_at, v.starts_at) - :at < policy.urgent_within
        AND v.told_starts_at IS NOT NULL
    THEN :at ELSE :at + policy.staff_wait END
FROM (
  SELECT coalesce(max(staff_wait), :usual_wait) AS staff_wait, coalesce(max(urgent_within), :usually_urgent)
    AS urgent_within
  FROM chains WHERE chain_id = :chain_id
) AS policy
WHERE v.appointment_id = :appointment_id
""")

# The client knows of a visit where it stands; of a cancelled one, that there is none.
TELL = text("""
UPDATE visits SET
  told_clinic_id = CASE status WHEN 'cancelled' THEN NULL ELSE clinic_id END,
  told_therapist_id = CASE status WHEN 'cancelled' THEN NULL ELSE therapist_id END,
  told_starts_at = CASE status WHEN 'cancelled' THEN NULL ELSE starts_at END,
  told_ends_at = CASE status WHEN 'cancelled' THEN NULL ELSE ends_at END,
  told_address = CASE status WHEN 'cancelled' THEN NULL ELSE address END,
  told_named = CASE status WHEN 'cancelled' THEN NULL ELSE named END
WHERE appointment_id = :appointment_id AND announced_due_at <= coalesce(:until, announced_due_at)
""")

CLIENT = text(
    "INSERT INTO clients VALUES (:client_id, :chain_id, :time_zone)"
    " ON CONFLICT (client_id) DO UPDATE SET time_zone = excluded.time_zone"
)
CHAIN = text(
    "INSERT INTO chains VALUES (:chain_id, :quiet_from, :quiet_to, :staff_wait, :urgent_within, :confirm_within)"
    " ON CONFLICT (chain_id) DO UPDATE SET quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to,"
    " staff_wait = excluded.staff_wait, urgent_within = excluded.urgent_within,"
    " confirm_within = excluded.confirm_within"
)
QUIET = text("SELECT quiet_from, quiet_to FROM chains WHERE chain_id = :chain_id")

# Only in the read models in use: what is being rebuilt was planned when it happened.
SUBJECTS = (
    "SELECT v.*, coalesce(c.time_zone, v.time_zone) AS client_zone, h.quiet_from, h.quiet_to,"
    " h.urgent_within, h.confirm_within, others.*"
    " FROM visits v LEFT JOIN clients c USING (client_id) LEFT JOIN chains h ON h.chain_id = v.chain_id"
    " CROSS JOIN LATERAL ("
    "   SELECT count(*) AS others, max(announced_due_at) FILTER (WHERE open) AS others_due_at,"
    "     max(starts_at) FILTER (WHERE open) AS others_until"
    "   FROM (SELECT *, status = 'booked' AND told_starts_at IS NULL"
    "       AND announced_due_at IS NOT NULL AND announced_at < starts_at AS open"
    "     FROM visits WHERE confirmed_with = v.appointment_id) AS other"
    " ) AS others"
    " WHERE current_schema() = (SELECT schema FROM public.active_views)"
)
CONFIRMED_WITH = "(SELECT confirmed_with FROM visits WHERE appointment_id = :appointment_id)"
VISIT = text(f"{SUBJECTS} AND v.appointment_id IN (:appointment_id, {CONFIRMED_WITH})")
AHEAD = (
    " AND v.status = 'booked' AND v.starts_at > :after AND v.appointment_id > :last"
    " ORDER BY v.appointment_id LIMIT :batch"
)
OF_CLIENT = text(f"{SUBJECTS} AND v.client_id = :of{AHEAD}")
OF_CHAIN = text(f"{SUBJECTS} AND v.chain_id = :of{AHEAD}")
UPCOMING = text(SUBJECTS + AHEAD)

FIRST = UUID(int=0)
"""Sorts before every visit."""

USUAL_WAIT = timedelta(minutes=2)
"""How long a confirmation of what staff did waits, where the chain has said nothing else."""

Subject = tuple[Visit, Audience]


class VisitUnknown(Exception):
    """A visit changes that was never booked: an event before this one is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """That a visit has changed: by which version, when, whether staff did it, and whether a message shall say so.

    `by_clinic`: it was not the client's wish.
    """

    appointment_id: UUID
    chain_id: UUID
    version: int
    at: datetime
    by_staff: bool
    notify: bool
    by_clinic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a chain has said of messages: quiet hours, how long those of staff wait, what is urgent and for how long."""

    hours: QuietHours
    staff_wait: timedelta
    urgent_within: timedelta
    confirm_within: timedelta


def book(connection: Connection, values: Mapping[str, Any], news: News) -> None:
    """A new visit; `values` are the columns of `visits` that the event gives."""
    connection.execute(BOOK, {**values, **names(news)})
    announce(connection, news)


def move(connection: Connection, values: Mapping[str, Any], news: News) -> None:
    """The visit's new clinic, therapist, times and zone. Raises VisitUnknown."""
    settle(connection, news)
    update(connection, MOVE, {**values, **names(news)})
    announce(connection, news)


def become(connection: Connection, status: str, news: News) -> None:
    """Another status, of which the client hears. Raises VisitUnknown."""
    settle(connection, news)
    update(connection, BECOME, {"appointment_id": news.appointment_id, "status": status})
    announce(connection, news)


def disrupt(connection: Connection, appointment_id: UUID, *, disrupted: bool) -> None:
    """The visit stands outside the rules, or no longer does. Raises VisitUnknown."""
    update(connection, DISRUPT, {"appointment_id": appointment_id, "disrupted": disrupted})


def relocate(connection: Connection, time_zone: str, news: News) -> None:
    """The visit's clinic is at another address, or on another clock. Raises VisitUnknown."""
    settle(connection, news)
    update(connection, RELOCATE, {"time_zone": time_zone, **names(news)})
    announce(connection, news)


def readdress(connection: Connection, named: UUID | None, news: News) -> list[UUID]:
    """Another person is told of the visit. Raises VisitUnknown.

    It is no longer announced together with others of its booking; gives the visits whose messages are others now.
    """
    concerned = list(connection.execute(TOGETHER, {"appointment_id": news.appointment_id}).scalars())
    for appointment_id in concerned:
        settle(connection, replace(news, appointment_id=appointment_id))
    update(connection, READDRESS, {"appointment_id": news.appointment_id, "named": named})
    connection.execute(APART, {"appointment_id": news.appointment_id})
    announce(connection, news)
    return concerned


def end(connection: Connection, status: str, news: News) -> None:
    """The visit has begun, or was missed, and nothing more is announced of it. Raises VisitUnknown."""
    settle(connection, news)
    update(connection, END, {"appointment_id": news.appointment_id, "status": status})


def change(connection: Connection, values: Mapping[str, Any], news: News) -> None:
    """The visit's new end and lead times. Raises VisitUnknown."""
    settle(connection, news)
    update(connection, CHANGE, {**values, **names(news)})
    announce(connection, news)


def settle(connection: Connection, news: News) -> None:
    """Note that the client has been told of everything whose announcement was due before this."""
    connection.execute(TELL, {"appointment_id": news.appointment_id, "until": news.at})


def announce(connection: Connection, news: News) -> None:
    """Let the newest announcement be this one; where no message shall say it, the client knows already."""
    usual = {"usual_wait": USUAL_WAIT, "usually_urgent": USUALLY_URGENT}
    connection.execute(ANNOUNCE, names(news) | {"by_staff": news.by_staff, "by_clinic": news.by_clinic} | usual)
    if not news.notify:
        connection.execute(TELL, {"appointment_id": news.appointment_id, "until": None})


def names(news: News) -> dict[str, Any]:
    return {
        "appointment_id": news.appointment_id,
        "chain_id": news.chain_id,
        "version": news.version,
        "at": news.at,
    }


def regroup(connection: Connection, chain_id: UUID, event: ClientsMerged | ClientsUnmerged) -> UUID:
    """Clients became one person, or two again: gives the one whose visits are others now."""
    change = follow(connection, chain_id, event)
    connection.execute(REGROUP, {"person": change.person, "ids": change.ids})
    return change.person


def update(connection: Connection, statement: TextClause, values: Mapping[str, Any]) -> None:
    if connection.execute(statement, values).rowcount != 1:
        raise VisitUnknown


def know_client(connection: Connection, client_id: UUID, chain_id: UUID, time_zone: str) -> None:
    row = {"client_id": client_id, "chain_id": chain_id, "time_zone": time_zone}
    connection.execute(CLIENT, row)


def know_chain(connection: Connection, chain_id: UUID, policy: Policy) -> None:
    row = {"chain_id": chain_id, "quiet_from": policy.hours.from_minute, "quiet_to": policy.hours.to_minute}
    waits = {
        "staff_wait": policy.staff_wait,
        "urgent_within": policy.urgent_within,
        "confirm_within": policy.confirm_within,
    }
    connection.execute(CHAIN, row | waits)


def quiet_hours_of(connection: Connection, chain_id: UUID) -> QuietHours:
    row = connection.execute(QUIET, {"chain_id": chain_id}).first()
    return USUAL_QUIET_HOURS if row is None else QuietHours(row.quiet_from, row.quiet_to)


def visit(connection: Connection, appointment_id: UUID) -> list[Subject]:
    """The visit with its audience, and the one whose confirmation tells of it as well.

    Nothing while read models are rebuilt, whose messages were planned long ago.
    """
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
        client_id=row.client_id,
        status=row.status,
        place=Place(row.clinic_id, row.therapist_id, row.starts_at, row.ends_at, row.address, row.named),
        told=told(row),
        time_zone=row.time_zone,
        lead_minutes=tuple(row.lead_minutes),
        timed_version=row.timed_version,
        timed_at=row.timed_at,
        announced_version=row.announced_version,
        announced_at=row.announced_at,
        announced_due_at=row.announced_due_at,
        disrupted=row.disrupted,
        by_clinic=row.by_clinic,
        confirmed_with=row.confirmed_with,
        others=Others(row.others_due_at, row.others_until) if row.others else None,
    )
    audience = Audience(time_zone=row.client_zone, quiet_hours=hours)
    if row.urgent_within is not None:
        audience = replace(audience, urgent_within=row.urgent_within, confirm_within=row.confirm_within)
    return visit, audience


def told(row: Row[Any]) -> Place | None:
    if row.told_starts_at is None:
        return None
    return Place(
        row.told_clinic_id,
        row.told_therapist_id,
        row.told_starts_at,
        row.told_ends_at,
        row.told_address,
        row.told_named,
    )

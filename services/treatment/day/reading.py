"""A therapist's visits and sessions as lists across clients, at the clinics where their role holds.

Each list is one statement, by keyset, whatever it holds. What is cancelled, or moved to somebody else, is not among the
visits, and neither is anything of clients of whom nothing clinical is left.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.treatment.access.rules import AFTER_VISIT
from shared.decider import Refused
from shared.http.operations import Call
from shared.http.paging import page, read_cursor

OVERDUE = AFTER_VISIT
"""How long after its end a session may wait for its signature: as long as a visit may wait for being charted."""

BACK = timedelta(days=60)
"""How long a visit is told of that was never charted."""

AROUND = timedelta(hours=28)
"""Within this of a day's noon in UTC, or of any moment in it, the day begins and ends on every clock of the world."""

SESSION = """
    SELECT session.id AS session_id, session.status AS session_status, session.therapist_id AS charted_by,
      session.signed_at
    FROM sessions session
    WHERE session.appointment_id = visit.appointment_id AND session.status <> 'in_error'
      AND person_of(session.recorded_client_id) = visit.client_id
    ORDER BY session.started_at, session.id LIMIT 1
"""
LISTED = """
    (CAST(:clinics AS uuid[]) IS NULL OR {row}.clinic_id = ANY(:clinics))
    AND NOT EXISTS (SELECT FROM clients WHERE clients.client_id = {client} AND clients.erased)
"""
LATER = """
    (CAST(:after AS timestamptz) IS NULL OR ({row}.{time}, {row}.{id}) > (:after, :after_id))
"""
VISIT_LISTED = LISTED.format(row="visit", client="visit.client_id")
VISIT_LATER = LATER.format(row="visit", time="starts_at", id="appointment_id")
OF_DAY = text(f"""
    WITH theirs AS (
      SELECT visit.*, false AS covered FROM visits visit
      WHERE visit.therapist_id = :therapist_id AND visit.starts_at BETWEEN :earliest AND :latest
      UNION ALL
      SELECT visit.*, true FROM (
        SELECT DISTINCT clinic_id, day_starts_at, day_ends_at FROM covers
        WHERE subject = :subject AND started_at <= :now AND until > :now AND ended_at IS NULL
          AND started_at >= coalesce((SELECT valid_from FROM staff WHERE id = :staff_id), started_at)
      ) AS cover JOIN visits visit ON visit.clinic_id = cover.clinic_id
        AND visit.starts_at >= cover.day_starts_at AND visit.starts_at < cover.day_ends_at
      WHERE visit.therapist_id <> :therapist_id
    )
    SELECT visit.*, (visit.starts_at AT TIME ZONE visit.time_zone)::date AS day, charted.*
    FROM theirs visit LEFT JOIN LATERAL ({SESSION}) AS charted ON true
    WHERE visit.status <> 'cancelled' AND (visit.starts_at AT TIME ZONE visit.time_zone)::date
        = coalesce(CAST(:on AS date), (CAST(:now AS timestamptz) AT TIME ZONE visit.time_zone)::date)
      AND {VISIT_LISTED} AND {VISIT_LATER}
    ORDER BY visit.starts_at, visit.appointment_id LIMIT :most
""")  # noqa: S608 - our own parts
TO_CHART = text(f"""
    SELECT visit.*, false AS covered, (visit.starts_at AT TIME ZONE visit.time_zone)::date AS day
    FROM visits visit
    WHERE visit.therapist_id = :therapist_id AND visit.starts_at >= :since AND visit.status IN ('arrived', 'fulfilled')
      AND NOT EXISTS ({SESSION}) AND {VISIT_LISTED} AND {VISIT_LATER}
    ORDER BY visit.starts_at, visit.appointment_id LIMIT :most
""")  # noqa: S608 - our own parts
UNSIGNED = text(f"""
    SELECT session.*, person.id AS client_id, ended.at AS ended_at, ended.at <= :due AS overdue
    FROM sessions session CROSS JOIN LATERAL (SELECT person_of(session.recorded_client_id) AS id) AS person
      LEFT JOIN visits visit ON visit.appointment_id = session.appointment_id AND visit.client_id = person.id
        AND visit.status IN ('arrived', 'fulfilled')
      CROSS JOIN LATERAL (SELECT coalesce(visit.actual_ends_at, visit.ends_at, session.started_at) AS at) AS ended
    WHERE session.therapist_id = :therapist_id AND session.status = 'open'
      AND (CAST(:overdue AS boolean) IS NULL OR (ended.at <= :due) = :overdue)
      AND {LISTED.format(row="session", client="person.id")}
      AND {LATER.format(row="session", time="started_at", id="id")}
    ORDER BY session.started_at, session.id LIMIT :most
""")  # noqa: S608 - our own parts


class NotATherapist(Refused):
    """Your login is not linked to a therapist, so no visits are yours; somebody who keeps the staff can link it."""

    code = "not_a_therapist"


def visits_of_day(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """One page of the visits on a day of each clinic's own clock, own ones and those covered, with their sessions."""
    on: date | None = query["on"]
    middle = call.now if on is None else datetime.combine(on, time(12), UTC)
    values = {
        "on": on,
        "now": call.now,
        "earliest": middle - AROUND,
        "latest": middle + AROUND,
        "subject": call.caller.subject,
        "staff_id": call.caller.staff_id,
    }
    rows = call.connection.execute(OF_DAY, listing(call, query) | values).all()
    return page(rows, query["limit"], lambda row: (row.starts_at, row.appointment_id))


def to_chart(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """One page of the own visits that took place without a session, the oldest first."""
    rows = call.connection.execute(TO_CHART, listing(call, query) | {"since": call.now - BACK}).all()
    return page(rows, query["limit"], lambda row: (row.starts_at, row.appointment_id))


def unsigned(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """One page of the own sessions that wait for a signature, the oldest first."""
    values = {"due": call.now - OVERDUE, "overdue": query["overdue"]}
    rows = call.connection.execute(UNSIGNED, listing(call, query) | values).all()
    return page(rows, query["limit"], lambda row: (row.started_at, row.id))


def listing(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """What every list asks for; raises NotATherapist."""
    if call.caller.therapist_id is None:
        raise NotATherapist
    after, after_id = read_cursor(query["cursor"], tuple[datetime, UUID]) or (None, None)
    clinics = call.caller.clinics
    return {
        "therapist_id": call.caller.therapist_id,
        "clinics": None if clinics is None else sorted(clinics),
        "after": after,
        "after_id": after_id,
        "most": query["limit"] + 1,
    }

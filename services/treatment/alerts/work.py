"""Alerts as work: what waits, how urgent it is and for whom, without a word of what the client has answered.

They are there for the therapist who leads the client's episode now, and for the therapists and managers of the clinic,
so that somebody acts while the one who leads is away. Of clients of whom nothing clinical is left, there are none.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from shared.decider import NotThere
from shared.http.operations import Call
from shared.http.paging import page, read_cursor

SHOWN = """
    SELECT alert.*, person.id AS client_id, led.by AS lead_therapist_id, visit.offering_id
    FROM alerts alert LEFT JOIN episodes episode ON episode.id = alert.episode_id
      CROSS JOIN LATERAL (SELECT person_of(alert.recorded_client_id) AS id) AS person
      CROSS JOIN LATERAL (SELECT coalesce(episode.lead_therapist_id, alert.therapist_id) AS by) AS led
      LEFT JOIN LATERAL (
        SELECT offering_id FROM visits WHERE visits.client_id = person.id AND visits.status <> 'cancelled'
        ORDER BY starts_at DESC, appointment_id LIMIT 1
      ) AS visit ON true
    WHERE NOT EXISTS (SELECT FROM clients WHERE clients.client_id = person.id AND clients.erased)
      AND (led.by = :therapist_id
        OR (NOT :mine AND (CAST(:clinics AS uuid[]) IS NULL OR alert.clinic_id = ANY(:clinics))))
"""
LISTED = text(f"""
    {SHOWN} AND (CAST(:open AS boolean) IS NULL OR (alert.status <> 'closed') = :open)
      AND (CAST(:clinic_id AS uuid) IS NULL OR alert.clinic_id = :clinic_id)
      AND (CAST(:before AS uuid) IS NULL OR (alert.raised_at, alert.id) < (:before_at, :before))
    ORDER BY alert.raised_at DESC, alert.id DESC LIMIT :most
""")
ONE = text(f"{SHOWN} AND alert.id = :id")


def listed(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """One page of the alerts that the caller may see, the latest first."""
    before = read_cursor(query["cursor"], tuple[datetime, UUID])
    values = seen_by(call, mine=query["mine"]) | {
        "open": query["open"],
        "clinic_id": query["clinic_id"],
        "before_at": before and before[0],
        "before": before and before[1],
        "most": query["limit"] + 1,
    }
    rows = call.connection.execute(LISTED, values).all()
    return page(rows, query["limit"], lambda row: (row.raised_at, row.id))


def one(call: Call, alert_id: UUID) -> Row[Any]:
    """An alert that the caller may see; raises NotThere."""
    row = call.connection.execute(ONE, seen_by(call, mine=False) | {"id": alert_id}).first()
    if row is None:
        raise NotThere
    return row


def seen_by(call: Call, *, mine: bool) -> dict[str, Any]:
    clinics = call.caller.clinics
    return {
        "mine": mine,
        "therapist_id": call.caller.therapist_id,
        "clinics": None if clinics is None else sorted(clinics),
    }

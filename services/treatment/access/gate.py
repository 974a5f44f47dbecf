"""The gate of clients' records: one query for the facts, one pure rule, and the first use of a visit is recorded."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import Row, text

from services.treatment.access.decider import OPENING, stream_of
from services.treatment.access.rules import Alert, Cover, Facts, Glass, Visit, basis_for
from shared.access import Basis
from shared.auth import Caller
from shared.decider import handle
from shared.event_store import Transaction
from shared.events.treatment_access import AccessGranted
from shared.http.records import Closed

AROUND = timedelta(days=40)
"""How far from now visits are looked at; what they open is told by the rules, and lies well within."""

FACTS = text("""
    WITH asked AS (SELECT id, person_of(id) AS person FROM unnest(CAST(:ids AS uuid[])) AS id),
    own AS (SELECT id FROM staff WHERE id = :staff_id OR therapist_id = :therapist_id),
    names AS (
      SELECT CAST(:subject AS text) AS name
      UNION SELECT CAST(id AS text) FROM own
      UNION SELECT login.issuer || ' ' || login.subject FROM logins login JOIN own ON own.id = login.staff_id
    )
    SELECT asked.id, client.erased, (SELECT valid_from FROM staff WHERE id = :staff_id) AS valid_from,
      (SELECT coalesce(jsonb_agg(jsonb_build_object(
          'appointment_id', visit.appointment_id, 'clinic_id', visit.clinic_id, 'starts_at', visit.starts_at,
          'ends_at', coalesce(visit.actual_ends_at, visit.ends_at),
          'charted', charted.sessions > 0, 'signed_at', charted.signed_at, 'self_booked', booked.by_themselves,
          'noted', EXISTS (
            SELECT FROM visit_grants given
            WHERE given.appointment_id = visit.appointment_id AND given.subject = :subject
              AND given.self_booked >= booked.by_themselves))), '[]')
        FROM visits visit CROSS JOIN LATERAL (
          SELECT visit.given_by IS NOT NULL AND visit.given_by IN (SELECT name FROM names) AS by_themselves
        ) AS booked CROSS JOIN LATERAL (
          SELECT count(*) AS sessions,
            CASE WHEN bool_and(session.signed_at IS NOT NULL) THEN max(session.signed_at) END AS signed_at
          FROM sessions session
          WHERE session.appointment_id = visit.appointment_id AND session.status <> 'in_error'
            AND person_of(session.recorded_client_id) = asked.person
        ) AS charted
        WHERE visit.client_id = asked.person AND visit.therapist_id = :therapist_id
          AND visit.status IN ('booked', 'arrived', 'fulfilled')
          AND visit.starts_at BETWEEN :earliest AND :latest) AS visits,
      (SELECT coalesce(jsonb_agg(jsonb_build_object(
          'cover_id', cover.id, 'clinic_id', cover.clinic_id, 'started_at', cover.started_at, 'until', cover.until)),
          '[]')
        FROM covers cover
        WHERE cover.subject = :subject AND cover.until > :now AND cover.ended_at IS NULL AND EXISTS (
          SELECT FROM visits visit
          WHERE visit.client_id = asked.person AND visit.clinic_id = cover.clinic_id
            AND (visit.given_by IS NULL OR visit.given_by NOT IN (SELECT name FROM names))
            AND visit.status IN ('booked', 'arrived', 'fulfilled')
            AND visit.starts_at >= cover.day_starts_at AND visit.starts_at < cover.day_ends_at)) AS covers,
      (SELECT coalesce(jsonb_agg(jsonb_build_object(
          'break_id', glass.id, 'broken_at', glass.broken_at, 'until', glass.until)), '[]')
        FROM glass_breaks glass
        WHERE glass.subject = :subject AND glass.until > :now AND glass.basis = 'break_glass'
          AND person_of(glass.recorded_client_id) = asked.person) AS glasses,
      (SELECT coalesce(jsonb_agg(jsonb_build_object(
          'alert_id', alert.id, 'clinic_id', alert.clinic_id, 'raised_at', alert.raised_at)), '[]')
        FROM alerts alert LEFT JOIN episodes episode ON episode.id = alert.episode_id
        WHERE alert.status <> 'closed' AND alert.raised_at > :earliest
          AND coalesce(episode.lead_therapist_id, alert.therapist_id) = :therapist_id
          AND person_of(alert.recorded_client_id) = asked.person) AS alerts
    FROM asked JOIN clients client ON client.client_id = asked.id
""")


def gate(
    caller: Caller, transaction: Transaction, now: datetime, client_ids: Sequence[UUID]
) -> Mapping[UUID, Basis | Closed]:
    """For each client why their record is open to the caller, or closed; notes the first use of a visit."""
    values = {
        "ids": list(client_ids),
        "subject": caller.subject,
        "staff_id": caller.staff_id,
        "therapist_id": caller.therapist_id,
        "now": now,
        "earliest": now - AROUND,
        "latest": now + AROUND,
    }
    rows = transaction.connection.execute(FACTS, values).all()
    found: dict[UUID, Basis | Closed] = dict.fromkeys(client_ids, "unknown")
    return found | {row.id: verdict(caller, transaction, now, row) for row in rows}


def verdict(caller: Caller, transaction: Transaction, now: datetime, row: Row[Any]) -> Basis | Closed:
    if row.erased:
        return "erased"
    facts = facts_in(row)
    basis = basis_for(caller, facts, now)
    if basis is None:
        return "without_basis"
    for visit in facts.visits:
        if basis.kind == "visit" and visit.appointment_id == basis.id and not visit.noted:
            note(caller, transaction, now, row.id, visit)
    return basis


def facts_in(row: Row[Any]) -> Facts:
    return Facts(
        msgspec.convert(row.visits, tuple[Visit, ...]),
        msgspec.convert(row.covers, tuple[Cover, ...]),
        msgspec.convert(row.glasses, tuple[Glass, ...]),
        row.valid_from,
        msgspec.convert(row.alerts, tuple[Alert, ...]),
    )


def note(caller: Caller, transaction: Transaction, now: datetime, client_id: UUID, visit: Visit) -> None:
    """Record that the caller makes use of a visit; who was faster with it is found when this is tried again."""
    if caller.therapist_id is None:
        raise LookupError("nobody but a therapist has visits of their own")
    granted = AccessGranted(
        client_id=client_id,
        grant_id=uuid5(visit.appointment_id, f"{caller.subject} {visit.self_booked}"),
        basis="visit",
        appointment_id=visit.appointment_id,
        clinic_id=visit.clinic_id,
        therapist_id=caller.therapist_id,
        subject=caller.subject,
        self_booked=visit.self_booked,
        granted_at=now,
        until=visit.until,
    )
    handle(transaction, OPENING, stream_of("visit", granted.grant_id), granted)

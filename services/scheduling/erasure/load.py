"""What an assessment needs to know of a client, in a constant number of statements; the caller holds the client."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from services.scheduling.erasure.rules import Policy, Situation, treated_at, usual
from services.scheduling.erasure.stores import standing
from services.scheduling.erasure.treatment import AtTreatment
from shared.client_clinics import clinics_of
from shared.events.scheduling_erasure import Hold

MOST_HOLDS = 100
"""So many of each kind are named; when these are settled the next assessment names the others."""

# A clinic's country is where it is today, or will be first.
RETENTION = """
    SELECT clinic.id AS clinic_id, place.country, rule.years, rule.minors_until_age, rule.policy_version, rule.version
    FROM clinics clinic
      CROSS JOIN LATERAL (
        SELECT address ->> 'country' AS country FROM clinic_terms WHERE clinic_id = clinic.id
        ORDER BY valid_from <= CAST(:today AS date) DESC, abs(valid_from - CAST(:today AS date)) LIMIT 1
      ) AS place
      LEFT JOIN clinic_retention rule ON rule.clinic_id = clinic.id
"""
OF_CLINIC = text(f"{RETENTION} WHERE clinic.id = :clinic_id")
OF_ALL = text(RETENTION)
VISITED = text("""
    SELECT clinic_id, max((starts_at AT TIME ZONE time_zone)::date) AS last_on FROM appointments
    WHERE client_id = :person AND status IN ('arrived', 'fulfilled') GROUP BY clinic_id
""")
HOLDS = text("""
    (SELECT 'visit' AS kind, id FROM appointments
     WHERE client_id = :person AND status IN ('booked', 'arrived') ORDER BY starts_at, id LIMIT :most)
    UNION ALL
    (SELECT 'visit_of_another', id FROM appointments
     WHERE client_id <> :person AND status IN ('booked', 'arrived')
       AND (booker_client_id = ANY(:ids) OR told_client_id = ANY(:ids) OR payer_client_id = ANY(:ids))
     ORDER BY starts_at, id LIMIT :most)
    UNION ALL
    (SELECT 'contact_task', id FROM contact_tasks
     WHERE client_id = ANY(:ids) AND open ORDER BY id LIMIT :most)
    UNION ALL
    (SELECT 'acts_for', id FROM relations
     WHERE related_client_id = ANY(:ids) AND NOT ended ORDER BY id LIMIT :most)
""")


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom an assessment is about: day of birth if known, and on which clock their days begin."""

    id: UUID
    born: date | None
    time_zone: str

    def day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.time_zone)).date()


def situation_of(connection: Connection, person: Subject, known: AtTreatment, today: date) -> Situation:
    """What is known of a person, at treatment as well, that decides what may go."""
    policies = {row.clinic_id: policy_in(row) for row in connection.execute(OF_ALL, {"today": today})}
    visited = {row.clinic_id: row.last_on for row in connection.execute(VISITED, {"person": person.id})}
    ids, entries = list(known.ids), [(each.clinic_id, person.day(each.last_at)) for each in known.entries]
    holds = connection.execute(HOLDS, {"person": person.id, "ids": ids, "most": MOST_HOLDS})
    return Situation(
        born=person.born,
        treated=treated_at(visited, entries, clinics_of(connection, person.id), policies),
        holds=tuple(Hold(kind=row.kind, id=row.id) for row in holds),
        complete=known.answered,
        stores=(*standing(connection, ids), *known.stores),
    )


def policy_in(row: Row[Any]) -> Policy:
    """What the chain has said of the clinic, else the usual of its country."""
    if row.years is None:
        return usual(row.country)
    return Policy(row.years, row.minors_until_age, row.policy_version)

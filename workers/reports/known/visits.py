"""Visits as they were known: each once, where it stood last, with what became of it last.

A visit is attended when its client came: arrived, or fulfilled. It was cancelled as long before its start as was noted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from workers.reports.known.people import PERSONS
from workers.reports.window import Window

REBOOK_WITHIN = timedelta(hours=72)
MINUTE = timedelta(minutes=1)

VISITS = f"""
{PERSONS}, place AS (
  SELECT DISTINCT ON (appointment_id) appointment_id, client_id, therapist_id, clinic_id, starts_at, ends_at
  FROM report_visit_places WHERE chain_id = :chain_id AND position <= :scheduling
  ORDER BY appointment_id, position DESC
), made AS (
  SELECT appointment_id, made_at FROM report_visit_places
  WHERE chain_id = :chain_id AND position <= :scheduling AND made_at IS NOT NULL
), state AS (
  SELECT DISTINCT ON (appointment_id) appointment_id, status, initiator, notice_minutes, actual_starts_at,
    actual_ends_at
  FROM report_visit_states WHERE chain_id = :chain_id AND position <= :scheduling
  ORDER BY appointment_id, position DESC
), visit AS (
  SELECT place.*, made_at, status, initiator, notice_minutes, actual_starts_at, actual_ends_at,
    coalesce(alias.person_id, place.client_id) AS person_id, status IN ('arrived', 'fulfilled') AS attended,
    CASE status WHEN 'cancelled' THEN coalesce(starts_at - make_interval(mins => notice_minutes), '-infinity') END
      AS cancelled_at
  FROM place JOIN made USING (appointment_id) JOIN state USING (appointment_id) LEFT JOIN alias USING (client_id)
)
"""  # noqa: S608 - made of constants alone
"""Common table expressions, of which `visit` has one row for each visit."""

IN_PERIOD = text(f"""
WITH RECURSIVE {VISITS}, before AS (
  SELECT appointment_id, lag(starts_at) OVER everywhere AS last_at_chain, lag(starts_at) OVER there AS last_at_clinic,
    lag(starts_at) OVER with_them AS last_with_therapist
  FROM visit WHERE attended
  WINDOW everywhere AS (PARTITION BY person_id ORDER BY starts_at, appointment_id),
    there AS (PARTITION BY person_id, clinic_id ORDER BY starts_at, appointment_id),
    with_them AS (PARTITION BY person_id, therapist_id ORDER BY starts_at, appointment_id)
), rebooked AS (
  SELECT DISTINCT visit.appointment_id
  FROM visit JOIN visit AS later ON later.person_id = visit.person_id AND later.starts_at > visit.starts_at
    AND later.made_at <= visit.ends_at + :rebook_within
    AND (later.cancelled_at IS NULL OR later.cancelled_at > visit.ends_at + :rebook_within)
  WHERE visit.attended AND visit.starts_at >= :starts_at AND visit.starts_at < :shown_at
)
SELECT visit.appointment_id, person_id, therapist_id, clinic_id, starts_at, ends_at, status, initiator, notice_minutes,
  actual_starts_at, actual_ends_at, last_at_chain, last_at_clinic, last_with_therapist,
  rebooked.appointment_id IS NOT NULL AS rebooked
FROM visit LEFT JOIN before USING (appointment_id) LEFT JOIN rebooked USING (appointment_id)
WHERE visit.starts_at >= :starts_at AND visit.starts_at < :shown_at
ORDER BY visit.starts_at, visit.appointment_id
""")  # noqa: S608 - made of constants alone

PRESENCE = text(f"""
WITH RECURSIVE {VISITS}
SELECT person_id, max(starts_at) FILTER (WHERE attended AND starts_at < :shown_at) AS last_seen_at,
  coalesce(bool_or(starts_at >= :shown_at AND made_at < :shown_at
    AND (cancelled_at IS NULL OR cancelled_at >= :shown_at)), false) AS is_expected
FROM visit GROUP BY person_id
""")  # noqa: S608 - made of constants alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit whose start lies in the period; the last attended ones before it, of the same person, are as they began.

    `rebooked`: 72 hours after its end the person had a later visit that was booked and not cancelled by then.
    """

    appointment_id: UUID
    person_id: UUID
    therapist_id: UUID
    clinic_id: UUID
    starts_at: datetime
    ends_at: datetime
    status: str
    initiator: str | None
    notice_minutes: int | None
    actual_starts_at: datetime | None
    actual_ends_at: datetime | None
    last_at_chain: datetime | None
    last_at_clinic: datetime | None
    last_with_therapist: datetime | None
    rebooked: bool

    @property
    def attended(self) -> bool:
        return self.status in {"arrived", "fulfilled"}

    @property
    def planned_minutes(self) -> float:
        return (self.ends_at - self.starts_at) / MINUTE

    @property
    def minutes(self) -> float:
        """As long as it really took where both times were stated, otherwise as planned."""
        if self.actual_starts_at is None or self.actual_ends_at is None:
            return self.planned_minutes
        return (self.actual_ends_at - self.actual_starts_at) / MINUTE


@dataclass(frozen=True, slots=True)
class Presence:
    """When a person last began an attended visit before the moment shown, and whether a later one stood booked then."""

    last_seen_at: datetime | None
    is_expected: bool


def visits(connection: Connection, window: Window) -> Sequence[Visit]:
    """Those that begin in the period before the moment shown, in the order of their starts."""
    rows = connection.execute(IN_PERIOD, window.values | {"rebook_within": REBOOK_WITHIN})
    return [visit(row) for row in rows]


FIELDS = tuple(Visit.__dataclass_fields__)


def visit(row: Row[Any]) -> Visit:
    return Visit(**{name: getattr(row, name) for name in FIELDS})


def presence(connection: Connection, window: Window) -> Mapping[UUID, Presence]:
    """By person, for everybody who ever had a visit booked."""
    rows = connection.execute(PRESENCE, window.values)
    return {row.person_id: Presence(row.last_seen_at, row.is_expected) for row in rows.all()}

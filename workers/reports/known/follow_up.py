"""Check-ins and alerts as they were known: asked when and by whom answered, with the score as it was corrected."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from workers.reports.known.people import People
from workers.reports.window import Window

CHECK_INS = text("""
    SELECT check_in_id, (array_agg(client_id))[1] AS client_id,
      (array_agg(episode_id) FILTER (WHERE step = 'planned'))[1] AS episode_id,
      (array_agg(session_id) FILTER (WHERE step = 'planned'))[1] AS session_id,
      min(happened_at) FILTER (WHERE step = 'planned') AS planned_at, min(due_at) AS due_at,
      max(good_until) AS good_until,
      coalesce(NOT array_agg(ordinal) FILTER (WHERE step = 'sent')
        <@ coalesce(array_agg(ordinal) FILTER (WHERE step = 'undeliverable'), '{}'), false) AS delivered,
      min(happened_at) FILTER (WHERE step = 'answered') AS answered_at,
      (array_agg(score ORDER BY position DESC) FILTER (WHERE score IS NOT NULL))[1] AS score,
      (array_agg(places ORDER BY position DESC) FILTER (WHERE places IS NOT NULL))[1] AS places,
      min(happened_at) FILTER (WHERE step = 'cancelled') AS cancelled_at,
      (array_agg(cause) FILTER (WHERE step = 'cancelled'))[1] AS cause
    FROM report_check_in_steps WHERE chain_id = :chain_id AND position <= :treatment
    GROUP BY check_in_id HAVING min(due_at) >= :year_from AND (
      bool_or(step = 'answered') OR min(due_at) >= :starts_at AND min(due_at) < :ends_at
      OR least(min(happened_at) FILTER (WHERE step = 'cancelled'), max(good_until)) IS NULL
      OR least(min(happened_at) FILTER (WHERE step = 'cancelled'), max(good_until)) >= :shown_at
    )
    ORDER BY min(due_at), check_in_id
""")
ALERTS = text("""
    SELECT alert_id, (array_agg(client_id))[1] AS client_id,
      (array_agg(therapist_id) FILTER (WHERE step = 'raised'))[1] AS therapist_id,
      (array_agg(clinic_id) FILTER (WHERE step = 'raised'))[1] AS clinic_id,
      min(happened_at) FILTER (WHERE step = 'raised') AS raised_at,
      bool_or(red_flag) AS red_flag,
      min(happened_at) FILTER (WHERE step = 'acknowledged') AS acknowledged_at,
      min(happened_at) FILTER (WHERE step = 'closed') AS closed_at,
      (array_agg(outcome ORDER BY position DESC) FILTER (WHERE step = 'closed'))[1] AS outcome
    FROM report_alert_steps WHERE chain_id = :chain_id AND position <= :treatment
    GROUP BY alert_id HAVING min(happened_at) FILTER (WHERE step = 'raised') < :shown_at
    ORDER BY raised_at, alert_id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """`delivered`: a message about it was sent and is not known to have come back."""

    check_in_id: UUID
    person_id: UUID
    episode_id: UUID | None
    session_id: UUID | None
    planned_at: datetime
    due_at: datetime
    good_until: datetime | None
    delivered: bool
    answered_at: datetime | None
    score: int | None
    places: tuple[str, ...]
    cancelled_at: datetime | None
    cause: str | None

    def is_running(self, at: datetime) -> bool:
        """Whether it had been planned, and could still be answered."""
        ended = (self.answered_at, self.cancelled_at, self.good_until)
        return self.planned_at < at and all(end is None or end >= at for end in ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    alert_id: UUID
    person_id: UUID
    therapist_id: UUID
    clinic_id: UUID
    raised_at: datetime
    red_flag: bool
    acknowledged_at: datetime | None
    closed_at: datetime | None
    outcome: str | None


def check_ins(connection: Connection, window: Window, people: People) -> Sequence[CheckIn]:
    """Those that fell due in the year that ends with the period, or later, in that order: in the period, or answered
    at any time, or still running at the moment shown. Of all others nothing is counted.
    """
    return [
        CheckIn(
            check_in_id=row.check_in_id,
            person_id=people.person(row.client_id),
            episode_id=row.episode_id,
            session_id=row.session_id,
            planned_at=row.planned_at,
            due_at=row.due_at,
            good_until=row.good_until,
            delivered=row.delivered,
            answered_at=row.answered_at,
            score=row.score,
            places=tuple(row.places or ()),
            cancelled_at=row.cancelled_at,
            cause=row.cause,
        )
        for row in connection.execute(CHECK_INS, window.values).all()
    ]


def alerts(connection: Connection, window: Window, people: People) -> Sequence[Alert]:
    """Those that had been raised before the moment shown, in that order."""
    found = (row._asdict() for row in connection.execute(ALERTS, window.values).all())
    return [Alert(person_id=people.person(row.pop("client_id")), **row) for row in found]

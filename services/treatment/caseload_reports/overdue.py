"""Whom somebody has to call: clients whose next visit was planned for over a week ago, and neither was nor will be.

It is what a report of now counts as `overdue_follow_ups` (docs/reports.md), asked of the read models: a kept report has
the number, and whom to call is a question of today. The list is for who leads and is a therapist of the clinic, and for
its managers.
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.treatment.caseload_reports import schemas as s
from services.treatment.caseload_reports.rights import held_at, opened_to
from services.treatment.chains import clock_of_chain
from shared.auth import THERAPIST
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import page, page_of, read_cursor

AFTER = timedelta(days=7)

LATE = text("""
    WITH late AS (
      SELECT id AS episode_id, person_of(recorded_client_id) AS client_id, lead_therapist_id AS therapist_id, clinic_id,
        next_visit_on AS planned_on, planned_at
      FROM episodes
      WHERE status = 'active' AND next_visit_on < :day
        AND (:all OR clinic_id = ANY(CAST(:clinics AS uuid[]))
          OR lead_therapist_id = :therapist_id AND (:treats_at_all OR clinic_id = ANY(CAST(:treats_at AS uuid[]))))
        AND (CAST(:of_clinic AS uuid) IS NULL OR clinic_id = :of_clinic)
        AND (CAST(:of_therapist AS uuid) IS NULL OR lead_therapist_id = :of_therapist)
    )
    SELECT * FROM late
    WHERE NOT EXISTS (SELECT FROM clients WHERE clients.client_id = late.client_id AND clients.forgotten)
      AND NOT EXISTS (
        SELECT FROM visits WHERE visits.client_id = late.client_id AND (
          starts_at >= :now AND status <> 'cancelled'
          OR starts_at < :now AND status IN ('arrived', 'fulfilled') AND starts_at > late.planned_at))
      AND (CAST(:after AS uuid) IS NULL OR (planned_on, episode_id) > (:after_on, :after))
    ORDER BY planned_on, episode_id LIMIT :most
""")

blueprint = Operations("overdue follow-ups", __name__, url_prefix="/v1/overdue-follow-ups")


@blueprint.query("", page_of(s.OverdueFollowUpSchema), query=s.OverdueFollowUpsQuery)
def list_overdue_follow_ups(call: Call, query: dict[str, Any]) -> Answer:
    """Who is overdue now: of the episodes that the caller leads, and at the clinics that they manage; longest first."""
    after = read_cursor(query["cursor"], tuple[date, UUID])
    today = call.now.astimezone(clock_of_chain(call.connection)).date()
    treats_at = held_at(call.caller, {THERAPIST})
    values = opened_to(call.caller) | {
        "treats_at_all": treats_at is None,
        "treats_at": sorted(treats_at or ()),
        "now": call.now,
        "day": today - AFTER,
        "of_clinic": query["clinic_id"],
        "of_therapist": query["therapist_id"],
        "after_on": after and after[0],
        "after": after and after[1],
        "most": query["limit"] + 1,
    }
    rows = call.connection.execute(LATE, values).all()
    call.shows(purpose="treatment")
    return Answer(page(rows, query["limit"], lambda row: (row.planned_on, row.episode_id)))

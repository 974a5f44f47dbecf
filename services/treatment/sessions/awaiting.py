"""A session may begin before scheduling has told of its visit; until then it opens itself alone, to its therapist.

Once the visit is known, it opens the record or does not, as for everybody. Nothing is to be undone then: whose visit it
is, is looked up whenever the session is read.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, text

from services.treatment.access.rules import treats_at
from services.treatment.sessions.state import Session
from shared.access import Basis
from shared.decider import Refused
from shared.http.operations import Call

LASTS = timedelta(hours=24)
"""How long after its beginning a session may wait for word of its visit."""

Visit = Literal["known", "awaited", "anothers"]
"""What scheduling has told of the visit that a session names: that it is the client's, nothing, that it is not."""

IS_KNOWN = text("SELECT EXISTS (SELECT FROM visits WHERE appointment_id = :appointment_id)")
VISITS = text("""
    SELECT asked.session_id,
      CASE WHEN visit.client_id IS NULL THEN 'awaited'
        WHEN visit.client_id = person_of(asked.client_id) THEN 'known' ELSE 'anothers' END AS visit
    FROM unnest(CAST(:sessions AS uuid[]), CAST(:appointments AS uuid[]), CAST(:clients AS uuid[]))
      AS asked (session_id, appointment_id, client_id)
      LEFT JOIN visits visit ON visit.appointment_id = asked.appointment_id
""")


class VisitAwaited(Refused):
    """Nothing is known of the visit yet, and this needs more of the record than the session: send it again later."""

    code = "visit_awaited"


def awaited(call: Call, session: Row[Any]) -> Basis | None:
    """What a session, by its row, opens to the caller while its visit is awaited: that session, and nothing else."""
    if session.therapist_id is None or session.therapist_id != call.caller.therapist_id:
        return None
    return awaited_at(call, session.appointment_id, session.clinic_id, session.started_at)


def awaited_at(call: Call, appointment_id: UUID | None, clinic_id: UUID, started_at: datetime) -> Basis | None:
    """The same of a session of the caller's own that names this visit at this clinic."""
    until = started_at + LASTS
    if appointment_id is None or call.now >= until or not treats_at(call.caller, clinic_id):
        return None
    is_known = call.connection.execute(IS_KNOWN, {"appointment_id": appointment_id}).scalar_one()
    return None if is_known else Basis("awaited_visit", appointment_id, until)


def must_open_the_record(basis: Basis, *needed: Collection[Any]) -> None:
    """Raise VisitAwaited where something of the record is needed that the basis does not open."""
    if basis.kind == "awaited_visit" and any(needed):
        raise VisitAwaited


def visits_told(connection: Connection, sessions: Iterable[Session]) -> dict[UUID, Visit]:
    """What is known of the visit of each session that names one, by the session's id."""
    naming = [session for session in sessions if session.appointment_id is not None]
    values = {
        "sessions": [session.start.session_id for session in naming],
        "appointments": [session.appointment_id for session in naming],
        "clients": [session.start.client_id for session in naming],
    }
    return {row.session_id: row.visit for row in connection.execute(VISITS, values)}

"""A session is started by its therapist, at a clinic that is known, of an episode and a visit of that very client."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.treatment.sessions.awaiting import awaited_at
from services.treatment.sessions.commands import Open, carry_out, open_record, open_session
from services.treatment.sessions.decisions.starting import Link, Start
from services.treatment.sessions.loading import Known, load
from shared.catalogue.targets import CATALOGUE
from shared.decider import Refused
from shared.events.treatment_sessions import SessionStarted
from shared.http.operations import Call
from shared.http.problems import BadFields
from shared.ids import new_id

CLOCK = text("""
    SELECT time_zone FROM clinic_clocks WHERE clinic_id = :clinic_id
    ORDER BY valid_from <= :day DESC, abs(valid_from - CAST(:day AS date)) LIMIT 1
""")
LINKS = text("""
    SELECT
      (SELECT person_of(recorded_client_id) FROM episodes WHERE id = :episode_id) AS of_episode,
      (SELECT client_id FROM visits WHERE appointment_id = :appointment_id) AS of_visit,
      (SELECT id FROM sessions
       WHERE appointment_id = :appointment_id AND id <> :session_id AND status <> 'in_error' LIMIT 1) AS other
""")
ANOTHERS = ["This is another client's."]
NO_EPISODE = ["There is no such episode."]


class VisitHasSession(Refused):
    """Another session belongs to this visit already."""

    code = "visit_has_session"


def start(call: Call, body: dict[str, Any]) -> tuple[Known, bool]:
    """The session, and whether it was known before. Raises what keeps it from starting."""
    visit = body["appointment_id"], body["clinic_id"], body["started_at"] or call.now
    basis, person, by = open_record(call, body["client_id"], awaited_at(call, *visit))
    session_id = body["id"] or new_id()
    known = load(call.tx, session_id, None)
    before = known.session.started
    if before is None:
        call.caller.must_act_at(body["clinic_id"])
        must_belong(call, person, session_id, body)
    started_at = body["started_at"] or (before.started_at if before else call.now)
    started = SessionStarted(
        session_id=session_id,
        client_id=body["client_id"],
        episode_id=body["episode_id"],
        appointment_id=body["appointment_id"],
        clinic_id=body["clinic_id"],
        therapist_id=by,
        room_id=body["room_id"],
        started_at=started_at,
        approximate=body["approximate"],
        time_zone=clock_of(call, body["clinic_id"], started_at),
        catalogue=CATALOGUE.version,
    )
    after = carry_out(Open(call, session_id, person, by, basis, known), Start(started, call.now))
    return after, before is not None


def link(call: Call, session_id: UUID, body: dict[str, Any]) -> Known:
    """Say to which episode and visit it belongs from now on."""
    opened = open_session(call, session_id, may_wait=True)
    must_belong(call, opened.person, session_id, body)
    return carry_out(opened, Link(body["episode_id"], body["appointment_id"]))


def must_belong(call: Call, person: UUID, session_id: UUID, body: dict[str, Any]) -> None:
    """Raise BadFields for another client's episode or visit, and VisitHasSession.

    A visit that scheduling has not told of yet may be anybody's.
    """
    wanted = {"episode_id": body["episode_id"], "appointment_id": body["appointment_id"], "session_id": session_id}
    found = call.connection.execute(LINKS, wanted).one()
    if faults := strangers(found, person, body):
        raise BadFields(**faults)
    if found.other is not None:
        raise VisitHasSession(session_id=found.other)


def strangers(found: Row[Any], person: UUID, body: dict[str, Any]) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    if body["episode_id"] is not None and found.of_episode != person:
        faults["episode_id"] = NO_EPISODE if found.of_episode is None else ANOTHERS
    if found.of_visit is not None and found.of_visit != person:
        faults["appointment_id"] = ANOTHERS
    return faults


def clock_of(call: Call, clinic_id: UUID, at: datetime) -> str:
    """The zone of a clinic's clock on that day; raises BadFields for a clinic that nobody has told of."""
    zone: str | None = call.connection.execute(CLOCK, {"clinic_id": clinic_id, "day": at.date()}).scalar()
    if zone is None:
        raise BadFields(clinic_id=["There is no such clinic."])
    return zone

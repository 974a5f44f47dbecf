"""A client's record to read, for whoever the gate lets in: what came of it so far, and what comes next.

It opens as the API's answers do: the basis stands on the page, what needs an explanation in a banner, and the look is
in the access log before anything is shown.
"""

from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response
from sqlalchemy import text

from services.treatment.check_ins.reached import Unreached, unreached
from services.treatment.check_ins.reading import read as read_check_ins
from services.treatment.episodes.routes import list_episodes
from services.treatment.history.routes import show_history
from services.treatment.patterns.routes import list_patterns, show_plan
from services.treatment.sessions.routes import list_sessions
from services.treatment.staff_pages.clocks import zones_of
from services.treatment.staff_pages.opening import closed
from services.treatment.staff_pages.showing import Ids, named, shown
from services.treatment.timeline.routes import show_timeline
from shared.access import Basis
from shared.auth import NoBasis
from shared.event_store import Transaction
from shared.http.operations import Call, parts
from shared.http.records import PURPOSES
from shared.http.shown import access
from shared.staff_web.answers import pages_blueprint
from shared.staff_web.visiting import Visitor, visitor
from shared.steps import words as ways

blueprint = pages_blueprint("treatment_record")

MOST = 50
LAST = 3
LONGEST_LINE = 500
"""So many points of the timeline are read; the latest of them stand on the page."""

NOW: dict[str, Any] = {"as_of": None, "happened_by": None, "cursor": None}
PLACED = ("test", "retest", "release", "activation")
"""The entries of a session that are about a place, in the words of the API."""


CLINIC = text("""
    SELECT clinic_id FROM covers WHERE id = :id UNION ALL SELECT clinic_id FROM glass_breaks WHERE id = :id
""")
"""Of what needs an explanation on the page."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the page shows; lists as the API gives them. `until` is the end of the basis, on its clinic's clock."""

    basis: Basis
    until: datetime
    episodes: list[dict[str, Any]]
    patterns: list[dict[str, Any]]
    plan: list[dict[str, Any]]
    sessions: list[dict[str, Any]]
    timeline: list[dict[str, Any]]
    contraindications: list[dict[str, Any]]
    unreached: Unreached | None

    @property
    def ids(self) -> Ids:
        clinics = {each["clinic_id"] for each in (*self.episodes, *self.sessions)}
        leads = {each["lead_therapist_id"] for each in self.episodes}
        return Ids(clinics=clinics, therapists=leads | {each["therapist_id"] for each in self.sessions})


@blueprint.get("/records/<uuid:client_id>")
def show_record(client_id: UUID) -> Response | str:
    """The record of one client; without a basis, what there is to be done."""
    who = visitor()
    try:
        reading = who.change(lambda tx: read(who, tx, client_id))
    except NoBasis:
        return closed(who, client_id, HTTPStatus.FORBIDDEN)
    purpose = PURPOSES[reading.basis.kind]
    ids = Ids([client_id], reading.ids.clinics, reading.ids.therapists)
    names = named(who, ids, purpose)
    return shown("record.html", who, client_id=client_id, reading=reading, names=names, placed=PLACED, ways=ways)


def read(who: Visitor, tx: Transaction, client_id: UUID) -> Reading:
    """All of the page in one transaction, which records who has looked; raises what the gate raises."""
    call = who.call(tx.connection, tx)
    found = gathered(call, client_id, call.record(client_id))
    caller = who.caller
    tx.shown = access([client_id], actor=caller.subject, role=caller.role, purpose=call.shown.purpose)
    return found


def gathered(call: Call, client_id: UUID, basis: Basis) -> Reading:
    """What the operations of the API answer, for a page."""
    of_client = NOW | {"client_id": client_id, "limit": MOST}
    timeline = show_timeline(call, NOW | {"limit": LONGEST_LINE}, client_id).content["items"]
    history = show_history(call, NOW, client_id).content
    sessions = list_sessions(call, NOW | {"limit": LAST}, client_id).content["items"]
    return Reading(
        basis=basis,
        until=basis.until.astimezone(zone_of(call, basis)),
        episodes=list_episodes(call, of_client | {"status": None}).content["items"],
        patterns=list_patterns(call, of_client | {"state": None, "episode_id": None}).content["items"],
        plan=show_plan(call, NOW | {"at": None}, client_id).content["items"],
        sessions=[on_its_clock(each) for each in sessions],
        timeline=timeline[: -MOST - 1 : -1],
        unreached=unreached(
            read_check_ins(call.connection, parts().database.sealer, call.chain_id, client_id), call.now
        ),
        contraindications=[each for each in history["contraindications"] if is_in_force(each, call.now.date())],
    )


def zone_of(call: Call, basis: Basis) -> ZoneInfo:
    """On which clock it is said until when a record is open."""
    clinic_id = call.connection.execute(CLINIC, {"id": basis.id}).scalar()
    return zones_of(call.connection, {clinic_id}, call.now)[clinic_id]


def on_its_clock(session: dict[str, Any]) -> dict[str, Any]:
    """A session with its beginning on its clinic's clock."""
    return session | {"began": session["started_at"].astimezone(ZoneInfo(session["time_zone"]))}


def is_in_force(told: dict[str, Any], today: date) -> bool:
    """Whether a contraindication counts on a day."""
    begun, ended = told["starts_on"] <= today, told["ends_on"] is not None and told["ends_on"] < today
    lifted = told["lifted_on"] is not None and told["lifted_on"] <= today
    return begun and not ended and not lifted and not told["in_error"]

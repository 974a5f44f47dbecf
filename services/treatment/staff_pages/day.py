"""The day of whoever treats: who comes, what is to be charted and signed, and the way to each client's record."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from services.treatment.day.reading import NotATherapist
from services.treatment.day.routes import lists_of_day
from services.treatment.staff_pages.clocks import zones_of
from services.treatment.staff_pages.showing import Ids, named, shown
from shared.auth import THERAPIST, NotAllowed
from shared.http.shown import record
from shared.staff_web.answers import pages_blueprint
from shared.staff_web.visiting import Visitor, visitor

blueprint = pages_blueprint("treatment_day")


@dataclass(frozen=True, slots=True)
class Line:
    """One visit or session on its clinic's clock; `state` is what is said of it."""

    client_id: UUID
    clinic_id: UUID
    starts: datetime
    state: str
    covered: bool = False
    overdue: bool = False


@blueprint.get("/day")
def show_day() -> str:
    """The caller's day; for whoever treats nobody, the way to other pages."""
    who = visitor()
    with who.reading() as connection:
        found, caller = own_day(who, connection), who.caller
        rows = [row for each in (found or {}).values() for row in each["items"]]
        clinics, clients = {row.clinic_id for row in rows}, {row.client_id for row in rows}
        zones = zones_of(connection, clinics, who.now)
        record(connection, who.chain_id, clients, actor=caller.subject, role=caller.role, purpose="treatment")
    names = named(who, Ids(clients, clinics), "treatment")
    sections = None if found is None else {name: list(lines(each["items"], zones)) for name, each in found.items()}
    more = {name for name, each in (found or {}).items() if each["next"]}
    return shown("day.html", who, here="day", sections=sections, names=names, more=more)


def own_day(who: Visitor, connection: Connection) -> dict[str, Any] | None:
    """The lists of a therapist's day, as the API has them; None for whoever is none."""
    try:
        return lists_of_day(replace(who.call(connection), caller=who.caller.among([THERAPIST])), {"on": None})
    except (NotAllowed, NotATherapist):
        return None


def lines(rows: Any, zones: Mapping[UUID | None, ZoneInfo]) -> Iterator[Line]:
    for row in rows:
        if hasattr(row, "starts_at"):
            yield of_visit(row)
        else:
            started = row.started_at.astimezone(zones[row.clinic_id])
            yield Line(row.client_id, row.clinic_id, started, "unsigned", overdue=row.overdue)


def of_visit(row: Any) -> Line:
    """A visit, with what became of its charting where there is a session."""
    state = row.status
    session = getattr(row, "session_status", None)
    if session is not None:
        state = "charting" if session == "open" else "charted"
    elif state == "booked" and row.confirmed:
        state = "confirmed"
    return Line(row.client_id, row.clinic_id, row.starts_at.astimezone(ZoneInfo(row.time_zone)), state, row.covered)

"""What waits for somebody else's look: records opened by breaking the glass, or by a visit of one's own making."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, cast, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import redirect, request, url_for
from marshmallow import ValidationError
from sqlalchemy import Connection, text
from werkzeug.wrappers import Response as AnyResponse

from services.treatment.access import glasses as api
from services.treatment.access.schemas import LONGEST
from services.treatment.staff_pages.clocks import zones_of
from services.treatment.staff_pages.showing import Ids, named, shown
from shared.events.treatment_access import Outcome
from shared.http.fields import Words
from shared.http.problems import BadFields
from shared.http.shown import record
from shared.staff_web.answers import pages_blueprint
from shared.staff_web.visiting import visitor

blueprint = pages_blueprint("treatment_reviews")

AT_ONCE = 50

WHO = text("""
    SELECT asked.subject, staff.therapist_id
    FROM unnest(CAST(:subjects AS text[])) AS asked(subject) JOIN staff ON staff.therapist_id IS NOT NULL AND (
      CAST(staff.id AS text) = asked.subject OR EXISTS (
        SELECT FROM logins WHERE logins.staff_id = staff.id AND logins.issuer || ' ' || logins.subject = asked.subject))
""")


@dataclass(frozen=True, slots=True)
class Opened:
    """One record that was opened, on its clinic's clock; `own`: by whoever reads this, so somebody else reviews it."""

    id: UUID
    basis: str
    client_id: UUID
    clinic_id: UUID | None
    therapist_id: UUID | None
    role: str
    at: datetime
    reason: str | None
    own: bool


@blueprint.get("/reviews")
def show_reviews() -> str:
    """What nobody has reviewed yet at the clinics where the caller's roles hold, the latest first."""
    who = visitor()
    query = {"reviewed": False, "basis": None, "limit": AT_ONCE, "cursor": request.args.get("after")}
    with who.reading() as connection:
        call, caller = who.call(connection), who.caller
        found = api.list_glasses(call, query).content
        items, own = found["items"], api.names_of(call)
        people = therapists_of(connection, (item["subject"] for item in items))
        zones = zones_of(connection, {item["clinic_id"] for item in items}, who.now)
        clients = {item["client_id"] for item in items}
        record(connection, who.chain_id, clients, actor=caller.subject, role=caller.role, purpose="audit")
    opened = [of_item(item, people, zones, own) for item in items]
    clinics = {each.clinic_id for each in opened if each.clinic_id}
    names = named(who, Ids(clients, clinics, set(people.values())), "audit")
    return shown("reviews.html", who, here="reviews", opened=opened, names=names, after=found["next"], longest=LONGEST)


@blueprint.post("/reviews/<uuid:break_id>")
def review(break_id: UUID) -> AnyResponse:
    """Say whether it was right; nobody does of what they have opened themselves."""
    who = visitor()
    body = {"outcome": outcome_of(request.form.get("outcome")), "note": note_of(request.form.get("note", ""))}
    who.change(lambda tx: api.review(who.call(tx.connection, tx), body, break_id))
    return redirect(url_for("treatment_reviews.show_reviews"), HTTPStatus.SEE_OTHER)


def outcome_of(given: str | None) -> Outcome:
    """Raises BadFields for what is none."""
    for outcome in get_args(Outcome):
        if given == outcome:
            return cast("Outcome", outcome)
    raise BadFields(outcome=["Say whether it was right."])


def note_of(given: str) -> str | None:
    """Raises BadFields for words that cannot be kept."""
    try:
        return Words(most=LONGEST).deserialize(given.strip()) if given.strip() else None
    except ValidationError as error:
        raise BadFields(note=[str(each) for each in error.messages]) from error


def therapists_of(connection: Connection, subjects: Iterable[str]) -> dict[str, UUID]:
    """Which therapist somebody is who stands in histories so."""
    rows = connection.execute(WHO, {"subjects": sorted(set(subjects))})
    return {row.subject: row.therapist_id for row in rows}


def of_item(
    item: Mapping[str, Any], people: Mapping[str, UUID], zones: Mapping[UUID | None, ZoneInfo], own: frozenset[str]
) -> Opened:
    return Opened(
        id=item["id"],
        basis=item["basis"],
        client_id=item["client_id"],
        clinic_id=item["clinic_id"],
        therapist_id=people.get(item["subject"]),
        role=item["role"],
        at=item["broken_at"].astimezone(zones[item["clinic_id"]]),
        reason=item["reason"],
        own=item["subject"] in own,
    )

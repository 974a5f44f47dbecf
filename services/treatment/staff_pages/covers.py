"""*I am covering today*: said on a page by a therapist, until the clinic's day is over or a time before; and ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from http import HTTPStatus
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, redirect, request, url_for
from sqlalchemy import Connection, text
from werkzeug.wrappers import Response as AnyResponse

from services.treatment.access import covers as api
from services.treatment.access.rules import treats_at
from services.treatment.staff_pages.clocks import zones_of
from services.treatment.staff_pages.reviews import therapists_of
from services.treatment.staff_pages.showing import Ids, named, shown
from shared.http.problems import BadFields, garbled
from shared.staff_web.answers import pages_blueprint
from shared.staff_web.browser import id_in
from shared.staff_web.visiting import Visitor, visitor

blueprint = pages_blueprint("treatment_covers")

AT_ONCE = 100
CLINICS = text("SELECT DISTINCT clinic_id FROM clinic_clocks")


@dataclass(frozen=True, slots=True)
class Covered:
    """A cover that has not ended, on its clinic's clock; `own`: by whoever reads this."""

    id: UUID
    clinic_id: UUID
    therapist_id: UUID | None
    until: datetime
    own: bool


@blueprint.get("/covers")
def show_covers() -> str:
    """Who covers where just now, and for a therapist the form that says *I do*."""
    return covers_page(visitor())


@blueprint.post("/covers")
def start() -> AnyResponse:
    """Cover at a clinic, and go back to the record that asked for it, if one did."""
    who = visitor()
    clinic_id, record = id_in(request.form.get("clinic", "")), record_asking()
    try:
        with who.reading() as connection:
            until = until_in(request.form.get("until", ""), api.clock_of(connection, clinic_id, who.now), who.now)
        body = {"clinic_id": clinic_id, "until": until}
        who.change(lambda tx: api.start_cover(who.call(tx.connection, tx), body))
    except BadFields as error:
        if "until" not in error.faults:
            raise
        return Response(covers_page(who, chosen=clinic_id), HTTPStatus.UNPROCESSABLE_ENTITY, mimetype="text/html")
    if record:
        return redirect(url_for("treatment_record.show_record", client_id=record), HTTPStatus.SEE_OTHER)
    return redirect(url_for("treatment_covers.show_covers"), HTTPStatus.SEE_OTHER)


def record_asking() -> UUID | None:
    """Whose record asked for the cover, if one did. Raises Problem for what names none."""
    record = request.values.get("record", "")
    return id_in(record) if record else None


@blueprint.post("/covers/<uuid:cover_id>/end")
def end(cover_id: UUID) -> AnyResponse:
    """End a cover before its time."""
    who = visitor()
    who.change(lambda tx: api.end_cover(who.call(tx.connection, tx), cover_id))
    return redirect(url_for("treatment_covers.show_covers"), HTTPStatus.SEE_OTHER)


def covers_page(who: Visitor, *, chosen: UUID | None = None) -> str:
    """With `chosen` the form once more, whose end was not one."""
    with who.reading() as connection:
        covers = covers_now(who, connection)
        clinics = [each for each in connection.execute(CLINICS).scalars() if treats_at(who.caller, each)]
    names = named(who, Ids((), {*clinics, *(each.clinic_id for each in covers)}, therapists_in(covers)), "covering")
    values: dict[str, Any] = {
        "covers": covers,
        "clinics": sorted(clinics, key=lambda clinic: (names.clinics.get(clinic, ""), clinic)),
        "chosen": chosen,
        "record": record_asking(),
        "names": names,
    }
    return shown("covers.html", who, here="covers", **values)


def covers_now(who: Visitor, connection: Connection) -> list[Covered]:
    """Those that last, the latest first, as far as the API shows them to the caller."""
    rows = api.list_covers(who.call(connection), {"cursor": None, "limit": AT_ONCE}).content["items"]
    lasting = [row for row in rows if row.ended_at is None and who.now < row.until]
    people = therapists_of(connection, (row.subject for row in lasting))
    zones = zones_of(connection, {row.clinic_id for row in lasting}, who.now)
    return [
        Covered(
            id=row.id,
            clinic_id=row.clinic_id,
            therapist_id=people.get(row.subject),
            until=row.until.astimezone(zones[row.clinic_id]),
            own=row.subject == who.caller.subject,
        )
        for row in lasting
    ]


def therapists_in(covers: Iterable[Covered]) -> set[UUID]:
    return {each.therapist_id for each in covers if each.therapist_id}


def until_in(given: str, time_zone: str, now: datetime) -> datetime | None:
    """A time of today on the clinic's clock; None for the end of its day. Raises Problem for what is no time."""
    if not given:
        return None
    try:
        clock = time.fromisoformat(given)
    except ValueError:
        raise garbled() from None
    zone = ZoneInfo(time_zone)
    return datetime.combine(now.astimezone(zone).date(), clock.replace(tzinfo=None), zone).astimezone(now.tzinfo)

"""The API of covering: *I am covering today*, said by a therapist, kept in the log, over with the clinic's day."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from services.treatment.access.decider import COVER, EndCover
from services.treatment.access.rules import day_at
from services.treatment.access.schemas import CoverFields, CoverSchema
from shared.decider import handle
from shared.events.treatment_access import CoverStarted
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import PageQuery, page, page_of, read_cursor
from shared.http.problems import BadFields
from shared.ids import new_id
from shared.reading import UNKNOWN, find

blueprint = Operations("covers", __name__, url_prefix="/v1/covers")

# The clock that holds on the clinic's own calendar day; before the first day of any, the first.
CLOCK = text("""
    SELECT time_zone FROM clinic_clocks WHERE clinic_id = :clinic_id
    ORDER BY valid_from <= CAST(CAST(:now AS timestamptz) AT TIME ZONE time_zone AS date) DESC,
      CASE WHEN valid_from <= CAST(CAST(:now AS timestamptz) AT TIME ZONE time_zone AS date) THEN valid_from END DESC,
      valid_from
    LIMIT 1
""")
LISTED = text("""
    SELECT * FROM covers
    WHERE (subject = :subject OR CAST(:clinics AS uuid[]) IS NULL OR clinic_id = ANY(:clinics))
      AND (CAST(:before AS uuid) IS NULL OR id < :before)
    ORDER BY id DESC LIMIT :most
""")


@blueprint.command("POST", "", CoverSchema, status=201, body=CoverFields)
def start_cover(call: Call, body: dict[str, Any]) -> Answer:
    """Cover at a clinic: the records of all who have a visit there today are open to the caller until it ends."""
    clinic_id = body["clinic_id"]
    time_zone = clock_of(call.connection, clinic_id, call.now)
    call.caller.must_act_at(clinic_id)
    day_starts_at, day_ends_at = day_at(call.now, time_zone)
    until = body["until"] or day_ends_at
    if not call.now < until <= day_ends_at:
        raise BadFields(until=["A cover ends later than now, and with the clinic's day at the latest."])
    cover_id = new_id()
    started = CoverStarted(
        cover_id=cover_id,
        clinic_id=clinic_id,
        subject=call.caller.subject,
        time_zone=time_zone,
        day_starts_at=day_starts_at,
        day_ends_at=day_ends_at,
        started_at=call.now,
        until=until,
    )
    handle(call.tx, COVER, stream(cover_id), started)
    return answer(call, cover_id, location=True)


@blueprint.query("", page_of(CoverSchema), query=PageQuery)
def list_covers(call: Call, query: dict[str, Any]) -> Answer:
    """The caller's covers and those at the clinics where their roles hold, the latest first."""
    after = read_cursor(query["cursor"], tuple[UUID])
    clinics = call.caller.clinics
    values = {
        "subject": call.caller.subject,
        "clinics": None if clinics is None else sorted(clinics),
        "before": after and after[0],
        "most": query["limit"] + 1,
    }
    return Answer(page(call.connection.execute(LISTED, values).all(), query["limit"], lambda row: (row.id,)))


@blueprint.query("/<uuid:cover_id>", CoverSchema)
def show_cover(call: Call, cover_id: UUID) -> Answer:
    """One cover."""
    call.caller.must_act_at(find(call.connection, "covers", cover_id).clinic_id)
    return answer(call, cover_id)


@blueprint.command("POST", "/<uuid:cover_id>/end", CoverSchema)
def end_cover(call: Call, cover_id: UUID) -> Answer:
    """End a cover before its time; anybody may whose role holds at the clinic, for it only takes access away."""
    call.caller.must_act_at(find(call.connection, "covers", cover_id).clinic_id)
    handle(call.tx, COVER, stream(cover_id), EndCover(cover_id, call.now), if_match=call.if_match)
    return answer(call, cover_id)


def clock_of(connection: Connection, clinic_id: UUID, now: datetime) -> str:
    """The clinic's time zone; raises BadFields for a clinic that is not there."""
    time_zone: str | None = connection.execute(CLOCK, {"clinic_id": clinic_id, "now": now}).scalar()
    if time_zone is None:
        raise BadFields(clinic_id=UNKNOWN)
    return time_zone


def stream(cover_id: UUID) -> str:
    return f"cover-{cover_id}"


def answer(call: Call, cover_id: UUID, *, location: bool = False) -> Answer:
    row = find(call.connection, "covers", cover_id)
    return Answer(row, row.version, f"/v1/covers/{cover_id}" if location else None)

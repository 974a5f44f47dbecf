"""The API of the broken glass: a record for half an hour, for a reason, and somebody else looks at it afterwards.

Breaking it is a request of its own, so it is in the log, committed, before the first look that it allows. In the same
queue stand records that were opened by a visit which its therapist had given to themselves.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from services.treatment.access.decider import OPENING, Review, stream_of
from services.treatment.access.rules import GLASS_LASTS
from services.treatment.access.schemas import GlassFields, GlassQuery, GlassSchema, ReviewFields
from shared.auth import Caller
from shared.decider import Gone, NotThere, handle
from shared.events.treatment_access import GlassBroken
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import page, page_of, read_cursor
from shared.http.problems import BadFields
from shared.ids import new_id
from shared.reading import UNKNOWN

blueprint = Operations("broken glasses", __name__, url_prefix="/v1/break-glass")

CLIENT = text("SELECT erased FROM clients WHERE client_id = :client_id")
NEAREST = text("""
    SELECT clinic_id FROM visits WHERE client_id = person_of(:client_id) AND status <> 'cancelled'
    ORDER BY abs(extract(epoch FROM starts_at - :now)), appointment_id LIMIT 1
""")
LOGINS = text("SELECT issuer || ' ' || subject FROM logins WHERE staff_id = :staff_id")
SHOWN = "SELECT glass_breaks.*, person_of(recorded_client_id) AS client_id FROM glass_breaks"
FIND = text(f"{SHOWN} WHERE id = :id")
LISTED = text(f"""
    {SHOWN} WHERE (CAST(:clinics AS uuid[]) IS NULL OR clinic_id = ANY(:clinics))
      AND (CAST(:reviewed AS boolean) IS NULL OR (outcome IS NOT NULL) = :reviewed)
      AND (CAST(:basis AS text) IS NULL OR basis = :basis)
      AND (CAST(:before AS uuid) IS NULL OR (broken_at, id) < (:before_at, :before))
    ORDER BY broken_at DESC, id DESC LIMIT :most
""")


@blueprint.command("POST", "", GlassSchema, status=201, body=GlassFields)
def break_glass(call: Call, body: dict[str, Any]) -> Answer:
    """Open a client's record for half an hour. The caller must have signed in within the last five minutes."""
    client_id = body["client_id"]
    must_be_a_client(call.connection, client_id)
    break_id = broken(call, client_id, body["reason"])
    call.shows(client_id, purpose="break_glass")
    return answer(call, break_id)


@blueprint.query("", page_of(GlassSchema), query=GlassQuery)
def list_glasses(call: Call, query: dict[str, Any]) -> Answer:
    """What was opened at the clinics where the caller's roles hold, the latest first; `reviewed=false` is the queue.

    Broken glasses, and visits that their therapists had given to themselves.
    """
    after = read_cursor(query["cursor"], tuple[datetime, UUID])
    clinics = call.caller.clinics
    values = {
        "clinics": None if clinics is None else sorted(clinics),
        "reviewed": query["reviewed"],
        "basis": query["basis"],
        "before_at": after and after[0],
        "before": after and after[1],
        "most": query["limit"] + 1,
    }
    found = page(call.connection.execute(LISTED, values).all(), query["limit"], lambda row: (row.broken_at, row.id))
    call.shows(purpose="audit")
    return Answer(found | {"items": readable(call, found["items"])})


@blueprint.command("POST", "/<uuid:break_id>/review", GlassSchema, body=ReviewFields)
def review(call: Call, body: dict[str, Any], break_id: UUID) -> Answer:
    """Say whether it was right. Nobody reviews what they have opened themselves."""
    row = glass(call.connection, break_id)
    must_review_at(call.caller, row.clinic_id)
    said = Review(by=names_of(call), outcome=body["outcome"], note=body["note"], now=call.now)
    handle(call.tx, OPENING, stream_of(row.basis, break_id), said, if_match=call.if_match)
    call.shows(purpose="audit")
    return answer(call, break_id)


def broken(call: Call, client_id: UUID, reason: str) -> UUID:
    """Break the glass for a client there is; the caller must have signed in lately. Raises SignInAgain."""
    call.must_be_recent()
    break_id = new_id()
    event = GlassBroken(
        client_id=client_id,
        break_id=break_id,
        subject=call.caller.subject,
        clinic_id=call.connection.execute(NEAREST, {"client_id": client_id, "now": call.now}).scalar(),
        reason=reason,
        broken_at=call.now,
        until=call.now + GLASS_LASTS,
    )
    handle(call.tx, OPENING, stream_of("break_glass", break_id), event)
    return break_id


def must_be_a_client(connection: Connection, client_id: UUID) -> None:
    """Raises BadFields for somebody nobody knows, and Gone for a client of whom nothing is left."""
    row = connection.execute(CLIENT, {"client_id": client_id}).first()
    if row is None:
        raise BadFields(client_id=UNKNOWN)
    if row.erased:
        raise Gone


def must_review_at(caller: Caller, clinic_id: UUID | None) -> None:
    """A client who never had a visit is of no clinic: whoever looks at that does so for all of the chain."""
    if clinic_id is None:
        caller.must_act_everywhere()
    else:
        caller.must_act_at(clinic_id)


def names_of(call: Call) -> frozenset[str]:
    """What the caller is called in histories, also of before their logins were attached to them."""
    logins = call.connection.execute(LOGINS, {"staff_id": call.caller.staff_id}).scalars()
    return frozenset({call.caller.subject, *logins})


def glass(connection: Connection, break_id: UUID) -> Row[Any]:
    row = connection.execute(FIND, {"id": break_id}).first()
    if row is None:
        raise NotThere
    return row


def readable(call: Call, rows: list[Row[Any]]) -> list[dict[str, Any]]:
    return call.opened(rows, reason=None, note=None)


def answer(call: Call, break_id: UUID) -> Answer:
    (shown,) = readable(call, [glass(call.connection, break_id)])
    return Answer(shown, shown["version"])

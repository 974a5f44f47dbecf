"""The API of clients' requests: taken by anybody of the client's clinics, answered by who may see the record.

A desk takes a letter without reading the record: it is answered with ids and days, and no words.
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.treatment.amendment_requests import schemas as s
from services.treatment.amendment_requests.decider import ANSWERED_WITHIN, REQUEST, Accept, Ask, Decline, Disagree
from services.treatment.amendment_requests.shown import requests_of, shown
from services.treatment.looks import person
from services.treatment.records import begin_with, must_be_theirs
from services.treatment.schemas import MomentQuery
from services.treatment.sessions.loading import folded, stream_of as stream_of_session
from shared.aliases import person_of
from shared.client_clinics import clinics_of
from shared.decider import handle
from shared.events.treatment_requests import AmendmentRequestedByClient
from shared.http.operations import Answer, Call, Operations
from shared.http.paging import PageQuery, page, page_of, read_cursor
from shared.http.problems import BadFields
from shared.ids import new_id
from shared.locks import lock
from shared.reading import UNKNOWN, find

blueprint = Operations("amendment requests", __name__, url_prefix="/v1/amendment-requests")
of_clients = Operations("requests of clients", __name__, url_prefix="/v1/clients/<uuid:client_id>/amendment-requests")

ONE = "/<uuid:asked_id>"
OPEN = text("""
    SELECT request.*, person.id AS client_id, request.due_on < :today AS overdue
    FROM amendment_requests request
      CROSS JOIN LATERAL (SELECT person_of(request.recorded_client_id) AS id) AS person
    WHERE request.status = 'open'
      AND (CAST(:clinics AS uuid[]) IS NULL OR EXISTS (
        SELECT FROM client_clinics known WHERE known.client_id = person.id AND known.clinic_id = ANY(:clinics)))
      AND NOT EXISTS (SELECT FROM clients WHERE clients.client_id = person.id AND clients.erased)
      AND (CAST(:after AS date) IS NULL OR (request.due_on, request.id) > (:after, :after_id))
    ORDER BY request.due_on, request.id LIMIT :most
""")
NOT_CHANGED = ["The session that the client means has to be put right first: name what did."]
SAY_WHAT = ["Say what was changed."]


@of_clients.command("POST", "", s.RequestHeadSchema, status=201, body=s.RequestFields)
def take_request(call: Call, body: dict[str, Any], client_id: UUID) -> Answer:
    """Record that a client asks for the record to be put right, in their own words; the answer is due in 30 days."""
    person_id = concerned(call, client_id)
    must_be_theirs(call, person_id, session_id=("sessions", body["session_id"]))
    requested_on = body["requested_on"] or call.now.date()
    asked = AmendmentRequestedByClient(
        request_id=new_id(),
        client_id=person_id,
        session_id=body["session_id"],
        wish=body["wish"],
        way=body["way"],
        requested_on=requested_on,
        due_on=requested_on + ANSWERED_WITHIN,
    )
    handle(call.tx, REQUEST, stream_of(asked.request_id), Ask(asked, tomorrow(call)))
    return head(call, asked.request_id)


@of_clients.query("", s.RequestsOfClientSchema, query=MomentQuery)
def list_requests(call: Call, query: dict[str, Any], client_id: UUID) -> Answer:
    """What a client has asked for, what became of it, and what the client said to that."""
    call.record(client_id)
    items = requests_of(call, client_id, query["as_of"])
    by = query["happened_by"]
    had = [each for each in items if by is None or each["requested_on"] <= by.date()]
    return Answer({"client_id": person_of(call.connection, client_id), "items": had})


@blueprint.query("", page_of(s.RequestHeadSchema), query=PageQuery)
def list_open_requests(call: Call, query: dict[str, Any]) -> Answer:
    """The requests of the clients of the caller's clinics that wait for an answer, the one due first first."""
    after, after_id = read_cursor(query["cursor"], tuple[date, UUID]) or (None, None)
    clinics = call.caller.clinics
    values = {
        "today": call.now.date(),
        "clinics": None if clinics is None else sorted(clinics),
        "after": after,
        "after_id": after_id,
        "most": query["limit"] + 1,
    }
    rows = call.connection.execute(OPEN, values).all()
    call.shows(purpose="administration")
    return Answer(page(rows, query["limit"], lambda row: (row.due_on, row.id)))


@blueprint.command("POST", f"{ONE}/accept", s.OneRequestSchema, body=s.AcceptRequestFields)
def accept_request(call: Call, body: dict[str, Any], asked_id: UUID) -> Answer:
    """Say that the record was put right as the client asked, and by what; a session by what was written into it."""
    _, row = begin_with(call, "amendment_requests", asked_id)
    if row.session_id is None and not body["note"]:
        raise BadFields(note=SAY_WHAT)
    if row.session_id is not None:
        must_have_changed(call, row.session_id, body["put_right_by"])
    elif body["put_right_by"]:
        raise BadFields(put_right_by=UNKNOWN)
    return answered(call, asked_id, Accept(tuple(dict.fromkeys(body["put_right_by"])), body["note"], call.now))


@blueprint.command("POST", f"{ONE}/decline", s.OneRequestSchema, body=s.DeclineRequestFields)
def decline_request(call: Call, body: dict[str, Any], asked_id: UUID) -> Answer:
    """Say why the record stays as it is; the client may disagree, and that is kept with it."""
    begin_with(call, "amendment_requests", asked_id)
    return answered(call, asked_id, Decline(body["reason"], call.now))


@blueprint.command("POST", f"{ONE}/statements", s.RequestHeadSchema, status=201, body=s.StatementFields)
def take_statement(call: Call, body: dict[str, Any], asked_id: UUID) -> Answer:
    """Record that the client disagrees with a refusal, in their own words."""
    concerned(call, find(call.connection, "amendment_requests", asked_id).recorded_client_id)
    stated_on = body["stated_on"] or call.now.date()
    command = Disagree(body["statement"], body["way"], stated_on, tomorrow(call))
    handle(call.tx, REQUEST, stream_of(asked_id), command, if_match=call.if_match)
    return head(call, asked_id)


def concerned(call: Call, client_id: UUID) -> UUID:
    """The person, who is locked from here on; raises NotThere, Gone, and NotAllowed at none of their clinics."""
    person_id = person(call.connection, client_id)
    call.caller.must_act_at_one_of(clinics_of(call.connection, person_id))
    lock(call.connection, ("client", [person_id]))
    call.shows(person_id, purpose="client_request")
    return person_id


def must_have_changed(call: Call, session_id: UUID, changed: list[UUID]) -> None:
    """Raise BadFields unless each of these was written into the session to put it right, and there is one."""
    session = folded(call.tx.load(stream_of_session(session_id)))
    known = {*session.revisions, *session.addenda, *session.in_error, *({session_id} if session.is_error else ())}
    if not changed or not known.issuperset(changed):
        raise BadFields(put_right_by=NOT_CHANGED)


def stream_of(request_id: UUID) -> str:
    return f"amendment_request-{request_id}"


def tomorrow(call: Call) -> date:
    """The last day that has begun on any clock of the world."""
    return (call.now + timedelta(hours=14)).date()


def head(call: Call, request_id: UUID) -> Answer:
    row = find(call.connection, "amendment_requests", request_id)
    client_id = person_of(call.connection, row.recorded_client_id)
    overdue = row.status == "open" and row.due_on < call.now.date()
    content = row._asdict() | {"client_id": client_id, "overdue": overdue}
    return Answer(content, version=row.version, location=f"/v1/clients/{client_id}/amendment-requests")


def answered(call: Call, request_id: UUID, command: Accept | Decline) -> Answer:
    handle(call.tx, REQUEST, stream_of(request_id), command, if_match=call.if_match)
    content = shown(call.tx.load(stream_of(request_id)))
    return Answer(content, version=content["version"])

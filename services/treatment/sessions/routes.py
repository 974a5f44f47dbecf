"""The API of sessions: started, charted entry by entry or in batches, signed, locked, and then only added to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.treatment.amendment_requests.shown import requests_of
from services.treatment.check_ins.following import after_error, after_signature
from services.treatment.reading import AsOf, read_streams
from services.treatment.record.reading import Stream, read_record
from services.treatment.schemas import MomentQuery
from services.treatment.sessions import schemas as s
from services.treatment.sessions.answers import ChartedSchema, OneSessionSchema, SessionSchema
from services.treatment.sessions.awaiting import awaited, visits_told
from services.treatment.sessions.commands import carry_out, chart, open_session, revise
from services.treatment.sessions.decisions.amending import Append, Withdraw
from services.treatment.sessions.decisions.signing import Countersign, Lock, Sign
from services.treatment.sessions.loading import Known, content_hash, folded, hash_of, stream_of
from services.treatment.sessions.shown import by_moment, entries_shown, head, shown
from services.treatment.sessions.starting import link, start
from services.treatment.sessions.state import Session
from shared.decider import NotThere
from shared.http.operations import Answer, Call, Operations, parts
from shared.http.paging import page, page_of, read_cursor
from shared.http.records import RecordSchema
from shared.ids import new_id
from shared.reading import find

blueprint = Operations("sessions", __name__, url_prefix="/v1/sessions")
of_clients = Operations("sessions of clients", __name__, url_prefix="/v1/clients/<uuid:client_id>/sessions")

ONE = "/<uuid:session_id>"


@blueprint.command("POST", "", OneSessionSchema, body=s.StartFields, status=201, may_be_known=True)
def start_session(call: Call, body: dict[str, Any]) -> Answer:
    """Start a session with a client; the same again is the same session."""
    known, was_there = start(call, body)
    return answer(call, known, is_known=was_there)


@blueprint.query(ONE, OneSessionSchema, query=MomentQuery)
def show_session(call: Call, query: dict[str, Any], session_id: UUID) -> Answer:
    """All of a session, as it was recorded by `as_of`, and of that what had happened by `happened_by`."""
    row = find(call.connection, "sessions", session_id)
    call.record(row.recorded_client_id, otherwise=awaited(call, row))
    streams = read_streams(
        call.connection, parts().database.sealer, call.chain_id, [stream_of(session_id)], query["as_of"]
    )
    found = read(call, [streams[stream_of(session_id)]], query["happened_by"])
    if not found:
        raise NotThere
    [content] = with_requests(call, found, row.recorded_client_id, query["as_of"])
    return Answer(content, version=content["version"])


@of_clients.query("", page_of(SessionSchema, RecordSchema), query=s.SessionsQuery)
def list_sessions(call: Call, query: dict[str, Any], client_id: UUID) -> Answer:
    """A client's sessions, the latest first, as they were recorded by `as_of`, and what had happened by then."""
    call.record(client_id)
    as_of: AsOf = query["as_of"]
    sealer = parts().database.sealer
    record = read_record(call.connection, sealer, call.chain_id, client_id, kinds=["session"], as_of=as_of)
    ordered = sorted(read(call, record.streams["session"], query["happened_by"]), key=place_of, reverse=True)
    after = read_cursor(query["cursor"], tuple[datetime, UUID])
    rest = [each for each in ordered if after is None or place_of(each) < after]
    found = page(rest[: query["limit"] + 1], query["limit"], place_of)
    return Answer(found | {"items": with_requests(call, found["items"], client_id, as_of)})


def with_requests(call: Call, sessions: list[dict[str, Any]], client_id: UUID, as_of: AsOf) -> list[dict[str, Any]]:
    """Sessions of a client, each with what the client has asked to be put right in it."""
    asked = requests_of(call, client_id, as_of)
    return [
        session | {"amendment_requests": [each for each in asked if each["session_id"] == session["id"]]}
        for session in sessions
    ]


def place_of(session: dict[str, Any]) -> tuple[datetime, UUID]:
    return session["started_at"], session["id"]


def read(call: Call, streams: Sequence[Stream], happened_by: datetime | None) -> list[dict[str, Any]]:
    """Sessions out of the rows of their streams, without those that had not begun."""
    folds = [(folded(entry for _, entry in stream), [row.hash for row, _ in stream]) for stream in streams]
    begun = [
        (session, hashes)
        for session, hashes in folds
        if session.started is not None and (happened_by is None or session.started.started_at <= happened_by)
    ]
    visits = visits_told(call.connection, (session for session, _ in begun))
    return [
        shown(
            by_moment(session, happened_by),
            call.caller.therapist_id,
            holds=holds(session, hashes),
            visit=visits.get(session.start.session_id),
        )
        for session, hashes in begun
    ]


def holds(session: Session, hashes: Sequence[bytes]) -> bool:
    """Whether the rows that were signed are still those of the log."""
    signed = session.signed
    return signed is not None and content_hash(hashes[: signed.covers]) == signed.content_hash


@blueprint.command("POST", f"{ONE}/link", OneSessionSchema, body=s.LinkFields)
def link_session(call: Call, body: dict[str, Any], session_id: UUID) -> Answer:
    """Say to which episode of care and which visit the session belongs; until it is locked."""
    return answer(call, link(call, session_id, body))


@blueprint.command("POST", f"{ONE}/entries", ChartedSchema, body=s.EntriesFields, status=201)
def chart_entries(call: Call, body: dict[str, Any], session_id: UUID) -> Answer:
    """Chart what was done while nobody could be reached, in any order, all or none; what is known is left alone."""
    return charted(call, *chart(call, session_id, body["entries"]))


@blueprint.command("POST", f"{ONE}/tests", ChartedSchema, body=s.MuscleTestFields, status=201)
def chart_test(call: Call, body: dict[str, Any], session_id: UUID) -> Answer:
    """Chart a test: target, side and response; all else may come until the session is signed."""
    return charted(call, *chart(call, session_id, [("test", body)]))


@blueprint.command("POST", f"{ONE}/retests", ChartedSchema, body=s.RetestFields, status=201)
def chart_retest(call: Call, body: dict[str, Any], session_id: UUID) -> Answer:
    """Chart a test again, after a release or an activation, or cold at a later visit."""
    return charted(call, *chart(call, session_id, [("retest", body)]))


@blueprint.command("POST", f"{ONE}/releases", ChartedSchema, body=s.SessionReleaseFields, status=201)
def chart_release(call: Call, body: dict[str, Any], session_id: UUID) -> Answer:
    """Chart a release; where something stands in its way it needs a reason."""
    return charted(call, *chart(call, session_id, [("release", body)]))


@blueprint.command("POST", f"{ONE}/activations", ChartedSchema, body=s.SessionActivationFields, status=201)
def chart_activation(call: Call, body: dict[str, Any], session_id: UUID) -> Answer:
    """Chart an activation."""
    return charted(call, *chart(call, session_id, [("activation", body)]))


@blueprint.command("POST", f"{ONE}/pain-scores", ChartedSchema, body=s.PainScoreFields, status=201)
def chart_pain(call: Call, body: dict[str, Any], session_id: UUID) -> Answer:
    """Chart how much it hurts, before, after or now."""
    return charted(call, *chart(call, session_id, [("pain_score", body)]))


@blueprint.command("POST", f"{ONE}/marks", ChartedSchema, body=s.MarkFields, status=201)
def chart_mark(call: Call, body: dict[str, Any], session_id: UUID) -> Answer:
    """Mark a place on the body chart."""
    return charted(call, *chart(call, session_id, [("mark", body)]))


@blueprint.command("POST", f"{ONE}/movements", ChartedSchema, body=s.MovementFields, status=201)
def chart_movement(call: Call, body: dict[str, Any], session_id: UUID) -> Answer:
    """Chart how a movement goes, before the work and after it."""
    return charted(call, *chart(call, session_id, [("movement", body)]))


@blueprint.command("POST", f"{ONE}/bodywork", ChartedSchema, body=s.BodyworkFields, status=201)
def chart_bodywork(call: Call, body: dict[str, Any], session_id: UUID) -> Answer:
    """Chart bodywork for what is left."""
    return charted(call, *chart(call, session_id, [("bodywork", body)]))


@blueprint.command("POST", f"{ONE}/notes", ChartedSchema, body=s.SessionNoteFields, status=201)
def write_note(call: Call, body: dict[str, Any], session_id: UUID) -> Answer:
    """Write a section of the session's note."""
    return charted(call, *chart(call, session_id, [("note", body)]))


@blueprint.command("POST", f"{ONE}/adverse-reactions", ChartedSchema, body=s.ReactionFields, status=201)
def record_reaction(call: Call, body: dict[str, Any], session_id: UUID) -> Answer:
    """Record that something went badly for the client."""
    return charted(call, *chart(call, session_id, [("adverse_reaction", body)]))


@blueprint.command("POST", f"{ONE}/revisions", OneSessionSchema, body=s.RevisionFields, status=201)
def revise_entries(call: Call, body: dict[str, Any], session_id: UUID) -> Answer:
    """Give entries other values before the lock, all or none."""
    return answer(call, revise(call, session_id, body))


@blueprint.command("POST", f"{ONE}/amendments", OneSessionSchema, body=s.AmendmentFields, status=201)
def amend_entries(call: Call, body: dict[str, Any], session_id: UUID) -> Answer:
    """Give entries of a locked session other values, with a reason; what was locked stays to be seen."""
    return answer(call, revise(call, session_id, body))


@blueprint.command("POST", f"{ONE}/addenda", OneSessionSchema, body=s.AddendumFields, status=201)
def append_addendum(call: Call, body: dict[str, Any], session_id: UUID) -> Answer:
    """Add words to a locked session."""
    opened = open_session(call, session_id)
    command = Append(body["id"] or new_id(), body["body"], body["restricted"], opened.by, call.now, body["happened_at"])
    return answer(call, carry_out(opened, command))


@blueprint.command("POST", f"{ONE}/entered-in-error", OneSessionSchema, body=s.SessionInErrorFields, status=201)
def enter_in_error(call: Call, body: dict[str, Any], session_id: UUID) -> Answer:
    """Say that entries never happened, or that the whole session did not; they stay to be seen as such."""
    opened = open_session(call, session_id, may_wait=True)
    command = Withdraw(tuple(body["entry_ids"]), body["reason"], opened.by, call.now)
    known = carry_out(opened, command)
    if known.session.is_error:
        after_error(call.tx, opened.person, session_id, call.now)
    return answer(call, known)


@blueprint.command("POST", f"{ONE}/sign", OneSessionSchema, body=s.SignFields)
def sign_session(call: Call, body: dict[str, Any], session_id: UUID) -> Answer:
    """Stand by all that the session holds; what is missing is said in one answer."""
    opened = open_session(call, session_id)
    content = hash_of(call.tx, session_id)
    command = Sign(opened.by, call.caller.role, call.now, content, frozenset(body["leaves"]))
    known = carry_out(opened, command)
    after_signature(call.tx, opened.person, known.session, call.now)
    return answer(call, known)


@blueprint.command("POST", f"{ONE}/lock", OneSessionSchema)
def lock_session(call: Call, session_id: UUID) -> Answer:
    """End the charting: from now on there are addenda, amendments and countersignatures alone."""
    opened = open_session(call, session_id)
    return answer(call, carry_out(opened, Lock(opened.by, call.now)))


@blueprint.command("POST", f"{ONE}/countersign", OneSessionSchema)
def countersign_session(call: Call, session_id: UUID) -> Answer:
    """Stand by what somebody else has signed."""
    opened = open_session(call, session_id, anybodys=True)
    return answer(call, carry_out(opened, Countersign(opened.by, call.caller.role, call.now)))


def answer(call: Call, known: Known, *, is_known: bool = False) -> Answer:
    visit = visits_told(call.connection, [known.session]).get(known.session.start.session_id)
    content = shown(known.session, call.caller.therapist_id, visit=visit)
    return Answer(content, version=known.version, location=f"/v1/sessions/{content['id']}", is_known=is_known)


def charted(call: Call, known: Known, ids: list[UUID]) -> Answer:
    content = head(known.session) | {"entries": entries_shown(known.session, call.caller.therapist_id, ids)}
    return Answer(content, version=known.version, location=f"/v1/sessions/{content['id']}")

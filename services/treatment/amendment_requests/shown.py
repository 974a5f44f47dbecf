"""Requests as the record shows them: the client's words, the answer, and what the client says to that."""

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any
from uuid import UUID

from services.treatment.amendment_requests.decider import REQUEST, Request
from services.treatment.reading import AsOf
from services.treatment.record.reading import Stream, read_record
from services.treatment.record.views import Kind
from shared.event_store import Happened
from shared.http.operations import Call, parts

OWN: tuple[Kind, ...] = ("amendment_request",)


def fold(entries: Iterable[Happened]) -> Request:
    return reduce(REQUEST.evolve, (each.event for each in entries), REQUEST.initial)


def shown(entries: Sequence[Happened]) -> dict[str, Any]:
    """What the events of one request leave; it begins with the asking."""
    request = fold(entries)
    asked, answer = request.asked, request.accepted or request.declined
    if asked is None:
        raise LookupError("a request begins with the asking")
    return {
        "id": asked.request_id,
        "client_id": asked.client_id,
        "version": entries[-1].version,
        "session_id": asked.session_id,
        "status": request.status,
        "wish": asked.wish,
        "way": asked.way,
        "requested_on": asked.requested_on,
        "due_on": asked.due_on,
        "answered_at": answer and answer.happened_at,
        "put_right_by": list(request.accepted.changed) if request.accepted else [],
        "note": request.accepted and request.accepted.note,
        "reason": request.declined and request.declined.reason,
        "statements": [
            {"statement": each.statement, "way": each.way, "stated_on": each.stated_on} for each in request.statements
        ],
    }


def requests_of(call: Call, client_id: UUID, as_of: AsOf) -> list[dict[str, Any]]:
    """All requests of the person as of a moment, in the order in which they were asked, by three queries."""
    sealer = parts().database.sealer
    record = read_record(call.connection, sealer, call.chain_id, client_id, kinds=OWN, as_of=as_of)
    return sorted(
        map(of_stream, record.streams["amendment_request"]), key=lambda each: (each["requested_on"], each["id"])
    )


def of_stream(stream: Stream) -> dict[str, Any]:
    return shown([entry for _, entry in stream])

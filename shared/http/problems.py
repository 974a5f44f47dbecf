"""Every error is one problem document (RFC 9457) with a stable code; the statuses of the API live here alone."""

from collections.abc import Mapping
from typing import Any

import psycopg.errors
import structlog
from flask import Flask, Response, g, request
from marshmallow import Schema, fields
from msgspec import json
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError as PoolExhausted
from werkzeug.exceptions import HTTPException, UnprocessableEntity

from shared.auth import RECENT_SECONDS, Caller, IssuerAway, NoBasis, NotAllowed, NotAuthenticated, SignInAgain
from shared.decider import Gone, NotThere, Refused, StreamChanged, VersionMismatch
from shared.http.fields import ClientId
from shared.security_events import Kind, network_of, noticed

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 2
AWAY_SECONDS = 10
PASSED_ON = ("Allow",)
MOST_FAULTS = 20
LONGEST_NAME = 100
log = structlog.get_logger()


class Problem(Exception):
    """An answer that ends the request: status, stable code, what the caller may read, and members of its own."""

    def __init__(self, status: int, code: str, detail: str, *, retry_after: int | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.retry_after, self.members = retry_after, members
        self.headers: dict[str, str] = {}


def garbled() -> Problem:
    """The answer to a form or address that no page of ours wrote."""
    return Problem(400, "garbled", "This does not come from one of our pages.")


class BadFields(Exception):
    """Fields of the request that have the right shape but cannot be used, by path."""

    def __init__(self, **faults: list[str] | dict[str, Any]) -> None:
        super().__init__(", ".join(faults))
        self.faults = faults


class OtherServiceAway(Exception):
    """Another of our services does not answer, and without it the answer would lack a part. Please try again later."""


class FileNotMade(Exception):
    """The file could not be made in time. Please try again in a moment."""


class ConflictingVisitSchema(Schema):
    """A visit that stands in the way; `causes` say why, `elsewhere` that it would then be at another address."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    therapist_id = fields.UUID()
    client_id = ClientId()
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    causes = fields.List(fields.Dict())
    elsewhere = fields.Boolean()


class ProblemSchema(Schema):
    """A problem document; `fields` names what is wrong with bad input, `alternatives` the nearest free times.

    Of visits booked together, `visit` is the place of the one that is refused, from 0. `unseen_conflicts` counts
    those at clinics where the caller's role does not hold. Of a client who was merged, `merged_into` goes on. What is
    not allowed yet is from `possible_from` on.
    """

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String()
    instance = fields.String()
    fields_ = fields.Dict(data_key="fields")
    alternatives = fields.List(fields.Dict())
    conflicts = fields.List(fields.Nested(ConflictingVisitSchema))
    unseen_conflicts = fields.Integer()
    client_id = ClientId()
    merged_into = ClientId()
    visit = fields.Integer()
    possible_from = fields.DateTime()


TITLES = {
    400: "Malformed request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Refused",
    410: "Gone for good",
    412: "Changed since you read it",
    413: "Too large",
    415: "Unsupported media type",
    422: "Unusable request",
    428: "If-Match is required",
    429: "Too many requests",
    500: "Something broke on our side",
    503: "Not available right now",
}


CHALLENGES: Mapping[str, str] = {
    "sign_in_again": f', error="insufficient_user_authentication", max_age="{RECENT_SECONDS}"',
}
"""What a caller without sufficient authentication is asked for, by the problem's code (RFC 9470)."""

SUSPICIOUS: Mapping[str, Kind] = {
    "not_authenticated": "token_refused",
    "not_allowed": "role_refused",
    "no_basis": "record_refused",
    "bad_signature": "signature_refused",
    "too_large": "too_large",
    "foreign_form": "csrf_refused",
}
"""Codes of problems that are events of security."""


def respond(problem: Problem) -> Response:
    """The problem as a response."""
    document: dict[str, Any] = {
        "type": f"urn:synergist:problem:{problem.code}",
        "title": TITLES.get(problem.status, "Request failed"),
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "instance": f"urn:synergist:request:{g.get('request_id', 'unknown')}",
    }
    response = Response(json.encode(document | problem.members), problem.status, content_type=MEDIA_TYPE)
    response.headers.update(problem.headers)
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    if problem.status == 401:  # noqa: PLR2004
        response.headers["WWW-Authenticate"] = 'Bearer realm="synergist"' + CHALLENGES.get(problem.code, "")
    return response


def register(app: Flask) -> None:
    """Answer every error of an app with a problem document."""
    app.register_error_handler(Exception, lambda error: respond(heeded(problem_of(error))))


def heeded(problem: Problem) -> Problem:
    """The problem, after it was noted as an event of security if it is one."""
    if kind := SUSPICIOUS.get(problem.code):
        caller: Caller | None = g.get("caller")
        chain = str(caller.chain_id) if caller and caller.chain_id else None
        noticed(kind, route=str(request.url_rule), network=network_of(request.remote_addr), chain_id=chain)
    return problem


def problem_of(error: Exception) -> Problem:  # noqa: C901, PLR0911, PLR0912 - one case for each family of errors
    """What an exception means to the caller."""
    match error:
        case Problem():
            return error
        case Refused():
            return Problem(409, error.code, str(error), **error.details)
        case BadFields():
            return Problem(422, "invalid_fields", "Some fields cannot be used.", fields=first_of(error.faults))
        case NotThere():
            return Problem(404, "not_found", "There is nothing here under this address.")
        case Gone():
            return Problem(410, "client_erased", (Gone.__doc__ or "").strip())
        case VersionMismatch():
            return Problem(412, "version_mismatch", (VersionMismatch.__doc__ or "").strip())
        case StreamChanged():
            return Problem(409, "changed_concurrently", (StreamChanged.__doc__ or "").strip(), retry_after=1)
        case SignInAgain():
            return Problem(401, "sign_in_again", (SignInAgain.__doc__ or "").strip())
        case NotAuthenticated():
            return Problem(401, "not_authenticated", (NotAuthenticated.__doc__ or "").strip())
        case IssuerAway():
            said = (IssuerAway.__doc__ or "").strip()
            return Problem(503, "identity_provider_away", said, retry_after=AWAY_SECONDS)
        case OtherServiceAway():
            return Problem(503, "other_service_away", (error.__doc__ or "").strip(), retry_after=AWAY_SECONDS)
        case FileNotMade():
            return Problem(503, "file_not_made", (FileNotMade.__doc__ or "").strip(), retry_after=AWAY_SECONDS)
        case NoBasis():
            return Problem(403, "no_basis", (NoBasis.__doc__ or "").strip())
        case NotAllowed():
            return Problem(403, "not_allowed", str(error) or (NotAllowed.__doc__ or "").strip())
        case HTTPException():
            return problem_of_http(error)
        case PoolExhausted() | DBAPIError():
            return problem_of_database(error)
        case _:
            log.error("request_failed", route=str(request.url_rule), error=type(error).__name__, exc_info=error)
            return Problem(500, "internal_error", "The request could not be completed; nothing was changed.")


def problem_of_http(error: HTTPException) -> Problem:
    status = error.code or 500
    messages = getattr(error, "data", {}).get("messages")
    if isinstance(error, UnprocessableEntity) and messages:
        faults = messages.get("json", messages.get("query", messages))
        return Problem(422, "invalid_fields", "Some fields are missing or cannot be used.", fields=first_of(faults))
    code = error.name.lower().replace(" ", "_")
    problem = Problem(status, code, error.description or error.name)
    problem.headers = {name: value for name, value in error.get_headers() if name in PASSED_ON}
    if status == 429:  # noqa: PLR2004
        problem.retry_after = getattr(error, "retry_after", None) or RETRY_SECONDS
    return problem


def first_of(faults: Any) -> Any:
    """What is wrong with the first fields, when it is wrong with many: a short request must not get a long answer."""
    left = MOST_FAULTS

    def some(found: Any) -> Any:
        nonlocal left
        if not isinstance(found, Mapping):
            left -= 1
            return found
        kept = {}
        for name, fault in found.items():
            if left <= 0:
                break
            kept[str(name)[:LONGEST_NAME]] = some(fault)
        return kept

    return some(faults)


def problem_of_database(error: Exception) -> Problem:
    cause = getattr(error, "orig", None)
    if isinstance(cause, psycopg.errors.ExclusionViolation):
        log.error("claims_constraint_was_the_last_wall", route=str(request.url_rule))
        return Problem(409, "time_taken", "Somebody else was faster; please choose another time.")
    busy = (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled, psycopg.errors.DeadlockDetected)
    if isinstance(error, PoolExhausted | OperationalError) or isinstance(cause, busy):
        log.warning("database_unavailable", route=str(request.url_rule), error=type(cause or error).__name__)
        return Problem(503, "try_again", "The service is busy; please try again.", retry_after=RETRY_SECONDS)
    log.error("database_error", route=str(request.url_rule), error=type(cause or error).__name__, exc_info=error)
    return Problem(500, "internal_error", "The request could not be completed; nothing was changed.")

"""What all pages below /l/ have in common: who may ask how often, a fresh link from each, headers, errors as pages.

A link that is wrong, revoked or old, of another purpose, of this chain or another, is answered in one and the same way.
"""

from http import HTTPStatus

from flask import Blueprint, Response, g, request, url_for

from services.scheduling.web.errors import error_page
from services.scheduling.web.fresh import answer_asking, link_asked_for
from shared.http.headers import page_policy
from shared.http.operations import parts
from shared.http.problems import heeded, problem_of
from shared.security_events import network_of, noticed
from shared.web.look import style

WAIT_SECONDS = 60


def client_blueprint(name: str) -> Blueprint:
    """A part of the clients' pages."""
    made = Blueprint(name, __name__, url_prefix="/l")
    made.before_request(admit)
    made.after_request(keep_to_itself)
    made.register_error_handler(Exception, fail)
    return made


def admit() -> Response | None:
    """Let nobody try one link after the other, nor many try one; take the wish for a fresh link on any page."""
    parts().limits.admit_visitor(link_asked_for())
    return answer_asking()


def keep_to_itself(response: Response) -> Response:
    """The address of a page is its key: it must not be kept, passed on, found by search, or framed by another page."""
    response.headers["Content-Security-Policy"] = page_policy(style())
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def fail(error: Exception) -> Response:
    """Every error as a page."""
    status = heeded(problem_of(error)).status
    is_known = "visit" in g and status != HTTPStatus.NOT_FOUND
    back = url_for("links.show", address=request.view_args["address"]) if is_known and request.view_args else None
    response = Response(error_page(status, back, g.visit.locale if is_known else None), status, mimetype="text/html")
    if status == HTTPStatus.NOT_FOUND:
        noticed("link_refused", network=network_of(request.remote_addr))
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        response.headers["Retry-After"] = str(WAIT_SECONDS)
    return response

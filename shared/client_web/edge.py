"""What all pages of clients have in common: who may ask how often, a fresh link from each, headers, errors as pages.

A link that is wrong, revoked or old, of another purpose, of this chain or another, is answered in one and the same way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, Response, request

from shared.client_web.errors import Back, error_page
from shared.client_web.fresh import Ask, answer_asking, link_asked_for
from shared.http.headers import page_policy
from shared.http.operations import parts
from shared.http.problems import heeded, problem_of
from shared.security_events import network_of, noticed
from shared.web.look import style

WAIT_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What the pages of one service have of their own: where they are, and who is sent a fresh link, and how.

    `back` knows the way back from an error, if it is known who is there; `sheets` are all the styles that they carry.
    """

    prefix: str
    ask: Ask
    by_address: bool
    back: Callable[[], Back | None]
    sheets: Callable[[], tuple[str, ...]] = lambda: (style(),)

    def blueprint(self, name: str) -> Blueprint:
        """A part of these pages."""
        made = Blueprint(name, __name__, url_prefix=self.prefix)
        made.before_request(self.admit)
        made.after_request(self.keep_to_itself)
        made.register_error_handler(Exception, self.fail)
        return made

    def admit(self) -> Response | None:
        """Let nobody try one link after the other, nor many try one; take the wish for a fresh link on any page."""
        parts().limits.admit_visitor(link_asked_for(self.prefix))
        return answer_asking(self.prefix, self.ask)

    def keep_to_itself(self, response: Response) -> Response:
        """The address of a page is its key: it must not be kept, passed on, found by search, or framed by others."""
        response.headers["Content-Security-Policy"] = page_policy(*self.sheets())
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    def fail(self, error: Exception) -> Response:
        """Every error as a page."""
        status = heeded(problem_of(error)).status
        back = self.back() if status != HTTPStatus.NOT_FOUND else None
        response = Response(error_page(status, back, by_address=self.by_address), status, mimetype="text/html")
        if status == HTTPStatus.NOT_FOUND:
            noticed("link_refused", network=network_of(request.remote_addr))
        if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
            response.headers["Retry-After"] = str(WAIT_SECONDS)
        return response

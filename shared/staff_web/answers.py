"""What all pages of the staff have in common: nothing of them is kept, whatever goes wrong is a page, too."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, g, redirect, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from shared.auth import NotAuthenticated
from shared.http.headers import page_policy
from shared.http.operations import parts
from shared.http.permissions import OF_PEOPLE, operation
from shared.http.problems import heeded, problem_of
from shared.http.records import Unasked, must_be_asked
from shared.http.shown import access
from shared.security_events import network_of, noticed
from shared.staff_web.browser import FORM_TOKEN, local
from shared.staff_web.chains import name_of_chain
from shared.staff_web.pages import error_page, locale_for, rendered, style
from shared.staff_web.signing_in import SignInFailed
from shared.staff_web.visiting import Visitor, frame

UNKNOWN = frozenset({"public", "tablet"})
"""What callers show who may be anybody."""

OPERATOR = "operator"
"""Names the operator's provider where a chain has one of its own."""


def pages_blueprint(name: str) -> Blueprint:
    """Pages below /staff, as all of them are."""
    blueprint = Blueprint(name, __name__, url_prefix="/staff")
    blueprint.before_request(admit)
    blueprint.after_request(keep_to_itself)
    blueprint.register_error_handler(Exception, fail)
    return blueprint


def keep_to_itself(response: Response) -> Response:
    """Nothing of a page is kept, framed, or told to another site; raises Unasked."""
    must_have_asked(response)
    has_script = frame().has_script and "session" in g
    response.headers["Content-Security-Policy"] = page_policy(
        *filter(None, (style(), frame().own_style)), has_script=has_script
    )
    response.headers["Referrer-Policy"] = "same-origin"  # with less, browsers hide from us where a form comes from
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def must_have_asked(response: Response) -> None:
    """Raise Unasked where a page for the staff has not asked who is there, or whether the record is open to them."""
    row = operation()
    if response.status_code >= HTTPStatus.BAD_REQUEST or row.kind not in OF_PEOPLE or "refused" in g:
        return
    if "asked" not in g:
        raise Unasked(row.rule)
    must_be_asked(g.asked, row)


def admit() -> None:
    """Let nobody ask too much before it is known who it is."""
    if operation().kind in UNKNOWN:
        parts().limits.admit_newcomer()


def fail(error: Exception) -> AnyResponse:
    """Every error as a page; whoever has not signed in is asked to."""
    g.refused = True
    if isinstance(error, NotAuthenticated):
        access((), actor="", role="")  # a page that shows people shows nobody here
        return redirect(way_in(), HTTPStatus.SEE_OTHER)
    if isinstance(error, SignInFailed):
        noticed("sign_in_failed", reason=str(error), network=network_of(request.remote_addr))
        status, headers = int(HTTPStatus.BAD_GATEWAY), {}
    else:
        problem = heeded(problem_of(error))
        status = problem.status
        headers = {} if problem.retry_after is None else {"Retry-After": str(problem.retry_after)}
    page = error_page(frame().folder, status, locale_for(request.accept_languages.values()))
    return Response(page, status, headers, mimetype="text/html")


def way_in() -> str:
    """Where one shows who one is."""
    wanted = local(request.full_path.rstrip("?")) if request.method == "GET" else None
    return frame().habits.way_in() or sign_in_address(wanted)


def sign_in_address(target: str | None = None) -> str:
    if slug := frame().cookies.chain(request):
        return url_for("staff_sign_in.sign_in_to", slug=slug, next=target)
    return url_for("staff_sign_in.choose_chain", next=target)


def sign_in_again(who: Visitor, target: str) -> str:
    """Where somebody shows once more who they are, at the provider that they came from, and comes back to a page."""
    found = frame()
    slug = found.cookies.chain(request)
    if slug is None or found.chain_called(slug) != who.chain_id:
        return url_for("staff_sign_in.choose_chain", next=target)
    own = found.providers.of_chain(who.chain_id)
    at = OPERATOR if own is not None and own.issuer.name != who.session.identity.issuer else None
    return url_for("staff_sign_in.go_to_provider", slug=slug, next=target, at=at, again="yes")


def page(template: str, **values: Any) -> str:
    """A page in the language of the browser, with what every form of the session carries."""
    session = g.get("session")
    own: dict[str, Any] = {"session": session, "own_style": Markup(frame().own_style)}  # noqa: S704 - our own file
    if session:
        own |= {"form": in_form(session.form_token), "lock_seconds": int(session.idle.total_seconds())}
    return rendered(frame().folder, template, locale_for(request.accept_languages.values()), **own, **values)


def in_form(token: str) -> Mapping[str, str]:
    """What a form carries to show that it comes from a page of ours."""
    return {"field": FORM_TOKEN, "token": token}


def chain_name(who: Visitor) -> str:
    with who.reading() as connection:
        return name_of_chain(connection)

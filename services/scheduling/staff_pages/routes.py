"""The pages below /staff: signing in and out, and the day at a clinic. GET changes nothing that anybody would miss."""

from http import HTTPStatus
from secrets import token_bytes
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Flask, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.scheduling.chains import SLUG, chain_called
from services.scheduling.links import TOKEN_BYTES
from services.scheduling.staff_pages import sessions, signing_in
from services.scheduling.staff_pages.browser import FORM_TOKEN, local
from services.scheduling.staff_pages.day import CHAIN, day_at
from services.scheduling.staff_pages.pages import error_page, locale_for, rendered, style
from services.scheduling.staff_pages.providers import Provider, Providers
from services.scheduling.staff_pages.signing_in import Attempt, SignInFailed
from services.scheduling.staff_pages.visiting import EXTENSION, Frame, begin_session, frame, visitor
from shared.auth import NotAuthenticated
from shared.decider import NotThere
from shared.http.headers import page_policy
from shared.http.operations import parts
from shared.http.permissions import operation
from shared.http.problems import heeded, problem_of
from shared.security_events import network_of, noticed

OPERATOR = "operator"
blueprint = Blueprint("staff_pages", __name__, url_prefix="/staff")


def add_staff_pages(app: Flask, *, public_url: str, providers: Providers) -> None:
    """Serve the staff's pages at `public_url`."""
    app.extensions[EXTENSION] = Frame(public_url, providers)
    app.register_blueprint(blueprint)


@blueprint.after_request
def keep_to_itself(response: Response) -> Response:
    """Nothing of a page is kept, framed, or told to another site."""
    response.headers["Content-Security-Policy"] = page_policy(style())
    response.headers["Referrer-Policy"] = "same-origin"  # with less, browsers hide from us where a form comes from
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@blueprint.before_request
def admit() -> None:
    """Let nobody ask too much before it is known who it is."""
    if operation().kind == "public":
        parts().limits.admit_newcomer()


@blueprint.errorhandler(Exception)
def fail(error: Exception) -> AnyResponse:
    """Every error as a page; whoever has not signed in is asked to."""
    if isinstance(error, NotAuthenticated):
        return redirect(sign_in_address(), HTTPStatus.SEE_OTHER)
    if isinstance(error, SignInFailed):
        noticed("sign_in_failed", reason=str(error), network=network_of(request.remote_addr))
        status = int(HTTPStatus.BAD_GATEWAY)
    else:
        status = heeded(problem_of(error)).status
    return Response(error_page(status, locale_for(request.accept_languages.values())), status, mimetype="text/html")


def sign_in_address() -> str:
    target = local(request.full_path.rstrip("?")) if request.method == "GET" else None
    if slug := frame().cookies.chain(request):
        return url_for("staff_pages.sign_in_to", slug=slug, next=target)
    return url_for("staff_pages.choose_chain", next=target)


@blueprint.get("/sign-in")
def choose_chain() -> AnyResponse | str:
    """The question which chain to sign in to."""
    slug = request.args.get("chain", "").strip().lower()
    if slug:
        return redirect(url_for("staff_pages.sign_in_to", slug=slug, next=wanted()), HTTPStatus.SEE_OTHER)
    return page("choose.html", next=wanted(), known=frame().cookies.chain(request))


@blueprint.get("/sign-in/<slug>")
def sign_in_to(slug: str) -> str:
    """The way to the chain's identity provider, and to the operator's where that is another one."""
    chain_id = chain_of(slug)
    with parts().database.reading(chain_id) as connection:
        name = connection.execute(CHAIN).one().name
    has_own = frame().providers.of_chain(chain_id) is not None
    ways = (url_for("staff_pages.go_to_provider", slug=slug, next=wanted(), at=at) for at in (None, OPERATOR))
    go, other = ways
    return page("sign_in.html", chain_name=name, go=go, other=other if has_own else None)


@blueprint.get("/sign-in/<slug>/go")
def go_to_provider(slug: str) -> AnyResponse:
    """To the identity provider, with a secret in this browser that its answer must fit."""
    found, chain_id = frame(), chain_of(slug)
    own = None if request.args.get("at") == OPERATOR else found.providers.of_chain(chain_id)
    provider = own or found.providers.of_operator()
    attempt = Attempt(chain_id, token_bytes(TOKEN_BYTES), provider.issuer.name)
    url = signing_in.question(provider, attempt, slug, found.callback(provider, slug))
    response = redirect(url, HTTPStatus.SEE_OTHER)
    found.cookies.set_attempt(response, attempt.chain_id, attempt.secret, local(wanted()))
    found.cookies.set_chain(response, slug)
    return response


@blueprint.get("/signed-in")
def come_back() -> AnyResponse:
    """From the operator's identity provider: a new session, and on to the page that was wanted."""
    return signed_in(frame().providers.of_operator())


@blueprint.get("/signed-in/<slug>")
def come_back_from_own(slug: str) -> AnyResponse:
    """The same from the chain's own."""
    own = frame().providers.of_chain(chain_of(slug))
    if own is None:
        raise SignInFailed("the chain has no provider of its own")
    return signed_in(own, slug)


def signed_in(provider: Provider, slug: str = "") -> AnyResponse:
    """A session for whoever the provider has named, if this browser asked just that one; raises SignInFailed."""
    found = frame()
    begun = found.cookies.attempt(request)
    if begun is None:
        raise SignInFailed("no attempt in this browser")
    chain_id, secret, target = begun
    attempt = Attempt(chain_id, secret, provider.issuer.name)
    came = signing_in.answer(provider, attempt, found.callback(provider, slug), request.args, parts().clock())
    leave = ""
    if came.end_session:
        asked = {"client_id": provider.client_id, "post_logout_redirect_uri": found.after_sign_out}
        leave = f"{came.end_session}{'&' if '?' in came.end_session else '?'}{urlencode(asked)}"
    token = begin_session(chain_id, came.identity, name=came.name, leave=leave)
    response = redirect(target, HTTPStatus.SEE_OTHER)
    found.cookies.set_session(response, chain_id, token)
    found.cookies.delete(response, "sign-in")
    return response


@blueprint.post("/sign-out")
def sign_out() -> AnyResponse:
    """The session ends here and, where it can be told, at the identity provider."""
    who = visitor()
    who.change(lambda tx: sessions.end(tx.connection, who.session.token))
    del g.session
    response = Response(page("signed_out.html", leave=who.session.leave), mimetype="text/html")
    if who.session.leave:
        # Not a redirect: our policy on where forms lead would hold for wherever that one leads.
        response.headers["Refresh"] = f"0; url={who.session.leave}"
    frame().cookies.delete(response, "session")
    return response


@blueprint.get("/")
def begin() -> AnyResponse:
    """The first page."""
    return redirect(url_for("staff_pages.show_day"), HTTPStatus.SEE_OTHER)


@blueprint.get("/day")
def show_day() -> str:
    """Today's visits at one of the caller's clinics."""
    who = visitor()
    clinic = request.args.get("clinic")
    with who.reading() as connection:
        day = day_at(connection, who.caller, None if clinic is None else id_in(clinic), who.now)
        chain_name = connection.execute(CHAIN).one().name
    return page("day.html", chain_name=chain_name, day=day)


@blueprint.get("/<path:anything>")
def nothing_here(anything: str) -> str:
    """Whatever else may be asked for below /staff/."""
    raise NotThere(anything)


def wanted() -> str | None:
    """The page to go to after signing in, when one was asked for."""
    return local(request.args["next"]) if "next" in request.args else None


def chain_of(slug: str) -> UUID:
    """The chain with a slug; raises NotThere."""
    chain_id = chain_called(parts().database.engine, slug) if SLUG.fullmatch(slug) else None
    if chain_id is None:
        raise NotThere
    return chain_id


def id_in(given: str) -> UUID:
    """An id in an address; raises NotThere for what is none."""
    try:
        return UUID(given)
    except ValueError:
        raise NotThere from None


def page(template: str, **values: Any) -> str:
    """A page in the language of the browser, with what every form of the session carries."""
    session = g.get("session")
    form = {"field": FORM_TOKEN, "token": session.form_token} if session else None
    return rendered(template, locale_for(request.accept_languages.values()), session=session, form=form, **values)

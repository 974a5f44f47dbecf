"""Signing in and out, below /staff: by way of a provider, and back to the page that was wanted."""

from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from flask import Flask, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from shared.decider import NotThere
from shared.http.operations import parts
from shared.links import new_token
from shared.staff_web import signing_in
from shared.staff_web.answers import OPERATOR, page, pages_blueprint
from shared.staff_web.arrivals import Arrival
from shared.staff_web.browser import AGAIN, HOME, Begun, local
from shared.staff_web.chains import SLUG, name_of_chain
from shared.staff_web.providers import Provider
from shared.staff_web.signing_in import Attempt, SignInFailed
from shared.staff_web.visiting import EXTENSION, Frame, begin_session, frame, visitor

blueprint = pages_blueprint("staff_sign_in")


def add_sign_in(app: Flask, made: Frame) -> None:
    """Let staff sign in at the pages of an app."""
    app.extensions[EXTENSION] = made
    app.register_blueprint(blueprint)


@blueprint.get("/sign-in")
def choose_chain() -> AnyResponse | str:
    """The question which chain to sign in to."""
    slug = request.args.get("chain", "").strip().lower()
    if slug:
        return redirect(url_for("staff_sign_in.sign_in_to", slug=slug, next=wanted()), HTTPStatus.SEE_OTHER)
    return page("choose.html", next=wanted(), known=frame().cookies.chain(request))


@blueprint.get("/sign-in/<slug>")
def sign_in_to(slug: str) -> str:
    """The way to the chain's identity provider, and to the operator's where that is another one."""
    chain_id = chain_of(slug)
    with parts().database.reading(chain_id) as connection:
        name = name_of_chain(connection)
    has_own = frame().providers.of_chain(chain_id) is not None
    go, other = (url_for("staff_sign_in.go_to_provider", slug=slug, next=wanted(), at=at) for at in (None, OPERATOR))
    return page("sign_in.html", chain_name=name, go=go, other=other if has_own else None)


@blueprint.get("/sign-in/<slug>/go")
def go_to_provider(slug: str) -> AnyResponse:
    """To the identity provider, with a secret in this browser that its answer must fit."""
    found, chain_id = frame(), chain_of(slug)
    own = None if request.args.get("at") == OPERATOR else found.providers.of_chain(chain_id)
    provider = own or found.providers.of_operator()
    attempt = Attempt(chain_id, new_token(), provider.issuer.name)
    first = found.habits.first
    begun = Begun(chain_id, attempt.secret, local(wanted()), again=AGAIN in request.args)
    url = first(attempt.derived("here"), slug) if first else question(provider, attempt, slug, again=begun.again)
    response = redirect(url, HTTPStatus.SEE_OTHER)
    found.cookies.set_attempt(response, begun)
    found.cookies.set_chain(response, slug)
    return response


def question(provider: Provider, attempt: Attempt, slug: str, *, again: bool) -> str:
    """Where the provider asks who this is; raises SignInFailed when it is away."""
    found = frame()
    again = again or found.habits.asks_again(attempt.chain_id)
    return signing_in.question(provider, attempt, slug, found.callback(provider, slug), again=again)


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
    chain_id = begun.chain_id
    attempt = Attempt(chain_id, begun.secret, provider.issuer.name)
    callback, again = found.callback(provider, slug), begun.again or found.habits.asks_again(chain_id)
    came = signing_in.answer(provider, attempt, callback, request.args, parts().clock(), again=again)
    leave = ""
    if came.end_session:
        asked = {"client_id": provider.client_id, "post_logout_redirect_uri": found.after_sign_out}
        leave = f"{came.end_session}{'&' if '?' in came.end_session else '?'}{urlencode(asked)}"
    token = begin_session(chain_id, Arrival(came.identity, came.name, leave, came.authenticated_at))
    found.habits.arrived(came.identity)
    response = redirect(begun.target, HTTPStatus.SEE_OTHER)
    found.cookies.set_session(response, chain_id, token)
    found.cookies.delete(response, "sign-in")
    return response


@blueprint.post("/sign-out")
def sign_out() -> AnyResponse:
    """The session ends here and, where it can be told, at the identity provider."""
    who = visitor()
    who.change(lambda tx: frame().habits.depart(tx.connection, who.session, who.now))
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
    return redirect(HOME, HTTPStatus.SEE_OTHER)


@blueprint.get("/<path:anything>")
def nothing_here(anything: str) -> str:
    """Whatever else may be asked for below /staff/."""
    raise NotThere(anything)


def wanted() -> str | None:
    """The page to go to after signing in, when one was asked for."""
    return local(request.args["next"]) if "next" in request.args else None


def chain_of(slug: str) -> UUID:
    """The chain with a slug; raises NotThere."""
    chain_id = frame().chain_called(slug) if SLUG.fullmatch(slug) else None
    if chain_id is None:
        raise NotThere
    return chain_id

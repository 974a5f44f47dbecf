"""The pages below /staff: signing in and out, and the day at a clinic. GET changes nothing that anybody would miss."""

from http import HTTPStatus
from secrets import token_bytes
from urllib.parse import urlencode
from uuid import UUID

from flask import Flask, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.scheduling.chains import SLUG, chain_called
from services.scheduling.devices.arrivals import Arrival
from services.scheduling.staff_pages import devices, locking, signing_in, tablets, tasks
from services.scheduling.staff_pages.answers import page, pages_blueprint
from services.scheduling.staff_pages.browser import id_in, local
from services.scheduling.staff_pages.day import CHAIN, day_at
from services.scheduling.staff_pages.pages import script
from services.scheduling.staff_pages.providers import Provider, Providers
from services.scheduling.staff_pages.signing_in import Attempt, SignInFailed
from services.scheduling.staff_pages.visiting import EXTENSION, Frame, begin_session, frame, tablet_here, visitor
from shared.auth import THERAPIST
from shared.decider import NotThere
from shared.http.operations import parts
from shared.links import TOKEN_BYTES

OPERATOR = "operator"
blueprint = pages_blueprint("staff_pages")


def add_staff_pages(app: Flask, *, public_url: str, providers: Providers) -> None:
    """Serve the staff's pages at `public_url`."""
    app.extensions[EXTENSION] = Frame(public_url, providers)
    for each in (blueprint, locking.blueprint, devices.blueprint, tasks.blueprint):
        app.register_blueprint(each)


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
    go, other = (url_for("staff_pages.go_to_provider", slug=slug, next=wanted(), at=at) for at in (None, OPERATOR))
    return page("sign_in.html", chain_name=name, go=go, other=other if has_own else None)


@blueprint.get("/sign-in/<slug>/go")
def go_to_provider(slug: str) -> AnyResponse:
    """To the identity provider, with a secret in this browser that its answer must fit."""
    found, chain_id = frame(), chain_of(slug)
    own = None if request.args.get("at") == OPERATOR else found.providers.of_chain(chain_id)
    provider = own or found.providers.of_operator()
    attempt = Attempt(chain_id, token_bytes(TOKEN_BYTES), provider.issuer.name)
    again = tablet_here(chain_id) is not None
    url = signing_in.question(provider, attempt, slug, found.callback(provider, slug), again=again)
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
    callback, again = found.callback(provider, slug), tablet_here(chain_id) is not None
    came = signing_in.answer(provider, attempt, callback, request.args, parts().clock(), again=again)
    leave = ""
    if came.end_session:
        asked = {"client_id": provider.client_id, "post_logout_redirect_uri": found.after_sign_out}
        leave = f"{came.end_session}{'&' if '?' in came.end_session else '?'}{urlencode(asked)}"
    token = begin_session(chain_id, Arrival(came.identity, came.name, leave, came.authenticated_at))
    response = redirect(target, HTTPStatus.SEE_OTHER)
    found.cookies.set_session(response, chain_id, token)
    found.cookies.delete(response, "sign-in")
    return response


@blueprint.post("/sign-out")
def sign_out() -> AnyResponse:
    """The session ends here and, where it can be told, at the identity provider."""
    who = visitor()
    who.change(lambda tx: tablets.go_home(tx.connection, who.session, who.now))
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
    is_desk = any(grant.role != THERAPIST for grant in who.caller.grants)
    return page("day.html", chain_name=chain_name, day=day, is_desk=is_desk)


@blueprint.get("/staff.js")
def show_script() -> Response:
    """The script that keeps what is typed and locks a tablet that nobody uses; pages work without it."""
    return Response(script(), mimetype="text/javascript")


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

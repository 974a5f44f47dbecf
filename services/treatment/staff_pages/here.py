"""How staff come in at treatment: in a browser of their own alone, which scheduling has to say that it is.

A shared tablet locks at scheduling, and scheduling alone knows who is there. So nobody is signed in here at one: what a
provider still knows of somebody would let the next person read under their name.
"""

from hmac import compare_digest
from http import HTTPStatus
from urllib.parse import urlencode

from flask import Response, current_app, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from services.treatment.staff_pages.scheduling import scheduling
from shared.auth import Identity
from shared.http.problems import garbled
from shared.staff_pages import SIGN_IN
from shared.staff_web import sessions
from shared.staff_web.answers import page, pages_blueprint
from shared.staff_web.routes import chain_of, question
from shared.staff_web.signing_in import Attempt, SignInFailed
from shared.staff_web.visiting import Habits, frame

SCHEDULING_URL = "PUBLIC_URL"
blueprint = pages_blueprint("staff_here")


def ask_scheduling(state: str, slug: str) -> str:
    """Where scheduling tells whether the browser is a shared tablet."""
    return f"{current_app.config[SCHEDULING_URL]}{SIGN_IN}/{slug}/here?{urlencode({'state': state})}"


def tell_scheduling(identity: Identity) -> None:
    """In which roles somebody came in; where it does not hear that, it will the next time."""
    scheduling().came_in(identity)


HABITS = Habits(
    arrive=lambda tx, arrival, now: sessions.begin(tx, arrival, None, now),
    depart=lambda connection, session, _: sessions.end(connection, session.token),
    keep=lambda _: None,
    asks_again=lambda _: False,
    way_in=lambda: None,
    first=ask_scheduling,
    arrived=tell_scheduling,
)


@blueprint.get("/sign-in/<slug>/on")
def go_on(slug: str) -> AnyResponse:
    """From scheduling: on to the provider, or the end of it at a shared tablet; raises SignInFailed."""
    found, chain_id = frame(), chain_of(slug)
    begun = found.cookies.attempt(request)
    if begun is None or begun.chain_id != chain_id:
        raise SignInFailed("no attempt in this browser")
    given, told = request.args.get("state", ""), request.args.get("tablet")
    for provider in filter(None, (found.providers.of_chain(chain_id), found.providers.operators)):
        attempt = Attempt(chain_id, begun.secret, provider.issuer.name)
        if compare_digest(given.encode(), attempt.derived("here").encode()):
            break
    else:
        raise SignInFailed("state")
    match told:
        case "no":
            return redirect(question(provider, attempt, slug, again=begun.again), HTTPStatus.SEE_OTHER)
        case "yes":
            response = Response(page("tablet.html"), HTTPStatus.FORBIDDEN, mimetype="text/html")
            found.cookies.delete(response, "sign-in")
            return response
        case _:
            raise garbled()

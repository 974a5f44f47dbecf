"""Shared tablets lock, and let the next one in: nothing of whoever was there is shown, and nothing they typed is lost.

Whoever locks leaves a session that answers nothing any more. Whoever comes in, by a PIN or at the provider, gets a
session and a cookie of their own.
"""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.scheduling.devices import pins, shifts, tokens
from services.scheduling.devices.shifts import Shift, Tried
from services.scheduling.devices.tokens import Tablet
from services.scheduling.staff_pages import tablets, typed
from services.scheduling.staff_pages.here import arriving_at, tablet_here
from services.scheduling.staff_pages.names import short_names
from services.scheduling.staff_pages.typed import id_in
from shared.auth import NotAllowed, NotAuthenticated
from shared.event_store import Transaction
from shared.http.operations import parts
from shared.security_events import Kind, network_of, noticed
from shared.staff_web import sessions
from shared.staff_web.answers import in_form, page, pages_blueprint, sign_in_address
from shared.staff_web.browser import local, must_be_from
from shared.staff_web.chains import name_of_chain
from shared.staff_web.visiting import frame, visitor

blueprint = pages_blueprint("staff_locking")

NO_CONTENT = 204


@blueprint.post("/lock")
def lock() -> AnyResponse:
    """Lock a shared tablet; the form that stood on the page comes along, and is kept."""
    who = visitor()
    path = local(urlsplit(request.referrer or "").path)
    who.change(lambda tx: tablets.lock(tx.connection, who.session, path, who.now))
    typed.keep_arrived(who)
    return redirect(url_for("staff_locking.show_people"), HTTPStatus.SEE_OTHER)


@blueprint.post("/drafts")
def keep_draft() -> AnyResponse:
    """Keep what stands in a form; without one it says that somebody is there."""
    typed.keep_arrived(visitor())
    return Response(status=NO_CONTENT)


@blueprint.get("/unlock")
def show_people() -> AnyResponse | str:
    """Who may come in; with `who`, the question for their PIN."""
    here = tablet_here()
    if here is None:
        return redirect(sign_in_address(), HTTPStatus.SEE_OTHER)
    given = request.args.get("who")
    return people_page(*here, chosen=None if given is None else id_in(given))


@blueprint.post("/unlock")
def come_back() -> AnyResponse:
    """Somebody comes in by a PIN."""
    here = tablet_here()
    if here is None:
        return redirect(sign_in_address(), HTTPStatus.SEE_OTHER)
    chain_id, tablet = here
    must_be_from(tablet.token, request, frame().public_url)
    shift_id, pin = id_in(request.form.get("who")), request.form.get("pin", "")
    now = parts().clock()

    def work(tx: Transaction) -> tuple[Tried, Shift | None, bytes | None]:
        held = tokens.find(tx.connection, tablet.token, hold=True)
        return tablets.come_back(tx, held, shift_id, pin, now) if held else ("ended", None, None)

    try:
        tried, shift, token = parts().database.command(chain_id, arriving_at(tablet), work)
    except (NotAuthenticated, NotAllowed):
        tried, shift, token = "ended", None, None
    if token is None or shift is None:
        return refused(chain_id, tablet, tried, shift_id)
    response = redirect(local(shift.left_at), HTTPStatus.SEE_OTHER)
    frame().cookies.set_session(response, chain_id, token)
    return response


def refused(chain_id: UUID, tablet: Tablet, tried: Tried, shift_id: UUID) -> Response:
    """The same page again: the PIN was wrong, or it takes a full sign-in."""
    kind: Kind = "pin_refused" if tried == "wrong" else "pin_ended"
    noticed(kind, chain_id=str(chain_id), device_id=str(tablet.device_id), network=network_of(request.remote_addr))
    chosen = shift_id if tried == "wrong" else None
    return Response(people_page(chain_id, tablet, chosen, tried), HTTPStatus.FORBIDDEN, mimetype="text/html")


def people_page(chain_id: UUID, tablet: Tablet, chosen: UUID | None, said: Tried | None = None) -> str:
    with parts().database.reading(chain_id) as connection:
        sealer, now = parts().database.sealer, parts().clock()
        people = shifts.on_shift(connection, sealer, tablet.device_id, now)
        name = name_of_chain(connection)
    named = dict(zip([each.id for each in people], short_names([each.arrival.name for each in people]), strict=True))
    values: dict[str, Any] = {
        "chain_name": name,
        "tablet": tablet,
        "people": [(each.id, named[each.id]) for each in people if each.has_pin],
        "chosen": (chosen, named[chosen]) if chosen in named else None,
        "said": said,
        "longest": pins.LONGEST,
        "sign_in": sign_in_address(),
        "proof": in_form(sessions.form_token(tablet.token)),
    }
    return page("unlock.html", **values)

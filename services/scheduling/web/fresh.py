"""Asking for a fresh link: one button on the page of a link that does not work, and one answer whoever presses it.

What there is to do is done after the answer has gone out, so that neither its words nor its haste tell anything.
"""

from functools import partial

from flask import Response, g, request

from services.scheduling.fresh_links.asking import Request, send_fresh_link
from services.scheduling.web.errors import fresh_page
from shared.http.limits import Quota, visitor_address
from shared.http.operations import parts
from shared.http.shown import access
from shared.security_events import network_of, noticed

FRESH = "fresh"
"""The query of the form's address, whichever page below /l/ it stands on."""

QUOTA = Quota("fresh link", 5, 15 * 60)
LONGEST = 254


def link_asked_for() -> str:
    """What stands where the key of a link does in the present request's path."""
    return request.path.removeprefix("/l/").partition("/")[0]


def answer_asking() -> Response | None:
    """The answer to that form; None for any other request below /l/."""
    if request.method != "POST" or FRESH not in request.args:
        return None
    parts().limits.admit_unknown([(QUOTA, visitor_address())])
    access((), actor="client", role="client")  # the answer shows nobody, whatever page the form stood on
    noticed("fresh_link_asked", network=network_of(request.remote_addr))
    asked = Request(link_asked_for(), request.form.get("address", "")[:LONGEST], parts().clock(), g.request_id)
    response = Response(fresh_page(), mimetype="text/html")
    response.call_on_close(partial(send_fresh_link, parts().database, asked))
    return response

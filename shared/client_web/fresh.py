"""Asking for a fresh link: one button on the page of a link that does not work, and one answer whoever presses it.

What there is to do is done after the answer has gone out, so that neither its words nor its haste tell anything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from flask import Response, g, request

from shared.client_web.errors import fresh_page
from shared.database import Database
from shared.event_store import Metadata, Transaction
from shared.faults import described
from shared.http.limits import Quota, visitor_address
from shared.http.operations import parts
from shared.http.shown import access
from shared.links import chain_in
from shared.security_events import network_of, noticed

FRESH = "fresh"
"""The query of the form's address, whichever page it stands on."""

QUOTA = Quota("fresh link", 5, 15 * 60)
LONGEST = 254

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Lost:
    """What somebody sent who wants a fresh link: the address of the page, what they typed, when."""

    link: str
    typed: str
    now: datetime


Ask = Callable[[Transaction, Lost], None]
"""Ask for a fresh link, in the chain that the lost one names, for whoever it may have been of."""


def link_asked_for(prefix: str) -> str:
    """What stands where the key of a link does in the present request's path."""
    return request.path.removeprefix(f"{prefix}/").partition("/")[0]


def answer_asking(prefix: str, ask: Ask) -> Response | None:
    """The answer to that form; None for any other request."""
    if request.method != "POST" or FRESH not in request.args:
        return None
    parts().limits.admit_unknown([(QUOTA, visitor_address())])
    access((), actor="client", role="client")  # the answer shows nobody, whatever page the form stood on
    noticed("fresh_link_asked", network=network_of(request.remote_addr))
    lost = Lost(link_asked_for(prefix), request.form.get("address", "")[:LONGEST], parts().clock())
    response = Response(fresh_page(), mimetype="text/html")
    response.call_on_close(partial(ask_quietly, parts().database, ask, lost, g.request_id))
    return response


def ask_quietly(database: Database, ask: Ask, lost: Lost, correlation_id: str) -> None:
    """Ask for it; a failure is logged, because nobody waits for it."""
    chain_id = chain_in(lost.link)
    if chain_id is None:
        return
    metadata = Metadata(actor="client", role="client", origin="link", correlation_id=correlation_id)
    try:
        database.command(chain_id, metadata, lambda tx: ask(tx, lost))
    except Exception as error:
        log.error("fresh_link_not_asked", error=described(error))  # noqa: TRY400 - see `described`

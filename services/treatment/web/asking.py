"""From a link that does not work any more to asking for a fresh one: for whoever it once was, if there is what to ask.

Of a link that never was ours, or is cut off, nothing is known here: treatment has no addresses to look for.
"""

from services.treatment.check_ins.loading import hold
from services.treatment.fresh_links import FRESH_LINKS, Ask, stream_of
from services.treatment.links import once
from shared.client_web.fresh import Lost
from shared.decider import handle
from shared.event_store import Transaction
from shared.ids import new_id
from shared.links import parse


def ask_for_link(tx: Transaction, lost: Lost) -> None:
    """Have a link sent to the question that is open now, whichever the lost one led to; nothing when none is."""
    found = parse(lost.link)
    link = once(tx.connection, found[1]) if found else None
    if link is None:
        return
    known = hold(tx, link.client_id)
    about = known.ladder.open(lost.now) if link.purpose == "check_in" else None
    if about is None:
        return
    ask = Ask(request_id=new_id(), client_id=known.person, purpose=link.purpose, about=about.id, now=lost.now)
    handle(tx, FRESH_LINKS, stream_of(known.person), ask)

"""From a link that does not work any more to asking for a fresh one: for whoever it once was, if there is what to ask.

Of a link that never was ours, or is cut off, nothing is known here: treatment has no addresses to look for.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from services.treatment.check_ins.loading import Known, hold
from services.treatment.fresh_links import FRESH_LINKS, Ask, stream_of
from services.treatment.homework.links import target_of_homework
from services.treatment.links import NothingThere, once
from services.treatment.web.homework import going
from shared.client_web.fresh import Lost
from shared.decider import handle
from shared.event_store import Transaction
from shared.events.treatment_links import Purpose
from shared.ids import new_id
from shared.links import parse


def ask_for_link(tx: Transaction, lost: Lost) -> None:
    """Have a link sent to what is asked or done now, whichever the lost one led to; nothing where there is nothing."""
    found = parse(lost.link)
    link = once(tx.connection, found[1]) if found else None
    if link is None:
        return
    known = hold(tx, link.client_id)
    about = ABOUT[link.purpose](tx, known, lost.now)
    if about is None:
        return
    ask = Ask(request_id=new_id(), client_id=known.person, purpose=link.purpose, about=about, now=lost.now)
    handle(tx, FRESH_LINKS, stream_of(known.person), ask)


def open_question(tx: Transaction, known: Known, now: datetime) -> UUID | None:
    """The one that is asked now."""
    del tx
    found = known.ladder.open(now)
    return found.id if found else None


def newest_homework(tx: Transaction, known: Known, now: datetime) -> UUID | None:
    """What was given last and is not over."""
    for homework_id in reversed(going(tx.connection, known.person)):
        try:
            return target_of_homework(tx, homework_id, now).about
        except NothingThere:
            continue
    return None


ABOUT: Mapping[Purpose, Callable[[Transaction, Known, datetime], UUID | None]] = {
    "check_in": open_question,
    "homework": newest_homework,
}

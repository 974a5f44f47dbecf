"""What a message of a check-in needs before it goes out: treatment's word and link first, then scheduling's address.

Without a link no message goes out: while treatment is away, its questions wait and everything else is sent.
"""

from collections.abc import Sequence

import structlog

from workers.messages.model import Answer, Due, NotKnown, Unreachable, Unwanted, Way
from workers.messages.recipients import Recipients
from workers.messages.treatment import LinkGiven, Treatment, TreatmentAway

log = structlog.get_logger()


def answers(rows: Sequence[Due], recipients: Recipients, treatment: Treatment) -> dict[str, Answer]:
    """Answers by key to all rows, without those that cannot be understood. Raises SchedulingAway."""
    questions = [row for row in rows if row.kind == "check_in"]
    others = [row for row in rows if row.kind != "check_in"]
    found = recipients.ask(others) if others else {}
    return found | invited(questions, recipients, treatment) if questions else found


def invited(rows: Sequence[Due], recipients: Recipients, treatment: Treatment) -> dict[str, Answer]:
    try:
        links = treatment.links(rows)
    except TreatmentAway as error:
        log.warning("treatment_is_away", error=str(error), messages=len(rows))
        return {row.key: NotKnown() for row in rows}
    known = [(row, links[row.about]) for row in rows if row.about in links]
    ways = recipients.addresses([row for row, given in known if given.link is not None])
    answered = ((row, answer(given, ways.get(row.key))) for row, given in known)
    return {row.key: found for row, found in answered if found is not None}


def answer(given: LinkGiven, way: Way | Unreachable | None) -> Answer | None:
    if given.link is None or given.good_until is None:
        return Unwanted(given.stop or "unknown")
    return way.leading_to(given.link, given.good_until) if isinstance(way, Way) else way

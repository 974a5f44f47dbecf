"""What a message that treatment wants needs before it goes out: scheduling's address first, then treatment's link.

Whom nothing reaches is not asked anything, so treatment makes a link only where there is a way. Without a link no
message goes out: while treatment gives none, what it wants waits and everything else is sent.
"""

from collections.abc import Sequence
from typing import get_args

import structlog

from workers.messages.model import Answer, Due, NotKnown, Unreachable, Unwanted, Way
from workers.messages.plan import CareKind
from workers.messages.recipients import Recipients
from workers.messages.treatment import LinkGiven, NotTaken, Treatment

CARE = get_args(CareKind)

log = structlog.get_logger()


def answers(rows: Sequence[Due], recipients: Recipients, treatment: Treatment) -> dict[str, Answer]:
    """Answers by key to all rows, without those that cannot be understood. Raises SchedulingAway."""
    of_care = [row for row in rows if row.kind in CARE]
    others = [row for row in rows if row.kind not in CARE]
    found = recipients.ask(others) if others else {}
    return found | linked(of_care, recipients, treatment) if of_care else found


def linked(rows: Sequence[Due], recipients: Recipients, treatment: Treatment) -> dict[str, Answer]:
    answers = recipients.addresses(rows)
    found: dict[str, Answer] = {key: way for key, way in answers.items() if isinstance(way, Unreachable)}
    ways = {key: way for key, way in answers.items() if isinstance(way, Way)}
    reached = [row for row in rows if row.key in ways]
    try:
        links = treatment.links([(row, ways[row.key].whose) for row in reached])
    except NotTaken as error:
        log.warning("links_not_given", error=str(error), messages=len(reached))
        return found | {row.key: NotKnown() for row in reached}
    return found | {row.key: answer(links[row.about], ways[row.key]) for row in reached if row.about in links}


def answer(given: LinkGiven, way: Way) -> Answer:
    if given.link is None or given.good_until is None:
        return Unwanted(given.stop or "unknown")
    return way.leading_to(given.link, given.good_until)

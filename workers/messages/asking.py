"""What a message that treatment wants needs before it goes out: scheduling's address first, then treatment's link.

Whom nothing reaches is not asked anything, so treatment makes a link only where there is a way. Without a link no
message goes out: while treatment is away, what it wants waits and everything else is sent.
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
    ways = recipients.addresses(rows)
    reached = [row for row in rows if isinstance(ways.get(row.key), Way)]
    found: dict[str, Answer] = {key: way for key, way in ways.items() if isinstance(way, Unreachable)}
    try:
        links = treatment.links(reached)
    except TreatmentAway as error:
        log.warning("treatment_is_away", error=str(error), messages=len(reached))
        return found | {row.key: NotKnown() for row in reached}
    for row in reached:
        way, given = ways[row.key], links.get(row.about)
        if given is not None and isinstance(way, Way):
            found[row.key] = answer(given, way)
    return found


def answer(given: LinkGiven, way: Way) -> Answer:
    if given.link is None or given.good_until is None:
        return Unwanted(given.stop or "unknown")
    return way.leading_to(given.link, given.good_until)

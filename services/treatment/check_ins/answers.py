"""One answer to each question: the first while it is open, and for a day after that what it should have been."""

from datetime import timedelta
from typing import Any

from services.treatment.check_ins.commands import Answer, Details, Said
from services.treatment.check_ins.state import CheckIn, Ladder
from shared.decider import NotThere, Refused
from shared.events import treatment_check_ins as c

CORRECTABLE = timedelta(hours=24)
HIGHEST = 10
"""Of the numeric rating scale; the lowest score is 0."""


class NoSuchScore(Refused):
    """Pain is a whole number from 0 to 10."""

    code = "no_such_score"


class NotOpen(Refused):
    """Nobody asks this question now: not yet, not any more, or there is another one in its place."""

    code = "check_in_not_open"


class SaidOtherwise(Refused):
    """Meanwhile something else was answered; look at it again."""

    code = "said_otherwise"


class AnswerStands(Refused):
    """The answer is older than a day and stays as it is."""

    code = "answer_stands"


def answer(command: Answer, ladder: Ladder) -> list[Any]:
    """Nothing when just that was said already.

    Raises NotThere, NoSuchScore, NotOpen, SaidOtherwise, AnswerStands.
    """
    check_in = ladder.check_ins.get(command.check_in_id)
    if check_in is None:
        raise NotThere
    if not 0 <= command.said.score <= HIGHEST:
        raise NoSuchScore
    if ladder.erased:
        raise NotOpen
    if check_in.answered is not None:
        return corrected(command, check_in, check_in.answered)
    if check_in.status(command.now) != "open":
        raise NotOpen
    content = told(command.said, command, check_in)
    return [c.CheckInAnswered(**content, after_session=command.after_session, answered_at=command.now)]


def corrected(command: Answer, check_in: CheckIn, first: c.CheckInAnswered) -> list[Any]:
    known = said_before(check_in)
    wanted = command.said if command.said.details else Said(command.said.score, known.details)
    if (wanted.score, wanted.details) == (known.score, known.details):
        return []
    if command.said.made_from not in (None, check_in.edition):
        raise SaidOtherwise
    if command.now > first.answered_at + CORRECTABLE:
        raise AnswerStands
    content = told(wanted, command, check_in)
    return [c.CheckInCorrected(**content, after_session=first.after_session, corrected_at=command.now)]


def told(said: Said, command: Answer, check_in: CheckIn) -> dict[str, Any]:
    """What both events say."""
    details = said.details or Details()
    return {
        "check_in_id": check_in.id,
        "client_id": check_in.client_id,
        "score": said.score,
        "places": details.places,
        "homework": details.homework,
        "note": details.note,
        "red_flags": details.red_flags,
        "source": command.source,
    }


def said_before(check_in: CheckIn) -> Said:
    """The answer that holds; raises LookupError where there is none."""
    said = check_in.must_be_said()
    details = Details(places=said.places, homework=said.homework, note=said.note, red_flags=said.red_flags)
    return Said(said.score, details)

"""What comes back from a page is read strictly: a value that no page of ours wrote ends the request."""

import re
from collections.abc import Collection, Sequence
from datetime import date
from typing import TypeVar, get_args
from uuid import UUID

from services.treatment.check_ins.commands import Details
from services.treatment.web import chart
from shared.events.treatment_check_ins import RedFlag
from shared.events.treatment_homework import Done
from shared.http.problems import garbled
from shared.links import decoded, encoded
from shared.visible import visible

LONGEST_NOTE = 300
NUMBER = re.compile(r"[1-9][0-9]{0,5}")
SCORES = {str(score): score for score in range(11)}
DONE: tuple[Done, ...] = get_args(Done)
FLAGS: tuple[RedFlag, ...] = get_args(RedFlag)
Value = TypeVar("Value", bound=str)


def mark(given: UUID) -> str:
    """An id as a form carries it, to say what it is about."""
    return encoded(given.bytes)


def marked(value: str | None) -> UUID:
    """The id in a form; raises Problem."""
    try:
        return UUID(bytes=decoded(value or ""))
    except ValueError as error:
        raise garbled() from error


def day(value: str | None) -> date:
    """A day as the page wrote it; raises Problem."""
    try:
        found = date.fromisoformat(value or "")
    except ValueError as error:
        raise garbled() from error
    if found.isoformat() != value:
        raise garbled()
    return found


def score(value: str | None) -> int:
    """From 0 to 10; raises Problem."""
    try:
        return SCORES[value or ""]
    except KeyError as error:
        raise garbled() from error


def number(value: str | None) -> int:
    """A count that the page wrote; raises Problem."""
    if not value or not NUMBER.fullmatch(value):
        raise garbled()
    return int(value)


def done(value: str | None) -> Done | None:
    """How much of the homework, or nothing said; raises Problem."""
    return one_of(value, DONE) if value else None


def details(*, places: Sequence[str], homework: str | None, note: str | None, flags: Sequence[str]) -> Details:
    """All that is said beside the score; raises Problem."""
    return Details(
        places=tuple(one_of(each, tuple(chart.codes())) for each in unlike(places)),
        homework=done(homework),
        note=line(note),
        red_flags=tuple(one_of(each, FLAGS) for each in unlike(flags)),
    )


def line(value: str | None) -> str | None:
    """One line that somebody typed, or nothing; raises Problem when it is longer than the page lets it be."""
    if value and len(value) > LONGEST_NOTE:
        raise garbled()
    return visible(value or "") or None


def unlike(values: Sequence[str]) -> list[str]:
    """The values in an order of their own, each once."""
    return sorted(set(values))


def one_of(value: str, known: Collection[Value]) -> Value:
    for each in known:
        if each == value:
            return each
    raise garbled()

"""Which messages ask a client how they are: an invitation on the evening of the day, and reminders on later ones.

All go out at the same time by the client's own clock, whatever the clocks do, and none in quiet hours. Each is worth
sending until the next is due, the last for a day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.wall_clock import instant, minute_of_day
from workers.messages.plan import Audience, Wanted
from workers.messages.quiet import before_quiet

LAST_GOOD_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A check-in as it was planned; the hours after `due_time` are those of the clock."""

    check_in_id: UUID
    chain_id: UUID
    client_id: UUID
    due_on: date
    due_time: str
    nudge_hours: tuple[int, ...]


def invitations(question: Question, audience: Audience) -> list[Wanted]:
    """The invitation (0) and its reminders, each at another moment."""
    due = sorted(set(moments(question, audience)))
    ends = [*(later for _, later in pairwise(due)), due[-1] + LAST_GOOD_FOR]
    return [
        Wanted(
            key=key_of(question.check_in_id, ordinal),
            kind="check_in",
            announcement=None,
            version=ordinal,
            due_at=due_at,
            not_after=not_after,
        )
        for ordinal, (due_at, not_after) in enumerate(zip(due, ends, strict=True))
    ]


def moments(question: Question, audience: Audience) -> Iterator[datetime]:
    zone = ZoneInfo(audience.time_zone)
    for hours in (0, *question.nudge_hours):
        at = instant(question.due_on, minute_of_day(question.due_time) + hours * 60, audience.time_zone)
        yield before_quiet(at, zone, audience.quiet_hours)


KEY = "check_in"


def key_of(check_in_id: UUID, ordinal: int) -> str:
    return f"{KEY}:{check_in_id}:{ordinal}"


def ordinal_of(key: str) -> int:
    """0 for an invitation, from 1 on for its reminders."""
    return int(key.rpartition(":")[2])


def is_question(key: str) -> bool:
    return key.startswith(f"{KEY}:")

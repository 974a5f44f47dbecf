"""What becomes of a reply: only a known message, of the time the visit still has, can confirm; nothing ever cancels."""

from dataclasses import dataclass
from typing import Literal

from shared.events.scheduling_reaching import Cause, MatchedBy, ReplyKind

CALENDAR_ANSWERS: dict[str, ReplyKind] = {"ACCEPTED": "confirmed", "DECLINED": "declined", "TENTATIVE": "tentative"}

Step = Literal["confirm", "nothing"] | Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the client was told and what the visit has become: versions are those of the visit's stream.

    `told_version` is None when no message of ours is known that this answers; `timed_version` is the version that set
    the time and place which hold now; `asks` says that the message asked for a confirmation.
    """

    matched_by: MatchedBy
    told_version: int | None
    asks: bool
    timed_version: int
    status: str
    confirmed: bool


def step(kind: ReplyKind, asked: Asked, *, calendar: bool) -> Step:
    """Confirm, do nothing, or have a person see to it (the cause of the task)."""
    match kind:
        case "stop":
            return "nothing"
        case "declined":
            return "declined"
        case "confirmed" if may_confirm(asked, calendar=calendar):
            return "nothing" if asked.confirmed else "confirm"
        case _:
            return "reply"


def may_confirm(asked: Asked, *, calendar: bool) -> bool:
    """A calendar's answer needs no question; a bare word does."""
    known = asked.matched_by == "reference" and asked.told_version is not None
    return (
        known
        and asked.status == "booked"
        and (calendar or asked.asks)
        and (asked.told_version or 0) >= asked.timed_version
    )

"""Whether a due message still makes sense now, with what scheduling answers about its visit and its client."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from workers.messages.model import Answer, Due, Letter, Notice, NotKnown, Recipient, Unreachable, Unwanted
from workers.messages.outcomes import Expired, NotYet, Outcome, Stop, Withdrawn
from workers.messages.quiet import quiet_time

ASKED_AGAIN = timedelta(seconds=15)


def verdict(due: Due, answer: Answer, now: datetime) -> Outcome | None:
    """The outcome when the message must not go out now, otherwise None."""
    match answer:
        case Unreachable():
            return Stop(answer.reason)
        case Unwanted():
            return Withdrawn(answer.reason)
        case NotKnown():
            return NotYet(now + ASKED_AGAIN)
        case Recipient():
            return verdict_of_visit(due, answer, now)
        case _:
            pass
    if now >= due.not_after:
        return Expired("too_late")
    zone = answer.time_zone if isinstance(answer, Letter | Notice) else None
    return wait_for_morning(due, zone, now) if zone is not None else None


def verdict_of_visit(due: Due, answer: Recipient, now: datetime) -> Outcome | None:
    if reason := no_longer_wanted(due, answer):
        return Withdrawn(reason)
    if now >= due.not_after:
        return Expired("too_late")
    return wait_for_morning(due, answer.time_zone, now)


def no_longer_wanted(due: Due, recipient: Recipient) -> str | None:
    """Why the message contradicts the visit as it stands: scheduling may know more than has been planned here.

    A confirmation of several visits is wanted as long as one of them is booked.
    """
    visit = recipient.visit
    if due.kind == "link":
        return None
    if recipient.also:
        return None if recipient.together else visit.status
    if due.announcement == "cancelled":
        return None if visit.status == "cancelled" else visit.status
    if visit.status != "booked":
        return visit.status
    if due.kind == "reminder" and visit.disrupted:
        return "disrupted"
    return "moved" if visit.starts_at != due.visit_starts_at else None


def wait_for_morning(due: Due, time_zone: str, now: datetime) -> Outcome | None:
    if due.quiet_hours is None:
        return None
    quiet = quiet_time(now, ZoneInfo(time_zone), due.quiet_hours)
    if quiet is None:
        return None
    return NotYet(quiet[1]) if quiet[1] < due.not_after else Expired("quiet_until_too_late")

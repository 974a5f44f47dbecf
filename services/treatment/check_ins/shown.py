"""A check-in as its API shows it."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from services.treatment.check_ins.state import CheckIn, Ladder
from shared.events.treatment_check_ins import CheckInCorrected

PLAN = (
    "client_id",
    "episode_id",
    "session_id",
    "step",
    "counted_from",
    "due_on",
    "due_time",
    "time_zone",
    "nudge_hours",
)
SAID = ("score", "places", "homework", "note", "red_flags", "after_session", "source")


def shown(check_in: CheckIn, now: datetime) -> dict[str, Any]:
    """What it is at that moment."""
    opened, cancelled = check_in.opened, check_in.cancelled
    return {name: getattr(check_in.planned, name) for name in PLAN} | {
        "id": check_in.id,
        "status": check_in.status(now),
        "opened_at": opened and opened.opened_at,
        "good_until": opened and opened.good_until,
        "sent": [asdict(each) for each in check_in.sent],
        "undeliverable": [asdict(each) for each in check_in.failed],
        "answer": answer(check_in),
        "cancelled": cancelled and {"cause": cancelled.cause, "at": cancelled.cancelled_at},
    }


def answer(check_in: CheckIn) -> dict[str, Any] | None:
    """The answer that holds, and the first score where it was another."""
    first, said = check_in.answered, check_in.said
    if first is None or said is None:
        return None
    return {name: getattr(said, name) for name in SAID} | {
        "first_score": first.score,
        "answered_at": first.answered_at,
        "corrected_at": said.corrected_at if isinstance(said, CheckInCorrected) else None,
    }


def asking(ladder: Ladder) -> dict[str, Any]:
    """Whether the client wants to be asked."""
    stopped = ladder.stopped if ladder.is_stopped else None
    return {"stopped": stopped is not None, "stopped_at": stopped and stopped.stopped_at}

"""What an alert rests on, as its API shows it."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

from services.treatment.alerts.decider import ALERT, Status
from shared.decider import NotThere
from shared.event_store import Happened
from shared.events import treatment_alerts as a

LEADS_TO: dict[type, Status] = {
    a.AlertRaised: "raised",
    a.AlertEscalated: "escalated",
    a.AlertAcknowledged: "acknowledged",
    a.AlertClosed: "closed",
}


def shown(entries: Sequence[Happened]) -> dict[str, Any]:
    """What these events leave; raises NotThere where they do not begin with its raising."""
    alert = reduce(ALERT.evolve, (each.event for each in entries), ALERT.initial)
    raised = alert.raised
    if raised is None:
        raise NotThere
    names = ("client_id", "level", "episode_id", "check_in_id", "rules", "red_flags", "score", "before")
    seen = last(entries, a.AlertAcknowledged)
    closed = last(entries, a.AlertClosed)
    return {name: getattr(raised, name) for name in names} | {
        "id": raised.alert_id,
        "version": entries[-1].version,
        "status": alert.status,
        "action": seen and seen.action,
        "note": seen and seen.note,
        "outcome": alert.outcome,
        "reason": closed.reason if closed and alert.status == "closed" else None,
        "changes": [change(each) for each in entries],
    }


def last(entries: Sequence[Happened], kind: type) -> Any:
    """The last event of a kind; None where there is none."""
    return next((each.event for each in reversed(entries) if isinstance(each.event, kind)), None)


def change(entry: Happened) -> dict[str, Any]:
    return {
        "status": LEADS_TO[type(entry.event)],
        "happened_at": entry.event.happened_at,
        "by": entry.metadata.actor,
    }

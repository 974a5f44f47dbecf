"""The life of an alert: raised, escalated while nobody has acknowledged it, acknowledged, and closed with an outcome.

What a correction adds raises it anew. What a correction takes back closes an alert about scores that nobody has
acknowledged; a red flag is closed by people alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypeAlias, TypeVar, assert_never

from services.treatment.alerts.rules import LEVELS, group_of
from shared.decider import Decider, NotThere, Refused
from shared.events import treatment_alerts as a

Status = Literal["raised", "escalated", "acknowledged", "closed"]
UNSEEN = ("raised", "escalated")
"""Nobody has acknowledged it."""

WITH_REASON = ("overridden", "no_action")

Item = TypeVar("Item")


class AlertAcknowledgedAlready(Refused):
    """Somebody has acknowledged this alert already."""

    code = "alert_acknowledged"


class AlertNotAcknowledged(Refused):
    """Acknowledge the alert first; then say what came of it."""

    code = "alert_not_acknowledged"


class AlertOver(Refused):
    """The alert is closed."""

    code = "alert_closed"


class ReasonMissing(Refused):
    """Whoever sets an alert aside says why."""

    code = "reason_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert as its events leave it; `raised` holds all that it was raised for so far."""

    raised: a.AlertRaised | None = None
    status: Status = "raised"
    outcome: a.Outcome | None = None
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Raise:
    event: a.AlertRaised


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The answer was corrected, and no rule raises this alert any more."""

    now: datetime


@dataclass(frozen=True, slots=True)
class Acknowledge:
    action: a.Action
    note: str | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Escalate:
    now: datetime


@dataclass(frozen=True, slots=True)
class Close:
    outcome: a.Outcome
    reason: str | None
    now: datetime


AlertCommand: TypeAlias = Raise | Withdraw | Acknowledge | Escalate | Close


def decide(command: AlertCommand, alert: Alert) -> list[Any]:
    if isinstance(command, Raise):
        return raising(command.event, alert)
    raised = alert.raised
    if raised is None:
        if isinstance(command, Withdraw):
            return []
        raise NotThere
    about: dict[str, Any] = {
        "alert_id": raised.alert_id,
        "client_id": raised.client_id,
        "happened_at": command.now,
    }
    match command:
        case Withdraw():
            withdrawn = alert.status in UNSEEN and group_of(raised.rules) == "worsening"
            return [a.AlertClosed(**about, outcome="corrected", reason=None)] if withdrawn else []
        case Acknowledge():
            must_be_unseen(alert)
            return [a.AlertAcknowledged(**about, action=command.action, note=command.note)]
        case Escalate():
            is_due = alert.status == "raised" and raised.escalate_at <= command.now
            return [escalated(alert, raised, about)] if is_due else []
        case Close():
            must_be_closable(command, alert)
            return [a.AlertClosed(**about, outcome=command.outcome, reason=command.reason)]
        case _:
            assert_never(command)


def raising(event: a.AlertRaised, alert: Alert) -> list[Any]:
    """The event, with all that the alert was raised for before; nothing where it adds nothing."""
    known = alert.raised
    if known is None or alert.outcome == "corrected":
        return [event]
    is_grown = group_of(event.rules) == "worsening" and event.score > known.score
    if not (is_grown or set(event.rules) - set(known.rules) or set(event.red_flags) - set(known.red_flags)):
        return []
    return [
        replace(
            event,
            rules=united(known.rules, event.rules),
            red_flags=united(known.red_flags, event.red_flags),
            level=max(known.level, event.level, key=LEVELS.index),
        )
    ]


def united(first: Iterable[Item], second: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def escalated(alert: Alert, raised: a.AlertRaised, about: dict[str, Any]) -> a.AlertEscalated:
    return a.AlertEscalated(
        **about, level=raised.level, clinic_id=raised.clinic_id, step=alert.steps + 1, to="managers"
    )


def must_be_unseen(alert: Alert) -> None:
    if alert.status == "closed":
        raise AlertOver
    if alert.status not in UNSEEN:
        raise AlertAcknowledgedAlready


def must_be_closable(command: Close, alert: Alert) -> None:
    if alert.status == "closed":
        raise AlertOver
    if alert.status in UNSEEN:
        raise AlertNotAcknowledged
    if command.outcome in WITH_REASON and not command.reason:
        raise ReasonMissing


def evolve(alert: Alert, event: Any) -> Alert:
    match event:
        case a.AlertRaised():
            return replace(alert, raised=event, status="raised", outcome=None)
        case a.AlertAcknowledged():
            return replace(alert, status="acknowledged")
        case a.AlertEscalated():
            return replace(alert, status="escalated", steps=event.step)
        case a.AlertClosed():
            return replace(alert, status="closed", outcome=event.outcome)
        case _:
            raise TypeError(event)


ALERT: Decider[Alert, AlertCommand] = Decider(Alert(), decide, evolve)

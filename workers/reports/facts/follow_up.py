"""What treatment's events say to reports of what comes after a visit: check-ins, and the alerts that answers raise."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from shared.events import treatment_alerts as a, treatment_check_ins as c
from workers.reports.facts.model import Fact, Told


def check_in(step: str, event: Any, at: datetime, **values: Any) -> Iterable[Fact]:
    row = {"check_in_id": event.check_in_id, "client_id": event.client_id, "step": step}
    yield Fact("check_in_steps", row | values, at)


def planned(event: c.CheckInPlanned) -> Iterable[Fact]:
    """Due on the clock of the session's clinic: which one the client lives by is not in the event."""
    local = datetime.combine(event.due_on, time.fromisoformat(event.due_time), ZoneInfo(event.time_zone))
    links = {"episode_id": event.episode_id, "session_id": event.session_id}
    return check_in("planned", event, event.planned_at, due_at=local.astimezone(UTC), **links)


def opened(event: c.CheckInOpened) -> Iterable[Fact]:
    return check_in("opened", event, event.opened_at, good_until=event.good_until)


def sent(event: c.CheckInSent) -> Iterable[Fact]:
    return check_in("sent", event, event.sent_at, ordinal=event.ordinal)


def undeliverable(event: c.CheckInUndeliverable) -> Iterable[Fact]:
    return check_in("undeliverable", event, event.noticed_at, ordinal=event.ordinal)


def answered(event: c.CheckInAnswered) -> Iterable[Fact]:
    return check_in("answered", event, event.answered_at, score=event.score, places=event.places)


def corrected(event: c.CheckInCorrected) -> Iterable[Fact]:
    return check_in("corrected", event, event.corrected_at, score=event.score, places=event.places)


def cancelled(event: c.CheckInCancelled) -> Iterable[Fact]:
    return check_in("cancelled", event, event.cancelled_at, cause=event.cause)


def alert(step: str, event: Any, **values: Any) -> Iterable[Fact]:
    row = {"alert_id": event.alert_id, "client_id": event.client_id, "step": step}
    yield Fact("alert_steps", row | values, event.happened_at)


def raised(event: a.AlertRaised) -> Iterable[Fact]:
    values = {"level": event.level, "red_flag": "red_flag" in event.rules}
    return alert("raised", event, therapist_id=event.therapist_id, clinic_id=event.clinic_id, **values)


def acknowledged(event: a.AlertAcknowledged) -> Iterable[Fact]:
    return alert("acknowledged", event)


def escalated(event: a.AlertEscalated) -> Iterable[Fact]:
    return alert("escalated", event)


def closed(event: a.AlertClosed) -> Iterable[Fact]:
    return alert("closed", event, outcome=event.outcome)


TOLD: Mapping[type, Told] = {
    c.CheckInPlanned: planned,
    c.CheckInOpened: opened,
    c.CheckInSent: sent,
    c.CheckInUndeliverable: undeliverable,
    c.CheckInAnswered: answered,
    c.CheckInCorrected: corrected,
    c.CheckInCancelled: cancelled,
    a.AlertRaised: raised,
    a.AlertAcknowledged: acknowledged,
    a.AlertEscalated: escalated,
    a.AlertClosed: closed,
}

"""What the treatment service has recorded of alerts: that a client's answer wants looking at, and what came of it.

A stream holds what one kind of rule found in one answer; what the answer's correction adds is raised anew in it.
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from shared.events.registry import Personal, event

Level = Literal["worsening", "same_day", "emergency"]
"""What an answer asks for, the most urgent last."""

Rule = Literal["worse_twice", "worse_step", "high", "red_flag"]
Action = Literal["called", "message_left", "advised", "referred", "watching"]
"""What whoever acknowledges an alert has done, or does."""

Outcome = Literal["booked", "referred", "cleared", "overridden", "no_action", "corrected"]
"""What came of an alert; `corrected`: the client's correction left nothing of it, and nobody had acknowledged it."""


@event("treatment.alert_raised.v1")
class AlertRaised:
    """By which rules, and how urgent: to the therapist who leads, and to the clinic's managers from `escalate_at` on.

    `score` is the answer's, `before` the scores that it was judged by, the oldest first; all from 0 to 10.
    """

    alert_id: UUID
    client_id: UUID
    episode_id: UUID | None
    check_in_id: UUID
    rules: tuple[Rule, ...]
    level: Level
    red_flags: tuple[str, ...]
    score: int
    before: tuple[int, ...]
    therapist_id: UUID
    clinic_id: UUID
    escalate_at: datetime
    happened_at: datetime


@event("treatment.alert_acknowledged.v1")
class AlertAcknowledged:
    """Somebody has seen it and does something about it; it is escalated no more."""

    alert_id: UUID
    client_id: UUID
    action: Action
    note: Annotated[str | None, Personal("clinical", "client_id")]
    happened_at: datetime


@event("treatment.alert_escalated.v1")
class AlertEscalated:
    """Nobody had acknowledged it in time, so the managers of the clinic are told; `step` counts from 1."""

    alert_id: UUID
    client_id: UUID
    level: Level
    clinic_id: UUID
    step: int
    to: Literal["managers"]
    happened_at: datetime


@event("treatment.alert_closed.v1")
class AlertClosed:
    """What came of it."""

    alert_id: UUID
    client_id: UUID
    outcome: Outcome
    reason: Annotated[str | None, Personal("clinical", "client_id")]
    happened_at: datetime


@event("treatment.safety_text_approved.v1")
class SafetyTextApproved:
    """What a client who ticks a red flag reads at once, in one language, until something else is approved."""

    chain_id: UUID
    locale: str
    emergency: str
    same_day: str
    approved_at: datetime


@event("treatment.safety_text_withdrawn.v1")
class SafetyTextWithdrawn:
    """The chain has no words of its own in this language any more; the built-in ones are shown."""

    chain_id: UUID
    locale: str
    withdrawn_at: datetime

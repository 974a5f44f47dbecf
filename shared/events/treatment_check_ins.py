"""What the treatment service has recorded of check-ins: when a client is asked about pain, and what they answer.

A step of the ladder is `day_N` after a session, `weekly`, or `after_N`, days after a discharge. Scores are whole
numbers from 0 to 10. That a check-in was not answered in time is no event: it follows from `good_until`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from shared.events.registry import Personal, event
from shared.events.treatment_homework import Done
from shared.events.treatment_sessions import Source

Channel = Literal["email", "sms"]
RedFlag = Literal[
    "saddle_numbness",
    "bladder_bowel",
    "fever",
    "night_pain",
    "after_fall",
    "calf_swelling",
    "chest_breath",
    "sudden_weakness",
    "weight_loss",
]
CancelReason = Literal["replaced", "discharged", "reopened", "opted_out", "in_error", "erased"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInRules:
    """When a client is asked; the defaults stand here alone.

    On these `days` after a session, then every seven days until the discharge if `weekly`, and on `after_discharge`
    days after it; at `time` (HH:MM) on the client's clock, and again after `nudge_hours` without an answer.
    """

    days: tuple[int, ...] = (1, 3, 7)
    weekly: bool = True
    after_discharge: tuple[int, ...] = (30, 90, 180)
    time: str = "18:00"
    nudge_hours: tuple[int, ...] = (24, 72)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferingRules:
    """What holds for visits of one offering instead; None: nobody is asked."""

    offering_id: UUID
    rules: CheckInRules | None


@event("treatment.check_in_rules_set.v1")
class CheckInRulesSet:
    """What the chain asks from now on, all of it; what was planned before is asked as it was planned."""

    chain_id: UUID
    rules: CheckInRules | None
    offerings: tuple[OfferingRules, ...]


@event("treatment.check_in_planned.v1")
class CheckInPlanned:
    """The client is to be asked on `due_on` at `due_time`, on their own clock or else on that of `time_zone`.

    `counted_from` is the day of the session or the discharge that it follows.
    """

    check_in_id: UUID
    client_id: UUID
    episode_id: UUID | None
    session_id: UUID | None
    step: str
    counted_from: date
    due_on: date
    due_time: str
    time_zone: str
    nudge_hours: tuple[int, ...]
    planned_at: datetime


@event("treatment.check_in_opened.v1")
class CheckInOpened:
    """The question is asked: it can be answered until `good_until`."""

    check_in_id: UUID
    client_id: UUID
    opened_at: datetime
    good_until: datetime


@event("treatment.check_in_sent.v1")
class CheckInSent:
    """A message has gone out: the invitation (0), or a later reminder of it."""

    check_in_id: UUID
    client_id: UUID
    ordinal: int
    channel: Channel
    sent_at: datetime


@event("treatment.check_in_undeliverable.v1")
class CheckInUndeliverable:
    """A message did not reach the client, or none could be sent, by a code: that nobody answers says nothing then."""

    check_in_id: UUID
    client_id: UUID
    ordinal: int
    cause: str
    noticed_at: datetime


@event("treatment.check_in_answered.v1")
class CheckInAnswered:
    """`places` are regions of the body chart, as `knee-left`; `after_session`: soreness of a session may be in it."""

    check_in_id: UUID
    client_id: UUID
    score: int
    places: tuple[str, ...]
    homework: Done | None
    note: Annotated[str | None, Personal("clinical", "client_id")]
    red_flags: tuple[RedFlag, ...]
    after_session: bool
    source: Source
    answered_at: datetime


@event("treatment.check_in_corrected.v1")
class CheckInCorrected:
    """What the answer is instead; all of it, also what has not changed."""

    check_in_id: UUID
    client_id: UUID
    score: int
    places: tuple[str, ...]
    homework: Done | None
    note: Annotated[str | None, Personal("clinical", "client_id")]
    red_flags: tuple[RedFlag, ...]
    after_session: bool
    source: Source
    corrected_at: datetime


@event("treatment.check_in_cancelled.v1")
class CheckInCancelled:
    """It is not asked any more, or can no longer be answered; `cause` says why."""

    check_in_id: UUID
    client_id: UUID
    cause: CancelReason
    cancelled_at: datetime


@event("treatment.check_ins_stopped.v1")
class CheckInsStopped:
    """The client does not want to be asked any more."""

    client_id: UUID
    source: Source
    stopped_at: datetime


@event("treatment.check_ins_resumed.v1")
class CheckInsResumed:
    """The client wants to be asked again; `by` is who said so."""

    client_id: UUID
    by: Source
    resumed_at: datetime

"""What has become of a client's check-ins: the fold of their events, also of those that were entered under other ids.

Of clients who were merged, each stream is folded by itself and belongs to one ladder; what is decided about a check-in
goes into the stream in which it was planned, so that it stays with its client when they are taken apart again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from shared.events import treatment_check_ins as c
from shared.wall_clock import instant, minute_of_day

Status: TypeAlias = Literal["planned", "open", "answered", "cancelled", "expired"]
WEEKLY = "weekly"
AFTER = "after_"
"""With a number of days: the steps after a discharge."""

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """`answered` is the first answer and `said` the one that holds, which is the `edition`-th.

    `sent` and `failed` are what became of messages.
    """

    planned: c.CheckInPlanned
    opened: c.CheckInOpened | None = None
    answered: c.CheckInAnswered | None = None
    said: c.CheckInAnswered | c.CheckInCorrected | None = None
    edition: int = 0
    cancelled: c.CheckInCancelled | None = None
    sent: tuple[c.CheckInSent, ...] = ()
    failed: tuple[c.CheckInUndeliverable, ...] = ()

    @property
    def id(self) -> UUID:
        return self.planned.check_in_id

    @property
    def client_id(self) -> UUID:
        return self.planned.client_id

    @property
    def follows_discharge(self) -> bool:
        return self.planned.step.startswith(AFTER)

    @property
    def due_at(self) -> datetime:
        return due_at(self.planned)

    def must_be_said(self) -> c.CheckInAnswered | c.CheckInCorrected:
        """The answer that holds; raises LookupError where there is none."""
        if self.said is None:
            raise LookupError(self.id)
        return self.said

    def must_be_answered(self) -> c.CheckInAnswered:
        """The first answer; raises LookupError where there is none."""
        if self.answered is None:
            raise LookupError(self.id)
        return self.answered

    def status(self, now: datetime) -> Status:
        if self.answered is not None:
            return "answered"
        if self.cancelled is not None:
            return "cancelled"
        if self.opened is None:
            return "planned"
        return "open" if now < self.opened.good_until else "expired"

    def is_live(self, now: datetime) -> bool:
        """Whether it is still to be asked or to be answered."""
        return self.status(now) in {"planned", "open"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """All check-ins of one person by id; `erased`: nothing clinical is left of them, and nothing is asked any more.

    `stopped` is when the client last said that they want no questions, `resumed` when they took that back.
    """

    check_ins: Mapping[UUID, CheckIn] = field(default_factory=dict)
    stopped: c.CheckInsStopped | None = None
    resumed: c.CheckInsResumed | None = None
    erased: bool = False

    @property
    def is_stopped(self) -> bool:
        """Whether the client has said that they want no questions, and not taken it back."""
        return self.stopped is not None and self.resumed is None

    @property
    def last_word(self) -> datetime:
        """When the client last said whether they want to be asked."""
        if self.resumed is not None:
            return self.resumed.resumed_at
        return self.stopped.stopped_at if self.stopped else NEVER

    def live(self, now: datetime) -> list[CheckIn]:
        """What is still to be asked or answered, in the order in which it was planned."""
        return [each for each in self.check_ins.values() if each.is_live(now)]

    def open(self, now: datetime) -> CheckIn | None:
        """The one question that is open, if any is."""
        return next((each for each in self.check_ins.values() if each.status(now) == "open"), None)


def due_at(planned: c.CheckInPlanned) -> datetime:
    """When it is due on the clock of the clinic."""
    return instant(planned.due_on, minute_of_day(planned.due_time), planned.time_zone)


def evolve(ladder: Ladder, event: Any) -> Ladder:
    match event:
        case c.CheckInPlanned():
            return replace(ladder, check_ins={**ladder.check_ins, event.check_in_id: CheckIn(planned=event)})
        case c.CheckInsStopped():
            return replace(ladder, stopped=event, resumed=None)
        case c.CheckInsResumed():
            return replace(ladder, resumed=event)
        case _:
            changed = evolve_one(ladder.check_ins[event.check_in_id], event)
            return replace(ladder, check_ins={**ladder.check_ins, changed.id: changed})


def evolve_one(check_in: CheckIn, event: Any) -> CheckIn:
    match event:
        case c.CheckInOpened():
            return replace(check_in, opened=event)
        case c.CheckInSent():
            return replace(check_in, sent=(*check_in.sent, event))
        case c.CheckInUndeliverable():
            return replace(check_in, failed=(*check_in.failed, event))
        case c.CheckInAnswered():
            return replace(check_in, answered=event, said=event, edition=1)
        case c.CheckInCorrected():
            return replace(check_in, said=event, edition=check_in.edition + 1)
        case c.CheckInCancelled():
            return replace(check_in, cancelled=event)
        case _:
            raise TypeError(event)


def together(ladders: Iterable[Ladder], *, erased: bool = False) -> Ladder:
    """The ladder of a person out of those of all ids that stand for them; what was said last counts for all."""
    each = list(ladders)
    latest = max(each, key=lambda ladder: ladder.last_word, default=Ladder())
    known = {check_in_id: found for ladder in each for check_in_id, found in ladder.check_ins.items()}
    return replace(latest, check_ins=known, erased=erased)

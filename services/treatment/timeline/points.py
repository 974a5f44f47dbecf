"""Points on the axis of a client's life: each as precise as it is known, and what has no date before all others."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from services.treatment.check_ins.state import Ladder
from services.treatment.history.rules import span
from services.treatment.history.state import Attempt, History, Injury, id_of
from services.treatment.sessions.state import Session
from shared.events import treatment_history as h, treatment_patterns as p
from shared.events.treatment_alerts import AlertRaised
from shared.events.treatment_sessions import PainScored, Side

PointKind: TypeAlias = Literal["injury", "attempt", "visit", "pain", "pattern", "alert"]
Precision: TypeAlias = Literal["moment"] | h.Precision

CHANGES: dict[type, str] = {
    p.PatternHypothesised: "hypothesised",
    p.PatternConfirmed: "confirmed",
    p.PatternRefuted: "refuted",
    p.PatternCorrectedInSession: "corrected",
    p.PatternHeld: "held",
    p.PatternResolved: "resolved",
    p.PatternRelapsed: "relapsed",
    p.PatternSubordinated: "subordinated",
    p.PatternPromoted: "promoted",
    p.PatternClearedWithPrimary: "cleared_with_primary",
    p.PatternClosedUnverified: "closed_unverified",
}
"""What became of a pattern, by the event that says so."""


class Place(NamedTuple):
    """Where a point stands among the others: by its first day (none comes first), its moment, and its id."""

    day: str
    moment: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """`what` happened is a code: of an injury its kind, of an attempt who tried, of a visit what became of it, of pain
    when it was asked about, of a pattern what changed, of an alert how urgent it was.

    `first_on` and `last_on` are the days between which it lies, both None when it has no date; `about_id` is the visit,
    session, pattern or alert that a point belongs to, `members` are the pattern's, `value` a pain score from 0 to 10.
    """

    kind: PointKind
    id: UUID
    what: str
    precision: Precision | None
    first_on: date | None = None
    last_on: date | None = None
    at: datetime | None = None
    age: int | None = None
    target: str | None = None
    catalogue: int | None = None
    region: str | None = None
    side: Side | None = None
    result: str | None = None
    value: int | None = None
    about_id: UUID | None = None
    members: tuple[p.Member, ...] = ()

    @property
    def place(self) -> Place:
        if self.at is not None:
            moment = self.at.astimezone(UTC)
            return Place(moment.date().isoformat(), moment.isoformat(), str(self.id))
        return Place(self.first_on.isoformat() if self.first_on else "", "", str(self.id))

    def had_happened(self, by: datetime) -> bool:
        """Whether it had by a moment (of days, by its date in UTC); what has no date may have."""
        if self.at is not None:
            return self.at <= by
        return self.first_on is None or self.first_on <= by.astimezone(UTC).date()


def of_history(history: History) -> Iterator[Point]:
    """Injuries and attempts that are true of the client."""
    for entry in history.standing:
        match entry.told:
            case h.InjuryRecorded() | h.InjuryRevised() as injury:
                yield Point(kind="injury", what=injury.kind, **recalled(injury.onset), **told(injury))
            case h.PriorAttemptRecorded() | h.PriorAttemptRevised() as attempt:
                yield Point(
                    kind="attempt",
                    what=attempt.provider_kind,
                    result=attempt.result,
                    about_id=attempt.injury_id,
                    **recalled(attempt.started, attempt.ended),
                    **told(attempt),
                )
            case _:
                pass


def told(entry: Injury | Attempt) -> dict[str, Any]:
    where = {name: getattr(entry, name) for name in ("target", "region", "side", "catalogue")}
    return where | {"id": id_of(entry)}


def recalled(start: h.Recalled | None, end: h.Recalled | None = None) -> dict[str, Any]:
    """The days between which something lies that began and ended then."""
    if start is None:
        return {"precision": None}
    if start.age is not None:
        return {"precision": "age", "age": start.age}
    first_on, last_on = span(start)
    if end is not None and end.age is None:
        last_on = max(last_on, span(end)[1])
    return {"precision": start.precision, "first_on": first_on, "last_on": last_on}


def of_session(session: Session) -> Iterator[Point]:
    """The pain scores of a session, as they read now."""
    for entry in session.ordered:
        if isinstance(entry, PainScored):
            yield Point(
                kind="pain",
                id=entry.score_id,
                what=entry.when,
                value=entry.value,
                target=entry.target,
                side=entry.side,
                catalogue=entry.catalogue,
                about_id=entry.session_id,
                **momentary(entry.happened_at, session.start.time_zone),
            )


def of_check_ins(ladder: Ladder) -> Iterator[Point]:
    """What the client answered between visits, as it reads now."""
    for each in ladder.check_ins.values():
        if each.answered is not None:
            yield Point(
                kind="pain",
                id=each.id,
                what="check_in",
                value=each.must_be_said().score,
                about_id=each.planned.session_id,
                **momentary(each.answered.answered_at, each.planned.time_zone),
            )


def of_pattern(events: Iterable[tuple[UUID, Any]]) -> Iterator[Point]:
    """What became of a pattern, by the events of its stream with their ids; none where it was entered in error."""
    told = list(events)
    if any(isinstance(event, p.PatternEnteredInError) for _, event in told):
        return
    found = next((event for _, event in told if isinstance(event, p.PatternHypothesised)), None)
    for event_id, event in told:
        yield Point(
            kind="pattern",
            id=event_id,
            what=CHANGES[type(event)],
            about_id=event.pattern_id,
            members=found.members if found else (),
            catalogue=found.catalogue if found else None,
            **momentary(event.happened_at, "UTC"),
        )


def of_alert(events: Iterable[tuple[UUID, Any]]) -> Iterator[Point]:
    """Each time that an alert was raised, by the events of its stream with their ids."""
    for event_id, event in events:
        if isinstance(event, AlertRaised):
            yield Point(
                kind="alert",
                id=event_id,
                what=event.level,
                value=event.score,
                about_id=event.alert_id,
                **momentary(event.happened_at, "UTC"),
            )


def momentary(at: datetime, time_zone: str) -> dict[str, Any]:
    """A moment and its date on a clock."""
    day = at.astimezone(ZoneInfo(time_zone)).date()
    return {"precision": "moment", "at": at, "first_on": day, "last_on": day}

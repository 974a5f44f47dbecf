"""What invented clients are asked between visits, what they answer, and what is done about it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from demo.year.telling import Teller
from shared.events import treatment_alerts as a, treatment_check_ins as c

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BY = {"actor": "therapist", "role": "therapist"}
PLACES = ("knee-right", "knee-left", "lower_back", "hip-right", "neck")


@dataclass
class Asking:
    """One client's check-ins of an episode: what is planned, what they said, and who is told of it."""

    teller: Teller
    client_id: UUID
    episode_id: UUID
    planned: list[c.CheckInPlanned] = field(default_factory=list)
    scores: list[int] = field(default_factory=list)
    seen_until: datetime | None = None
    said_at: datetime | None = None
    lead: UUID | None = None
    clinic: UUID | None = None

    @property
    def random(self) -> Random:
        return self.teller.random

    def tell(self, at: datetime, event: Any, role: str) -> None:
        self.teller.tell(at, f"check_ins-{self.client_id}", event, actor=role, role=role)

    def plan(self, session_id: UUID | None, since: datetime, at: datetime, steps: dict[str, int]) -> None:
        """Ask so many days after `since`; what would be past at `at` is left out."""
        for step, days in steps.items():
            due_on = (since + days * DAY).date()
            if due_on <= at.date():
                continue
            event = c.CheckInPlanned(
                check_in_id=self.teller.new_id(),
                client_id=self.client_id,
                episode_id=self.episode_id,
                session_id=session_id,
                step=step,
                counted_from=since.date(),
                due_on=due_on,
                due_time="18:00",
                time_zone="Europe/Berlin",
                nudge_hours=(24, 72),
                planned_at=at,
            )
            self.planned.append(event)
            self.tell(at, event, "therapist")

    def cancel(self, at: datetime, cause: c.CancelReason) -> None:
        """Whatever is still planned is not asked."""
        for event in self.planned:
            ids: dict[str, Any] = {"check_in_id": event.check_in_id, "client_id": self.client_id}
            self.tell(at, c.CheckInCancelled(**ids, cause=cause, cancelled_at=at), "therapist")
        self.planned.clear()

    def ask(self, at: datetime) -> None:
        """Ask some of what is planned; the rest is left for the next session to replace."""
        for event in self.planned[: self.random.choice((1, 2, 3, 3))]:
            self.planned.remove(event)
            self.asked(event.check_in_id, at.replace(hour=17, minute=0) + (event.due_on - at.date()).days * DAY)

    def asked(self, check_in_id: UUID, at: datetime) -> None:
        ids: dict[str, Any] = {"check_in_id": check_in_id, "client_id": self.client_id}
        self.tell(at, c.CheckInOpened(**ids, opened_at=at, good_until=at + 7 * DAY), "service")
        told_at = at + MINUTE
        if self.random.random() < 0.05:
            self.tell(told_at, c.CheckInUndeliverable(**ids, ordinal=0, cause="bounced", noticed_at=told_at), "service")
            return
        self.tell(told_at, c.CheckInSent(**ids, ordinal=0, channel="email", sent_at=told_at), "service")
        if self.random.random() < 0.65:
            self.answered(ids, at + self.random.randint(2, 90) * HOUR)

    def answered(self, ids: dict[str, Any], at: datetime) -> None:
        at = at if self.said_at is None else max(at, self.said_at + MINUTE)
        self.said_at = at
        soon = self.seen_until is not None and at - self.seen_until < 2 * DAY
        score = max(0, min(10, (self.scores or [5])[-1] + self.random.choice((-1, -1, -1, 0, 0, 0, 0, 1, 1, 4))))
        flags: tuple[c.RedFlag, ...] = ("fever",) if self.random.random() < 0.01 else ()
        places = tuple(self.random.sample(PLACES, self.random.choice((0, 1, 1, 2))))
        own: dict[str, Any] = {"places": places, "homework": self.random.choice(("none", "some", "all", None))}
        own |= {"note": None, "red_flags": flags, "after_session": soon, "source": "client"}
        self.tell(at, c.CheckInAnswered(**ids, score=score, **own, answered_at=at), "client")
        if self.random.random() < 0.03:
            score, later = max(0, score - 1), at + HOUR
            own["places"] = PLACES[:1]
            self.tell(later, c.CheckInCorrected(**ids, score=score, **own, corrected_at=later), "client")
        rise = score - self.scores[-1] if self.scores else 0
        self.scores.append(score)
        if flags or score >= 8 > self.scores[0] or (rise >= 3 and not soon):
            rules: tuple[a.Rule, ...] = ("red_flag",) if flags else ("high",) if score >= 8 else ("worse_step",)
            self.alert(ids, at, rules)

    def alert(self, ids: dict[str, Any], at: datetime, rules: tuple[a.Rule, ...]) -> None:
        if self.lead is None or self.clinic is None:
            return
        flagged, alert_id = rules == ("red_flag",), self.teller.new_id()
        raised = a.AlertRaised(
            alert_id=alert_id,
            **ids,
            episode_id=self.episode_id,
            rules=rules,
            level="same_day" if flagged else "worsening",
            red_flags=("fever",) if flagged else (),
            score=self.scores[-1],
            before=tuple(self.scores[-4:-1]),
            therapist_id=self.lead,
            clinic_id=self.clinic,
            escalate_at=at + HOUR / 2,
            happened_at=at,
        )
        stream, own = f"alert-{alert_id}", {"alert_id": alert_id, "client_id": self.client_id}
        self.teller.tell(at, stream, raised, actor="client", role="client")
        seen_at = at + self.random.choice((10, 25, 90, 600)) * MINUTE
        if self.random.random() < 0.95:
            seen = a.AlertAcknowledged(**own, action="called", note=None, happened_at=seen_at)
            closed = a.AlertClosed(**own, outcome="cleared", reason=None, happened_at=seen_at + DAY)
            self.teller.tell(seen_at, stream, seen, **BY)
            self.teller.tell(seen_at + DAY, stream, closed, **BY)

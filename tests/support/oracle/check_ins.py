"""The number of answers to check-ins, as docs/reports.md words it."""

from datetime import datetime, timedelta
from uuid import UUID

from shared.events import (
    treatment_check_ins as c,
)
from tests.support.oracle.arithmetic import Number, share
from tests.support.oracle.asked import DAY, Asked
from tests.support.oracle.minutes import clock
from tests.support.oracle.story import CheckIn


class CheckIns(Asked):
    """Check-ins by who led when they fell due."""

    def check_in_response(self) -> Number:
        left = {"opted_out": 0, "cancelled": 0, "undelivered": 0, "too_recent": 0}
        answered = counted = 0
        for check_in, due in self.asked():
            cancelled = check_in.first(c.CheckInCancelled)
            if not check_in.sent - check_in.failed:
                why = "undelivered"
                if cancelled is not None:
                    why = "opted_out" if cancelled.cause == "opted_out" else "cancelled"
                left[why] += 1
            elif due + 7 * DAY > self.asked_at:
                left["too_recent"] += 1
            else:
                counted += 1
                first = check_in.first(c.CheckInAnswered)
                answered += first is not None and first.answered_at - due <= 7 * DAY
        return share(answered, counted, left)

    def asked(self) -> list[tuple[CheckIn, datetime]]:
        """Check-ins that fell due in the period, and when."""
        found = self.story.kept(("asked", self.begin, self.shown_at), self.all_asked)
        return [(check_in, due) for check_in, due, lead in found if self.mine(*lead)]

    def all_asked(self) -> list[tuple[CheckIn, datetime, tuple[UUID, UUID]]]:
        """Of all therapists, with who led."""
        found = []
        for check_in in self.story.check_ins.values():
            due = due_at(check_in)
            lead = self.lead_of(check_in, due) if self.as_shown(due) else None
            if lead is not None:
                found.append((check_in, due, lead))
        return found

    def lead_of(self, check_in: CheckIn, due: datetime) -> tuple[UUID, UUID] | None:
        episode = self.story.episodes.get(check_in.planned.episode_id or UUID(int=0))
        if episode is not None:
            return episode.led_by(due + timedelta(microseconds=1))
        session = self.story.sessions.get(check_in.planned.session_id or UUID(int=0))
        return (session.started.therapist_id, session.started.clinic_id) if session else None


def due_at(check_in: CheckIn) -> datetime:
    plan = check_in.planned
    return clock(plan.due_time, plan.due_on, plan.time_zone)

"""The numbers of patterns, each as docs/reports.md words it."""

from datetime import datetime
from typing import Any

from shared.events import (
    treatment_check_ins as c,
    treatment_patterns as p,
)
from tests.support.oracle.arithmetic import Number, incidence, share
from tests.support.oracle.asked import Asked
from tests.support.oracle.check_ins import due_at

PASSED, FAILED = (p.PatternHeld, p.PatternClearedWithPrimary), (p.PatternRelapsed, p.PatternPromoted)

ENDS = (p.PatternResolved, p.PatternClosedUnverified, p.PatternRefuted)


class Patterns(Asked):
    """Patterns by the session of the step that counts."""

    def patterns(self) -> list[list[Any]]:
        """The steps of each pattern, as far as they are shown; without those that never were."""
        return self.story.kept(("patterns", self.shown_at), self.all_patterns)

    def all_patterns(self) -> list[list[Any]]:
        found = []
        for told in self.story.patterns.values():
            if any(isinstance(each, p.PatternEnteredInError) for each in told):
                continue
            steps = [each for each in told if each.happened_at < self.shown_at]
            found.append(sorted(steps, key=lambda each: each.happened_at))
        return found

    def stands(self, step: Any) -> bool:
        session = self.story.sessions.get(step.session_id)
        return session is not None and not session.in_error and session.started.started_at < self.shown_at

    def seen_here(self, step: Any) -> bool:
        started = self.story.sessions[step.session_id].started
        return self.mine(started.therapist_id, started.clinic_id)

    def hold_rate(self) -> Number:
        passed = tested = done = followed = made = 0
        for steps in self.patterns():
            for number, step in enumerate(steps):
                if (
                    not isinstance(step, p.PatternCorrectedInSession)
                    or not self.stands(step)
                    or not self.seen_here(step)
                ):
                    continue
                first = first_retest(steps[number + 1 :])
                if first is not None and self.as_shown(first.happened_at):
                    tested += 1
                    passed += isinstance(first, PASSED)
                made += self.as_shown(step.happened_at)
                if self.as_shown(step.happened_at) and self.has_later_session(step):
                    followed += 1
                    done += first is not None
        parts = {"cold_retests_done": share(done, followed, {"no_later_session": made - followed})}
        return share(passed, tested, parts=parts)

    def has_later_session(self, step: Any) -> bool:
        held = self.story.sessions_of[self.story.person(step.client_id)]
        return any(step.happened_at < x.started.started_at < self.shown_at for x in held)

    def pattern_resolution(self) -> Number:
        by_days: list[tuple[float, bool]] = []
        by_visits: list[tuple[float, bool]] = []
        refuted = 0
        for steps in self.patterns():
            confirmed = next((x for x in steps if isinstance(x, p.PatternConfirmed) and self.stands(x)), None)
            if confirmed is None or not self.year <= confirmed.happened_at or not self.seen_here(confirmed):
                continue
            after = [x for x in steps if x.happened_at >= confirmed.happened_at]
            end = next((x for x in after if isinstance(x, ENDS)), None)
            if isinstance(end, p.PatternRefuted):
                refuted += 1
                continue
            until = end.happened_at if end else self.shown_at
            has_ended = isinstance(end, p.PatternResolved)
            by_days.append(((until - confirmed.happened_at).days, has_ended))
            by_visits.append((self.visits_until(confirmed, until), has_ended))
        left = {"refuted": refuted}
        return incidence(by_days, 42, left, {"by_visit_3": incidence(by_visits, 3, left)})

    def visits_until(self, confirmed: Any, until: datetime) -> int:
        began = self.story.sessions[confirmed.session_id].started.started_at
        starts = [x.started.started_at for x in self.story.sessions_of[self.story.person(confirmed.client_id)]]
        return len([at for at in starts if began <= at <= until and at < self.shown_at])

    def relapse(self) -> Number:
        followed: list[tuple[float, bool]] = []
        unseen = 0
        for steps in self.patterns():
            for number, step in enumerate(steps):
                if not isinstance(step, p.PatternResolved) or step.happened_at < self.year:
                    continue
                named = [x for x in steps[: number + 1] if getattr(x, "session_id", None)]
                if not named or not self.seen_here(named[-1]):
                    continue
                after = steps[number + 1 :]
                again = next((n for n, x in enumerate(after) if isinstance(x, p.PatternResolved)), len(after))
                failed = next((x for x in after[:again] if isinstance(x, FAILED)), None)
                if failed is not None:
                    followed.append(((failed.happened_at - step.happened_at).days, True))
                    continue
                seen = [x.happened_at for x in after[:again] if isinstance(x, PASSED)]
                seen += self.answered_after(step)
                if seen:
                    followed.append(((max(seen) - step.happened_at).days, False))
                else:
                    unseen += 1
        left = {"no_follow_up": unseen}
        parts = {f"by_day_{days}": incidence(followed, days, left) for days in (30, 90)}
        return incidence(followed, 180, left, parts)

    def answered_after(self, step: Any) -> list[datetime]:
        found = []
        for check_in in self.story.check_ins_of[self.story.person(step.client_id)]:
            if due_at(check_in) < self.year:
                continue
            first = check_in.first(c.CheckInAnswered)
            if first is not None and step.happened_at < first.answered_at < self.shown_at:
                found.append(first.answered_at)
        return found


def first_retest(steps: list[Any]) -> Any:
    """The first cold retest before the pattern is corrected again."""
    for step in steps:
        if isinstance(step, p.PatternCorrectedInSession):
            return None
        if isinstance(step, PASSED + FAILED):
            return step
    return None

"""The numbers of sessions and alerts, each as docs/reports.md words it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from shared.events import (
    treatment_alerts as a,
    treatment_sessions as t,
)
from tests.support.oracle.arithmetic import Number, median, share
from tests.support.oracle.asked import HOUR, MINUTE, Asked
from tests.support.oracle.story import Session

WORK = (t.ReleaseApplied, t.ActivationPerformed)
TESTS = (t.MuscleTested, t.MuscleRetested)


class Sessions(Asked):
    """Sessions by who held them, and alerts by whom they were raised for."""

    def sessions(self) -> list[Session]:
        """Not in error; of any time."""
        return [
            x
            for x in self.story.sessions.values()
            if not x.in_error and self.mine(x.started.therapist_id, x.started.clinic_id)
        ]

    def loop_completeness(self) -> Number:
        complete = released = 0
        for session in self.sessions():
            if not self.as_shown(session.started.started_at):
                continue
            first: dict[UUID, int] = {}
            for each in session.of_kind(t.ReleaseApplied):
                if each["loop_id"] is not None:
                    first[each["loop_id"]] = min(each["sequence"], first.get(each["loop_id"], each["sequence"]))
            released += len(first)
            tested = session.of_kind(t.MuscleRetested)
            complete += sum(
                any(
                    each["loop_id"] == loop_id and each["sequence"] > since and each["response"] != "not_tested"
                    for each in tested
                )
                for loop_id, since in first.items()
            )
        return share(complete, released)

    def unsigned_notes(self) -> Number:
        late = [
            x
            for x in self.sessions()
            if x.started.started_at < self.shown_at - 48 * HOUR
            and (x.signed_at is None or x.signed_at >= self.shown_at)
        ]
        return Number(len(late))

    def signed(self) -> list[Session]:
        return [x for x in self.sessions() if x.signed_at is not None and self.as_shown(x.signed_at)]

    def hours_to_sign(self) -> Number:
        return median([((x.signed_at or self.end) - x.started.started_at) / HOUR for x in self.signed()])

    def addenda(self) -> Number:
        added = sum(self.as_shown(at) for x in self.sessions() for at in x.addenda)
        signed = len(self.signed())
        return Number(100 * added / signed if signed else None, added, signed)

    def minutes_to_acknowledge(self) -> Number:
        taken, waiting = [], 0
        for told in self.story.alerts.values():
            raised = next(each for each in told if isinstance(each, a.AlertRaised))
            if not self.as_shown(raised.happened_at) or "red_flag" not in raised.rules:
                continue
            if not self.mine(raised.therapist_id, raised.clinic_id):
                continue
            seen = next((each for each in told if isinstance(each, a.AlertAcknowledged)), None)
            if seen is None:
                waiting += 1
            else:
                taken.append((seen.happened_at - raised.happened_at) / MINUTE)
        return median(taken, {"not_acknowledged": waiting})

    def overrides(self) -> Number:
        alerts = 0
        for told in self.story.alerts.values():
            raised = next(each for each in told if isinstance(each, a.AlertRaised))
            closed = [each for each in told if isinstance(each, a.AlertClosed)]
            if closed and self.as_shown(closed[0].happened_at) and closed[-1].outcome == "overridden":
                alerts += self.mine(raised.therapist_id, raised.clinic_id)
        guards = sum(
            bool(each["overridden"])
            for x in self.sessions()
            if self.as_shown(x.started.started_at)
            for each in x.of_kind(t.ReleaseApplied)
        )
        return Number(alerts + guards, parts={"alerts": alerts, "guards": guards})

    def rater_agreement(self) -> Number:
        pairs: list[tuple[str, str]] = []
        for session in self.sessions():
            if not self.year <= session.started.started_at < self.shown_at:
                continue
            entries = sorted(session.of_kind(*TESTS, *WORK), key=lambda each: int(each["sequence"]))
            groups: list[list[dict[str, Any]]] = [[]]
            for each in entries:
                if isinstance(each["event"], WORK):
                    groups.append([])
                elif each["blinded"] and each["provocation"] is None and each["response"] != "not_tested":
                    groups[-1].append(each)
            pairs += [pair for group in groups for pair in pairs_in(group)]
        agreed = sum(one == other for one, other in pairs)
        words = {each for pair in pairs for each in pair}
        n = len(pairs)
        by_chance = sum(
            sum(one == word for one, _ in pairs) * sum(other == word for _, other in pairs) / n / n for word in words
        )
        value = (agreed / n - by_chance) / (1 - by_chance) if n >= 20 and by_chance < 1 else None
        return Number(value, None, n)


def pairs_in(group: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Of each place the first test, and the first by somebody else."""
    for place_tested in {(each["target"], each["side"]) for each in group}:
        tests = [each for each in group if (each["target"], each["side"]) == place_tested]
        other = next((each for each in tests if each["rater"] != tests[0]["rater"]), None)
        if other is not None:
            yield tests[0]["response"], other["response"]

"""The numbers of outcomes, each as docs/reports.md words it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.catalogue.targets import CATALOGUE
from shared.events import (
    treatment_check_ins as c,
    treatment_episodes as e,
    treatment_sessions as t,
)
from tests.support.oracle.arithmetic import Number, median, share
from tests.support.oracle.asked import DAY
from tests.support.oracle.care import Care
from tests.support.oracle.check_ins import due_at
from tests.support.oracle.sessions import WORK
from tests.support.oracle.story import Episode


@dataclass
class Outcome:
    episode: Episode
    treated_at: datetime | None
    baseline: int | None
    baseline_at: datetime | None
    latest: int | None
    scores: list[tuple[datetime, int, str]]
    """When, how strong, and whether of a session or a check-in."""

    @property
    def can_respond(self) -> bool:
        return self.baseline is not None and self.baseline >= 2

    @property
    def is_complete(self) -> bool:
        return self.can_respond and self.latest is not None

    @property
    def has_responded(self) -> bool:
        if not self.can_respond or self.latest is None or self.baseline is None:
            return False
        return self.baseline - self.latest >= 2 and (self.baseline - self.latest) * 10 >= self.baseline * 3


class Outcomes(Care):
    """Of the episodes opened in the year."""

    def outcomes(self) -> list[Outcome]:
        return [self.outcome(x) for x in self.episodes() if self.year <= x.opened.happened_at < self.shown_at]

    def outcome(self, episode: Episode) -> Outcome:
        return self.story.kept(("outcome", episode.id, self.shown_at, self.year), lambda: self.outcome_of(episode))

    def outcome_of(self, episode: Episode) -> Outcome:
        held = self.sessions_of(episode)
        work = [
            (each["happened_at"], x) for x in held for each in x.of_kind(*WORK) if each["happened_at"] < self.shown_at
        ]
        treated_at, treated_in = min(work, key=lambda each: each[0], default=(None, None))
        baselines = [x for x in episode.before(self.shown_at) if isinstance(x, e.BaselineSet)]
        baseline = baselines[-1] if baselines else None
        early = baseline and treated_at and not timedelta(0) <= treated_at - baseline.happened_at <= 7 * DAY
        baseline = None if early else baseline
        scores: list[tuple[datetime, int, str]] = []
        if treated_at is not None:
            scores = [
                (each["happened_at"], each["value"], "session")
                for x in held
                if x is not treated_in
                for each in x.of_kind(t.PainScored)
                if each["when"] in {"before", "now"} and self.is_of(each, episode)
            ]
            scores += [(at, score, "check_in") for at, score in self.answers(episode)]
            scores = [each for each in scores if treated_at < each[0] < self.shown_at]
        scores.sort(key=lambda each: each[0])
        return Outcome(
            episode,
            treated_at,
            baseline.nrs_now if baseline else None,
            baseline.happened_at if baseline else None,
            scores[-1][1] if scores else None,
            scores,
        )

    def is_of(self, score: dict[str, Any], episode: Episode) -> bool:
        """Of the complaint, not of another place."""
        opened = episode.opened
        return score["target"] is None or (score["target"], score["side"]) == (opened.target, opened.side)

    def answers(self, episode: Episode) -> list[tuple[datetime, int]]:
        found = []
        for check_in in self.story.check_ins_of[self.story.person(episode.opened.client_id)]:
            first = check_in.first(c.CheckInAnswered)
            if check_in.planned.episode_id == episode.id and first is not None and due_at(check_in) >= self.year:
                found.append((first.answered_at, int(check_in.score or 0)))
        return found

    def check_in_coverage(self) -> Number:
        found = self.outcomes()
        covered = [
            x
            for x in found
            if x.baseline is not None
            and x.treated_at is not None
            and any(x.treated_at < at < self.shown_at for at, _ in self.answers(x.episode))
        ]
        return share(len(covered), len(found))

    def left_out(self, found: list[Outcome]) -> dict[str, int]:
        return {
            "no_baseline": len([x for x in found if x.baseline is None]),
            "floor": len([x for x in found if x.baseline is not None and x.baseline < 2]),
            "missing": len([x for x in found if x.can_respond and x.latest is None]),
        }

    def outcome_change(self) -> Number:
        found = self.outcomes()
        changes = [float((x.latest or 0) - (x.baseline or 0)) for x in found if x.is_complete]
        return median(changes, self.left_out(found))

    def responders(self, counts: Callable[[Outcome], bool]) -> Number:
        everybody = self.outcomes()
        found = [x for x in everybody if counts(x)]
        left = self.left_out([x for x in everybody if not counts(x)])
        return share(len([x for x in found if x.has_responded]), len(found), left)

    def case_mix_ratio(self) -> Number:
        strata: dict[tuple[int, str, bool], list[bool]] = {}
        for x in self.of("chain", self.id).outcomes():
            if x.can_respond:
                strata.setdefault(self.stratum(x), []).append(x.has_responded)
        mine = [x for x in self.outcomes() if x.can_respond]
        expected = sum(sum(strata[self.stratum(x)]) / len(strata[self.stratum(x)]) for x in mine)
        got = len([x for x in mine if x.has_responded])
        if len(mine) < 30 or not expected:
            return Number(None)
        return Number(got / expected, got, expected)

    def stratum(self, outcome: Outcome) -> tuple[int, str, bool]:
        """By the baseline, where the complaint is, and whether the person had tried something else before."""
        baseline = outcome.baseline or 0
        person = self.story.person(outcome.episode.opened.client_id)
        band = 2 if baseline <= 4 else 5 if baseline <= 7 else 8
        return band, limb(outcome.episode.opened.target), person in self.story.tried


def limb(target: str) -> str:
    """Arm (from the shoulder), leg (from hip and buttocks) or the rest, by the target's first region."""
    region = next(iter(CATALOGUE.targets[target].chart_regions), "none")
    for name, regions in (
        ("arm", "shoulder upper_arm elbow forearm wrist hand"),
        ("leg", "hip buttocks thigh knee lower_leg ankle foot"),
    ):
        if region in regions.split():
            return name
    return "rest"

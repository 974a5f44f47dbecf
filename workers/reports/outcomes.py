"""Where the pain of an episode stood before its first treatment, and where it stood last.

Like is compared with like: pain now, before the work of a session or in a check-in, with pain now before the first
treatment. What is scored right after the work says nothing of what lasts.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from shared.catalogue.targets import CATALOGUE
from shared.reports.document import PointSource
from workers.reports.known.episodes import Episode
from workers.reports.known.follow_up import CheckIn
from workers.reports.known.sessions import Course, PainScore

FRESH = timedelta(days=7)
FLOOR = 1
POINTS = 2
PERCENT = 30

Area = Literal["arm", "leg", "trunk"]


@dataclass(frozen=True, slots=True)
class Score:
    score: int
    at: datetime
    source: PointSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`baseline` None: none that counts. `scores` are all after the first treatment, in their order."""

    episode: Episode
    baseline: int | None
    scores: Sequence[Score]
    has_check_in: bool

    @property
    def person_id(self) -> UUID:
        return self.episode.person_id

    @property
    def therapist_id(self) -> UUID:
        return self.episode.therapist_id

    @property
    def clinic_id(self) -> UUID:
        return self.episode.clinic_id

    @property
    def latest(self) -> int | None:
        return self.scores[-1].score if self.scores else None

    @property
    def can_respond(self) -> bool:
        """From 0 or 1 nobody can come down far enough."""
        return self.baseline is not None and self.baseline > FLOOR

    @property
    def is_complete(self) -> bool:
        return self.can_respond and self.latest is not None

    @property
    def has_responded(self) -> bool:
        """Down by two points and by 30 % of the baseline, or more."""
        if self.baseline is None or self.latest is None or not self.can_respond:
            return False
        down = self.baseline - self.latest
        return down >= POINTS and 100 * down >= PERCENT * self.baseline


def outcomes(
    episodes: Iterable[Episode], check_ins: Iterable[CheckIn], course: Course, shown_at: datetime
) -> dict[UUID, Outcome]:
    """By the id of each episode, as it stood at the moment shown."""
    answers: dict[UUID, list[CheckIn]] = defaultdict(list)
    for check_in in check_ins:
        if check_in.episode_id is not None and check_in.answered_at is not None and check_in.answered_at < shown_at:
            answers[check_in.episode_id].append(check_in)
    return {each.episode_id: outcome(each, answers.get(each.episode_id, ()), course) for each in episodes}


def outcome(episode: Episode, answers: Iterable[CheckIn], course: Course) -> Outcome:
    treated = course.first_treated.get(episode.episode_id)
    pain = course.pain.get(episode.episode_id, ())
    said = [
        Score(each.score, each.answered_at, "check_in")
        for each in answers
        if each.answered_at and each.score is not None
    ]
    if treated is None:
        return Outcome(episode=episode, baseline=baseline_of(episode, None), scores=(), has_check_in=False)
    since = [each for each in said if each.at > treated.happened_at]
    scored = [
        Score(each.value, each.happened_at, "session")
        for each in pain
        if each.happened_at > treated.happened_at and each.session_id != treated.session_id and is_of(each, episode)
    ]
    return Outcome(
        episode=episode,
        baseline=baseline_of(episode, treated.happened_at),
        scores=sorted([*scored, *since], key=lambda each: each.at),
        has_check_in=bool(since),
    )


def baseline_of(episode: Episode, treated_at: datetime | None) -> int | None:
    """None when it is from after the first treatment, or from more than seven days before it."""
    if episode.baseline is None:
        return None
    if treated_at is not None and not treated_at - FRESH <= episode.baseline.taken_at <= treated_at:
        return None
    return episode.baseline.nrs


def is_of(score: PainScore, episode: Episode) -> bool:
    """Whether it is of the complaint, and not of another place."""
    return score.target is None or (score.target, score.side) == (episode.target, episode.side)


Stratum = tuple[int, Area, bool]
"""Band of the baseline, where the complaint is, and whether others had tried before."""

Strata = Mapping[Stratum, tuple[int, int]]
"""Of the chain: how many could respond, how many did."""

BANDS = (4, 7)
"""The last score of the lower bands of baselines; the highest band has the rest."""

ARM = frozenset({"shoulder", "upper_arm", "elbow", "forearm", "wrist", "hand"})
LEG = frozenset({"buttocks", "hip", "thigh", "knee", "lower_leg", "ankle", "foot"})


def stratum(outcome: Outcome, attempted: frozenset[UUID]) -> Stratum:
    band = sum(outcome.baseline is not None and outcome.baseline > last for last in BANDS)
    return band, area_of(outcome.episode.target), outcome.episode.person_id in attempted


def area_of(target: str) -> Area:
    """By the first region of the body chart that the target lies under; what lies under none is of the trunk."""
    found = CATALOGUE.targets.get(target)
    region = found.chart_regions[0] if found and found.chart_regions else ""
    return "arm" if region in ARM else "leg" if region in LEG else "trunk"


def strata(outcomes: Iterable[Outcome], attempted: frozenset[UUID]) -> Strata:
    found: dict[Stratum, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for each in outcomes:
        if each.can_respond:
            n, k = found[stratum(each, attempted)]
            found[stratum(each, attempted)] = (n + 1, k + each.has_responded)
    return dict(found)

"""How pain stands against the episode's baseline: like is compared with like, an average of a week with an average."""

from collections.abc import Sequence
from datetime import datetime

from services.treatment.episodes.decider import Episode
from services.treatment.episodes.rules import counts
from services.treatment.patterns.proposals import Pain
from shared.events.treatment_sessions import PainScored


def pain_in(scores: Sequence[PainScored], episode: Episode, first_treated_at: datetime | None) -> Pain:
    """By the scores of one session in their order: the last average of a week, or else the last one before the work.

    A score of another place than the complaint's tells nothing of it, nor does one from after the work.
    """
    about = [each for each in scores if is_of_complaint(each, episode)]
    averages = [each for each in about if each.when == "average_7_days"]
    present = [each for each in about if each.when in {"before", "now"}]
    baseline = episode.baseline
    if baseline is not None and not counts(baseline, first_treated_at):
        baseline = None
    if averages:
        return Pain(before=None if baseline is None else baseline.nrs_average, now=averages[-1].value)
    return Pain(before=None if baseline is None else baseline.nrs_now, now=present[-1].value if present else None)


def is_of_complaint(score: PainScored, episode: Episode) -> bool:
    opened = episode.opened
    return score.target is None or (opened is not None and (score.target, score.side) == (opened.target, opened.side))

"""Which pain scores an episode may be measured by: those from before its first treatment, and not from long before."""

from datetime import datetime, timedelta

from shared.decider import Refused
from shared.events.treatment_episodes import BaselineSet

FRESH = timedelta(days=7)


class BaselineTooLate(Refused):
    """The first treatment of this episode was before these scores; a baseline is taken before it."""

    code = "baseline_too_late"


class BaselineTooOld(Refused):
    """These scores are from more than seven days before the first treatment."""

    code = "baseline_too_old"


def must_count(happened_at: datetime, first_treated_at: datetime | None) -> None:
    """Raises BaselineTooLate or BaselineTooOld; before the first treatment every score may yet count."""
    if first_treated_at is None:
        return
    if happened_at > first_treated_at:
        raise BaselineTooLate
    if happened_at < first_treated_at - FRESH:
        raise BaselineTooOld


def counts(baseline: BaselineSet, first_treated_at: datetime | None) -> bool:
    """Whether change may be measured from it; one that grew old while the first treatment was waited for does not."""
    try:
        must_count(baseline.happened_at, first_treated_at)
    except Refused:
        return False
    return True

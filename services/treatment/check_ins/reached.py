"""Whether somebody who is to be asked could be asked at all: silence is told from what never arrived."""

from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from services.treatment.check_ins.state import CheckIn, Ladder

NOT_PERMITTED = "no_consent"


@dataclass(frozen=True, slots=True)
class Unreached:
    """Since when no question has arrived; `permitted`: they may be written to, but nothing reaches them."""

    since: datetime
    permitted: bool


def unreached(ladder: Ladder, now: datetime) -> Unreached | None:
    """None for who was reached last, who wants no questions, and who is not asked anything any more."""
    if ladder.is_stopped or ladder.erased or not ladder.live(now):
        return None
    tried = [each for each in ladder.check_ins.values() if each.sent or each.failed or each.answered]
    latest_first = sorted(tried, key=lambda each: each.planned.due_on, reverse=True)
    missed = list(takewhile(lambda each: not has_arrived(each), latest_first))
    if not missed:
        return None
    return Unreached(missed[-1].failed[0].noticed_at, missed[0].failed[-1].cause != NOT_PERMITTED)


def has_arrived(check_in: CheckIn) -> bool:
    """Whether a message of it got through, or it was answered by whatever way."""
    failed = {each.ordinal for each in check_in.failed}
    return check_in.answered is not None or any(each.ordinal not in failed for each in check_in.sent)

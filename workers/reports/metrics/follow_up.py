"""Whether who was asked answered, and how soon somebody saw to what an answer warned of."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.reports.document import Metric
from workers.reports.known.follow_up import Alert, CheckIn
from workers.reports.known.sessions import Counted
from workers.reports.metrics.numbers import MINUTE, count, median, share
from workers.reports.window import Window

ANSWERED_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Asked:
    """A check-in that fell due in the period, and who led its episode then, or held its session."""

    therapist_id: UUID
    clinic_id: UUID
    check_in: CheckIn

    @property
    def person_id(self) -> UUID:
        return self.check_in.person_id


def check_in_response(asked: Sequence[Asked], as_of: datetime) -> Metric:
    """Answered within seven days of falling due, of those of which a message arrived and which had these seven days."""
    reasons = Counter(reason_out(each.check_in, as_of) for each in asked)
    counted = [each.check_in for each in asked if reason_out(each.check_in, as_of) == ""]
    in_time = sum(
        each.answered_at is not None and each.answered_at <= each.due_at + ANSWERED_WITHIN for each in counted
    )
    left = {reason: n for reason, n in reasons.items() if reason}
    return share("check_in_response", in_time, len(counted), "check_ins_due_in_period", left=left)


def reason_out(check_in: CheckIn, as_of: datetime) -> str:
    """Why it does not count; no letters when it does."""
    if not check_in.delivered:
        if check_in.cancelled_at is None:
            return "undelivered"
        return "opted_out" if check_in.cause == "opted_out" else "cancelled"
    return "too_recent" if check_in.due_at + ANSWERED_WITHIN > as_of else ""


def safety(alerts: Sequence[Alert], overrides: Sequence[Counted], window: Window) -> list[Metric]:
    """Red flags raised in the period; alerts and guards that were overridden in it, always with a reason."""
    flags = [each for each in alerts if each.red_flag and window.holds(each.raised_at)]
    seen = [(each.acknowledged_at - each.raised_at) / MINUTE for each in flags if each.acknowledged_at is not None]
    closed = [each for each in alerts if each.closed_at is not None and window.holds(each.closed_at)]
    overridden = sum(each.outcome == "overridden" for each in closed)
    guards = sum(each.n for each in overrides)
    parts = (count("alerts", overridden, "alerts_closed_in_period"), count("guards", guards, "releases_in_period"))
    left = {"not_acknowledged": len(flags) - len(seen)}
    return [
        median("minutes_to_acknowledge", "minutes", seen, "red_flags_raised_in_period", left=left),
        count("overrides", overridden + guards, "alerts_and_releases", parts=parts),
    ]

"""What is recorded has happened, and is not told after what came later."""

from datetime import datetime, timedelta

from shared.decider import Refused

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the clock of a tablet may be ahead of ours."""


class NotYet(Refused):
    """What is recorded has happened; what was sent lies in the future."""

    code = "in_the_future"


class OutOfOrder(Refused):
    """Something later has been recorded already, which what was sent cannot come before."""

    code = "out_of_order"


def must_have_happened(happened_at: datetime, now: datetime) -> None:
    """Raises NotYet."""
    if happened_at > now + CLOCKS_DIFFER:
        raise NotYet


def must_follow(happened_at: datetime, before: datetime | None) -> None:
    """Raises OutOfOrder."""
    if before is not None and happened_at < before:
        raise OutOfOrder

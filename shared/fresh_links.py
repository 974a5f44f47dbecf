"""How often somebody may be sent a link that was asked for: not again at once, and not all day, whoever asks."""

from collections.abc import Iterable
from datetime import datetime, timedelta

PAUSE = timedelta(minutes=5)
DAY = timedelta(days=1)
MOST_A_DAY = 3


def may_ask(before: Iterable[datetime], now: datetime) -> bool:
    """Whether a link may be asked for now, by when the same was asked for before."""
    lately = [at for at in before if at > now - DAY]
    return len(lately) < MOST_A_DAY and all(at <= now - PAUSE for at in lately)

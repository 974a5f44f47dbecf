"""The days on which stories take place, on the clock of their clinic: always ahead, and soon."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from demo.stories.desk import ZONE


def coming(weekday: int, hour: int) -> datetime:
    """That hour on the first such weekday, Monday being 0, that is two days ahead or more."""
    soon = datetime.now(ZoneInfo(ZONE)).replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=2)
    return soon + timedelta(days=(weekday - soon.weekday()) % 7)


def days_end(begins: datetime) -> datetime:
    """The same wall-clock time one day later."""
    return begins + timedelta(days=1)

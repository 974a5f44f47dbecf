"""Days, clocks and spans as somebody reads them, in their own language and country."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, get_timezone_name
from babel.units import format_unit

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
MOST_HOURS = 48
YEAR_AT_THE_END = re.compile(r"[,\s]*y+$")


@dataclass(frozen=True, slots=True)
class Words:
    """Formats of one locale."""

    locale: Locale

    def day(self, on: date) -> str:
        return format_date(on, "full", locale=self.locale)

    def month(self, on: date) -> str:
        """A month with its year."""
        return format_skeleton("yMMMM", on, locale=self.locale)

    def moment(self, at: datetime) -> str:
        """A day and the time on the clock of an aware instant, with its zone."""
        clock = format_time(at, "short", tzinfo=at.tzinfo, locale=self.locale)
        return f"{self.near_day(at.date())}, {clock} {at.tzname()}"

    def near_day(self, on: date) -> str:
        """A day not far from today, without its year."""
        pattern = self.locale.date_formats["full"].pattern
        return format_date(on, YEAR_AT_THE_END.sub("", pattern), locale=self.locale)

    def clock(self, at: datetime) -> str:
        """The time of an aware instant on its own clock; with its zone when the clock shows that time twice."""
        time = format_time(at, "short", tzinfo=at.tzinfo, locale=self.locale)
        if at.replace(fold=0).utcoffset() == at.replace(fold=1).utcoffset():
            return time
        return f"{time} {get_timezone_name(at, 'short', locale=self.locale)}"

    def span(self, length: timedelta) -> str:
        """A length in days, hours or minutes, whichever it is a whole number of."""
        unit, size = "minute", MINUTE
        if not length % DAY and length > MOST_HOURS * HOUR:
            unit, size = "day", DAY
        elif not length % HOUR:
            unit, size = "hour", HOUR
        return format_unit(length // size, f"duration-{unit}", "long", locale=self.locale)

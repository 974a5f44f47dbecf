"""Numbers, days and texts of reports as a reader writes them, in one of the languages and the way of a country."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal, format_percent

from shared.languages import NARROW_SPACE, locale_of, translations

FOLDER = Path(__file__).parent
MINUS = "\u2212"
NOTHING = "\u2013"
"""Stands where there is no number."""


def gettext(text: str) -> str:
    """Marks a text that is translated when its language is known."""
    return text


@dataclass(frozen=True, slots=True)
class Words:
    """Texts and formats of one locale."""

    locale: Locale

    @property
    def language(self) -> str:
        return self.locale.language

    def gettext(self, text: str, **blanks: Any) -> str:
        said = translations(FOLDER, self.language).gettext(text)
        return said % blanks if blanks else said

    def ngettext(self, one: str, many: str, n: int, **blanks: Any) -> str:
        return translations(FOLDER, self.language).ngettext(one, many, n) % ({"n": self.number(n)} | blanks)

    def number(self, value: float | None, decimals: int = 0) -> str:
        """With at most so many decimals; what is not known is a dash."""
        if value is None:
            return NOTHING
        pattern = f"#,##0.{'#' * decimals}" if decimals else "#,##0"
        return str(format_decimal(round(value, decimals) + 0.0, pattern, locale=self.locale)).replace("-", MINUS)

    def signed(self, value: int) -> str:
        """A difference, with its sign."""
        return ("+" if value > 0 else "") + self.number(value)

    def percent(self, share: float | None) -> str:
        return NOTHING if share is None else str(format_percent(share, locale=self.locale))

    def day(self, on: date) -> str:
        return str(format_date(on, "medium", locale=self.locale))

    def weekday(self, on: date) -> str:
        return str(format_date(on, "ccc", locale=self.locale)).rstrip(".")

    def month(self, on: date) -> str:
        return str(format_skeleton("yMMMM", on, locale=self.locale))

    def moment(self, at: datetime) -> str:
        """An aware instant, on its own clock."""
        time = format_time(at, "short", tzinfo=at.tzinfo, locale=self.locale)
        return f"{self.day(at.date())}, {time}".replace(NARROW_SPACE, " ")


@cache
def words_of(tag: str) -> Words:
    """Those of a reader's locale, such as `de-AT`; of the first language for whoever's own is not here."""
    return Words(locale_of(tag))

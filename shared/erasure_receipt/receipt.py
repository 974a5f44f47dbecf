"""The receipt of an erasure in the client's language: what is gone from where, what stays and until when.

It names nobody, and says nothing of what a visit was for: whoever reads it learns the number of a request.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from babel import Locale
from babel.dates import format_date

from shared.languages import locale_of, templates

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptOn:
    """A class that has to stay until its day: so many years after the last entry, or until an age."""

    data_class: str
    until: date
    years: int
    minors_until_age: int | None = None

    @classmethod
    def of(cls, row: dict[str, Any]) -> "KeptOn":
        """From a row of the read model."""
        return cls(
            data_class=row["data_class"],
            until=date.fromisoformat(row["until"]),
            years=row["years"],
            minors_until_age=row["minors_until_age"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptied:
    """A store and how many entries of it are gone."""

    store: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was let go of `on` a day: the classes and the stores they were in, and what is kept.

    Until who follows has been heard of, classes may be `undecided`, and further stores `awaited`.
    """

    number: UUID
    on: date
    classes: tuple[str, ...]
    stores: tuple[Emptied, ...]
    kept: tuple[KeptOn, ...]
    undecided: tuple[str, ...] = ()
    awaited: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """`text` and `html` say the same."""

    subject: str
    text: str
    html: str


def receipt(tag: str, chain_name: str, erased: Erased) -> Receipt:
    """The receipt in the language of `tag`."""
    locale = locale_of(tag)
    environment = templates(FOLDER, locale.language)

    def written(name: str, **more: str) -> str:
        return environment.get_template(name).render(**words(locale, chain_name, erased), **more)

    subject = " ".join(written("subject.txt").split())
    return Receipt(subject, written("receipt.txt", subject=subject), written("receipt.html", subject=subject))


def words(locale: Locale, chain_name: str, erased: Erased) -> dict[str, Any]:
    return {
        "language": locale.language,
        "chain_name": chain_name,
        "erased": erased,
        "day": lambda on: format_date(on, "long", locale=locale),
    }

"""Languages that clients read: catalogues and templates read once, dates and times as each language writes them."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time, get_timezone_name
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

LANGUAGES = ("en", "de")
"""The first is the one in which the texts are written, and for everybody whose own is not here."""

NARROW_SPACE = "\u202f"  # outside the alphabet of text messages, where one such letter halves the room


@lru_cache(maxsize=256)
def locale_of(tag: str) -> Locale:
    """The client's own locale, such as `de-AT`, where its language is here; otherwise that of the first language."""
    try:
        locale = Locale.parse(tag, sep="-" if "-" in tag else "_")
    except (ValueError, UnknownLocaleError):
        return Locale.parse(LANGUAGES[0])
    return locale if locale.language in LANGUAGES else Locale.parse(LANGUAGES[0])


@lru_cache
def translations(folder: Path, language: str, *further: Path) -> NullTranslations:
    """The texts of one of LANGUAGES, from `<folder>/locale` and then from those of further folders."""
    if language == LANGUAGES[0]:
        return NullTranslations()
    found = catalogue_in(folder, language)
    for each in further:
        found.add_fallback(catalogue_in(each, language))
    return found


def catalogue_in(folder: Path, language: str) -> Translations:
    with (folder / "locale" / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


@lru_cache
def templates(folder: Path, language: str, *further: Path) -> Environment:
    """The templates in `<folder>/templates` in one of LANGUAGES; what is put into HTML is escaped.

    What is not there, templates and texts alike, is taken from further folders.
    """
    environment = Environment(
        loader=FileSystemLoader([each / "templates" for each in (folder, *further)]),
        autoescape=select_autoescape(["html"]),
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(translations(folder, language, *further), newstyle=True)  # type: ignore[attr-defined]
    return environment


@dataclass(frozen=True, slots=True)
class Moment:
    """A visit's start on the clinic's clock, with the zone's name where the client's clock shows another time."""

    date: str
    short_date: str
    time: str
    zone: str | None


def moment(starts_at: datetime, clinic_zone: str, client_zone: str, locale: Locale) -> Moment:
    there = starts_at.astimezone(ZoneInfo(clinic_zone))
    same_clock = there.utcoffset() == starts_at.astimezone(ZoneInfo(client_zone)).utcoffset()
    return Moment(
        date=format_date(there, "full", locale=locale),
        short_date=format_skeleton("MMMEd", there, locale=locale),
        time=format_time(there, "short", tzinfo=there.tzinfo, locale=locale).replace(NARROW_SPACE, " "),
        zone=None if same_clock else get_timezone_name(there, "long", locale=locale),
    )

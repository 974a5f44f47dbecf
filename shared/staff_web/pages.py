"""The staff's pages as HTML, in the language that the browser asks for; all of them work without script.

A service has a folder of its own with templates and words; what it does not have is taken from here. Its `base.html`
extends `frame.html`.
"""

from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from babel import Locale
from markupsafe import Markup

from shared.languages import LANGUAGES, locale_of, templates, translations
from shared.web.look import style as style_of_all
from shared.web.words import Words

FOLDER = Path(__file__).parent


@lru_cache
def style() -> str:
    """The style of all pages, and what only these pages need."""
    return style_of_all() + (FOLDER / "templates" / "staff.css").read_text(encoding="utf-8")


def locale_for(wanted: Iterable[str]) -> Locale:
    """The first of the languages that a browser wants which is here, or ours."""
    known = (locale_of(tag) for tag in wanted if tag.partition("-")[0].lower() in LANGUAGES)
    return next(known, locale_of(LANGUAGES[0]))


def rendered(folder: Path, template: str, locale: Locale, **values: Any) -> str:
    """A page of the service whose folder this is."""
    known = {"language": locale.language, "style": Markup(style()), "words": Words(locale)}  # noqa: S704 - our own file
    environment = templates(folder, locale.language, FOLDER)
    return environment.get_template(template).render({"session": None, "work": False, "here": ""} | known | values)


def error_page(folder: Path, status: int, locale: Locale) -> str:
    """What went wrong, and the way back."""
    gettext = translations(FOLDER, locale.language).gettext
    match status:
        case HTTPStatus.NOT_FOUND:
            said = gettext("There is nothing here"), gettext("The address may be wrong, or belong to somebody else.")
        case HTTPStatus.FORBIDDEN:
            said = gettext("This is not for your role"), gettext("Nothing was changed.")
        case HTTPStatus.TOO_MANY_REQUESTS:
            said = gettext("That was a little fast"), gettext("Please wait a minute and try again.")
        case HTTPStatus.BAD_GATEWAY:
            said = (
                gettext("You could not be signed in"),
                gettext("The identity provider did not say who you are. Please try again, or ask your manager."),
            )
        case HTTPStatus.CONFLICT | HTTPStatus.SERVICE_UNAVAILABLE:
            said = gettext("This cannot be done right now"), gettext("Nothing was changed. Please try again.")
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            said = gettext("Something broke on our side"), gettext("Nothing was changed. Please try again later.")
        case _:
            said = gettext("This could not be understood"), gettext("Nothing was changed.")
    return rendered(folder, "error.html", locale, heading=said[0], text=said[1])

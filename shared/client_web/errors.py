"""Errors as pages: what a client can do about them, and never what was wrong with the link."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus

from shared.client_web.pages import FOLDER, common
from shared.languages import LANGUAGES, locale_of, translations


@dataclass(frozen=True, slots=True)
class Back:
    """Where somebody was when something went wrong, in the language of whoever's page it is; `label` names it."""

    tag: str
    path: str
    label: str


@dataclass(frozen=True, slots=True)
class Said:
    """An error in one language; `ask` labels the way to a fresh link, `address` what may be typed there, if any."""

    language: str
    heading: str
    text: str
    ask: str = ""
    address: str = ""


def error_page(status: int, back: Back | None = None, *, by_address: bool = True) -> str:
    """What went wrong, and the way back; in all languages where it is not known whose page it is.

    `by_address`: whoever has no link of theirs at hand may be found by an address.
    """
    locales = [locale_of(each) for each in ([back.tag] if back else LANGUAGES)]
    said = [said_in(locale.language, status, by_address=by_address) for locale in locales]
    return common("errors.html", locales[0], said=said, back=back)


def said_in(language: str, status: int, *, by_address: bool) -> Said:
    gettext = translations(FOLDER, language).gettext
    heading, text = words(status, gettext)
    said = Said(language, heading, text)
    if status != HTTPStatus.NOT_FOUND:
        return said
    address = gettext("Your e-mail address or telephone number, if the link is not complete:") if by_address else ""
    return replace(said, ask=gettext("Send me a fresh link"), address=address)


def fresh_page() -> str:
    """What is said to everybody who asks for a fresh link."""
    locales = [locale_of(each) for each in LANGUAGES]
    said = []
    for locale in locales:
        gettext = translations(FOLDER, locale.language).gettext
        text = gettext(
            "If we know whose link this was, a fresh one is on its way to the address that we have on file. It takes a "
            "few minutes at most. If nothing comes, please call the clinic."
        )
        said.append(Said(locale.language, gettext("Thank you"), text))
    return common("fresh.html", locales[0], said=said)


def words(status: int, gettext: Callable[[str], str]) -> tuple[str, str]:
    match status:
        case HTTPStatus.NOT_FOUND:
            return gettext("This link does not work"), gettext(
                "It may be incomplete or too old. Please open the link in our latest message. "
                "Or let us send a fresh one to the address that we have on file."
            )
        case HTTPStatus.TOO_MANY_REQUESTS:
            return gettext("That was a little fast"), gettext("Please wait a minute and try again.")
        case HTTPStatus.CONFLICT | HTTPStatus.SERVICE_UNAVAILABLE:
            return gettext("There is a lot going on right now"), gettext(
                "Nothing was changed. Please wait a moment and try again."
            )
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return gettext("Something broke on our side"), gettext(
                "Nothing was changed. Please try again later, or call the clinic."
            )
        case _:
            return gettext("This could not be understood"), gettext(
                "Nothing was changed. Please open the page anew and start from there."
            )

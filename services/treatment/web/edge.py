"""What all pages below /c/ have in common: a fresh link from each, and the way back to the page."""

from flask import Blueprint, g, request

from services.treatment.links import PREFIX
from services.treatment.web.asking import ask_for_link
from services.treatment.web.pages import FOLDER, sheets
from shared.client_web.edge import Edge
from shared.client_web.errors import Back
from shared.languages import locale_of, translations


def client_blueprint(name: str) -> Blueprint:
    """A part of the clients' pages."""
    return EDGE.blueprint(name)


def back() -> Back | None:
    """To the page on which something was sent that could not be taken."""
    if "locale" not in g or not request.view_args:
        return None
    gettext = translations(FOLDER, locale_of(g.locale).language).gettext
    base = f"{PREFIX}/{request.view_args['address']}"
    if request.path.endswith("/homework"):
        return Back(g.locale, f"{base}/homework", gettext("Back to your exercises"))
    return Back(g.locale, base, gettext("Back to the question"))


EDGE = Edge(prefix=PREFIX, ask=ask_for_link, by_address=False, back=back, sheets=sheets)

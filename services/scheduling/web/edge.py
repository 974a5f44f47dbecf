"""What all pages below /l/ have in common: a fresh link from each, and the way back to the visit."""

from flask import Blueprint, g, request, url_for

from services.scheduling.fresh_links.asking import ask_for_all
from services.scheduling.web.pages import FOLDER
from shared.client_web.edge import Edge
from shared.client_web.errors import Back
from shared.languages import locale_of, translations


def client_blueprint(name: str) -> Blueprint:
    """A part of the clients' pages."""
    return EDGE.blueprint(name)


def back() -> Back | None:
    """To the visit that the request was about."""
    if "visit" not in g or not request.view_args:
        return None
    tag = g.visit.locale
    label = translations(FOLDER, locale_of(tag).language).gettext("Back to your visit")
    return Back(tag, url_for("links.show", address=request.view_args["address"]), label)


EDGE = Edge(prefix="/l", ask=ask_for_all, by_address=True, back=back)

"""The pages of links that lead to no visit: opening one changes and fetches nothing, a button does.

Mail programs and scanners open links; none of them presses a button.
"""

from http import HTTPStatus

from flask import Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.scheduling.export.treatment import treatment
from services.scheduling.links import MOST_USES
from services.scheduling.web.edge import client_blueprint
from services.scheduling.web.errands import Bearer
from services.scheduling.web.pages import FOLDER
from shared.client_web.pages import rendered
from shared.decider import NotThere
from shared.events.scheduling_links import Errands
from shared.http.operations import parts
from shared.languages import locale_of
from shared.links import parse

blueprint = client_blueprint("errand pages")


@blueprint.get("/<address>/everything")
def show_everything(address: str) -> str:
    """A button to fetch all that is known about whoever holds the link."""
    return errand_page(bearer(address, "export"), "everything.html", most=MOST_USES)


@blueprint.post("/<address>/everything")
def fetch_everything(address: str) -> Response:
    """The archive."""
    response = Response(bearer(address, "export").fetch(), mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = 'attachment; filename="export.zip"'
    return response


@blueprint.get("/<address>/address")
def show_address(address: str) -> str:
    """The question whether the address is the reader's own, with a button to say so."""
    return errand_page(bearer(address, "contact_check"), "address.html")


@blueprint.post("/<address>/address")
def verify_address(address: str) -> AnyResponse:
    """The address is the reader's own."""
    bearer(address, "contact_check").verify()
    return redirect(url_for("errand pages.show_address", address=address), HTTPStatus.SEE_OTHER)


def bearer(address: str, purpose: Errands) -> Bearer:
    """Whoever holds the link; raises NotThere for what cannot be one of ours."""
    found = parse(address)
    if found is None:
        raise NotThere
    chain_id, token = found
    return Bearer(parts().database, chain_id, token, purpose, parts().clock(), g.request_id, treatment())


def errand_page(holder: Bearer, template: str, **values: int) -> str:
    behind = holder.look()
    locale = locale_of(behind.locale)
    known = {"chain_name": behind.chain_name, "verified": behind.verified, "here": request.path}
    return rendered(FOLDER, template, locale, **known, **values)

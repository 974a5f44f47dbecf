"""Whether a browser is a shared tablet, told to treatment by way of that browser: only this service can see it.

A tablet's cookie is scheduling's, and treatment may be another host. What is told is nobody's secret; the `state` shows
treatment that it was told in the browser that asked.
"""

import re
from http import HTTPStatus
from urllib.parse import urlencode

from flask import current_app, redirect, request
from werkzeug.wrappers import Response

from services.scheduling.staff_pages.here import tablet_here
from shared.http.problems import garbled
from shared.staff_pages import SIGN_IN
from shared.staff_web.answers import pages_blueprint
from shared.staff_web.routes import chain_of

TREATMENT_URL = "TREATMENT_PUBLIC_URL"
STATE = re.compile(r"[A-Za-z0-9_-]{43}")
blueprint = pages_blueprint("staff_telling")


@blueprint.get("/sign-in/<slug>/here")
def tell(slug: str) -> Response:
    """Back to treatment, which goes on from there."""
    state = request.args.get("state", "")
    if not STATE.fullmatch(state):
        raise garbled()
    known = {"state": state, "tablet": "no" if tablet_here(chain_of(slug)) is None else "yes"}
    told = f"{current_app.config[TREATMENT_URL]}{SIGN_IN}/{slug}/on?{urlencode(known)}"
    return redirect(told, HTTPStatus.SEE_OTHER)

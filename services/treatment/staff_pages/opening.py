"""A record that is not open says so, and what opens it: in an emergency the glass, for a reason and after signing in.

The glass is broken, and in the log, before the record is shown. What was typed is kept nowhere until then.
"""

from http import HTTPStatus
from uuid import UUID

from flask import Response, redirect, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from services.treatment.access.glasses import broken
from services.treatment.access.rules import GLASS_LASTS
from services.treatment.access.schemas import LONGEST, SHORTEST, GlassFields
from services.treatment.staff_pages.showing import shown
from shared.access import Basis
from shared.auth import RECENT_SECONDS, THERAPIST, SignInAgain
from shared.event_store import Transaction
from shared.http.records import passed
from shared.http.shown import access
from shared.staff_web.answers import pages_blueprint, sign_in_again
from shared.staff_web.visiting import Visitor, visitor

blueprint = pages_blueprint("treatment_opening")
MINUTES = GLASS_LASTS.seconds // 60


@blueprint.post("/records/<uuid:client_id>/glass")
def break_glass(client_id: UUID) -> AnyResponse:
    """Open the record for half an hour, where nothing else does, and show it."""
    who = visitor()
    typed = " ".join(request.form.get("reason", "").split())
    try:
        reason: str = GlassFields(only=["reason"]).load({"reason": typed})["reason"]
        who.change(lambda tx: open_record(who, tx, client_id, reason))
    except ValidationError:
        return closed(who, client_id, HTTPStatus.UNPROCESSABLE_ENTITY, typed=typed, fault="reason")
    except SignInAgain:
        return closed(who, client_id, HTTPStatus.FORBIDDEN, typed=typed, fault="sign_in")
    return redirect(url_for("treatment_record.show_record", client_id=client_id), HTTPStatus.SEE_OTHER)


def open_record(who: Visitor, tx: Transaction, client_id: UUID, reason: str) -> None:
    """Raises NotThere, Gone and SignInAgain; a record that is open already needs no glass."""
    call = who.call(tx.connection, tx)
    verdict = call.verdicts([client_id])[client_id]
    if verdict == "without_basis":
        broken(call, client_id, reason)
    elif not isinstance(verdict, Basis):
        passed(verdict)


def closed(who: Visitor, client_id: UUID, status: HTTPStatus, *, typed: str = "", fault: str = "") -> Response:
    """What there is to be done, with what was typed; it shows nothing of the client."""
    access((), actor="", role="")
    here = url_for("treatment_record.show_record", client_id=client_id)
    identity = who.session.identity
    values = {
        "client_id": client_id,
        "is_recent": is_recent(who),
        "says_when": identity.signed_in_at is not None,
        "sign_in": sign_in_again(who, here),
        "may_cover": any(grant.role == THERAPIST for grant in who.caller.grants),
        "typed": typed,
        "fault": fault,
        "shortest": SHORTEST,
        "longest": LONGEST,
        "minutes": MINUTES,
        "recent_minutes": RECENT_SECONDS // 60,
    }
    return Response(shown("closed.html", who, **values), status, mimetype="text/html")


def is_recent(who: Visitor) -> bool:
    """Whether somebody has shown lately enough who they are."""
    try:
        who.session.identity.must_be_recent(who.now)
    except SignInAgain:
        return False
    return True

"""The pages below /l/: GET shows and changes nothing, POST changes once and leads back to what has become of the visit.

A link that is wrong, revoked or old, of this chain or another, is answered in one and the same way.
"""

from http import HTTPStatus

from flask import Flask, Response, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.scheduling.appointments.booking import TAKEN, NotBookable
from services.scheduling.web import changes, forms, times, wishes
from services.scheduling.web.changes import Outcome, Visitor
from services.scheduling.web.edge import client_blueprint
from services.scheduling.web.errand_routes import blueprint as errands
from services.scheduling.web.model import Asked
from services.scheduling.web.pages import (
    Purpose,
    Refused,
    calendar_file,
    cancel_page,
    export_page,
    messages_page,
    times_page,
    visit_page,
)
from services.scheduling.web.visit import Visit
from shared.decider import NotThere
from shared.http.operations import parts
from shared.http.problems import garbled
from shared.links import parse

blueprint = client_blueprint("links")

PUBLIC_URL = "PUBLIC_URL"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def add_client_pages(app: Flask, *, public_url: str) -> None:
    """Serve the clients' pages; `public_url` is what links in messages begin with."""
    app.config[PUBLIC_URL] = public_url
    app.register_blueprint(blueprint)
    app.register_blueprint(errands)


@blueprint.route("/", methods=METHODS)
@blueprint.route("/<path:anything>", methods=METHODS)
def nothing_here(anything: str = "") -> str:
    """Whatever else may be asked for below /l/."""
    raise NotThere(anything)


@blueprint.get("/<address>")
def show(address: str) -> str:
    """The visit."""
    visitor, visit = opened(address)
    return visit_page(visit, visitor.now, path_of("show", address), request.args.get("said"))


@blueprint.get("/<address>/visit.ics")
def export(address: str) -> AnyResponse:
    """The visit as a calendar file."""
    visitor, visit = opened(address)
    if visit.stage(visitor.now) != "upcoming":
        return to_visit(address)
    link = current_app.config[PUBLIC_URL] + path_of("show", address)
    response = Response(calendar_file(visit, visitor.now, link), mimetype="text/calendar")
    response.headers["Content-Disposition"] = 'attachment; filename="visit.ics"'
    return response


@blueprint.post("/<address>/confirm")
def confirm(address: str) -> AnyResponse:
    """The client will come."""
    visitor, _ = opened(address)
    return after(address, changes.confirm(visitor, forms.mark(request.form.get("seen"))))


@blueprint.get("/<address>/cancel")
def ask_to_cancel(address: str) -> str | AnyResponse:
    """The question before a cancellation, with a warning when it is late."""
    visitor, visit = opened(address)
    if visit.stage(visitor.now) != "upcoming":
        return to_visit(address)
    return cancel_page(visit, visitor.now, path_of("show", address))


@blueprint.post("/<address>/cancel")
def cancel(address: str) -> AnyResponse:
    """The client will not come; the page asks once more when it became late while the client was looking at it."""
    visitor, _ = opened(address)
    warned = request.form.get("warned") == "yes"
    outcome = changes.cancel(visitor, forms.mark(request.form.get("seen")), warned=warned)
    if outcome == "late meanwhile":
        return redirect(path_of("ask_to_cancel", address), HTTPStatus.SEE_OTHER)
    return after(address, outcome)


@blueprint.get("/<address>/messages")
def show_messages(address: str) -> str:
    """What the holder of the link is written to about, and a button for each purpose."""
    visitor, visit = opened(address)
    return messages_page(visit, path_of("show", address), wishes.permitted(visitor, visit), request.args.get("said"))


@blueprint.post("/<address>/messages")
def choose_messages(address: str) -> AnyResponse:
    """Stop messages for a purpose on every channel, or allow them again."""
    visitor, _ = opened(address)
    purpose, given = forms.purpose(request.form.get("purpose")), forms.yes_or_no(request.form.get("may"))
    wishes.permit(visitor, purpose, given=given)
    return redirect(url_for("links.show_messages", address=address, said="done"), HTTPStatus.SEE_OTHER)


@blueprint.get("/<address>/export")
def show_export(address: str) -> str:
    """What a client may ask for: everything that is known about them, sent to where only they read it."""
    _, visit = opened(address)
    return export_page(visit, path_of("show", address), request.args.get("said"))


@blueprint.post("/<address>/export")
def ask_for_export(address: str) -> AnyResponse:
    """Send the link to it, if there is where it may go; the answer is the same if not."""
    visitor, _ = opened(address)
    changes.ask_for_own_data(visitor)
    return redirect(url_for("links.show_export", address=address, said="asked"), HTTPStatus.SEE_OTHER)


@blueprint.get("/<address>/move")
def choose_move(address: str) -> str | AnyResponse:
    """Free times to move to."""
    visitor, visit = opened(address)
    if visit.stage(visitor.now) != "upcoming":
        return to_visit(address)
    return choices(visitor, visit, "move", asked(visit))


@blueprint.post("/<address>/move")
def move(address: str) -> AnyResponse:
    """Move the visit to a free time."""
    visitor, visit = opened(address)
    to = forms.wish(request.form.get("time"))
    try:
        outcome = changes.move(visitor, forms.mark(request.form.get("seen")), to)
    except NotBookable as refused:
        return other_times(visitor, visit, "move", refused)
    return after(address, outcome, "moved")


@blueprint.get("/<address>/again")
def choose_again(address: str) -> str | AnyResponse:
    """Free times for another visit."""
    visitor, visit = opened(address)
    if visit.stage(visitor.now) in {"upcoming", "now"}:
        return to_visit(address)
    return choices(visitor, visit, "again", asked(visit))


@blueprint.post("/<address>/again")
def again(address: str) -> AnyResponse:
    """Book another visit and show it by a link of its own."""
    visitor, visit = opened(address)
    try:
        path = changes.book_again(visitor, forms.wish(request.form.get("time")))
    except NotBookable as refused:
        return other_times(visitor, visit, "again", refused)
    if path is None:
        return to_visit(address)
    return to_visit(path.rpartition("/")[2], "booked")


def opened(address: str) -> tuple[Visitor, Visit]:
    """Whoever holds the link, and the visit behind it; NotThere for any link that does not work."""
    found = parse(address)
    if found is None:
        raise NotThere
    chain_id, token = found
    visitor = Visitor(parts().database, chain_id, token, parts().clock(), g.request_id)
    g.visit = visitor.visit()
    return visitor, g.visit


def asked(visit: Visit) -> Asked:
    """The page of free times that the address asks for, by default the first of the visit's own clinic."""
    clinic_id = forms.clinic(request.args.get("clinic")) or visit.clinic_id
    return Asked(clinic_id, forms.day(request.args.get("from")))


def choices(
    visitor: Visitor, visit: Visit, purpose: Purpose, asked_for: Asked, refused: NotBookable | None = None
) -> str:
    """A page of free times."""
    with visitor.database.reading(visitor.chain_id) as connection:
        wanted = (times.to_move if purpose == "move" else times.to_book_again)(connection, visit)
        clinics = times.clinics_by_distance(connection, visit, visitor.now)
        if asked_for.clinic_id not in {clinic.id for clinic in clinics}:
            raise garbled()
        found = times.choice(connection, wanted, clinics, asked_for, visitor.now)
        instead = None
        if refused:
            is_taken = refused.code in TAKEN
            near = times.nearest(connection, wanted, refused.request, clinics, visitor.now) if is_taken else []
            instead = Refused(refused.code, near)
    base = path_of("show", (request.view_args or {})["address"])
    return times_page(visit, visitor.now, base, purpose=purpose, found=found, refused=instead)


def other_times(visitor: Visitor, visit: Visit, purpose: Purpose, refused: NotBookable) -> AnyResponse:
    """What to say instead of a time that is not free: the nearest that are."""
    wished = refused.request
    page = choices(visitor, visit, purpose, Asked(wished.clinic_id, wished.starts_at.date()), refused)
    return Response(page, HTTPStatus.CONFLICT)


def after(address: str, outcome: Outcome, done: str | None = None) -> AnyResponse:
    """Back to the visit, with a word about what happened where the visit itself does not show it."""
    match outcome:
        case "done":
            return to_visit(address, done)
        case "changed meanwhile":
            return to_visit(address, "changed")
        case _:
            return to_visit(address)


def to_visit(address: str, said: str | None = None) -> AnyResponse:
    return redirect(url_for("links.show", address=address, said=said), HTTPStatus.SEE_OTHER)


def path_of(page: str, address: str) -> str:
    return url_for(f"links.{page}", address=address)

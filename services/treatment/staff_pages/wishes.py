"""What somebody on a page wants made: the way to it, or when they may ask again, with the wish kept on the page."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from services.treatment.chains import clock_of_chain
from services.treatment.staff_pages.showing import shown
from shared.http.limits import TOO_MANY_REPORTS
from shared.http.operations import Call
from shared.http.problems import Problem
from shared.staff_web.visiting import Visitor

SENT = ("whose", "period", "as_of")


def wanted(who: Visitor, work: Callable[[Call], str], *, back: str) -> AnyResponse:
    """Have it made, and lead to where `work` says that it will be; `back` is where the wish came from."""
    try:
        where = who.change(lambda tx: work(who.call(tx.connection, tx)))
    except Problem as problem:
        if problem.code != TOO_MANY_REPORTS:
            raise
        return later(who, problem, back)
    return redirect(where, HTTPStatus.SEE_OTHER)


def later(who: Visitor, problem: Problem, back: str) -> Response:
    """When they may ask again, with what they have sent ready to be sent once more."""
    with who.reading() as connection:
        clock = clock_of_chain(connection)
    seconds = problem.retry_after or 0
    page = shown(
        "too_many_reports.html",
        who,
        here="reports",
        wish={name: request.form[name] for name in SENT if name in request.form},
        action=request.path,
        again_at=(who.now + timedelta(seconds=seconds, minutes=1)).astimezone(clock),
        back=back,
    )
    return Response(page, problem.status, headers={"Retry-After": str(seconds)}, mimetype="text/html")

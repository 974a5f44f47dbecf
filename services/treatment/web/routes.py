"""The pages below /c/: GET shows and changes nothing, POST changes once and leads back to what has become of it.

A link that is wrong, revoked or old, of another purpose, of this chain or another, is answered in one and the same way.
"""

from http import HTTPStatus
from uuid import UUID

from flask import Flask, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.treatment.check_ins.commands import Said
from services.treatment.web import check_in, forms, homework
from services.treatment.web.edge import client_blueprint
from services.treatment.web.pages import homework_page, question_page
from services.treatment.web.visitor import Visitor, visitor
from shared.decider import NotThere

blueprint = client_blueprint("questions")

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def add_client_pages(app: Flask) -> None:
    """Serve the clients' pages."""
    app.register_blueprint(blueprint)


@blueprint.route("/", methods=METHODS)
@blueprint.route("/<path:anything>", methods=METHODS)
def nothing_here(anything: str = "") -> str:
    """Whatever else may be asked for below /c/."""
    raise NotThere(anything)


@blueprint.get("/<address>")
def show(address: str) -> str:
    """The question, or what was answered."""
    return question_page(check_in.question(asked(address)), path_of(address), request.args.get("said"))


@blueprint.post("/<address>")
def answer(address: str) -> AnyResponse:
    """One of the eleven buttons; also to say another number than before."""
    who, said = asked(address), Said(forms.score(request.form.get("score")))
    return after(address, check_in.answer(who, seen(), said))


@blueprint.post("/<address>/more")
def say_more(address: str) -> AnyResponse:
    """Everything beside the number, all of it at once, unless the answer is another one than the page showed."""
    who = asked(address)
    details = forms.details(
        places=request.form.getlist("place"),
        homework=request.form.get("homework"),
        note=request.form.get("note"),
        flags=request.form.getlist("flag"),
    )
    made_from = forms.number(request.form.get("edition"))
    said = Said(forms.score(request.form.get("score")), details, made_from)
    return after(address, check_in.answer(who, seen(), said), "more")


@blueprint.post("/<address>/stop")
def stop(address: str) -> AnyResponse:
    """The client wants no more questions."""
    check_in.stop(asked(address))
    return to_question(address)


@blueprint.post("/<address>/resume")
def resume(address: str) -> AnyResponse:
    """They do, after all."""
    check_in.resume(asked(address))
    return to_question(address)


@blueprint.get("/<address>/homework")
def show_homework(address: str) -> str:
    """What is done at home, and what was said of today."""
    found = homework.at_home(visitor(address, "homework"))
    return homework_page(found, url_for("questions.show_homework", address=address), request.args.get("said"))


@blueprint.post("/<address>/homework")
def report_homework(address: str) -> AnyResponse:
    """One of the three buttons; also to say another one than before."""
    who, form = visitor(address, "homework"), request.form
    said_of, day = forms.marked(form.get("homework")), forms.day(form.get("day"))
    outcome = homework.report(who, said_of, day, forms.one_of(form.get("done") or "", forms.DONE))
    said = "noted" if outcome == "done" else "changed"
    return redirect(url_for("questions.show_homework", address=address, said=said), HTTPStatus.SEE_OTHER)


def asked(address: str) -> Visitor:
    return visitor(address, "check_in")


def seen() -> UUID:
    """The question that the page showed; raises Problem."""
    return forms.marked(request.form.get("seen"))


def after(address: str, outcome: check_in.Outcome, done: str | None = None) -> AnyResponse:
    return to_question(address, done if outcome == "done" else "changed")


def to_question(address: str, said: str | None = None) -> AnyResponse:
    return redirect(url_for("questions.show", address=address, said=said), HTTPStatus.SEE_OTHER)


def path_of(address: str) -> str:
    return url_for("questions.show", address=address)

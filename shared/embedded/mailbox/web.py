"""The mailbox over HTTP: pages, JSON, and a stand-in for Twilio's message resource. No message can run code here."""

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Flask, Response, abort, jsonify, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from shared.embedded.mailbox.answering import Answers
from shared.embedded.mailbox.reading import files, opened, page
from shared.embedded.mailbox.reporting import Reports
from shared.embedded.mailbox.store import Channel, Store

SHOWN = 200
NUMBER = re.compile(r"\+[1-9]\d{6,14}")
# Numbers that Twilio reserves for rehearsing failures, with the error each one stands for.
REHEARSED = {
    "+15005550001": (21211, "Invalid 'To' Phone Number"),
    "+15005550002": (21612, "The message cannot be routed to this number"),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}
LOOKS = "style-src 'unsafe-inline'; img-src data:"
POLICY = f"default-src 'none'; {LOOKS}; frame-src 'self'; form-action 'self'; base-uri 'none'"

Receive = Callable[[Channel, str, str, str], str]


@dataclass(frozen=True, slots=True)
class SmsAccount:
    """The credentials that the stand-in accepts."""

    sid: str
    token: str


def create_app(store: Store, receive: Receive, account: SmsAccount, answers: Answers, reports: Reports) -> Flask:
    """`receive(channel, to, sender, content)` keeps a message and returns its id."""
    app = Flask(__name__)
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost"]

    @app.after_request
    def forbid_scripts(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @app.get("/")
    def show_list() -> str:
        to = request.args.get("to") or None
        messages = [opened(kept) for kept in store.newest_first(to)[:SHOWN]]
        return render_template("list.html", messages=messages, to=to, shown=SHOWN)

    @app.get("/messages")
    def list_messages() -> Response:
        return jsonify([opened(kept) for kept in store.newest_first(request.args.get("to"))])

    @app.delete("/messages")
    def forget_messages() -> tuple[str, int]:
        store.clear()
        return "", 204

    @app.get("/health/live")
    @app.get("/health/ready")
    def healthy() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/2010-04-01/Accounts/<sid>/Messages.json")
    def take_sms(sid: str) -> tuple[dict[str, Any], int]:
        if not authenticated(account, sid):
            return refusal(401, 20003, "Authenticate")
        answer, status = answer_sms(sid, receive)
        if "StatusCallback" in request.form and "to" in answer:
            reports.of(answer["to"], answer["sid"], request.form["StatusCallback"])
        return answer, status

    add_reading(app, store)
    add_answering(app, store, answers)
    return app


def add_reading(app: Flask, store: Store) -> None:
    @app.get("/messages/<message_id>")
    def show_message(message_id: str) -> str:
        kept = store.get(message_id) or abort(404)
        return render_template("message.html", message=opened(kept), page=page(kept), files=files(kept))

    @app.get("/messages/<message_id>/files/<int:number>")
    def show_file(message_id: str, number: int) -> Response:
        found = files(store.get(message_id) or abort(404))[number:]
        if not found:
            abort(404)
        return send_file(
            BytesIO(found[0].content), found[0].media_type, as_attachment=True, download_name=found[0].name
        )


def add_answering(app: Flask, store: Store, answers: Answers) -> None:
    @app.post("/messages/<message_id>/reply")
    def reply(message_id: str) -> AnyResponse:
        kept = store.get(message_id) or abort(404)
        given = request.get_json() if request.is_json else request.form
        if not answers.answer(kept, str(given.get("text", ""))):
            abort(409, "Nobody reads answers to this message.")
        return redirect(url_for("show_message", message_id=message_id), 303)


def answer_sms(sid: str, receive: Receive) -> tuple[dict[str, Any], int]:
    to, sender, body = (request.form.get(name, "") for name in ("To", "From", "Body"))
    if to in REHEARSED or not NUMBER.fullmatch(to):
        code, reason = REHEARSED.get(to, REHEARSED["+15005550001"])
        return refusal(400, code, f"{reason}: {to}")
    if not body:
        return refusal(400, 21602, "Message body is required.")
    if not sender:
        return refusal(400, 21603, "A 'From' phone number is required.")
    message_id = receive("sms", to, sender, body)
    queued = {"sid": f"SM{message_id}", "account_sid": sid, "status": "queued", "to": to, "from": sender, "body": body}
    return queued | {"error_code": None, "error_message": None}, 201


def authenticated(account: SmsAccount, sid: str) -> bool:
    given = request.authorization
    if given is None or given.type != "basic":
        return False
    name, token = (str(given.parameters.get(part)).encode() for part in ("username", "password"))
    right = hmac.compare_digest(name, account.sid.encode()), hmac.compare_digest(token, account.token.encode())
    return all(right) and sid == account.sid


def refusal(status: int, code: int, message: str) -> tuple[dict[str, Any], int]:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return {"code": code, "message": message, "more_info": more, "status": status}, status

"""Stand-ins with real doors for what a sender speaks to: scheduling's answers, a mail server, an SMS provider."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

import msgspec
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

from shared.embedded.processes import LOOPBACK, free_port
from tests.support.messages import recipient, visit_shown
from workers.messages.model import Message


class QuietRequests(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def served(app: Flask, port: int | None = None) -> Iterator[str]:
    """The app on a port of this machine, as its base URL."""
    server = make_server(LOOPBACK, port or free_port(), app, threaded=True, request_handler=QuietRequests)
    thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Scheduling:
    """Answers whom messages go to: what was told of a visit, `stop` for a visit named so, 503 while away."""

    url: str = ""
    answers: dict[UUID, Message | str | dict[str, Any]] = field(default_factory=dict)
    asked: list[list[dict[str, str]]] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)
    wanted_tasks: list[dict[str, str]] = field(default_factory=list)
    receipts: list[dict[str, str]] = field(default_factory=list)
    arrivals: list[dict[str, str]] = field(default_factory=list)
    followed: list[dict[str, Any]] = field(default_factory=list)
    staff_refused: list[dict[str, str]] = field(default_factory=list)
    settled: set[UUID] = field(default_factory=set)
    tokens: list[str] = field(default_factory=list)
    away: bool = False
    before_answering: Callable[[], None] = lambda: None
    after_tasks: Callable[[], None] = lambda: None

    def knows(self, appointment_id: UUID, answer: Message | str | None = None, **fields: Any) -> None:
        """The answer about a visit; by default a client who takes e-mail, at an address made from the visit's id."""
        own = {} if fields.get("channel") == "sms" else {"address": f"{appointment_id}@demo.example"}
        self.answers[appointment_id] = answer or recipient(visit_shown(id=appointment_id), **own | fields)

    def respond(self) -> Response:
        items = request.get_json()["items"]
        self.asked.append(items)
        self.tokens.append(request.headers["Authorization"])
        self.before_answering()
        if self.away:
            return Response("away", 503)
        answered = [{"key": item["key"], **self.answer(UUID(about_what(item)))} for item in items]
        return Response(msgspec.json.encode({"items": answered}), content_type="application/json")

    def take_refusals(self) -> Response:
        if self.away:
            return Response("away", 503)
        self.refused += request.get_json()["items"]
        return Response("{}", content_type="application/json")

    def take_refusals_by_staff(self) -> Response:
        if self.away:
            return Response("away", 503)
        self.staff_refused += request.get_json()["items"]
        return Response("{}", content_type="application/json")

    def take_tasks(self) -> Response:
        """A task for each visit that is not `settled`."""
        if self.away:
            return Response("away", 503)
        items = request.get_json()["items"]
        self.wanted_tasks += items
        self.after_tasks()
        needed = {item["because"]: UUID(item["appointment_id"]) not in self.settled for item in items}
        return Response(json.dumps({"needed": needed}), content_type="application/json")

    def take_receipts(self) -> Response:
        if self.away:
            return Response("away", 503)
        self.receipts += request.get_json()["items"]
        return Response("{}", content_type="application/json")

    def take_arrivals(self) -> Response:
        if self.away:
            return Response("away", 503)
        items = request.get_json()["items"]
        self.arrivals += items
        outcomes = {item["event_id"]: "arrived" for item in items}
        return Response(json.dumps({"outcomes": outcomes}), content_type="application/json")

    def take_followed(self) -> Response:
        if self.away:
            return Response("away", 503)
        self.followed += request.get_json()["items"]
        return Response("{}", content_type="application/json")

    def answer(self, appointment_id: UUID) -> dict[str, Any]:
        known = self.answers.get(appointment_id, "gone")
        if isinstance(known, str):
            return {"stop": known}
        return known if isinstance(known, dict) else asdict(known)


def about_what(item: dict[str, str]) -> str:
    """Whom of the staff it goes to, what a letter was asked for, the visit that it is about, or who is asked."""
    return next(item[name] for name in ("staff_id", "about", "appointment_id", "client_id") if name in item)


@contextmanager
def a_scheduling(port: int | None = None) -> Iterator[Scheduling]:
    standing_in = Scheduling()
    app = Flask(__name__)
    app.add_url_rule("/internal/v1/recipients", view_func=standing_in.respond, methods=["POST"])
    app.add_url_rule("/internal/v1/letters", "letters", standing_in.respond, methods=["POST"])
    app.add_url_rule("/internal/v1/staff-addresses", "staff", standing_in.respond, methods=["POST"])
    app.add_url_rule("/internal/v1/staff-refusals", view_func=standing_in.take_refusals_by_staff, methods=["POST"])
    app.add_url_rule("/internal/v1/addresses", "addresses", standing_in.respond, methods=["POST"])
    app.add_url_rule("/internal/v1/refusals", view_func=standing_in.take_refusals, methods=["POST"])
    app.add_url_rule("/internal/v1/erasures/receipts", view_func=standing_in.take_receipts, methods=["POST"])
    app.add_url_rule("/internal/v1/erasures/followed", view_func=standing_in.take_followed, methods=["POST"])
    app.add_url_rule("/internal/v1/contact-tasks", view_func=standing_in.take_tasks, methods=["POST"])
    app.add_url_rule("/internal/v1/arrivals", view_func=standing_in.take_arrivals, methods=["POST"])
    with served(app, port) as url:
        standing_in.url = url
        yield standing_in


@dataclass
class MailServer:
    """Takes mail on loopback and notes it; `replies` are the answers to RCPT by address and to DATA by its end."""

    port: int = field(default_factory=free_port)
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    rcpt_replies: dict[str, str] = field(default_factory=dict)
    data_replies: dict[str, str] = field(default_factory=dict)
    connections: int = 0
    hang_up_after: int | None = None
    at_rcpt: Callable[[], None] = lambda: None
    at_data: Callable[[str], None] = lambda _to: None

    async def handle_EHLO(  # noqa: N802 - the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802 - as above
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.at_rcpt()
        if address in self.rcpt_replies:
            return self.rcpt_replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        to = envelope.rcpt_tos[0]
        self.at_data(to)
        if to in self.data_replies:
            return self.data_replies[to]
        self.taken.append((to, envelope.content if isinstance(envelope.content, bytes) else b""))
        if self.hang_up_after is not None and len(self.taken) >= self.hang_up_after:
            self.hang_up_after = None
            assert server.transport is not None
            server.transport.close()
        return "250 OK"

    def addresses(self) -> list[str]:
        return [to for to, _ in self.taken]


@contextmanager
def a_mail_server(port: int | None = None) -> Iterator[MailServer]:
    server = MailServer(port or free_port())
    controller = Controller(server, hostname=LOOPBACK, port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@dataclass
class SmsProvider:
    """Twilio's message resource; `script` are the next answers as (status, body), then every message is taken."""

    url: str = ""
    script: list[tuple[int, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    taken: list[dict[str, str]] = field(default_factory=list)
    at_request: Callable[[], None] = lambda: None

    def respond(self, sid: str) -> Response:
        asked = request.form.to_dict()
        self.at_request()
        if self.script:
            status, body, headers = self.script.pop(0)
            return Response(json.dumps(body), status, headers=headers, content_type="application/json")
        self.taken.append(asked)
        body = {"sid": f"SM{len(self.taken):032}", "status": "queued"}
        return Response(json.dumps(body), 201, content_type="application/json")


@contextmanager
def an_sms_provider(port: int | None = None) -> Iterator[SmsProvider]:
    provider = SmsProvider()
    app = Flask(__name__)
    app.add_url_rule("/2010-04-01/Accounts/<sid>/Messages.json", view_func=provider.respond, methods=["POST"])
    with served(app, port) as url:
        provider.url = url
        yield provider

"""Treatment's answers to senders: a link to each question unless it is told to say otherwise, and what it was told."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Flask, Response, request

from tests.support.messages import at
from tests.support.providers import served

GOOD_UNTIL = at("2026-11-17 18:00")


WAY: dict[str, Any] = {
    "address": "client@demo.example",
    "channel": "email",
    "time_zone": "Europe/Berlin",
    "locale": "en",
    "receipt": "demo.receipt",
    "status_url": None,
    "chain_name": "Demo Chain",
}
"""Scheduling's answer about a client who is reached by mail."""

REPORTS = {"period": "2026-10", "title": "October 2026", "files": [], "figures": [], "more": False}


@dataclass
class Asking:
    """503 while `away`; `refused`: of what it takes no outcome; `stops`: what there is no link to, with the reason; `silent`: what is left out.

    `reports` is what a letter about a closed period brings.
    """

    url: str = ""
    stops: dict[UUID, str] = field(default_factory=dict)
    silent: set[UUID] = field(default_factory=set)
    refused: set[UUID] = field(default_factory=set)
    named: list[str | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    reports: dict[str, Any] = field(default_factory=lambda: {"reports": REPORTS})
    asked_of_reports: list[dict[str, Any]] = field(default_factory=list)
    before_reports: Callable[[], None] = lambda: None
    good_until: datetime = GOOD_UNTIL
    away: bool = False

    def give_links(self) -> Response:
        if self.away:
            return Response("away", 503)
        asked = request.get_json()["items"]
        self.asked += [each["about"] for each in asked]
        self.named += [each["whose"] for each in asked]
        items = [self.link(each["about"]) for each in asked if UUID(each["about"]) not in self.silent]
        return Response(json.dumps({"items": items}), content_type="application/json")

    def link(self, about: str) -> dict[str, str]:
        if reason := self.stops.get(UUID(about)):
            return {"about": about, "stop": reason}
        link = f"https://care.demo.example/c/demo.{len(self.asked)}"
        return {"about": about, "link": link, "good_until": self.good_until.isoformat()}

    def give_reports(self) -> Response:
        self.asked_of_reports.append(request.get_json())
        self.before_reports()
        if self.away:
            return Response("away", 503)
        return Response(json.dumps(self.reports), content_type="application/json")

    def take_outcomes(self) -> Response:
        if self.away:
            return Response("away", 503)
        items = request.get_json()["items"]
        if any(UUID(each["check_in_id"]) in self.refused for each in items):
            return Response('{"code": "not_there"}', 404, content_type="application/problem+json")
        self.outcomes += items
        return Response("{}", content_type="application/json")


@contextmanager
def an_asking(port: int | None = None) -> Iterator[Asking]:
    standing_in = Asking()
    app = Flask(__name__)
    app.add_url_rule("/internal/v1/links", view_func=standing_in.give_links, methods=["POST"])
    app.add_url_rule("/internal/v1/report-letters", view_func=standing_in.give_reports, methods=["POST"])
    app.add_url_rule("/internal/v1/check-ins/outcomes", view_func=standing_in.take_outcomes, methods=["POST"])
    with served(app, port) as url:
        standing_in.url = url
        yield standing_in

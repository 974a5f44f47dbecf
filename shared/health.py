"""How a process says that it lives (`/health/live`), can do its work (`/health/ready`), and how it fares (`/metrics`).

Live means: do not restart me. Ready means: everything I depend on answers. Neither says more than a word about a
failure; the log says the rest.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import redis
import structlog
from flask import Blueprint, Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine, text
from werkzeug.serving import WSGIRequestHandler, make_server

Check = Callable[[], None]
"""Returns when what it looks at is well, and raises otherwise; it must come back within a few seconds."""

log = structlog.get_logger()


class Stalled(Exception):
    """The work of this process has not moved for too long."""


@dataclass
class Heartbeat:
    """A loop calls `beat` on every round; `check` raises Stalled when the last one is older than `within_seconds`."""

    within_seconds: float
    clock: Callable[[], float] = time.monotonic
    last: float = field(init=False)

    def __post_init__(self) -> None:
        self.beat()

    def beat(self) -> None:
        self.last = self.clock()

    def check(self) -> None:
        silent = self.clock() - self.last
        if silent > self.within_seconds:
            raise Stalled(f"no round for {silent:.0f} s")


def database_answers(engine: Engine) -> Check:
    def check() -> None:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    return check


def redis_answers(url: str) -> Check:
    client = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0))

    def check() -> None:
        client.ping()

    return check


def examined(checks: Mapping[str, Check]) -> dict[str, str]:
    """What is not well, by the name of its check, with the kind of the failure."""
    failures: dict[str, str] = {}
    for name, check in checks.items():
        try:
            check()
        except Exception as error:
            failures[name] = type(error).__name__
            log.warning("health_check_failed", check=name, error=str(error))
    return failures


def health_blueprint(ready: Mapping[str, Check], live: Mapping[str, Check] | None = None) -> Blueprint:
    """The three routes. 200 when all is well, else 503 with the checks that failed."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/health/live")
    def show_live() -> tuple[dict[str, Any], int]:
        return answer(examined(live or {}))

    @blueprint.get("/health/ready")
    def show_ready() -> tuple[dict[str, Any], int]:
        return answer(examined({**(live or {}), **ready}))

    @blueprint.get("/metrics")
    def show_metrics() -> Response:
        return Response(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)

    return blueprint


def answer(failures: dict[str, str]) -> tuple[dict[str, Any], int]:
    return ({"status": "unwell", "failures": failures}, 503) if failures else ({"status": "ok"}, 200)


def registry() -> CollectorRegistry:
    """The metrics of this process, or those of all its siblings where they share PROMETHEUS_MULTIPROC_DIR."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together


class QuietRequests(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: a probe every few seconds is of no interest."""


class HealthServer:
    """Answers the three routes for a process that serves nothing else, from a thread of its own.

    Does nothing when `port` is None. Raises OSError when the port is taken.
    """

    def __init__(
        self, host: str, port: int | None, ready: Mapping[str, Check], live: Mapping[str, Check] | None = None
    ) -> None:
        self.server = None
        if port is None:
            return
        app = Flask(__name__)
        app.register_blueprint(health_blueprint(ready, live))
        with socket.create_server((host, port)) as door:
            self.server = make_server(host, port, app, threaded=True, request_handler=QuietRequests, fd=door.fileno())
        threading.Thread(target=self.server.serve_forever, args=[0.1], name="health", daemon=True).start()

    def close(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

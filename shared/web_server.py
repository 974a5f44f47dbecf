"""Runs a Flask application under Granian: blocking threads, any number of processes, metrics added up over them."""

import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from shared.settings import WebSettings

KILL_SECONDS = 10
# After so long a head must be whole; of one that outgrows the buffer, which takes in more by the way, no more is read.
HEAD = HTTP1Settings(header_read_timeout=10_000, max_buffer_size=64 * 1024)
# Granian's own lines go the way of all others (shared/logs.py).
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"propagate": True}, "granian.access": {"propagate": True}},
}


def serve(factory: str, *, host: str, port: int, web: WebSettings) -> None:
    """Serve the application that `factory` (`services.scheduling.app:create_app`) makes, until SIGTERM or SIGINT.

    Requests under way are finished first, up to 10 s.
    """
    with shared_metrics(web.workers):
        Granian(
            factory,
            factory=True,
            interface=Interfaces.WSGI,
            address=host,
            port=port,
            http=HTTPModes.http1,
            http1_settings=HEAD,
            websockets=False,
            workers=web.workers,
            blocking_threads=web.threads,
            respawn_failed_workers=True,
            workers_kill_timeout=KILL_SECONDS,
            log_level=LogLevels.error,
            log_dictconfig=LOGGING,
        ).serve()


@contextmanager
def shared_metrics(workers: int) -> Iterator[None]:
    """Where several processes answer, each of them shows the sum of all metrics, which they keep in files.

    They are spawned and not forked: prometheus_client decides for files when it is imported, which has happened here.
    """
    if workers == 1:
        yield
        return
    multiprocessing.set_start_method("spawn", force=True)
    with tempfile.TemporaryDirectory(prefix="synergist-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield

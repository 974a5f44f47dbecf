"""How each Celery worker of ours runs: one queue, children that open what they need, health in the parent."""

import logging
import os
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from celery import Celery, signals
from celery.exceptions import SecurityWarning

from shared.health import HealthServer

Opened = TypeVar("Opened")
EVERY_TICK = ("celery.app.trace", "celery.worker.request", "celery.worker.strategy")
"""Loggers that have something to say about each task, of which there are a few every tick."""


def serve(app: Celery, queue: str, concurrency: int, answer_health: Callable[[], HealthServer]) -> None:
    """Take ticks from a queue until told to stop; what is being done then is finished first."""

    def leave_logging_alone(**_: object) -> None:
        """Celery sets up logging of its own unless somebody listens to this signal."""

    def open_health_port(**_: object) -> None:
        """Only when the children are forked, so that none of them inherits the thread half."""
        answer_health()

    signals.setup_logging.connect(leave_logging_alone, weak=False)
    signals.worker_ready.connect(open_health_port, weak=False)
    # Being root matters where tasks are pickled, and here they are JSON without content.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    for name in EVERY_TICK:
        logging.getLogger(name).setLevel(logging.WARNING)
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    own_name = f"{queue}-{os.getpid()}@%h"
    app.worker_main(["--quiet", "worker", "-n", own_name, "-Q", queue, "-O", "fair", "-c", str(concurrency), *alone])


def one_per_process(opened: Callable[[], Opened]) -> Callable[[], Opened]:
    """Opened when first wanted in a process, and again in each child that is forked from it."""
    by_process = lru_cache(maxsize=1)(lambda _process: opened())
    return lambda: by_process(os.getpid())

"""The process that sends: a Celery worker whose children lease what is due."""

import logging
import os
import warnings

from celery import signals
from celery.exceptions import SecurityWarning
from prometheus_client import REGISTRY

from shared.database import make_engine
from shared.health import HealthServer, database_answers, redis_answers
from shared.logs import configure
from shared.settings import Settings
from workers.celery_app import QUEUE, make_app
from workers.messages.tally import Messages, Tally
from workers.messages.tasks import now, one_per_process, open_sender, register

NEEDED = (
    "SYNERGIST_WORKERS_DATABASE_URL",
    "SYNERGIST_BROKER_URL",
    "SYNERGIST_SERVICE_KEY",
)
STALLED_SECONDS = 120.0

EVERY_TICK = ("celery.app.trace", "celery.worker.request", "celery.worker.strategy")
"""Loggers that have something to say about each task, of which there are a few every tick."""


def run(concurrency: int) -> None:
    """Send until told to stop; what is being sent then is finished first."""
    settings = Settings.read(os.environ, need=NEEDED)
    configure(settings.environment, settings.log_level, "workers send")
    tally = Tally(now)
    app = make_app(settings)
    register(app, one_per_process(lambda: open_sender(settings, tally)), tally)

    def leave_logging_alone(**_: object) -> None:
        """Celery sets up logging of its own unless somebody listens to this signal."""

    def open_health_port(**_: object) -> None:
        """Only when the children are forked, so that none of them inherits the thread half."""
        answer_health(settings, tally)

    signals.setup_logging.connect(leave_logging_alone, weak=False)
    signals.worker_ready.connect(open_health_port, weak=False)
    # Being root matters where tasks are pickled, and here they are JSON without content.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    for name in EVERY_TICK:
        logging.getLogger(name).setLevel(logging.WARNING)
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    own_name = f"send-{os.getpid()}@%h"
    app.worker_main(["--quiet", "worker", "-n", own_name, "-Q", QUEUE, "-O", "fair", "-c", str(concurrency), *alone])


def answer_health(settings: Settings, tally: Tally) -> HealthServer:
    """Health and metrics of the worker, from its parent process."""
    engine = make_engine(settings.workers.api, size=1)
    REGISTRY.register(Messages(tally, engine, now))
    ready = {"database": database_answers(engine), "broker": redis_answers(settings.redis.broker_url)}
    live = {"ticks": lambda: tally.check(STALLED_SECONDS)}
    return HealthServer(settings.address.bind, settings.address.health_port, ready, live)

"""The process that makes reports: a Celery worker apart from those that send, so that no message waits for a report."""

import os

from prometheus_client import REGISTRY

from shared.database import make_engine
from shared.health import HealthServer, database_answers, redis_answers
from shared.logs import configure
from shared.settings import Settings
from workers.celery_app import REPORT_QUEUE, make_app
from workers.celery_worker import one_per_process, serve
from workers.messages.tally import Tally
from workers.messages.tasks import now
from workers.reports.due.measured import Periods
from workers.reports.tasks import open_reporter, register

NEEDED = ("SYNERGIST_WORKERS_DATABASE_URL", "SYNERGIST_BROKER_URL", "SYNERGIST_SERVICE_KEY")
STALLED_SECONDS = 600.0
"""A task that is at work says so every minute."""


def run(concurrency: int) -> None:
    """Make reports until told to stop; the batch that is being made then is finished first."""
    settings = Settings.read(os.environ, need=NEEDED)
    configure(settings.environment, settings.log_level, "workers report")
    tally = Tally(now)
    app = make_app(settings)
    register(app, one_per_process(lambda: open_reporter(settings)), tally)
    serve(app, REPORT_QUEUE, concurrency, lambda: answer_health(settings, tally))


def answer_health(settings: Settings, tally: Tally) -> HealthServer:
    """Health and metrics of the worker, from its parent process."""
    engine = make_engine(settings.workers.api, size=1)
    REGISTRY.register(Periods(engine, now))
    ready = {"database": database_answers(engine), "broker": redis_answers(settings.redis.broker_url)}
    live = {"ticks": lambda: tally.check(STALLED_SECONDS)}
    return HealthServer(settings.address.bind, settings.address.health_port, ready, live)

"""The process that sends: a Celery worker whose children lease what is due."""

import os

from prometheus_client import REGISTRY

from shared.database import make_engine
from shared.health import HealthServer, database_answers, redis_answers
from shared.logs import configure
from shared.settings import Settings
from workers.celery_app import QUEUE, make_app
from workers.celery_worker import one_per_process, serve
from workers.messages.tally import Messages, Tally
from workers.messages.tasks import now, open_sender, register

NEEDED = (
    "SYNERGIST_WORKERS_DATABASE_URL",
    "SYNERGIST_BROKER_URL",
    "SYNERGIST_SERVICE_KEY",
)
STALLED_SECONDS = 120.0


def run(concurrency: int) -> None:
    """Send until told to stop; what is being sent then is finished first."""
    settings = Settings.read(os.environ, need=NEEDED)
    configure(settings.environment, settings.log_level, "workers send")
    tally = Tally(now)
    app = make_app(settings)
    register(app, one_per_process(lambda: open_sender(settings, tally)), tally)
    serve(app, QUEUE, concurrency, lambda: answer_health(settings, tally))


def answer_health(settings: Settings, tally: Tally) -> HealthServer:
    """Health and metrics of the worker, from its parent process."""
    engine = make_engine(settings.workers.api, size=1)
    REGISTRY.register(Messages(tally, engine, now))
    ready = {"database": database_answers(engine), "broker": redis_answers(settings.redis.broker_url)}
    live = {"ticks": lambda: tally.check(STALLED_SECONDS)}
    return HealthServer(settings.address.bind, settings.address.health_port, ready, live)

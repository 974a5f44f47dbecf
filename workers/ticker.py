"""The process that ticks: Celery's beat, with nothing to remember, so it may run twice or start anew at any time."""

import logging
import os
import threading
from collections.abc import Callable
from typing import Any

import redis
import structlog
from celery import Celery
from celery.beat import ScheduleEntry, Scheduler

from shared.background import background
from shared.faults import described
from shared.health import redis_answers
from shared.settings import Settings
from workers.celery_app import MOST_WAITING, PREFIX, QUEUE, make_app

NEEDED = ("SYNERGIST_BROKER_URL",)

log = structlog.get_logger()


class Ticks(Scheduler):
    """Beat's scheduler, which says what failed to whoever runs it, and does not heap up ticks that nobody takes."""

    def __init__(self, app: Celery, broker: redis.Redis) -> None:
        self.broker = broker
        super().__init__(app=app)

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        """Publish one tick. Raises what the broker's clients raise."""
        queue = entry.options.get("queue", QUEUE)
        if int(str(self.broker.llen(f"{PREFIX}{queue}"))) < MOST_WAITING:
            self.apply_async(entry, producer=producer, advance=False)


def run() -> None:
    """Tick until told to stop."""
    settings = Settings.read(os.environ, need=NEEDED)
    app = make_app(settings)
    app.conf.broker_connection_max_retries = 1
    ready = {"broker": redis_answers(settings.redis.broker_url)}
    broker = redis.Redis.from_url(settings.redis.broker_url, socket_timeout=5, socket_connect_timeout=5)
    with broker, background(settings, "workers beat", ready) as process:
        logging.getLogger("celery.beat").setLevel(logging.WARNING)
        while not process.stop.is_set():
            try:
                tick(Ticks(app, broker), process.stop, process.heartbeat.beat)
            except Exception as error:
                log.warning("beat_begins_again", error=described(error))
                process.heartbeat.beat()
                process.stop.wait(settings.tick_seconds)


def tick(ticks: Ticks, stop: threading.Event, beat: Callable[[], None]) -> None:
    """Publish until `stop` is set."""
    try:
        while not stop.is_set():
            wait = ticks.tick()
            beat()
            stop.wait(wait)
    finally:
        ticks.close()

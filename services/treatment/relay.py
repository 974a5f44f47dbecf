"""The process that brings treatment's log to Redis."""

import os

from shared import relay
from shared.background import background
from shared.health import redis_answers
from shared.settings import Settings

NEEDED = ("SYNERGIST_TREATMENT_READER_URL", "SYNERGIST_REDIS_URL")


def run() -> None:
    """Relay until told to stop."""
    settings = Settings.read(os.environ, need=NEEDED)
    ready = {"redis": redis_answers(settings.redis.url)}
    with background(settings, "treatment relay", ready) as process:
        relay.run(
            "treatment",
            settings.treatment.reader,
            settings.redis.url,
            process.stop,
            beat=process.heartbeat.beat,
            retained=settings.redis.retained,
        )

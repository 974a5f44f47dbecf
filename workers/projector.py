"""The process that plans messages: every event of both services' logs, exactly once."""

import os

from shared import consumer
from shared.background import background
from shared.database import make_engine
from shared.feed import Feed
from shared.health import database_answers
from shared.minting import mint_service_token
from shared.settings import Settings
from workers.consume import CONSUMER, handle

NEEDED = ("SYNERGIST_WORKERS_DATABASE_URL", "SYNERGIST_REDIS_URL", "SYNERGIST_SERVICE_KEY")


def feeds(settings: Settings) -> dict[str, Feed]:
    """The services whose events are consumed, each with its feed."""
    key, address = settings.auth.service_key, settings.address
    return {
        "scheduling": Feed(address.scheduling_url, lambda: mint_service_token(key, subject=CONSUMER, to="scheduling")),
        "treatment": Feed(address.treatment_url, lambda: mint_service_token(key, subject=CONSUMER, to="treatment")),
    }


def run() -> None:
    """Consume until told to stop."""
    settings = Settings.read(os.environ, need=NEEDED)
    engine = make_engine(settings.workers.api, size=2)
    with background(settings, "workers project", {"database": database_answers(engine)}) as process:
        consumer.run(
            CONSUMER,
            engine=engine,
            redis_url=settings.redis.url,
            feeds=feeds(settings),
            handle=handle,
            stop=process.stop,
            beat=process.heartbeat.beat,
        )

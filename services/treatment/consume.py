"""The process that keeps treatment's picture of what scheduling does: every event of its log, exactly once."""

import os

from prometheus_client import REGISTRY

from services.treatment.alerts.due import OpenAlerts
from services.treatment.views import VIEWS
from shared import consumer
from shared.background import background
from shared.database import make_engine
from shared.feed import Feed
from shared.health import database_answers
from shared.minting import mint_service_token
from shared.projection import Handle, through_views
from shared.settings import Settings

NAME = "treatment"
handle: Handle = through_views(VIEWS, None)
"""What is done with events. The keys of what they seal are scheduling's, so nothing of it is told here."""

NEEDED = ("SYNERGIST_TREATMENT_DATABASE_URL", "SYNERGIST_REDIS_URL", "SYNERGIST_SERVICE_KEY")


def feeds(settings: Settings) -> dict[str, Feed]:
    """The services whose events are consumed, each with its feed."""
    key = settings.auth.service_key
    return {
        "scheduling": Feed(
            settings.address.scheduling_url, lambda: mint_service_token(key, subject=NAME, to="scheduling")
        )
    }


def run() -> None:
    """Consume until told to stop."""
    settings = Settings.read(os.environ, need=NEEDED)
    engine = make_engine(settings.treatment.api, size=3)
    REGISTRY.register(OpenAlerts(engine))
    with background(settings, "treatment consume", {"database": database_answers(engine)}) as process:
        consumer.run(
            NAME,
            engine=engine,
            redis_url=settings.redis.url,
            feeds=feeds(settings),
            handle=handle,
            stop=process.stop,
            beat=process.heartbeat.beat,
        )

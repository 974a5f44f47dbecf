"""The Celery side of making reports: a tick says that some may be wanted or due, and a child of the worker looks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from celery import Celery
from sqlalchemy import Engine

from shared.database import make_engine
from shared.feed import Feed
from shared.minting import mint_service_token
from shared.settings import Settings
from workers.celery_app import CLOSE_PERIODS, MAKE_REPORTS, RESTATE_REPORTS
from workers.messages.tally import Tally
from workers.messages.tasks import now
from workers.messages.treatment import Treatment
from workers.projector import feeds
from workers.reports.due.turn import Closing, close_due
from workers.reports.making import make_wanted
from workers.reports.restating.telling import restate_closed, restate_wanted

LONGEST_TURN = timedelta(minutes=2)
"""A turn with much to do stops after so long, when the batch at hand is done; the next tick goes on."""


@dataclass
class Reporter:
    """What makes reports, with connections of its own, two of them to the database."""

    engine: Engine
    treatment: Treatment
    logs: Mapping[str, Feed]

    def heads(self) -> dict[str, dict[int, int]]:
        """Where each partition of each log ends now. Raises FeedUnavailable."""
        return {
            source: {partition: head.position for partition, head in log.heads().items()}
            for source, log in self.logs.items()
        }

    def close(self) -> None:
        self.treatment.close()
        self.engine.dispose()
        for log in self.logs.values():
            log.http.close()


def open_reporter(settings: Settings) -> Reporter:
    key = settings.auth.service_key
    return Reporter(
        engine=make_engine(settings.workers.api, size=2),
        treatment=Treatment(
            settings.address.treatment_url, lambda: mint_service_token(key, subject="workers", to="treatment")
        ),
        logs=feeds(settings),
    )


def register(app: Celery, reporters: Callable[[], Reporter], tally: Tally) -> None:
    """Give this application, and no other of the process, its tasks; `reporters` gives what they work with."""

    def make_reports() -> None:
        """One group at a time, and the next at once while there is any."""
        tally.tick()
        reporter, until = reporters(), now() + LONGEST_TURN
        while make_wanted(reporter.engine, reporter.treatment, now) and now() < until:
            tally.tick()

    def close_periods() -> None:
        tally.tick()
        reporter, until = reporters(), now() + LONGEST_TURN

        def is_over() -> bool:
            tally.tick()
            return now() >= until

        close_due(Closing(reporter.engine, reporter.treatment, reporter.heads, now, is_over))

    def restate_reports() -> None:
        """What somebody waits for first; then closed periods, of which each has its turn once a day."""
        tally.tick()
        reporter, until = reporters(), now() + LONGEST_TURN
        while restate_wanted(reporter.engine, reporter.treatment, now) and now() < until:
            tally.tick()
        while now() < until and restate_closed(reporter.engine, reporter.treatment, now):
            tally.tick()

    app.task(name=MAKE_REPORTS, shared=False)(make_reports)
    app.task(name=RESTATE_REPORTS, shared=False)(restate_reports)
    app.task(name=CLOSE_PERIODS, shared=False)(close_periods)

"""The Celery side of making reports: a tick says that some may be wanted or due, and a child of the worker looks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

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
from workers.reports.holding import LAST_WORDS, TASK, TURN, meanwhile
from workers.reports.making import make_wanted
from workers.reports.restating.telling import restate_closed, restate_wanted

LIMITS = {"soft_time_limit": TASK.total_seconds(), "time_limit": (TASK + LAST_WORDS).total_seconds()}


@dataclass
class Reporter:
    """What makes reports, with connections of its own, two of them to the database: one works, one renews leases."""

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
    """Give this application, and no other of the process, its tasks; `reporters` gives what they work with.

    While a task is at work the worker is not taken for one that stands still, until the task's time is over.
    """

    def turn() -> Callable[[], bool]:
        tally.tick()
        until = now() + TURN
        return lambda: now() >= until

    def make_reports() -> None:
        """One group at a time, and the next at once while there is any."""
        reporter, is_over = reporters(), turn()
        with meanwhile(tally.tick):
            while make_wanted(reporter.engine, reporter.treatment, now) and not is_over():
                pass

    def close_periods() -> None:
        reporter, is_over = reporters(), turn()
        with meanwhile(tally.tick):
            close_due(Closing(reporter.engine, reporter.treatment, reporter.heads, now, is_over))

    def restate_reports() -> None:
        """What somebody waits for first; then closed periods, of which each has its turn once a day."""
        reporter, is_over = reporters(), turn()
        with meanwhile(tally.tick):
            while restate_wanted(reporter.engine, reporter.treatment, now) and not is_over():
                pass
            while not is_over() and restate_closed(reporter.engine, reporter.treatment, now):
                pass

    tasks = {MAKE_REPORTS: make_reports, CLOSE_PERIODS: close_periods, RESTATE_REPORTS: restate_reports}
    for name, task in tasks.items():
        app.task(name=name, shared=False, **LIMITS)(task)

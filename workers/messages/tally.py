"""How sending fares, for all processes of one Celery worker together: outcomes counted, backlog measured when asked."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from multiprocessing import Lock
from multiprocessing.sharedctypes import RawArray, RawValue

import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from shared.faults import described
from shared.health import Stalled

OUTCOMES = {
    "sent": "sent",
    "pending": "postponed",
    "withdrawn": "withdrawn",
    "stopped": "stopped",
    "expired": "expired",
    "in_doubt": "in_doubt",
}
"""The states that rows come to, and what the metric calls them."""

BACKLOG = text(
    "SELECT count(*), min(next_at) FROM due_messages"
    " WHERE state IN ('pending', 'leased', 'sending') AND next_at <= :now"
)

# Not those that were settled otherwise, or whose reader has gone, nor that of reports, which wait for who looks.
UNTOLD = text(
    "SELECT count(*) FROM due_messages WHERE client_id IS NULL AND state IN ('stopped', 'expired', 'in_doubt')"
    " AND reason <> 'gone' AND kind <> 'staff_report' AND due_at > :since"
)
UNTOLD_FOR = timedelta(days=7)

Clock = Callable[[], datetime]

log = structlog.get_logger()


class Tally:
    """Numbers in memory that a worker shares with the children it forks; made before the first of them."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = Lock()
        self.counts = RawArray("Q", len(OUTCOMES))
        self.last_tick = RawValue("d", clock().timestamp())

    def count(self, states: Sequence[str]) -> None:
        """Waits only briefly for the lock: a child that was killed may never give it back."""
        held = self.lock.acquire(timeout=0.1)
        for state in states:
            self.counts[list(OUTCOMES).index(state)] += 1
        if held:
            self.lock.release()

    def counted(self) -> dict[str, int]:
        return dict(zip(OUTCOMES.values(), self.counts[:], strict=True))

    def tick(self) -> None:
        """A child has looked whether anything is due."""
        self.last_tick.value = self.clock().timestamp()

    def check(self, within_seconds: float) -> None:
        """Raises Stalled when no child has looked for so long: the broker, beat or the worker stands still."""
        silent = self.clock().timestamp() - self.last_tick.value
        if silent > within_seconds:
            raise Stalled(f"no tick for {silent:.0f} s")


class Messages(Collector):
    """Counters of outcomes, and the backlog as it is at the moment of asking."""

    def __init__(self, tally: Tally, engine: Engine, clock: Clock) -> None:
        self.tally = tally
        self.engine = engine
        self.clock = clock

    def describe(self) -> list[Metric]:
        """Nothing, so that registering asks no database."""
        return []

    def collect(self) -> Iterator[Metric]:
        outcomes = CounterMetricFamily("synergist_messages", "Messages by outcome of an attempt", labels=["outcome"])
        for outcome, count in self.tally.counted().items():
            outcomes.add_metric([outcome], count)
        yield outcomes
        try:
            yield from self.backlog(self.clock())
        except SQLAlchemyError as error:
            log.warning("backlog_unknown", error=described(error))

    def backlog(self, now: datetime) -> Iterator[Metric]:
        with self.engine.connect() as connection:
            waiting, oldest = connection.execute(BACKLOG, {"now": now}).one()
            untold = connection.execute(UNTOLD, {"since": now - UNTOLD_FOR}).scalar_one()
        yield GaugeMetricFamily("synergist_messages_due", "Messages that are due and not sent", value=waiting)
        age = (now - oldest).total_seconds() if oldest else 0.0
        yield GaugeMetricFamily("synergist_messages_due_oldest_seconds", "How long the oldest has been due", value=age)
        told = "Letters to staff of the last 7 days that reached nobody"
        yield GaugeMetricFamily("synergist_staff_letters_undelivered", told, value=untold)

"""How closing fares: periods that are late, and for how long, as it is at the moment of asking."""

from collections.abc import Callable, Iterator
from datetime import datetime

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from shared.faults import described

LATE = text("SELECT count(*), min(as_of_at) FROM due_periods WHERE state <> 'closed' AND as_of_at <= :now")

log = structlog.get_logger()


class Periods(Collector):
    """Gauges of the periods whose moment has passed and that are not closed."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self.engine = engine
        self.clock = clock

    def describe(self) -> list[Metric]:
        """Nothing, so that registering asks no database."""
        return []

    def collect(self) -> Iterator[Metric]:
        now = self.clock()
        try:
            with self.engine.connect() as connection:
                late, oldest = connection.execute(LATE, {"now": now}).one()
        except SQLAlchemyError as error:
            log.warning("report_periods_unknown", error=described(error))
            return
        age = (now - oldest).total_seconds() if oldest else 0.0
        yield GaugeMetricFamily("synergist_report_periods_due", "Periods that are to be closed by now", value=late)
        told = "How long the oldest of them could have been closed"
        yield GaugeMetricFamily("synergist_report_periods_due_oldest_seconds", told, value=age)

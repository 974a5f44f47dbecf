"""How work on reports fares at the moment of asking: periods that are late, and what had to be begun again."""

from collections.abc import Callable, Iterator
from datetime import datetime

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from shared.faults import described

LATE = text("SELECT count(*), min(as_of_at) FROM due_periods WHERE state <> 'closed' AND as_of_at <= :now")

# Cut short, refused, not taken, or left by a worker that died.
REPEATED = text("""
    SELECT 'closing', count(*) FILTER (WHERE attempts > 1) FROM due_periods WHERE state = 'making'
    UNION ALL SELECT 'report', count(*) FILTER (WHERE attempts > 1) FROM wanted_reports
    UNION ALL SELECT 'restatement', count(*) FILTER (WHERE attempts > 1) FROM wanted_restatements
    UNION ALL SELECT 'daily_restatement', count(*) FILTER (WHERE attempts > 1) FROM restated_periods
""")

log = structlog.get_logger()


class Periods(Collector):
    """Gauges of the periods whose moment has passed and that are not closed, and of all that did not go at once."""

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
                repeated = connection.execute(REPEATED).all()
        except SQLAlchemyError as error:
            log.warning("report_periods_unknown", error=described(error))
            return
        age = (now - oldest).total_seconds() if oldest else 0.0
        yield GaugeMetricFamily("synergist_report_periods_due", "Periods that are to be closed by now", value=late)
        told = "How long the oldest of them could have been closed"
        yield GaugeMetricFamily("synergist_report_periods_due_oldest_seconds", told, value=age)
        again = "Work on reports that was begun before, failed or was left, and is not done"
        gauge = GaugeMetricFamily("synergist_report_work_repeated", again, labels=["work"])
        for work, count in repeated:
            gauge.add_metric([work], count)
        yield gauge

"""What nobody acknowledges in time is escalated, each alert once, however many ask for it and whoever dies meanwhile.

The moment is in the alert; this only looks whether it has come. How many alerts are open is told to whoever watches.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from flask import g
from marshmallow import Schema, fields
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine, Row, text
from sqlalchemy.exc import SQLAlchemyError

from services.treatment.alerts.decider import ALERT, Escalate
from shared.aliases import person_of
from shared.auth import SERVICE
from shared.database import Database, reading
from shared.decider import handle
from shared.event_store import Metadata, Transaction
from shared.faults import described, passes_by_itself
from shared.http.operations import Answer, Operations, parts
from shared.locks import lock
from shared.providers import NO_CHAIN
from shared.reading import find

MOST = 200
DUE = text("SELECT * FROM alerts_due(:now, :most)")
OPEN = text("SELECT * FROM alerts_open()")

log = structlog.get_logger()


class EscalatedSchema(Schema):
    """How many were escalated."""

    escalated = fields.Integer(required=True)


def due_alerts_blueprint(database: Database) -> Operations:
    """The route by which the workers have escalated what is due."""
    internal = Operations("due alerts", __name__, url_prefix="/internal/v1")

    @internal.service("POST", "/alerts/due", EscalatedSchema)
    def escalate_what_is_due() -> Answer:
        """Escalate what nobody has acknowledged in time, in all chains; calling again goes on where it ended."""
        metadata = Metadata(actor="workers", role=SERVICE, origin="escalation", correlation_id=g.request_id)
        return Answer({"escalated": escalate_due(database, metadata, parts().clock())})

    return internal


def escalate_due(database: Database, metadata: Metadata, now: datetime) -> int:
    """Escalate what is due, each alert by itself, at most MOST; gives how many were."""
    with database.reading(NO_CHAIN) as connection:
        due = connection.execute(DUE, {"now": now, "most": MOST}).all()
    return sum(escalate_one(database, metadata, row, now) for row in due)


def escalate_one(database: Database, metadata: Metadata, row: Row[Any], now: datetime) -> int:
    """Escalate one alert in its own transaction; one that cannot be keeps no other back, and is tried again."""
    try:
        return database.command(row.chain_id, metadata, partial(escalate, alert_id=row.id, now=now))
    except Exception as error:
        if passes_by_itself(error):
            raise
        log.error("alert_not_escalated", alert_id=str(row.id), error=described(error))  # noqa: TRY400 - see `described`
        return 0


def escalate(tx: Transaction, alert_id: UUID, now: datetime) -> int:
    """Escalate one alert, unless that was done or somebody has acknowledged it by now; gives how often."""
    client_id = find(tx.connection, "alerts", alert_id).recorded_client_id
    lock(tx.connection, ("client", [person_of(tx.connection, client_id)]))
    handle(tx, ALERT, f"alert-{alert_id}", Escalate(now))
    return len(tx.staged)


class OpenAlerts(Collector):
    """How many alerts are open in all chains, as it is at the moment of asking."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def describe(self) -> list[Metric]:
        """Nothing, so that registering asks no database."""
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            with reading(self.engine, NO_CHAIN) as connection:
                rows = connection.execute(OPEN).all()
        except SQLAlchemyError as error:
            log.warning("open_alerts_unknown", error=described(error))
            return
        labels = ["level", "status"]
        found = GaugeMetricFamily("synergist_alerts_open", "Alerts that nobody has closed", labels=labels)
        for row in rows:
            found.add_metric([row.level, row.status], row.alerts)
        yield found

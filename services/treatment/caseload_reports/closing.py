"""What the workers tell of a period that is being closed, until all of its reports are published and it is closed."""

from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from typing import Any

from flask import g
from sqlalchemy import Row, text

from services.treatment.caseload_reports import schemas as s
from services.treatment.caseload_reports.periods import PERIOD, stream_of
from shared.auth import SERVICE
from shared.database import Database
from shared.decider import Refused, handle
from shared.event_store import Metadata, Transaction
from shared.events.treatment_reports import ReportPeriodClosed
from shared.http.operations import Answer, Operations, parts
from shared.reports.ids import period_id_of
from shared.writing import put, remove

PUBLISHED = text("""
    SELECT scope_kind, scope_id, hash, own_hash, definitions, scheduling, treatment FROM caseload_reports
    WHERE chain_id = :chain_id AND period = :period AND as_of_at = :as_of_at AND for_closing AND status = 'published'
    ORDER BY scope_kind, scope_id
""")
CLOSED = text("SELECT hash FROM report_periods WHERE id = :id")


class NotAllPublished(Refused):
    """Not all reports of the period are published."""

    code = "not_all_published"


class ReportsNotAlike(Refused):
    """The reports of the period are not all from its positions of the logs, and by the same definitions."""

    code = "reports_not_alike"


class NotYet(Refused):
    """The moment as of which the period closes has not come."""

    code = "moment_not_come"


def closing_blueprint(database: Database) -> Operations:
    """The routes by which the workers close periods."""
    internal = Operations("closing of periods", __name__, url_prefix="/internal/v1/report-periods")

    @internal.service("POST", "", s.ClosedSchema, body=s.PeriodProgressSchema)
    def tell_of_period(body: dict[str, Any]) -> Answer:
        """Say how the closing of a period is coming along"""
        return Answer(database.command(body["chain_id"], metadata(), partial(note, body=body)))

    @internal.service("POST", "/closed", s.ClosedSchema, body=s.PeriodToCloseSchema)
    def close_period(body: dict[str, Any]) -> Answer:
        """Close a period of which all reports are published"""
        work = partial(close, body={**body, "closed_at": parts().clock()})
        return Answer(database.command(body["chain_id"], metadata(), work))

    return internal


def metadata() -> Metadata:
    return Metadata(actor="workers", role=SERVICE, origin="reports", correlation_id=g.request_id)


def note(tx: Transaction, body: dict[str, Any]) -> dict[str, Any]:
    """Nothing is noted of a period that is closed."""
    period_id = period_id_of(tx.chain_id, body["period"])
    closed = tx.connection.execute(CLOSED, {"id": period_id}).scalar()
    if closed is None:
        put(tx.connection, "report_progress", ("id",), id=period_id, **body)
    return {"closed": closed is not None, "hash": closed}


def close(tx: Transaction, body: dict[str, Any]) -> dict[str, Any]:
    """Raises NotYet, NotAllPublished and ReportsNotAlike."""
    if body["as_of_at"] > body["closed_at"]:
        raise NotYet
    rows = tx.connection.execute(PUBLISHED, {"chain_id": tx.chain_id} | body).all()
    if len(rows) != body["reports"]:
        raise NotAllPublished
    definitions = rows[0].definitions
    known = (definitions, body["scheduling"], body["treatment"])
    if any((row.definitions, row.scheduling, row.treatment) != known for row in rows):
        raise ReportsNotAlike
    content = {name: value for name, value in body.items() if name != "chain_id"}
    closed = ReportPeriodClosed(**content, definitions=definitions, hash=hash_of(rows))
    state, _ = handle(tx, PERIOD, stream_of(tx.chain_id, body["period"]), closed)
    remove(tx.connection, "report_progress", id=period_id_of(tx.chain_id, body["period"]))
    return {"closed": True, "hash": (state or closed).hash}


def hash_of(rows: Sequence[Row[Any]]) -> str:
    """SHA-256 over a line for each report, in the order of kinds and ids: these, and the hashes of its documents."""
    lines = (f"{row.scope_kind} {row.scope_id} {row.hash} {row.own_hash or ''}\n" for row in rows)
    return sha256("".join(lines).encode()).hexdigest()
